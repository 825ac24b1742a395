import { describe, expect, it } from '@jest/globals';
import { personal, plainText } from './event.js';
import { requestKindOf, workerKindOf } from './request-kind.js';
import { unreachable } from './unreachable.js';

describe('personal text', () => {
  it('is told as it is, with whose it is', () => expect(personal('user-7', 'Ada')).toEqual({ subject: 'user-7', plain: 'Ada' }));
  it('is read while it is plain, and not once it is sealed or erased', () => {
    const subject = 'user-7';
    expect([personal(subject, 'Ada'), personal(subject, ''), { subject, sealed: 'x' }, { subject, erased: true } as const].map(plainText)).toEqual(['Ada', '', undefined, undefined]);
  });
});

it.each([['image', 'image'], ['text', 'text'], ['alchemy', 'interrogation']] as const)('a request of %s is served by a worker of %s, and by no other', (request, worker) => {
  expect(workerKindOf(request)).toBe(worker);
  expect(requestKindOf(worker)).toBe(request);
});

it('what cannot be reached says what has reached it', () => expect(() => unreachable({ type: 'Unheard' } as never)).toThrow('unreachable: {"type":"Unheard"}'));

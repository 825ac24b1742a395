import { describe, expect, it } from '@jest/globals';
import { iso } from './clock.js';
import { accept, acceptTelling, refuse } from './decider.js';
import { personal, plainText } from './event.js';
import { requestKindOf, workerKindOf } from './request-kind.js';
import { unreachable } from './unreachable.js';

it('a decision says what is to be stored or why nothing is, and nothing else unless something else is to be told', () => {
  expect(accept('a', 'b')).toStrictEqual({ outcome: 'accepted', events: ['a', 'b'] });
  expect(acceptTelling({ left: 2 }, 'a')).toStrictEqual({ outcome: 'accepted', events: ['a'], detail: { left: 2 } });
  expect(refuse('NotThere')).toStrictEqual({ outcome: 'refused', rc: 'NotThere' });
  expect(refuse('TooMany', { max: 3 })).toStrictEqual({ outcome: 'refused', rc: 'TooMany', detail: { max: 3 } });
});

it('a time is written as ISO 8601, in UTC and to the millisecond', () => expect(iso(1)).toBe('1970-01-01T00:00:00.001Z'));

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

import { describe, expect, it } from '@jest/globals';
import {
  abandon, accepted, assign, assigned, cancel, cancelled, completed, expired, expireJobs, fault, faulted, minute, PAYER, request, REQUEST, requestFaulted, second, submit, submitted,
} from '../../test/support/a-request.js';
import { alchemyFacts } from '../../test/support/request-facts.js';
import { kudos } from '../kernel/kudos.js';
import type { RequestCommand } from './request.commands.js';
import type { RequestEvent } from './request.events.js';

const lose: RequestCommand = { type: 'LoseContent', at: second(9) };
const lost = (withdrawn: number): RequestEvent => ({ type: 'RequestFaulted.v1', data: { request: REQUEST, withdrawn, faultedAt: second(9), reason: 'content_lost' } });
const refunded = (event: RequestEvent): RequestEvent => ({ ...event, data: { ...event.data, refund: true } }) as RequestEvent;

describe('a request whose content is lost', () => {
  it('ends, and its payer gets the price back', () => request(accepted(2)).when(lose).then(lost(2), refunded(completed('faulted', []))));
  it('of an anonymous user ends, and nobody gets anything back', () =>
    request(accepted(2, { payer: 0 })).when(lose).then(lost(2), completed('faulted', [], { payer: 0 })));
  it('lets workers deliver what they have in hand, and says at its end what it was', () => {
    request(accepted(3), assigned('a')).when(lose).then(lost(2));
    const losing = [accepted(3), assigned('a'), lost(2)];
    request(...losing).when(assign(['b'])).thenRefused('NothingWaiting');
    request(...losing).when(submit('a')).then(submitted('a'), refunded(completed('faulted', ['a'])));
    request(...losing).when(fault('a')).then(faulted('a'), refunded(completed('faulted', [])));
    request(...losing).when(expireJobs(minute(9))).then(expired('a', minute(9)), refunded(completed('faulted', [], { at: minute(9) })));
  });
  it('ends once, however often it is found', () => {
    request(accepted(2), lost(2), refunded(completed('faulted', []))).when(lose).thenNothing();
    request(accepted(3), assigned('a'), lost(2)).when(lose).thenNothing();
    request(accepted(3), assigned('a'), lost(2)).when(cancel).thenNothing();
  });
  it.each([
    ['never came', []], ['is cancelled', [accepted(2), cancelled(2), completed('cancelled', [])]], ['is faulted', [accepted(2), requestFaulted(2), completed('faulted', [])]],
    ['is done', [accepted(1), assigned('a'), submitted('a'), completed('done', ['a'])]],
  ] as const)('does not end because of it when it %s', (_how, events) => request(...events).when(lose).thenNothing());
  it('tells a repair that its price is to be given back', () =>
    request(accepted(2), lost(2), refunded(completed('faulted', []))).when(abandon).thenRefused('AlreadyAccepted', { completed: 1, submitted: '', refund: 1 }));
});

describe('an alchemy request whose source image is lost', () => {
  const caption = { form: 'caption', price: kudos(1), debit: kudos(3) } as const;
  const born: RequestEvent = { type: 'RequestAccepted.v1', data: alchemyFacts({ request: REQUEST, payer: PAYER, acceptedAt: second(0) }, [caption, caption]) };
  const out = (job: string, form: number): RequestEvent => ({ type: 'JobAssigned.v1', data: {
    request: REQUEST, job, worker: 'w', owner: 12, model: 'caption', ttlS: 180, extraSlow: false, assignedAt: second(1), form, ownerTrusted: true,
  } });
  it('ends with the form that is at a worker, be it delivered or given back', () => {
    const decided = request(born, out('a', 0), lost(1)).when(fault('a')).events.map(({ type }) => type);
    expect(decided).toEqual(['JobFaulted.v1', 'RequestCompleted.v1']);
    const [, end] = request(born, out('a', 0), lost(1)).when(submit('a')).events;
    expect(end).toMatchObject({ type: 'RequestCompleted.v1', data: { outcome: 'faulted', submitted: ['a'], refund: true } });
  });
});

import { describe, expect, it } from '@jest/globals';
import { kudos } from '../../kernel/kudos.js';
import type { RequestEvent, RequestFacts } from '../../requests/request.events.js';
import { FAIRNESS_POLICY } from './fairness-policy.js';
import { LiveQueue } from './live-queue.js';
import { recorded, someFacts, START_MS, toyFacets, toyMatch, toyThings, type ToyWorker } from './naive-queue.fixture.js';
import type { PoppingWorker } from './queue-row.js';
import { toyQueue } from './toy-world.fixture.js';

const WORKER: PoppingWorker<ToyWorker> = {
  kind: 'image', models: ['Deliberate'], ownerIds: [99], facts: { id: 'w', owner: 99, maxPixels: 4_000_000, nsfw: true, maintenance: false },
};
const at = (seconds: number): string => new Date(START_MS + 1_000 * seconds).toISOString();

/** A queue, and the streams that feed it. */
const fed = (queue: LiveQueue<ToyWorker> = toyQueue()) => {
  const revisions = new Map<string, number>();
  const apply = (request: string, event: RequestEvent): void => {
    const revision = (revisions.get(request) ?? -1) + 1;
    revisions.set(request, revision);
    queue.apply(recorded(request, revision, event));
  };
  return {
    queue,
    apply,
    accept: (facts: Partial<RequestFacts> & Pick<RequestFacts, 'request'>): void => { apply(facts.request, { type: 'RequestAccepted.v1', data: someFacts(facts) }); },
    assign: (request: string, job: string, seconds = 0): void => {
      const data = { request, job, worker: 'w', owner: 99, model: 'Deliberate', ttlS: 150, extraSlow: false, assignedAt: at(seconds) };
      apply(request, { type: 'JobAssigned.v1', data });
    },
    next: (): string | undefined => [...queue.candidates(WORKER, 1)][0]?.request,
  };
};

describe('the order of the live queue', () => {
  it('is by kudos, and 5 kudos a second make up for having come later', () => {
    const { queue, accept } = fed();
    accept({ request: 'early', payer: 1, priority: kudos(100), acceptedAt: at(0) });
    accept({ request: 'later, 49 richer', payer: 2, priority: kudos(149), acceptedAt: at(10) });
    accept({ request: 'later, 51 richer', payer: 3, priority: kudos(151), acceptedAt: at(10) });
    expect([...queue.candidates(WORKER, 3)].map(({ request }) => request)).toEqual(['later, 51 richer', 'early', 'later, 49 richer']);
  });

  it('lets equal payers take turns, one with many jobs in a request and one with many requests', () => {
    const { accept, assign, next } = fed();
    accept({ request: 'one-of-4', payer: 1, jobs: 4 });
    for (let index = 0; index < 4; index += 1) accept({ request: `single-${index}`, payer: 2, jobs: 1 });
    const served: string[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      const request = next()!;
      served.push(request.split('-')[0]!);
      assign(request, `job-${turn}`);
    }
    for (let turn = 0; turn < 8; turn += 2) expect(new Set(served.slice(turn, turn + 2)).size).toBe(2);
  });

  it('gives the price of withdrawn jobs back to the keys of later requests, and of finished ones not', () => {
    const { queue, apply, accept, assign } = fed();
    accept({ request: 'a', payer: 1, jobs: 3, acceptedAt: at(0) });
    accept({ request: 'b', payer: 1, jobs: 1, acceptedAt: at(1) });
    const before = queue.find('b')!.key;
    assign('a', 'job-1', 2);
    apply('a', { type: 'JobSubmitted.v1', data: {
      request: 'a', job: 'job-1', worker: 'w', owner: 99, model: 'Deliberate', state: 'ok', result: '', resultHash: null, seed: 1, price: kudos(10),
      debit: kudos(10), ownerTrusted: true, things: 1, policy: 1, reference: 1, submittedAt: at(3),
    } });
    expect(queue.find('b')!.key).toBe(before);
    apply('a', { type: 'RequestCancelled.v1', data: { request: 'a', withdrawn: 2, cancelledAt: at(4) } });
    expect(queue.find('b')!.key).toBe(before + kudos(20));
  });

  it('does not hold one anonymous request against another', () => {
    const { queue, accept } = fed();
    accept({ request: 'a', payer: 0, jobs: 5, priority: kudos(-50), acceptedAt: at(0) });
    accept({ request: 'b', payer: 0, jobs: 1, priority: kudos(-50), acceptedAt: at(0) });
    expect(queue.find('b')!.key).toBe(queue.find('a')!.key);
  });

  it('is by kudos and age alone when the policy says so', () => {
    const { queue, accept, assign } = fed(new LiveQueue({ match: toyMatch, facets: toyFacets, thingsOf: toyThings, policy: { ...FAIRNESS_POLICY, netOfUnfinished: false, lowerAtHandOut: false } }));
    accept({ request: 'a', payer: 1, jobs: 2 });
    accept({ request: 'b', payer: 1, jobs: 2 });
    assign('a', 'job-1');
    expect(queue.find('a')!.key).toBe(queue.find('b')!.key);
  });
});

describe('a reservation', () => {
  it('never lets more jobs be promised than wait', () => {
    const { queue, accept, next } = fed();
    accept({ request: 'a', jobs: 3 });
    const first = queue.reserve('a', 2);
    expect(queue.reserve('a', 2)).toBeUndefined();
    const second = queue.reserve('a', 1);
    expect(second).toBeDefined();
    expect(next()).toBeUndefined();
    first!.release();
    first!.release();
    expect(queue.reserve('a', 3)).toBeUndefined();
    expect(queue.reserve('a', 2)).toBeDefined();
  });

  it('is settled as its jobs are assigned, whether the feed or the own append comes first, and released once', () => {
    const { queue, accept, assign } = fed();
    accept({ request: 'a', jobs: 4 });
    const reservation = queue.reserve('a', 2, ['job-1', 'job-2'])!;
    assign('a', 'job-1');
    expect(queue.find('a')).toMatchObject({ waiting: 3, reserved: 1 });
    assign('a', 'of another node');
    expect(queue.find('a')).toMatchObject({ waiting: 2, reserved: 1 });
    reservation.release();
    assign('a', 'job-2');
    expect(queue.find('a')).toMatchObject({ waiting: 1, reserved: 0 });
  });

  it('is refused for nothing, for an unknown request and for one that was withdrawn', () => {
    const { queue, apply, accept } = fed();
    accept({ request: 'a', jobs: 2 });
    expect(queue.reserve('a', 0)).toBeUndefined();
    expect(queue.reserve('b', 1)).toBeUndefined();
    const reservation = queue.reserve('a', 1)!;
    apply('a', { type: 'RequestCancelled.v1', data: { request: 'a', withdrawn: 2, cancelledAt: at(1) } });
    expect(queue.reserve('a', 1)).toBeUndefined();
    reservation.release();
    expect(queue.find('a')).toMatchObject({ waiting: 0, reserved: 0 });
  });
});

describe('a walk through candidates', () => {
  it('goes on while the queue changes: never twice the same, never one that has gone', () => {
    const { queue, accept, assign, apply } = fed();
    for (let index = 0; index < 6; index += 1) accept({ request: `r${index}`, payer: 10 + index, priority: kudos(100 - index) });
    const walk = queue.candidates(WORKER, 10);
    for (const { request } of queue.candidates(WORKER, 1)) expect(request).toBe('r0');
    walk.next();
    assign('r1', 'job-1');
    apply('r2', { type: 'RequestCancelled.v1', data: { request: 'r2', withdrawn: 1, cancelledAt: at(1) } });
    accept({ request: 'new', payer: 20, priority: kudos(96.5) });
    expect([...walk].map(({ request }) => request)).toEqual(['r3', 'new', 'r4', 'r5']);
  });

  it('finds the one that fits behind thousands that do not, and says why they do not', () => {
    const { queue, accept } = fed();
    for (let index = 0; index < 3_000; index += 1) {
      const features = { width: 3_000 + index, height: 3_000, steps: 20, sampler: 'k_euler', karras: true, cfgScale: 7 };
      accept({ request: `big ${index}`, payer: 10 + index, priority: kudos(1_000), features });
    }
    accept({ request: 'fits', payer: 5, priority: kudos(1) });
    accept({ request: 'other model', payer: 6, models: ['Pony'] });
    expect([...queue.candidates(WORKER, 5)].map(({ request }) => request)).toEqual(['fits']);
    expect(queue.skippedCounts(WORKER)).toEqual({ max_pixels: 3_000, models: 1 });
  });

  it('serves own and prioritised payers first, whatever their kudos, even in maintenance', () => {
    const { queue, accept } = fed();
    accept({ request: 'rich', payer: 1, priority: kudos(1_000) });
    accept({ request: 'own', payer: 99, priority: kudos(0) });
    expect([...queue.candidates(WORKER, 5)].map(({ request }) => request)).toEqual(['own', 'rich']);
    const resting = { ...WORKER, facts: { ...WORKER.facts, maintenance: true } };
    expect([...queue.candidates(resting, 5)].map(({ request }) => request)).toEqual(['own']);
    expect(queue.skippedCounts(resting)).toEqual({ maintenance: 1 });
  });
});

describe('events of the live queue', () => {
  it('of other streams, and of streams whose beginning it has not seen, change nothing', () => {
    const { queue } = fed();
    const event = recorded('a', 0, { type: 'RequestAccepted.v1', data: someFacts({ request: 'a' }) });
    queue.apply({ ...event, stream: 'account-7' });
    queue.apply({ ...event, revision: 1 });
    expect(queue.totals('image')).toEqual({ requests: 0, jobs: 0, things: 0 });
  });

  it('that overtake another of their stream are left to the feed, which brings both', () => {
    const queue = toyQueue();
    const assigned = (job: string): RequestEvent =>
      ({ type: 'JobAssigned.v1', data: { request: 'a', job, worker: 'w', owner: 99, model: 'Deliberate', ttlS: 150, extraSlow: false, assignedAt: at(1) } });
    queue.apply(recorded('a', 0, { type: 'RequestAccepted.v1', data: someFacts({ request: 'a', jobs: 3 }) }));
    queue.apply(recorded('a', 2, assigned('second')));
    expect(queue.find('a')).toMatchObject({ waiting: 3, revision: 0 });
    queue.apply(recorded('a', 1, assigned('first')));
    queue.apply(recorded('a', 2, assigned('second')));
    expect(queue.find('a')).toMatchObject({ waiting: 1, revision: 2 });
  });

  it('of a completed request do not bring it back when the feed repeats them', () => {
    const { queue, apply, accept } = fed();
    accept({ request: 'a' });
    apply('a', { type: 'RequestCancelled.v1', data: { request: 'a', withdrawn: 1, cancelledAt: at(1) } });
    apply('a', { type: 'RequestCompleted.v1', data: { request: 'a', payer: 7, outcome: 'cancelled', submitted: [], completedAt: at(1) } });
    queue.apply(recorded('a', 0, { type: 'RequestAccepted.v1', data: someFacts({ request: 'a' }) }));
    expect(queue.find('a')).toBeUndefined();
    expect(queue.totals('image').requests).toBe(0);
  });
});

describe('a queue started from rows without history', () => {
  it('has the same requests, and keys at most higher by what their payer has finished since', () => {
    const { queue, accept, assign } = fed();
    accept({ request: 'a', payer: 1, jobs: 3, acceptedAt: at(0) });
    accept({ request: 'b', payer: 1, jobs: 1, acceptedAt: at(1) });
    assign('a', 'job-1', 2);
    const loaded = toyQueue();
    loaded.load([...queue.rows()].map(({ history: _, ...row }) => row), queue.served());
    for (const request of ['a', 'b']) expect(loaded.find(request)!.key).toBe(queue.find(request)!.key);
    expect(loaded.job('job-1')).toEqual(queue.job('job-1'));
    expect(() => { loaded.load([]); }).toThrow('empty');
  });
});

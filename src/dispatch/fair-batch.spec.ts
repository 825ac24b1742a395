import { describe, expect, it } from '@jest/globals';
import { centikudos, kudos } from '../kernel/kudos.js';
import type { RequestFacts } from '../requests/request.events.js';
import { fairAmount, rivalOf, type Sharing } from './fair-batch.js';
import { FAIRNESS_POLICY } from './live-queue/fairness-policy.js';
import { recorded, someFacts, START_MS, type ToyWorker } from './live-queue/naive-queue.fixture.js';
import type { PoppingWorker } from './live-queue/queue-row.js';
import { toyQueue } from './live-queue/toy-world.fixture.js';

const WORKER: PoppingWorker<ToyWorker> = {
  kind: 'image', models: ['Deliberate'], ownerIds: [99], facts: { id: 'w', owner: 99, maxPixels: 4_000_000, nsfw: true, maintenance: false },
};
/** Jobs cost 10 kudos. */
const queueOf = (...accepted: readonly (Partial<RequestFacts> & Pick<RequestFacts, 'request'>)[]) => {
  const queue = toyQueue();
  for (const facts of accepted) queue.apply(recorded(facts.request, 0, { type: 'RequestAccepted.v1', data: someFacts(facts) }));
  return queue;
};
const NOBODY_ELSE: Pick<Sharing, 'idle' | 'rival' | 'order' | 'atMs'> = { idle: 0, rival: undefined, order: 'key', atMs: START_MS };

describe('what one claim takes of a request', () => {
  const queue = queueOf({ request: 'a', payer: 1, jobs: 20, priority: kudos(100) }, { request: 'b', payer: 2, jobs: 1, priority: kudos(75) });
  const [entry, rival] = [queue.find('a')!, queue.find('b')!];

  it.each<[string, Partial<Sharing>, number]>([
    ['all that it wants, while nobody else is there', { wanted: 8 }, 8],
    ['its share beside idle workers', { wanted: 20, idle: 3 }, 5],
    ['one more rather than one less', { wanted: 20, idle: 2 }, 7],
    ['one, where each could have a worker of its own', { wanted: 20, idle: 19 }, 1],
    ['what it wants, if that is less than its share', { wanted: 2, idle: 3 }, 2],
    ['until the next request comes first: 100, 90 and 80 beat 75', { wanted: 20, rival }, 3],
    ['one in a turn, while somebody else waits', { wanted: 20, rival, order: 'turn' }, 1],
    ['all in a turn, while nobody else waits', { wanted: 8, order: 'turn' }, 8],
    ['one, if it is no more', { wanted: 1, rival }, 1],
  ])('is %s', (_, sharing, amount) => {
    expect(fairAmount(entry, { free: 20, wanted: 20, ...NOBODY_ELSE, ...sharing }, FAIRNESS_POLICY)).toBe(amount);
  });

  it('counts jobs that are promised to other pops as gone', () => {
    const reservation = queue.reserve('a', 2)!;
    expect(fairAmount(entry, { ...NOBODY_ELSE, free: 18, wanted: 18, rival }, FAIRNESS_POLICY)).toBe(1);
    reservation.release();
  });

  it('is all that it wants when both rules are off', () => {
    const off = { ...FAIRNESS_POLICY, spreadBatches: false, yieldBatches: false };
    expect(fairAmount(entry, { ...NOBODY_ELSE, free: 20, wanted: 20, idle: 5, rival, order: 'turn' }, off)).toBe(20);
  });
});

describe('the next request that a worker could serve', () => {
  it('is the one after, in the order of the pop', () => {
    const queue = queueOf(
      { request: 'rich', payer: 1, jobs: 2, priority: kudos(300), acceptedAt: '2026-01-05T12:00:10.000Z' },
      { request: 'middle', payer: 2, jobs: 2, priority: kudos(200), acceptedAt: '2026-01-05T12:00:05.000Z' },
      { request: 'poor', payer: 3, priority: kudos(0) }, { request: 'other model', payer: 4, priority: kudos(250), models: ['Pony'] },
    );
    expect(rivalOf(queue, WORKER, queue.find('rich')!, 'key')?.request).toBe('middle');
    expect(rivalOf(queue, WORKER, queue.find('poor')!, 'turn')?.request).toBe('middle');
    expect(rivalOf(queue, WORKER, queue.find('poor')!, 'key')).toBeUndefined();
  });

  it('of its own owner\'s is another of its own, and nobody\'s else', () => {
    const queue = queueOf({ request: 'own', payer: 99, quote: centikudos(0) }, { request: 'rich', payer: 1, priority: kudos(10_000) });
    expect(rivalOf(queue, WORKER, queue.find('own')!, 'key')).toBeUndefined();
    queue.apply(recorded('own too', 0, { type: 'RequestAccepted.v1', data: someFacts({ request: 'own too', payer: 99, priority: kudos(1) }) }));
    expect(rivalOf(queue, WORKER, queue.find('own')!, 'key')?.request).toBe('own too');
  });
});

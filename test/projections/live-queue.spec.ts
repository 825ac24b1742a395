import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lastHandouts, openRequests } from '../../projections/queue/queries.js';
import { queue as queueProjection } from '../../projections/queue/project.js';
import type { Recorded } from '../../src/kernel/event.js';
import { LiveQueue } from '../../src/dispatch/live-queue/live-queue.js';
import { payerOf } from '../../src/requests/rules/payer-id.js';
import type { RequestFacts } from '../../src/requests/request.events.js';
import type { QueueRow } from '../../src/dispatch/live-queue/queue-row.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { Seeded } from '../support/seeded.js';
import { deliver, emptied, history, randomSizes } from './delivery.js';

const emptyQueue = () => new LiveQueue<object>({ match: () => undefined });
const KINDS = ['image', 'text', 'alchemy'] as const;
const LATER_MS = 10 * 365 * 86_400_000;

/** A row as both sides know it: without the history that only the live queue has, and forms in one order. */
const plain = ({ facts, revision, waiting, waitingForms = [], pending, faults, submitted, closed, extraSlow, activityAt }: QueueRow): object => ({
  facts: { ...facts, models: [...new Set(facts.models)].sort() }, revision, waiting, waitingForms: waitingForms.toSorted((a, b) => a - b), pending: new Map([...pending].sort()), faults, submitted, closed, extraSlow, activityAt,
});
const byId = (rows: Iterable<QueueRow>): Map<string, object> =>
  new Map([...rows].filter(({ history: { completedAtMs = null } = {} }) => completedAtMs === null).map((row): [string, object] => [row.facts.request, plain(row)]).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Who has not been served for so long may have been forgotten, which comes to the same: a request ages from its acceptance then. The key is told of whom nothing
 * is over yet: what of the earlier requests was over when a later one was accepted is not in the read model.
 */
const standingOf = (queue: LiveQueue<object>, request: string, overFor: ReadonlySet<string>): object => {
  const { key, expiresAtMs, waitingSinceMs, agesFromMs, acceptedAtMs, facts } = queue.find(request)!;
  return { request, expiresAtMs, waitingSinceMs, agesSinceMs: Math.max(acceptedAtMs, agesFromMs), ...(overFor.has(payerOf(facts)) ? {} : { key }) };
};
const OVER: ReadonlySet<string> = new Set(['JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1', 'RequestCancelled.v1', 'RequestFaulted.v1', 'RequestExpired.v1']);

describe('a node that starts from the queue read model', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('live_queue')), 60_000);
  afterAll(() => test.close());

  it.each([11, 12, 13])('knows of each open request what one knows that has folded every event, wherever it starts (%d)', async (seed) => {
    const { events } = history({ seed, events: 3_000 });
    const random = new Seeded(seed);
    await emptied(test.database, [queueProjection]);
    const folded = emptyQueue();
    let at = 0;
    let open = 0;
    const payers = new Map<string, string>();
    const overFor = new Set<string>();
    while (at < events.length) {
      const batch: readonly Recorded[] = events.slice(at, at + random.between(1, 700));
      at += batch.length;
      for (const event of batch) {
        folded.apply(event);
        const { request } = event.data as { request: string };
        if (event.type === 'RequestAccepted.v1') payers.set(request, payerOf(event.data as RequestFacts));
        if (OVER.has(event.type)) overFor.add(payers.get(request)!);
      }
      await deliver(test.database, queueProjection, { events: batch, sizes: randomSizes(random, batch.length, 40) });
      const rows = await openRequests(test.database, null, 100_000);
      const served = await lastHandouts(test.database);
      expect(byId(rows)).toEqual(byId(folded.rows()));
      for (const [payer, { handedOutAtMs }] of folded.served()) expect([payer, served.get(payer)?.handedOutAtMs]).toEqual([payer, handedOutAtMs]);
      const started = emptyQueue();
      started.load(rows, served);
      for (const kind of KINDS) expect(started.totals(kind)).toEqual(folded.totals(kind));
      const last = Date.parse('2026-01-01T00:00:00.000Z') + LATER_MS;
      expect(started.dueJobs(last).map(({ job, deadlineMs }) => [job, deadlineMs])).toEqual(folded.dueJobs(last).map(({ job, deadlineMs }) => [job, deadlineMs]));
      for (const { facts: { request } } of rows) expect(standingOf(started, request, overFor)).toEqual(standingOf(folded, request, overFor));
      open += rows.length;
    }
    expect(open).toBeGreaterThan(50);
  }, 120_000);
});

import { expect } from '@jest/globals';
import type { FeedBatch, FollowOptions, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { idsOf, json, range, revisionsOf, type Claims, type ContractRun } from './contract-run.js';

/** A feed that has seen one event of its type and waits for more: whatever comes now, it is overtaken by it. */
const waiting = async (run: ContractRun): Promise<{ type: string; feed: AsyncIterator<FeedBatch>; rest: (count: number) => Promise<RecordedEvent[]> }> => {
  const type = run.type();
  const after = await run.log.head();
  const feed = run.log.follow({ after, types: new Set([type]) })[Symbol.asyncIterator]();
  await run.written(1, { type });
  const take = async (count: number): Promise<RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    while (events.length < count) events.push(...((await feed.next()).value as FeedBatch).events);
    return events;
  };
  await take(1);
  const rest = async (count: number): Promise<RecordedEvent[]> => {
    const events = await take(count);
    await feed.return?.();
    return events;
  };
  return { type, feed, rest };
};

/** In the order of the log, each event once, and every stream without a gap. */
const expectInOrder = (fed: readonly RecordedEvent[], ids: readonly string[]): void => {
  expect(idsOf(fed).toSorted()).toEqual([...ids].sort());
  expect(fed.every(({ position }, k) => k === 0 || position > fed[k - 1]!.position)).toBe(true);
  const revisions = new Map<string, number>();
  for (const { stream, revision } of fed) {
    expect(revision).toBe((revisions.get(stream) ?? -1) + 1);
    revisions.set(stream, revision);
  }
};

/** What a server's buffer for a live reader cannot hold (spec/eventstore.md §8): it drops the reader, and nobody may notice. */
export const liveFeedClaims: Claims = {
  'a follower that is overtaken by hundreds of waiters gets everything in order': async (run) => {
    const { type, rest } = await waiting(run);
    const appends = range(0, 400).map(() => ({ stream: run.stream(), events: run.events(1, { type }) }));
    const appended = Promise.all(appends.map(({ stream, events }) => run.log.append(stream, 'no_stream', events)));
    expectInOrder(await rest(400), appends.flatMap(({ events }) => idsOf(events)));
    await appended;
  },
  'a follower that is overtaken by appends of more than fifty events at once gets everything in order': async (run) => {
    const { type, rest } = await waiting(run);
    const appends = range(0, 20).map((k) => ({ stream: run.stream(), events: run.events(50 + k, { type }) }));
    const appended = Promise.all(appends.map(({ stream, events }) => run.log.append(stream, 'no_stream', events)));
    expectInOrder(await rest(1_190), appends.flatMap(({ events }) => idsOf(events)));
    await appended;
  },
  'a follower that is overtaken by appends of a hundred events in a row gets everything in order': async (run) => {
    const { type, rest } = await waiting(run);
    const appended = run.continued(run.stream(), -1, range(0, 40).map(() => 100), { type });
    const fed = await rest(4_000);
    expect(revisionsOf(fed)).toEqual(range(0, 4_000));
    expect(idsOf(fed)).toEqual(await appended);
  },
  'a follower that is overtaken by one append of thousands of events gets everything in order': async (run) => {
    const { type, rest } = await waiting(run);
    const { events } = await run.written(3_000, { type, data: json(1), metadata: json(1) });
    expect(idsOf(await rest(3_000))).toEqual(idsOf(events));
  },
  'a follower that stands still while thousands of events are appended goes on where it stood': async (run) => {
    const { type, feed, rest } = await waiting(run);
    const stream = run.stream();
    const first = await run.continued(stream, -1, [1], { type });
    const { value } = (await feed.next()) as IteratorYieldResult<FeedBatch>;
    const more = await run.continued(stream, 0, range(0, 50).map(() => 100), { type }); // while nobody asks the feed for more
    expect([...idsOf(value.events), ...idsOf(await rest(5_001 - value.events.length))]).toEqual([...first, ...more]);
  },
  'a follower that is overtaken by large events gets everything in order': async (run) => {
    const { type, rest } = await waiting(run);
    const appended = run.continued(run.stream(), -1, range(0, 24).map(() => 1), { type, data: json('x'.repeat(900_000)) });
    const fed = await rest(24);
    expect(idsOf(fed)).toEqual(await appended);
    expect(fed.every(({ data }) => data.length === 900_002)).toBe(true);
  },
  'rare events arrive among thousands that a filter holds back': async (run) => {
    const { type, rest } = await waiting(run);
    const rare: string[] = [];
    for (let k = 0; k < 10; k++) {
      await run.continued(run.stream(), -1, [150, 150]);
      rare.push(...await run.continued(run.stream(), -1, [1], { type }));
    }
    expect(idsOf(await rest(10))).toEqual(rare);
  },
  'a feed may begin behind any event of an append': async (run) => {
    const type = run.type();
    const { stream, events } = await run.written(6, { type });
    for (const event of (await run.log.readStream(stream)).events.slice(0, -1)) {
      const later = idsOf(events.slice(event.revision + 1));
      expect(idsOf(await run.fed({ after: event.position, types: new Set([type]) }, later.length))).toEqual(later);
    }
  },
  'a feed that begins in the middle of an append goes on live without a gap': async (run) => {
    const type = run.type();
    const { stream, events } = await run.written(10, { type });
    const after = (await run.log.readStream(stream)).events[3]!.position;
    const fed = run.fed({ after, types: new Set([type]) }, 26);
    const more = await run.continued(stream, 9, [5, 1, 7, 7], { type });
    expect(idsOf(await fed)).toEqual([...idsOf(events.slice(4)), ...more]);
  },
  'followers at different places each get what is behind theirs': async (run) => {
    const type = run.type();
    const stream = run.stream();
    const ids = await run.continued(stream, -1, [3, 1, 4, 1, 5], { type });
    const stored = (await run.log.readStream(stream)).events;
    const following = [0, 3, 6, 9, 13].map((revision) => ({
      revision, fed: run.fed({ after: stored[revision]!.position, types: new Set([type]), batchMax: 1 + (revision % 4) }, 93 - revision),
    }));
    ids.push(...await run.continued(stream, 13, range(0, 8).map(() => 10), { type }));
    for (const { revision, fed } of following) expect(idsOf(await fed)).toEqual(ids.slice(revision + 1));
  },
  'a follower that is left and resumed all the time misses nothing while others append': async (run) => {
    const type = run.type();
    let after = await run.log.head();
    const writing = Promise.all(range(0, 8).map(() => run.continued(run.stream(), -1, range(0, 25).map((k) => 1 + (k % 3)), { type })));
    const fed: RecordedEvent[] = [];
    while (fed.length < 8 * 49) {
      const [batch] = await run.batches({ after, types: new Set([type]), batchMax: 10 }, () => true);
      fed.push(...batch!.events);
      after = batch!.position;
    }
    expectInOrder(fed, (await writing).flat());
  },
  'a feed that fell behind is live again once it has caught up': async (run) => {
    const after = await run.log.head();
    const { events } = await run.written(1_200);
    const batches = await run.batches({ after, batchMax: 100 }, (all) => all[all.length - 1]!.live);
    expect(idsOf(batches.flatMap((batch) => batch.events))).toEqual(idsOf(events));
    expect(batches[0]!.live).toBe(false);
  },
  'a batch has no more than 500 events unless it was asked for': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    await run.written(1_300, { type });
    const whole = (options: Partial<FollowOptions>): Promise<number[]> => run.batches({ after, types: new Set([type]), ...options }, (all) =>
      all.reduce((sum, { events }) => sum + events.length, 0) >= 1_300).then((batches) => batches.map(({ events }) => events.length));
    expect(Math.max(...await whole({}))).toBeLessThanOrEqual(500);
    expect(Math.max(...await whole({ batchMax: 1 }))).toBe(1);
  },
  'feeds that are opened and left by the hundred leave the log as it was': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const { events } = await run.written(3, { type });
    for (let k = 0; k < 10; k++) await Promise.all(range(0, 30).map(() => run.fed({ after, types: new Set([type]) }, 1)));
    const aborts = range(0, 50).map(() => new AbortController());
    const idle = aborts.map(({ signal }) => run.batches({ after, types: new Set([run.type()]), signal }, () => false));
    for (const abort of aborts) abort.abort();
    await Promise.all(idle);
    expect(idsOf(await run.fed({ after, types: new Set([type]) }, 3))).toEqual(idsOf(events));
  },
};

import { expect } from '@jest/globals';
import { BEGINNING, type FeedBatch } from '../../src/platform/event-log/event-log.js';
import { idsOf, range, revisionsOf, type Claims } from './contract-run.js';

const eventsIn = (batches: readonly FeedBatch[]): number => batches.reduce((sum, { events }) => sum + events.length, 0);

export const feedClaims: Claims = {
  'history comes first, then what is appended, in one feed': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const { stream, events } = await run.written(3, { type });
    const later = run.events(2, { type });
    const seen: string[] = [];
    for await (const batch of run.log.follow({ after, types: new Set([type]) })) {
      seen.push(...idsOf(batch.events));
      if (seen.length === 3 && batch.events.length > 0) await run.log.append(stream, 2, later);
      if (seen.length === 5) break;
    }
    expect(seen).toEqual(idsOf([...events, ...later]));
  },
  'the start of a feed is exclusive': async (run) => {
    const type = run.type();
    const { position } = await run.log.append(run.stream(), 'no_stream', [run.event({ type })]);
    const { events } = await run.written(2, { type });
    expect(idsOf(await run.fed({ after: position, types: new Set([type]) }, 2))).toEqual(idsOf(events));
  },
  'from the beginning nothing is left out': async (run) => {
    const type = run.type();
    const { events } = await run.written(2, { type });
    expect(idsOf(await run.fed({ after: BEGINNING, types: new Set([type]) }, 2))).toEqual(idsOf(events));
  },
  'without a filter every event comes, in order': async (run) => {
    const after = await run.log.head();
    for (let k = 0; k < 20; k++) await run.written(1 + (k % 4));
    const upTo = await run.log.head();
    const batches = await run.batches({ after }, (all) => all[all.length - 1]!.position >= upTo);
    const fed = batches.flatMap(({ events }) => events).filter(({ position }) => position <= upTo);
    expect(fed.map(({ position }) => position)).toEqual((await run.between(after, upTo)).map(({ position }) => position));
  },
  'a filter lets only its types into a feed': async (run) => {
    const [wanted, other] = [run.type(), run.type()];
    const after = await run.log.head();
    for (const type of [wanted, other, wanted, other]) await run.written(2, { type });
    expect((await run.fed({ after, types: new Set([wanted]) }, 4)).map(({ type }) => type)).toEqual([wanted, wanted, wanted, wanted]);
  },
  'what a filter holds back still moves the position to the head': async (run) => {
    const after = await run.log.head();
    await run.written(50);
    const head = await run.log.head();
    const batches = await run.batches({ after, types: new Set([run.type()]) }, (all) => all[all.length - 1]!.position >= head);
    expect(eventsIn(batches)).toBe(0);
  },
  'what a filter holds back moves the position while it is live, too': async (run) => {
    const types = new Set([run.type()]);
    const { position: after } = await run.log.append(run.stream(), 'no_stream', [run.event()]);
    const abort = new AbortController();
    const feed = run.log.follow({ after, types, signal: abort.signal })[Symbol.asyncIterator]();
    const next = feed.next();
    const { position } = await run.log.append(run.stream(), 'no_stream', [run.event()]);
    let batch = (await next).value as FeedBatch;
    while (batch.position < position) batch = (await feed.next()).value as FeedBatch;
    abort.abort();
    expect(batch.events).toEqual([]);
  },
  'a batch has no more events than asked for': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    await run.written(100, { type });
    const batches = await run.batches({ after, types: new Set([type]), batchMax: 7 }, (all) => eventsIn(all) >= 100);
    expect(batches.every(({ events }) => events.length <= 7)).toBe(true);
    expect(revisionsOf(batches.flatMap(({ events }) => events))).toEqual(range(0, 100));
  },
  'the position of a batch is that of its last event, or beyond': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    for (let k = 0; k < 10; k++) await run.written(3, { type });
    const batches = await run.batches({ after, types: new Set([type]), batchMax: 4 }, (all) => eventsIn(all) >= 30);
    expect(batches.every(({ events, position }) => events.every((event) => event.position <= position))).toBe(true);
    expect(batches.every(({ position }, k) => k === 0 || position > batches[k - 1]!.position)).toBe(true);
  },
  'a feed resumed at any position goes on without gap or repeat': async (run) => {
    const type = run.type();
    let after = await run.log.head();
    await run.written(40, { type });
    const seen: number[] = [];
    while (seen.length < 40) {
      const [batch] = await run.batches({ after, types: new Set([type]), batchMax: 6 }, () => true);
      seen.push(...revisionsOf(batch!.events));
      after = batch!.position;
    }
    expect(seen).toEqual(range(0, 40));
  },
  'a batch that reaches the head is live, one far behind it is not': async (run) => {
    const after = await run.log.head();
    await run.written(20);
    const head = await run.log.head();
    const batches = await run.batches({ after, batchMax: 5 }, (all) => all[all.length - 1]!.position >= head);
    expect(batches[0]!.live).toBe(false);
    expect(batches[batches.length - 1]!.live).toBe(true);
  },
  'an append wakes who waits': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const fed = run.fed({ after, types: new Set([type]) }, 1);
    const { events } = await run.written(1, { type });
    expect(idsOf(await fed)).toEqual(idsOf(events));
  },
  'no event is missed between history and live, however fast others append': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const streams = range(0, 20).map(() => run.stream());
    const writing = Promise.all(streams.map(async (stream) => {
      for (let k = 0; k < 50; k++) await run.log.append(stream, k === 0 ? 'no_stream' : k - 1, [run.event({ type })]);
    }));
    const fed = await run.fed({ after, types: new Set([type]), batchMax: 64 }, 1_000);
    await writing;
    expect(new Set(idsOf(fed)).size).toBe(1_000);
    expect(fed.every(({ position }, k) => k === 0 || position > fed[k - 1]!.position)).toBe(true);
    for (const stream of streams) expect(revisionsOf(fed.filter((event) => event.stream === stream))).toEqual(range(0, 50));
  },
  'who reads slowly gets everything in the end': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const { stream } = await run.written(5, { type });
    const seen: number[] = [];
    for await (const { events } of run.log.follow({ after, types: new Set([type]), batchMax: 50 })) {
      seen.push(...revisionsOf(events));
      if (seen.length < 1_005 && events.length > 0 && (seen.length - 5) % 50 === 0) {
        await run.log.append(stream, seen.length - 1, run.events(50, { type })); // while it does not ask for more
      }
      if (seen.length >= 1_005) break;
    }
    expect(seen).toEqual(range(0, 1_005));
  },
  'many followers each get everything': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const feeds = Promise.all(range(0, 8).map(() => run.fed({ after, types: new Set([type]), batchMax: 9 }, 60)));
    const { stream } = await run.written(30, { type });
    await run.log.append(stream, 29, run.events(30, { type }));
    for (const fed of await feeds) expect(revisionsOf(fed)).toEqual(range(0, 60));
  },
  'an aborted feed ends, also while it waits': async (run) => {
    const abort = new AbortController();
    const reading = run.batches({ after: await run.log.head(), types: new Set([run.type()]), signal: abort.signal }, () => false);
    abort.abort();
    expect(eventsIn(await reading)).toBe(0);
  },
  'a feed that is aborted before it starts is empty': async (run) => {
    await run.written(1);
    expect(await run.batches({ after: BEGINNING, signal: AbortSignal.abort() }, () => false)).toEqual([]);
  },
  'a feed aborted between batches gives no more': async (run) => {
    const after = await run.log.head();
    await run.written(20);
    const abort = new AbortController();
    const batches = await run.batches({ after, batchMax: 4, signal: abort.signal }, () => {
      abort.abort();
      return false;
    });
    expect(batches).toHaveLength(1);
  },
  'a feed shows only what can be read': async (run) => {
    const type = run.type();
    const after = await run.log.head();
    const [event] = await Promise.all([run.fed({ after, types: new Set([type]) }, 1), run.written(1, { type })]).then(([fed]) => fed);
    expect((await run.log.readStream(event!.stream)).events.map(({ position }) => position)).toEqual([event!.position]);
  },
};

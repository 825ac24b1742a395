import { expect } from '@jest/globals';
import { WrongExpectedRevision, type EventLog, type ExpectedRevision } from '../../src/platform/event-log/event-log.js';
import { idsOf, range, revisionsOf, type Claims, type ContractRun } from './contract-run.js';

const outcomes = async (appends: readonly Promise<unknown>[]): Promise<{ won: number; lost: WrongExpectedRevision[] }> => {
  const settled = await Promise.allSettled(appends);
  const lost = settled.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as WrongExpectedRevision);
  return { won: settled.length - lost.length, lost };
};

/** Appends one event, however often others are faster. */
const persist = async (run: ContractRun, log: EventLog, stream: string): Promise<void> => {
  const event = run.event();
  for (let expected: ExpectedRevision = 'no_stream'; ; ) {
    try {
      await log.append(stream, expected, [event]);
      return;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      expected = error.actual;
    }
  }
};

export const concurrencyClaims: Claims = {
  'of many writers who expect the same revision exactly one wins': async (run) => {
    const { stream } = await run.written(1);
    const { won, lost } = await outcomes(range(0, 100).map(() => run.log.append(stream, 0, [run.event()])));
    expect(won).toBe(1);
    expect(lost.every((error) => error instanceof WrongExpectedRevision)).toBe(true);
    expect((await run.log.readStream(stream)).events).toHaveLength(2);
  },
  'of many writers who create one stream exactly one wins': async (run) => {
    const stream = run.stream();
    const { won } = await outcomes(range(0, 50).map(() => run.log.append(stream, 'no_stream', run.events(2))));
    expect(won).toBe(1);
    expect((await run.log.readStream(stream)).events).toHaveLength(2);
  },
  'who loses a race learns a revision that can be read': async (run) => {
    const { stream } = await run.written(1);
    const { lost } = await outcomes(range(0, 10).map(() => run.log.append(stream, 0, [run.event()])));
    expect(lost.map(({ actual }) => actual)).toEqual(lost.map(() => 1));
  },
  'writers who retry all get through, without gaps': async (run) => {
    const stream = run.stream();
    await Promise.all(range(0, 16).map(() => persist(run, run.log, stream)));
    expect(revisionsOf((await run.log.readStream(stream)).events)).toEqual(range(0, 16));
  },
  'hundreds of waiters are all acknowledged, and all are there': async (run) => {
    const streams = range(0, 256).map(() => run.stream());
    const results = await Promise.all(streams.map((stream) => run.log.append(stream, 'no_stream', [run.event()])));
    expect(new Set(results.map(({ position }) => position)).size).toBe(256);
    const pages = await Promise.all(streams.map((stream) => run.log.readStream(stream)));
    expect(pages.map(({ events }) => events[0]?.position)).toEqual(results.map(({ position }) => position));
  },
  'appends to one stream need not wait for each other': async (run) => {
    const stream = run.stream();
    const results = await Promise.all(range(0, 50).map((k) => run.log.append(stream, k === 0 ? 'no_stream' : k - 1, [run.event()])));
    expect(results.map(({ revision }) => revision)).toEqual(range(0, 50));
  },
  'a thousand appends at once are all acknowledged, each at a position of its own': async (run) => {
    const results = await Promise.all(range(0, 1_000).map(() => run.log.append(run.stream(), 'no_stream', [run.event()])));
    expect(new Set(results.map(({ position }) => position)).size).toBe(1_000);
  },
  'large appends at once all arrive whole': async (run) => {
    const appends = range(0, 16).map(() => ({ stream: run.stream(), events: run.events(100) }));
    const results = await Promise.all(appends.map(({ stream, events }) => run.log.append(stream, 'no_stream', events)));
    expect(results.map(({ revision }) => revision)).toEqual(appends.map(() => 99));
    for (const { stream, events } of appends) expect(idsOf((await run.log.readStream(stream)).events)).toEqual(idsOf(events));
  },
  'behind a refused append those that counted on it are refused too': async (run) => {
    const { stream } = await run.written(3);
    const outcome = await outcomes([3, 4, 5].map((expected) => run.log.append(stream, expected, [run.event()])));
    expect(outcome).toMatchObject({ won: 0, lost: [{ actual: 2 }, { actual: 2 }, { actual: 2 }] });
  },
  'many readers of a stream at once each get all of it': async (run) => {
    const { stream, events } = await run.written(50);
    const pages = await Promise.all(range(0, 200).map((k) => run.log.readStream(stream, { direction: k % 2 === 0 ? 'forwards' : 'backwards' })));
    const [forwards, backwards] = [idsOf(events), idsOf(events.toReversed())];
    for (const [k, page] of pages.entries()) expect(idsOf(page.events)).toEqual(k % 2 === 0 ? forwards : backwards);
  },
  'many readers of many streams at once each get their own': async (run) => {
    const streams = await Promise.all(range(1, 61).map((count) => run.written(count)));
    const pages = await Promise.all(streams.map(({ stream }) => run.log.readStream(stream)));
    expect(pages.map((page) => idsOf(page.events))).toEqual(streams.map(({ events }) => idsOf(events)));
  },
  'many readers of the whole log at once each get the same page': async (run) => {
    const after = await run.log.head();
    const { events } = await run.written(80);
    const pages = await Promise.all(range(0, 40).map(() => run.log.readAll({ from: after, limit: 80 })));
    for (const page of pages) expect(idsOf(page.events)).toEqual(idsOf(events));
  },
  'readers beside a writer see a stream without gaps': async (run) => {
    const { stream } = await run.written(1);
    for (let revision = 0, count = 1; revision < 150; revision += count, count = 1 + (count % 4)) {
      const appended = run.log.append(stream, revision, run.events(count));
      const pages = await Promise.all(range(0, 4).map(() => run.log.readStream(stream)));
      for (const { events } of pages) expect(revisionsOf(events)).toEqual(range(0, events.length));
      expect(Math.min(...pages.map(({ events }) => events.length))).toBeGreaterThan(revision);
      await appended;
    }
  },
  'the events of an append stay together in the whole log': async (run) => {
    const after = await run.log.head();
    const appends = range(0, 40).map((k) => ({ stream: run.stream(), events: run.events(1 + (k % 7)) }));
    const results = await Promise.all(appends.map(({ stream, events }) => run.log.append(stream, 'no_stream', events)));
    const upTo = Math.max(...results.map(({ position }) => position));
    const mine = new Set(appends.map(({ stream }) => stream));
    const all = idsOf((await run.between(after, upTo)).filter(({ stream }) => mine.has(stream))).join();
    expect(appends.filter(({ events }) => !all.includes(idsOf(events).join()))).toEqual([]);
  },
  'what is acknowledged can be read at once': async (run) => {
    const stream = run.stream();
    for (let k = 0; k < 20; k++) {
      const { position } = await run.log.append(stream, k === 0 ? 'no_stream' : k - 1, [run.event()]);
      const [last] = (await run.log.readStream(stream, { direction: 'backwards', limit: 1 })).events;
      expect([last!.revision, await run.log.head() >= position]).toEqual([k, true]);
    }
  },
  'the order of acknowledged appends is the order of the log': async (run) => {
    const first = await run.log.append(run.stream(), 'no_stream', [run.event()]);
    const second = await run.log.append(run.stream(), 'no_stream', [run.event()]);
    const third = await run.log.append(run.stream(), 'no_stream', [run.event()]);
    expect(first.position < second.position && second.position < third.position).toBe(true);
  },
};

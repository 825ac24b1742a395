import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, START } from '@eventstore/db-client';
import { leafHash } from '../../kernel/leaf-hash.js';
import { EmbeddedLog } from '../../platform/event-log/embedded/embedded-log.js';
import { BEGINNING, type EventLog, type ExpectedRevision, type NewEvent } from '../../platform/event-log/event-log.js';
import { EventStoreDbLog } from '../../platform/event-log/eventstoredb/eventstoredb-log.js';
import type { Tools } from '../tools.js';
import type { Figure } from './figures.js';
import { settlement } from './log.bench.js';

/** A backend of the event log; without a URL the embedded one, in the server's own process. */
export interface Store {
  readonly name: string;
  readonly url?: string;
}

/** A store as the bench uses it: an event behind the last one of a stream, and everything read once. */
interface Subject {
  readonly name: string;
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<number>;
  /** Reads the whole log with its data parsed; answers how many events that were. */
  replay(): Promise<number>;
  /** Follows the log until it is stopped; answers how the store treated its subscription meanwhile. */
  follow?(): { stop(): Promise<Figure[]> };
  close(): Promise<void>;
}

const WAITERS = [1, 16, 256];
const EVENTS_A_BATCH = 100;
const BATCHING_WAITERS = 4;

/** Appends and replay of every backend: what each keeps of the speed below it. */
export const benchAppends = async (home: string, stores: readonly Store[], { seconds, tools }: { readonly seconds: number; readonly tools: Tools }): Promise<Figure[]> => {
  const figures: Figure[] = [];
  for (const store of stores) {
    const subjects = await subjectsOf(store, home, tools);
    try {
      const rates = new Map<string, number>();
      for (const waiters of WAITERS) {
        for (const subject of subjects) {
          tools.progress.update(`${subject.name}: appends, ${waiters} waiters`);
          const perSecond = await appendsPerSecond(subject, { waiters, seconds, tools, events: 1 });
          rates.set(`${subject.name} ${waiters}`, perSecond);
          figures.push({ name: `${subject.name}: durable appends, ${waiters} waiters`, value: perSecond, unit: '/s' });
        }
        const [ours, bare] = subjects;
        if (bare) {
          const share = (100 * rates.get(`${ours!.name} ${waiters}`)!) / rates.get(`${bare.name} ${waiters}`)!;
          figures.push({ name: `${ours!.name}: share of the bare client's, ${waiters} waiters`, value: share, unit: '%', must: 80 });
        }
      }
      for (const subject of subjects) figures.push(...await throughput(subject, seconds, tools));
    } finally {
      for (const subject of subjects) await subject.close();
    }
  }
  return figures;
};

const throughput = async (subject: Subject, seconds: number, tools: Tools): Promise<Figure[]> => {
  tools.progress.update(`${subject.name}: batches, and replay`);
  const following = subject.follow?.();
  const events = await appendsPerSecond(subject, { waiters: BATCHING_WAITERS, seconds, tools, events: EVENTS_A_BATCH });
  const followed = (await following?.stop()) ?? [];
  const begun = tools.clock.monotonic();
  const replayed = await subject.replay();
  const perSecond = (replayed / (tools.clock.monotonic() - begun)) * 1000;
  return [
    { name: `${subject.name}: events in appends of ${EVENTS_A_BATCH}, ${BATCHING_WAITERS} waiters`, value: events * EVENTS_A_BATCH, unit: 'events/s' },
    ...followed,
    { name: `${subject.name}: replay, parsed`, value: perSecond, unit: 'events/s' },
  ];
};

interface Load {
  readonly waiters: number;
  readonly seconds: number;
  readonly events: number;
  readonly tools: Tools;
}

/** Each waiter writes a stream of its own, one append after the other, with the hash of the event before. */
const appendsPerSecond = async (subject: Subject, { waiters, seconds, events, tools: { clock, ids } }: Load): Promise<number> => {
  const begun = clock.monotonic();
  const end = begun + seconds * 1000;
  let appends = 0;
  await Promise.all(Array.from({ length: waiters }, async () => {
    const stream = `account-${ids.uuid()}`;
    let expected: ExpectedRevision = 'no_stream';
    let prevHash: string | null = null;
    while (clock.monotonic() < end) {
      const batch: NewEvent[] = Array.from({ length: events }, () => settlement(prevHash));
      const revision = await subject.append(stream, expected, batch);
      prevHash = leafHash({ stream, revision, ...batch.at(-1)! });
      expected = revision;
      appends += 1;
    }
  }));
  return (appends / (clock.monotonic() - begun)) * 1000;
};

const subjectsOf = async ({ name, url }: Store, home: string, tools: Tools): Promise<Subject[]> => {
  const { clock, timers, ids } = tools;
  if (url === undefined) {
    const directory = join(home, 'embedded-log');
    mkdirSync(directory, { recursive: true });
    return [subjectOf(name, await EmbeddedLog.open({ directory, mode: 'write', clock, ids }), tools)];
  }
  const namespace = `bench_${ids.uuid().slice(0, 8)}.`;
  const log = await EventStoreDbLog.open({ url, namespace, clock, timers, ids });
  const adapter = `${name}, adapter`;
  return [{ ...subjectOf(adapter, log, tools), follow: () => following(adapter, log) }, bareClient(`${name}, bare client`, url, namespace)];
};

const subjectOf = (name: string, log: EventLog, { timers }: Tools): Subject => ({
  name,
  append: async (stream, expected, events) => (await log.append(stream, expected, events)).revision,
  replay: async () => {
    const head = await log.head();
    let events = 0;
    for await (const batch of log.follow({ after: BEGINNING, batchMax: 4_096 })) {
      for (const { data } of batch.events) {
        JSON.parse(data.toString());
        events += 1;
      }
      if (batch.position >= head) break;
      if (batch.events.length === 0) await timers.sleep(0);
    }
    return events;
  },
  close: () => log.close(),
});

/** Appends of a hundred events drop every live subscription (spec/eventstore.md §8): how often, and how soon it goes on. */
const following = (name: string, log: EventStoreDbLog): { stop(): Promise<Figure[]> } => {
  const abort = new AbortController();
  const before = log.figures;
  let followed = 0;
  const reading = (async () => {
    for await (const { events } of log.follow({ after: await log.head(), signal: abort.signal })) followed += events.length;
  })();
  return {
    stop: async () => {
      abort.abort();
      await reading;
      const { dropped, resumes, resumeP50Ms, resumeP99Ms } = log.figures;
      return [
        { name: `${name}: events followed meanwhile`, value: followed, unit: '' },
        { name: `${name}: subscriptions dropped meanwhile`, value: dropped - before.dropped, unit: '' },
        { name: `${name}: going on after a drop, p50 of ${resumes - before.resumes}`, value: resumeP50Ms, unit: 'ms', goal: 20, better: 'less' },
        { name: `${name}: going on after a drop, p99`, value: resumeP99Ms, unit: 'ms' },
      ];
    },
  };
};

/** The official client as its documentation shows it, with the same events; in the same namespace, so that both replay the same. */
const bareClient = (name: string, url: string, namespace: string): Subject => {
  const client = EventStoreDBClient.connectionString(url);
  const parsed = (bytes: Uint8Array): Record<string, unknown> => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
  return {
    name,
    append: async (stream, expected, events) => {
      const { nextExpectedRevision } = await client.appendToStream(
        `${namespace}bare_${stream}`, events.map(({ id, type, data, metadata }) => jsonEvent({ id, type, data: parsed(data), metadata: parsed(metadata) })),
        { expectedRevision: expected === 'no_stream' ? expected : BigInt(expected) },
      );
      return Number(nextExpectedRevision);
    },
    replay: async () => {
      let events = 0;
      for await (const { event } of client.readAll({ fromPosition: START })) if (event) events += 1;
      return events;
    },
    close: () => client.dispose(),
  };
};

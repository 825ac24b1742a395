import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { BEGINNING, type EventLog, type Position, type RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { EventStoreDbLog } from '../../src/platform/event-log/eventstoredb/eventstoredb-log.js';
import { SystemIds } from '../../src/platform/system/system.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { Seeded } from '../support/seeded.js';
import { clock, eventually, timers } from './eventually.js';
import { LogProcess } from './log-process.js';
import { build, freePort } from './server-process.js';
import { FLAWLESS, StoreJournal } from './store-journal.js';
import { CALL_MAX_MS, StoreLoad } from './store-load.js';
import { KINDS, storm } from './store-storm.js';

const LONG = Boolean(process.env['HORDE_LONG_TESTS']);
const SEED = 8_128;
const FAULTS_MS = LONG ? 600_000 : 40_000;
/** A fault of a minute now and then, where there is the time for it. */
const LASTING_CHANCE = LONG ? 0.05 : 0;
/** By then everything is compiled, and what has a limit is filled. */
const WARM_UP_MS = LONG ? 60_000 : 10_000;
const TEST_MS = FAULTS_MS + 180_000;
const CLIENTS = { writers: 10, rivals: 4, readers: 3 } as const;
/** For what comes back by itself once the line is well again. */
const PATIENCE_MS = 30_000;
const HEAP_GROWTH_MAX_BYTES = 50 * 1_048_576;
const LOADED = new Set(['Loaded.v1']);

const journal = new StoreJournal();
/** Ids in the order in which the follower got them. */
const followed: string[] = [];
const happened: string[] = [];
/** What was started, and how to be rid of it. */
const undo: (() => unknown)[] = [];
let port: number;
let front: LogProcess;
let proxy: FaultProxy;
let log: EventStoreDbLog;
let stored: RecordedEvent[];
let heapGrowthBytes: number;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

const killed = async (awayMs: number): Promise<void> => {
  await front.end('SIGKILL');
  await timers.sleep(awayMs);
  front = await LogProcess.start(front.dataDir, port);
};

/** One feed from the first event on, which nobody opens anew. */
const follower = async (signal: AbortSignal, reached: { position: Position }): Promise<void> => {
  for await (const { events, position } of log.follow({ after: BEGINNING, types: LOADED, signal })) {
    for (const { id } of events) followed.push(id);
    reached.position = position;
  }
};

const everything = async (from: EventLog): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  let page = await from.readAll({ types: LOADED, limit: 4_096 });
  for (; ; page = await from.readAll({ from: page.position, types: LOADED, limit: 4_096 })) {
    events.push(...page.events);
    if (page.end) return events;
  }
};

/** The load under the storm, then calm; every call is answered, and the follower has arrived. */
const weather = async (): Promise<void> => {
  const load = new StoreLoad(log, journal, SEED);
  const [abort, reached] = [new AbortController(), { position: BEGINNING }];
  const following = follower(abort.signal, reached);
  const running = load.run(CLIENTS);
  const warm = clock.monotonic() + WARM_UP_MS;
  let atFirst: number | undefined;
  for await (const fault of storm({ proxy, killed }, { random: new Seeded(SEED), forMs: FAULTS_MS, lastingChance: LASTING_CHANCE })) {
    happened.push(fault);
    if (clock.monotonic() > warm) atFirst ??= heapBytes();
  }
  load.stop();
  await eventually('every call is answered', CALL_MAX_MS, () => (journal.underWay === 0 ? true : undefined));
  await running;
  heapGrowthBytes = heapBytes() - atFirst!;
  const head = await eventually('the store answers', PATIENCE_MS, () => log.head().catch(() => undefined));
  await eventually('the follower has arrived', PATIENCE_MS, () => (reached.position >= head ? true : undefined));
  abort.abort();
  await following;
};

const report = (): void => {
  const { appends, unknownOutcomes, resends, outages, dropped, resumes, resumeP99Ms } = log.figures;
  const { connections, resets, bytes } = proxy.figures;
  const told = (['acknowledged', 'refused', 'unavailable', 'unknown'] as const).map((each) => `${journal.told(each)} ${each}`).join(', ');
  process.stdout.write(`eventstoredb over the front, ${happened.length} faults of ${new Set(happened).size} kinds: ${appends} appends, ${told} `
    + `(${journal.unknownButThere(stored)} of these are there), ${journal.repeats} repeats, ${journal.reads} reads; slowest call ${Math.round(journal.slowestMs)} ms; `
    + `at first unknown ${unknownOutcomes}, resent ${resends}, outages ${outages}, subscriptions dropped ${dropped}, resumed ${resumes} (p99 ${Math.round(resumeP99Ms)} ms); `
    + `${connections} connections, ${resets} resets, ${bytes.up} bytes up, ${bytes.down} down; ${followed.length} events followed; heap ${(heapGrowthBytes / 1_048_576).toFixed(1)} MB more\n`);
};

beforeAll(async () => {
  build();
  const home = mkdtempSync(join(tmpdir(), 'horde-store-faults-'));
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  port = await freePort();
  front = await LogProcess.start(home, port);
  undo.push(() => front.end('SIGKILL'));
  proxy = await FaultProxy.listen({ host: '127.0.0.1', port }, SEED);
  undo.push(() => proxy.close());
  log = await EventStoreDbLog.open({ url: `esdb://127.0.0.1:${proxy.port}?tls=false`, clock, timers, ids: new SystemIds() });
  undo.push(() => log.close());
  await weather();
  await log.close();
  proxy.close();
  await front.end('SIGTERM');
  const files = await EmbeddedLog.open({ directory: join(home, 'log'), mode: 'read', clock, ids: new SystemIds() }); // what the server has, without asking it
  undo.push(() => files.close());
  stored = await everything(files);
  report();
}, TEST_MS);

afterAll(async () => {
  for (const each of undo.reverse()) await each();
}, TEST_MS);

// A rejection that nobody handles fails the run by itself: Jest listens for them.
describe(`an event store behind a bad line (seed ${SEED})`, () => {
  it('answers every call within ten seconds: done, refused, not now, or nobody knows; and shows nothing older than what was acknowledged', () => {
    expect({ faults: journal.faults, underWay: journal.underWay, unanswered: journal.told(undefined) }).toEqual({ faults: [], underWay: 0, unanswered: 0 });
    expect(journal.slowestMs).toBeLessThanOrEqual(CALL_MAX_MS);
    expect(new Set(happened).size).toBe(KINDS);
  });

  it('has every acknowledged append exactly once, no refused one, and those of which nobody knew at most once and whole', () => {
    expect(journal.told('acknowledged')).toBeGreaterThan(0);
    expect(journal.judge(stored)).toEqual(FLAWLESS);
  });

  it('shows a follower every event, in order and exactly once', () => {
    const fault = stored.findIndex(({ id }, k) => id !== followed[k]);
    expect({ followed: followed.length, at: fault }).toEqual({ followed: stored.length, at: -1 });
  });

  it('needs no more memory the longer it lasts', () => {
    expect(heapGrowthBytes).toBeLessThanOrEqual(HEAP_GROWTH_MAX_BYTES);
  });
});

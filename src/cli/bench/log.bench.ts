import { closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, rmSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { leafHash } from '../../kernel/leaf-hash.js';
import { EmbeddedLog } from '../../platform/event-log/embedded/embedded-log.js';
import { BEGINNING, type ExpectedRevision, type NewEvent } from '../../platform/event-log/event-log.js';
import { SystemClock, SystemIds } from '../../platform/system/system.js';

export interface LogFigures {
  /** Bare loop of write + fdatasync on a growing file, frames of the same size, blocking calls: the ceiling of one waiter. */
  readonly bareBlockingPerSecond: number;
  /** The same with calls that leave the event loop free. */
  readonly bareAsyncPerSecond: number;
  /** Durable single-event appends with revision check, idempotency check and hash chain. */
  readonly appends: readonly { readonly waiters: number; readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number }[];
  /** The one-waiter figure as a share of the blocking bare loop. */
  readonly shareOfBare: number;
  readonly events: number;
  /** Replay from disk through the feed, data parsed as JSON. */
  readonly replayPerSecond: number;
  readonly coldStartMs: number;
  readonly coldStartScanMs: number;
}

export interface LogBenchOptions {
  /** Seconds for each number of waiters. */
  readonly seconds?: number;
  /** The log is filled up to this before replay and start are measured. */
  readonly eventsMin?: number;
}

const clock = new SystemClock();
const ids = new SystemIds();
/** An event of the size that settlements have: 0.3 kB of data, 0.2 kB of metadata. */
const FRAME_BYTES = 640;

/** Measures the embedded log in a fresh directory below `directory`, and the disk beside it in the same run. */
export const benchLog = async (directory: string, { seconds = 3, eventsMin = 1_000_000 }: LogBenchOptions = {}): Promise<LogFigures> => {
  const path = join(directory, `log-bench-${ids.uuid()}`);
  mkdirSync(path, { recursive: true });
  try {
    const bareBlockingPerSecond = bareBlocking(path, seconds);
    const bareAsyncPerSecond = await bareAsync(path, seconds);
    const log = await open(path);
    const appends = [];
    for (const waiters of [1, 16, 256]) appends.push(await durableAppends(log, waiters, seconds));
    await fill(log, eventsMin);
    await log.close();
    const cold = await coldStart(path, false);
    const scanned = await coldStart(path, true);
    const replay = await replayed(path);
    return {
      bareBlockingPerSecond, bareAsyncPerSecond, appends, shareOfBare: appends[0]!.perSecond / bareBlockingPerSecond,
      events: replay.events, replayPerSecond: replay.perSecond, coldStartMs: cold, coldStartScanMs: scanned,
    };
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
};

const open = (path: string, verify = false): Promise<EmbeddedLog> =>
  EmbeddedLog.open({ directory: join(path, 'log'), mode: 'write', clock, ids, verify });

const bareBlocking = (path: string, seconds: number): number => {
  const descriptor = openSync(join(path, 'bare'), 'w');
  const bytes = Buffer.alloc(FRAME_BYTES, 1);
  const start = clock.monotonic();
  let count = 0;
  for (; clock.monotonic() - start < seconds * 1000; count++) {
    writeSync(descriptor, bytes, 0, FRAME_BYTES, count * FRAME_BYTES);
    fdatasyncSync(descriptor);
  }
  closeSync(descriptor);
  return perSecond(count, start);
};

const bareAsync = async (path: string, seconds: number): Promise<number> => {
  const descriptor = openSync(join(path, 'bare-async'), 'w');
  const bytes = Buffer.alloc(FRAME_BYTES, 1);
  const [writeBytes, sync] = [promisify(write), promisify(fdatasync)];
  const start = clock.monotonic();
  let count = 0;
  for (; clock.monotonic() - start < seconds * 1000; count++) {
    await writeBytes(descriptor, bytes, 0, FRAME_BYTES, count * FRAME_BYTES);
    await sync(descriptor);
  }
  closeSync(descriptor);
  return perSecond(count, start);
};

const perSecond = (count: number, start: number): number => Math.round((count / (clock.monotonic() - start)) * 1000);

const durableAppends = async (log: EmbeddedLog, waiters: number, seconds: number): Promise<LogFigures['appends'][number]> => {
  const latencies: number[] = [];
  const start = clock.monotonic();
  const end = start + seconds * 1000;
  await Promise.all(Array.from({ length: waiters }, () => waiter(log, end, latencies)));
  const rate = perSecond(latencies.length, start);
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { waiters, perSecond: rate, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
};

/** One writer of one stream: each append names the revision it expects and the hash of the event before. */
const waiter = async (log: EmbeddedLog, end: number, latencies: number[]): Promise<void> => {
  const stream = `account-${ids.uuid()}`;
  let expected: ExpectedRevision = 'no_stream';
  let prevHash: string | null = null;
  while (clock.monotonic() < end) {
    const event = settlement(prevHash);
    const begun = clock.monotonic();
    const { revision } = await log.append(stream, expected, [event]);
    latencies.push(clock.monotonic() - begun);
    prevHash = leafHash({ stream, revision, ...event });
    expected = revision;
  }
};

/** An event of the size and shape that settlements have. */
export const settlement = (prevHash: string | null): NewEvent => ({
  id: ids.uuid(),
  type: 'JobSettled.v1',
  data: Buffer.from(`{"job":"1f0c9d52-7f0e-4a55-9a39-6f4ff7d7a111","worker":812,"ledger":{"txId":"5f3a8e0e-25b0-5f0a-8b1e-0e9d1e6a2222","kind":"generation","effectiveAt":"2026-01-01T00:00:00.000Z","postings":[{"account":"user:17:spendable","amount":-1234},{"account":"user:42:spendable","amount":1234}],"policy":3,"reverses":null}}`),
  metadata: Buffer.from(`{"$correlationId":"a","$causationId":"b","prevHash":${prevHash === null ? 'null' : `"${prevHash}"`},"actor":{"kind":"user","user":17},"schema":1,"node":"bench"}`),
});

const EVENTS_AN_APPEND = 100;
const FILLERS = 16;

const fill = async (log: EmbeddedLog, eventsMin: number): Promise<void> => {
  let missing = eventsMin - (await countOf(log));
  await Promise.all(Array.from({ length: FILLERS }, async () => {
    while (missing > 0) {
      missing -= EVENTS_AN_APPEND;
      await log.append(`account-${ids.uuid()}`, 'no_stream', Array.from({ length: EVENTS_AN_APPEND }, () => settlement(null)));
    }
  }));
};

const countOf = async (log: EmbeddedLog): Promise<number> => {
  const head = await log.head();
  let count = 0;
  for await (const { events, position } of log.follow({ after: BEGINNING, batchMax: 4_096 })) {
    count += events.length;
    if (position >= head) break;
  }
  return count;
};

const coldStart = async (path: string, verify: boolean): Promise<number> => {
  const start = clock.monotonic();
  const log = await open(path, verify);
  const elapsed = clock.monotonic() - start;
  await log.close();
  return Math.round(elapsed);
};

const replayed = async (path: string): Promise<{ events: number; perSecond: number }> => {
  const log = await open(path);
  const head = await log.head();
  const start = clock.monotonic();
  let events = 0;
  let postings = 0;
  for await (const batch of log.follow({ after: BEGINNING, batchMax: 4_096 })) {
    for (const { data } of batch.events) {
      const parsed = JSON.parse(data.toString()) as { ledger: { postings: unknown[] } };
      postings += parsed.ledger.postings.length;
      events += 1;
    }
    if (batch.position >= head) break;
  }
  const rate = perSecond(events, start);
  await log.close();
  if (postings !== 2 * events) throw new Error(`read ${postings} postings of ${events} events`);
  return { events, perSecond: rate };
};

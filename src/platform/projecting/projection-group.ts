import { defer, from, lastValueFrom, retry, throwError } from 'rxjs';
import type { Clock, Timers } from '../../kernel/clock.js';
import type { Recorded } from '../../kernel/event.js';
import { BEGINNING, type EventLog, type FeedBatch, LogUnavailable, type RecordedEvent } from '../event-log/event-log.js';
import type { Database } from '../postgres/database.js';
import { isOutage, messageOf } from '../postgres/database-errors.js';
import type { Checkpoints } from './checkpoints.js';
import type { ProjectionWorker, ProjectorLog, Stretch } from './projection-worker.js';

export type Decode = (event: RecordedEvent) => Recorded;
export type Reveal = (events: readonly Recorded[]) => Promise<readonly Recorded[]>;

export interface GroupOptions {
  readonly eventLog: EventLog;
  readonly database: Pick<Database, 'pipelined'>;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ProjectorLog;
  /** Remembers what it has decoded: other feeds hand out the same objects at the hot end of the log. */
  readonly decode: Decode;
  readonly reveal: Reveal | undefined;
  readonly onStretch: ((stretch: Stretch) => void) | undefined;
}

/** History is taken in large strides: a transaction costs as much as hundreds of rows (measured best at 4,000 to 10,000). */
const STRIDE_EVENTS = 5_000;
/** A live transaction every 20 ms at most, unless 500 events wait (spec/ledger.md §4.8). */
const PACE_MS = 20;
/** While nobody here waits for it: half the transactions are half the work of this process and of PostgreSQL. */
const CALM_MS = 50;
const PACE_EVENTS = 500;
/** Other processes see a checkpoint that only skips this late at most. */
const SKIP_EVERY_MS = 100;
const RETRY_MS = 100;
const RETRY_MS_MAX = 30_000;
/** Decoding gives way to requests of the same process after so many events (about 3 ms). */
const DECODE_SLICE = 500;

/**
 * Projections that read the log together: an event is read and decoded once for all of them. Live they store it together; history each on
 * a connection of its own. They advance in step, so a group is as fast as its slowest member.
 */
export class ProjectionGroup {
  readonly #workers: Set<ProjectionWorker>;
  readonly #ended = new AbortController();
  #busy: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #lastCommit = Number.NEGATIVE_INFINITY;
  #lastSkip = Number.NEGATIVE_INFINITY;
  #calm = new AbortController();

  constructor(workers: readonly ProjectionWorker[], private readonly options: GroupOptions) {
    this.#workers = new Set(workers);
  }

  has(worker: ProjectionWorker): boolean {
    return this.#workers.has(worker);
  }

  /** Somebody waits for what has not been stored. */
  hurry(): void {
    this.#calm.abort();
  }

  /** Takes one out; resolves when it is not being written any more. */
  async remove(worker: ProjectionWorker): Promise<void> {
    this.#workers.delete(worker);
    await this.#busy.catch(() => undefined); // its own caller hears of it
    if (this.#workers.size === 0) this.#ended.abort();
  }

  /** Resolves when what is under way is stored. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#busy.catch(() => undefined);
  }

  /** Follows the log until stopped or until nobody is left; outages of PostgreSQL and of the log are waited out. */
  async run(): Promise<void> {
    const attempts = defer(() => from(this.#follow())).pipe(retry({ delay: (error: unknown) => this.#backOff(error) }));
    try {
      await lastValueFrom(attempts, { defaultValue: undefined });
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error;
    }
  }

  #backOff(error: unknown) {
    if (this.#ended.signal.aborted || !(isOutage(error) || error instanceof LogUnavailable)) return throwError(() => error);
    const waitMs = Math.min(RETRY_MS * 2 ** this.#failures++, RETRY_MS_MAX);
    this.options.log.error(`read models wait ${waitMs} ms: ${messageOf(error)}`, { projections: [...this.#workers].map(({ name }) => name) });
    return from(this.options.timers.sleep(waitMs, this.#ended.signal));
  }

  async #follow(): Promise<void> {
    const { eventLog } = this.options;
    await this.#exclusively(() => Promise.all([...this.#workers].map((worker) => worker.load(eventLog))));
    this.#dropIdle();
    if (this.#workers.size === 0) return;
    const after = Math.min(...[...this.#workers].map(({ position }) => position));
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#ended.signal]);
    const feed = eventLog.follow({ after, batchMax: STRIDE_EVENTS, signal })[Symbol.asyncIterator]();
    try {
      await this.#drain(feed);
    } finally {
      ended.abort(); // ends the feed, also when the other side waits for events
    }
  }

  async #drain(feed: AsyncIterator<FeedBatch>): Promise<void> {
    let stretch = await this.#read(feed);
    while (stretch && !this.#ended.signal.aborted) {
      const ahead = this.#readAhead(feed, stretch);
      await this.#take(stretch);
      if (this.#workers.size === 0 || stretch.undecodable) return;
      if (stretch.live) await this.#pace(stretch);
      stretch = await (ahead ?? this.#readOrSkip(feed));
    }
  }

  /** In history the next stretch is read and decoded while PostgreSQL works on this one. */
  #readAhead(feed: AsyncIterator<FeedBatch>, { live, undecodable }: Stretch): Promise<Stretch | undefined> | undefined {
    if (live || undecodable) return undefined;
    const ahead = this.#read(feed);
    ahead.catch(() => undefined); // awaited in the next round, unless this one fails first
    return ahead;
  }

  async #take(stretch: Stretch): Promise<void> {
    await this.#exclusively(() => this.#store(stretch));
    this.#failures = 0;
    this.options.onStretch?.(stretch);
    this.#dropIdle();
  }

  async #store(stretch: Stretch): Promise<void> {
    if (stretch.events.length > 0) this.#lastCommit = this.options.clock.monotonic();
    if (!(await this.#storeTogether(stretch))) await this.#storeApart(stretch);
    if (this.options.clock.monotonic() - this.#lastSkip >= SKIP_EVERY_MS) await this.#skip();
  }

  /**
   * What happens live is little for each of many: one transaction for all costs one journey and one commit instead of a dozen. False when it
   * is not for this, or when nothing was stored because one of them could not: each by itself tells whose fault it is.
   */
  async #storeTogether(stretch: Stretch): Promise<boolean> {
    const { live, events, undecodable } = stretch;
    if (!live || undecodable || events.length > PACE_EVENTS) return false;
    try {
      const shares = [...this.#workers].map((worker) => ({ worker, share: worker.shareOf(stretch) }));
      const stored = shares.map(({ share }) => share).filter(({ statements }) => statements.length > 0);
      const { database, checkpoints } = this.options;
      if (stored.length > 0) await database.pipelined([checkpoints.advance(stored.map(({ move }) => move)), ...stored.flatMap(({ statements }) => statements)], { durable: false });
      for (const { worker, share } of shares) worker.stored(stretch, share);
      return true;
    } catch (error) {
      if (isOutage(error)) throw error;
      return false;
    }
  }

  /** In history each works for as long as all together would: on a connection of its own. */
  async #storeApart(stretch: Stretch): Promise<void> {
    // All have to end before one's outage is told: a transaction of the others may still be under way.
    const results = await Promise.allSettled([...this.#workers].map((worker) => worker.apply(stretch)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Nothing is waited for when the log is quiet; when it is busy, what comes within 20 ms shares one transaction, or within 50 ms while nobody waits. */
  async #pace({ events }: Stretch): Promise<void> {
    if (events.length === 0 || events.length >= PACE_EVENTS) return;
    this.#calm = new AbortController();
    await this.#rest(PACE_MS, this.#ended.signal);
    if (![...this.#workers].some(({ waiters }) => waiters.size > 0)) await this.#rest(CALM_MS, AbortSignal.any([this.#calm.signal, this.#ended.signal]));
  }

  /** Until so long after the last transaction began. */
  async #rest(afterMs: number, signal: AbortSignal): Promise<void> {
    const waitMs = afterMs - (this.options.clock.monotonic() - this.#lastCommit);
    if (waitMs > 0 && !signal.aborted) await this.options.timers.sleep(waitMs, signal).catch(() => undefined); // over early
  }

  async #readOrSkip(feed: AsyncIterator<FeedBatch>): Promise<Stretch | undefined> {
    const next = this.#read(feed);
    if (![...this.#workers].some(({ isBehindItsEyes }) => isBehindItsEyes)) return next;
    next.catch(() => undefined); // awaited below, unless skipping fails first
    const quiet = new AbortController();
    const isQuiet = this.options.timers.sleep(SKIP_EVERY_MS, quiet.signal).then(() => true, () => false);
    if (await Promise.race([next.then(() => false), isQuiet])) {
      await this.#exclusively(() => this.#skip());
      this.#dropIdle();
    }
    quiet.abort();
    return next;
  }

  /** Stores how far those have seen who had nothing to store; who is not where it believed to be is fenced. */
  async #skip(): Promise<void> {
    this.#lastSkip = this.options.clock.monotonic();
    const behind = [...this.#workers].filter(({ state, isBehindItsEyes }) => isBehindItsEyes && (state === 'live' || state === 'catching-up'));
    if (behind.length === 0) return;
    const moves = behind.map(({ pendingSkip }) => pendingSkip);
    const moved = await this.options.checkpoints.skip(moves);
    behind.forEach((worker, index) => (moved.has(worker.name) ? worker.skipped(moves[index]!.position) : worker.standBy()));
  }

  async #read(feed: AsyncIterator<FeedBatch>): Promise<Stretch | undefined> {
    const raw: RecordedEvent[] = [];
    for (;;) {
      const next = await feed.next();
      if (next.done === true) return undefined;
      const batch = next.value;
      for (const event of batch.events) raw.push(event);
      if (batch.live || raw.length >= STRIDE_EVENTS) return this.#decode(raw, batch);
    }
  }

  async #decode(raw: readonly RecordedEvent[], { position, live }: FeedBatch): Promise<Stretch> {
    const events: Recorded[] = [];
    for (const [index, event] of raw.entries()) {
      try {
        events.push(this.options.decode(event));
      } catch (error) {
        const before = raw.slice(0, index);
        return { events: await this.#reveal(events), raw: before, position: before.at(-1)?.position ?? BEGINNING, live: false, undecodable: { event, error } };
      }
      if (index % DECODE_SLICE === DECODE_SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    return { events: await this.#reveal(events), raw, position, live };
  }

  #reveal(events: readonly Recorded[]): Promise<readonly Recorded[]> {
    return this.options.reveal && events.length > 0 ? this.options.reveal(events) : Promise.resolve(events);
  }

  #dropIdle(): void {
    for (const worker of this.#workers) if (worker.state === 'stopped' || worker.state === 'standby') this.#workers.delete(worker);
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = work();
    this.#busy = result;
    return result;
  }
}

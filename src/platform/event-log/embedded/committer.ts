import type { Clock } from '../../../kernel/clock.js';
import { LogUnavailable, OutcomeUnknown, type RecordedEvent } from '../event-log.js';
import { asError, isDiskFull, nextTurn, type LogFile } from './files.js';
import { recordedOf, sealFrame } from './frame.js';
import type { PendingAppend } from './pending-append.js';
import type { SegmentFiles } from './segment-files.js';
import { SEGMENT_HEADER_BYTES } from './segment-header.js';

/** One write and one sync: a few milliseconds on the slowest disk that is still of use. */
const GROUP_BYTES_MAX = 4 * 1_048_576;
/** Appends that may wait for the disk. Beyond it the disk cannot keep up, and waiting longer would only cost memory. */
const QUEUE_BYTES_MAX = 128 * 1_048_576;
/** The newest file is extended by this much at a time: a sync is then spared the change of size (measured: −20 %). */
const RESERVE_BYTES = 4 * 1_048_576;

export interface CommitterOptions {
  readonly segments: SegmentFiles;
  readonly clock: Clock;
  readonly segmentBytes: number;
  readonly tail: number;
  readonly onFatal: (error: Error) => void;
  /** Called once a group is durable and before anybody is told: makes it visible. */
  readonly onDurable: (group: readonly PendingAppend[], events: readonly RecordedEvent[]) => void;
  /** Called when a segment is full and the next one is about to begin. */
  readonly onSealed: (end: number) => void;
  /** Called for every append that has left the queue, written or not, before its waiter is told. */
  readonly onSettled: (append: PendingAppend) => void;
}

/**
 * Group commit: whatever waits is written at once, synced once, made visible, and only then acknowledged. A full disk
 * refuses what waits, removes what was half written, and is tried again by the next append. Any other error of writing or
 * syncing is the end: after it nobody can know what the disk holds, so the log refuses everything until it is opened again.
 */
export class Committer {
  private file: LogFile | undefined;
  private tail: number;
  private reserved = 0;
  private queue: PendingAppend[] = [];
  private queueBytes = 0;
  private isRunning = false;
  private fatal: Error | undefined;
  private idle: Promise<void> = Promise.resolve();

  constructor(private readonly options: CommitterOptions) {
    this.tail = options.tail;
  }

  /** Where the durable log ends. */
  get end(): number {
    return this.tail;
  }

  /** Throws LogUnavailable when the log takes no appends. */
  checkUsable(): void {
    if (this.fatal) throw new LogUnavailable(`the event log stopped after an error of its disk: ${this.fatal.message}`, { cause: this.fatal });
    if (this.queueBytes > QUEUE_BYTES_MAX) throw new LogUnavailable('too many appends are waiting for the disk');
  }

  add(append: PendingAppend): void {
    this.queue.push(append);
    this.queueBytes += append.frame.length;
    if (this.isRunning) return;
    this.isRunning = true;
    this.idle = this.run();
  }

  /** Waits for everything under way, then cuts what was reserved and closes the file. */
  async close(): Promise<void> {
    await this.idle;
    if (!this.file) return;
    if (!this.fatal) {
      this.file.truncate(this.tail - this.options.segments.lastBase);
      await this.file.sync();
    }
    await this.file.close();
    this.file = undefined;
  }

  private async run(): Promise<void> {
    await nextTurn(); // all appends of this turn of the event loop, of other requests too, share the first sync
    while (this.queue.length > 0) {
      const group = this.takeGroup();
      try {
        await this.commit(group);
      } catch (error) {
        this.refuse(group, error);
      }
      await nextTurn();
    }
    this.isRunning = false;
  }

  private takeGroup(): readonly PendingAppend[] {
    let bytes = 0;
    let count = 0;
    for (const { frame } of this.queue) {
      if (count > 0 && bytes + frame.length > GROUP_BYTES_MAX) break;
      bytes += frame.length;
      count += 1;
    }
    this.queueBytes -= bytes;
    if (count === this.queue.length) {
      const group = this.queue;
      this.queue = [];
      return group;
    }
    return this.queue.splice(0, count);
  }

  private async commit(group: readonly PendingAppend[]): Promise<void> {
    const bytes = group.reduce((sum, { frame }) => sum + frame.length, 0);
    const file = await this.fileFor(bytes);
    const start = this.tail;
    const base = this.options.segments.lastBase;
    this.seal(group, start);
    try {
      this.reserve(file, start - base + bytes);
      file.write(group.length === 1 ? group[0]!.frame : Buffer.concat(group.map(({ frame }) => frame), bytes), start - base);
    } catch (error) {
      await this.cut(file, start - base, error);
      throw error;
    }
    await this.sync(file);
    this.tail = start + bytes;
    this.acknowledge(group);
  }

  private seal(group: readonly PendingAppend[], start: number): void {
    const { clock, segments } = this.options;
    const created = clock.now();
    let position = start;
    for (const { frame } of group) {
      sealFrame(frame, { position, durable: start, created, seed: segments.seed });
      position += frame.length;
    }
  }

  private acknowledge(group: readonly PendingAppend[]): void {
    const events: RecordedEvent[] = [];
    for (const append of group) events.push(...recordedOf(append.frame, append.stream, append.events));
    this.options.onDurable(group, events);
    let at = -1;
    for (const append of group) {
      at += append.events.length;
      this.options.onSettled(append);
      append.resolve({ revision: append.lastRevision, position: events[at]!.position });
    }
  }

  /** The file to append to, in which `bytes` more have room; begins the next segment when the last is full. */
  private async fileFor(bytes: number): Promise<LogFile> {
    const { segments, segmentBytes } = this.options;
    const used = this.tail - segments.lastBase;
    const isFull = used > SEGMENT_HEADER_BYTES && used + bytes > segmentBytes;
    this.file ??= await segments.files.open(segments.path(segments.lastBase), 'write');
    if (!isFull) return this.file;
    this.file.truncate(used); // gives back what was reserved; if this is lost, zeros remain behind the segment's end
    this.reserved = 0;
    await segments.create(this.tail);
    await this.file.close();
    this.file = undefined;
    this.options.onSealed(this.tail);
    segments.add(this.tail);
    this.tail += SEGMENT_HEADER_BYTES;
    this.file = await segments.files.open(segments.path(segments.lastBase), 'write');
    return this.file;
  }

  private reserve(file: LogFile, needed: number): void {
    if (needed <= this.reserved) return;
    this.reserved = Math.min(needed + RESERVE_BYTES, Math.max(needed, this.options.segmentBytes));
    file.truncate(this.reserved);
  }

  /** Removes a half-written group durably, so that nothing of what is refused now can come back after a crash. */
  private async cut(file: LogFile, size: number, cause: unknown): Promise<void> {
    if (!isDiskFull(cause)) return;
    try {
      file.truncate(size);
      this.reserved = 0;
    } catch (error) {
      throw new UnsyncedError(error);
    }
    await this.sync(file);
  }

  private async sync(file: LogFile): Promise<void> {
    try {
      await file.sync();
    } catch (error) {
      throw new UnsyncedError(error); // also when it says "disk full": the cache may have dropped what it failed to write
    }
  }

  private refuse(group: readonly PendingAppend[], error: unknown): void {
    const all = [...group, ...this.queue]; // those behind may build on these
    this.queue = [];
    this.queueBytes = 0;
    const cause = asError(error);
    if (isDiskFull(error)) {
      for (const append of all) this.reject(append, new LogUnavailable(`the disk of the event log is full: ${cause.message}`, { cause }));
      return;
    }
    this.fatal = cause;
    group.forEach((append) => this.reject(append, new OutcomeUnknown(`the event log stopped while it wrote this: ${cause.message}`, { cause })));
    all.slice(group.length).forEach((append) => this.reject(append, new LogUnavailable(`the event log stopped: ${cause.message}`, { cause })));
    this.options.onFatal(cause);
  }

  private reject(append: PendingAppend, error: Error): void {
    this.options.onSettled(append);
    append.reject(error);
  }
}

/** The end of the log; wrapped so that its code is not taken for a full disk. */
class UnsyncedError extends Error {
  override readonly name = 'UnsyncedError';
  constructor(cause: unknown) {
    super(asError(cause).message, { cause });
  }
}

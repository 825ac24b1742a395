import type { Clock } from '../../../kernel/clock.js';
import type { Ids } from '../../../kernel/ids.js';
import {
  EventLog, LogUnavailable, type AllPage, type AppendResult, type ExpectedRevision, type FeedBatch, type FollowOptions,
  type NewEvent, type Position, type ReadAllOptions, type ReadStreamOptions, type RecordedEvent, type StreamPage,
} from '../event-log.js';
import { Growth } from '../growth.js';
import { Committer } from './committer.js';
import { EventReader } from './event-reader.js';
import { feed, type FeedSource } from './feed.js';
import { asError, type Files } from './files.js';
import { HOT_TAIL_LIMITS, HotTail, type HotTailLimits } from './hot-tail.js';
import { IndexSection, writeSnapshot } from './index-snapshot.js';
import { Judge } from './judge.js';
import { lockDirectory, SystemProcesses, type DirectoryLock, type ProcessTable } from './lock.js';
import { NodeFiles } from './node-files.js';
import { Pages } from './pages.js';
import { PendingAppend } from './pending-append.js';
import { recover, type Progress, type Recovered } from './recovery.js';

/** 256 MiB, as EventStoreDB's chunks: some 500,000 events, whose index snapshot is 6 MB. */
const SEGMENT_BYTES = 256 * 1_048_576;
/** The newest segment's index is stored anew after so many events: a start after a crash scans no more than these (0.2 s). */
const SNAPSHOT_EVENTS = 200_000;

export interface EmbeddedLogOptions {
  readonly directory: string;
  /** `read`: no lock, no repair, no write, and the log as it is now; may be opened beside the writer. */
  readonly mode: 'write' | 'read';
  readonly clock: Clock;
  readonly ids: Ids;
  readonly files?: Files;
  readonly processes?: ProcessTable;
  /** Checks every stored event at the start instead of trusting the index snapshots. */
  readonly verify?: boolean;
  readonly segmentBytes?: number;
  readonly snapshotEvents?: number;
  readonly hotTail?: HotTailLimits;
  readonly onProgress?: (progress: Progress) => void;
  /** The disk failed under a write: nothing is accepted any more, and the process should end. */
  readonly onFatal?: (error: Error) => void;
  /** Something that costs time at the next start and nothing else: an index snapshot could not be written. */
  readonly onWarning?: (error: Error) => void;
}

/** The log inside this process: durable, crash-safe, in files of its own (docs/decisions/0001-own-segmented-log.md). */
export class EmbeddedLog extends EventLog {
  private readonly index = this.recovered.index;
  private readonly growth = new Growth();
  private readonly hot: HotTail;
  private readonly committer: Committer;
  private readonly reader: EventReader;
  private readonly pages: Pages;
  private readonly judge: Judge;
  private readonly source: FeedSource;
  private section: IndexSection;
  private snapshots: Promise<void> = Promise.resolve();
  private closed: Promise<void> | undefined;
  private hasFailed = false;

  /**
   * Opens the log in `directory`, and creates it in write mode. Throws LogLocked while another writer lives, and LogDamaged
   * when the files are not what was once durable.
   */
  static async open(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
    const { files = new NodeFiles(), directory, ids, mode } = options;
    if (mode === 'read') return new EmbeddedLog({ ...options, files }, await recover({ ...options, files }), undefined);
    const lock = await lockDirectory(files, directory, options.processes ?? new SystemProcesses(), ids.uuid());
    try {
      return new EmbeddedLog({ ...options, files }, await recover({ ...options, files }), lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private constructor(
    private readonly options: EmbeddedLogOptions & { readonly files: Files },
    private readonly recovered: Recovered,
    private readonly lock: DirectoryLock | undefined,
  ) {
    super();
    const { segments, tail } = recovered;
    const { clock, segmentBytes = SEGMENT_BYTES, hotTail = HOT_TAIL_LIMITS } = options;
    this.section = recovered.section;
    this.hot = new HotTail(this.index.events, hotTail);
    this.committer = new Committer({
      segments, clock, segmentBytes, tail,
      onFatal: (error) => this.fail(error),
      onDurable: (group, events) => this.publish(group, events),
      onSealed: (end) => this.seal(end),
      onSettled: (append) => this.judge.settled(append),
    });
    this.reader = new EventReader(this.index, segments, this.hot, () => this.committer.end);
    this.pages = new Pages(this.index, this.reader);
    this.judge = new Judge(this.index, this.reader);
    this.source = { index: this.index, reader: this.reader, growth: this.growth, grows: lock !== undefined, checkOpen: () => this.checkOpen() };
  }

  /** Identity of this log, made when it was created. */
  get storeId(): string {
    return this.recovered.segments.storeId;
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    try {
      this.checkOpen();
      if (!this.lock) throw new LogUnavailable('the event log is open for reading only');
      this.committer.checkUsable();
      const judged = this.judge.judge(stream, expected, events);
      if (!(judged instanceof PendingAppend)) return judged;
      this.committer.add(judged);
      return judged.result;
    } catch (error) {
      return Promise.reject(asError(error));
    }
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<StreamPage> {
    this.checkOpen();
    return this.pages.ofStream(stream, options);
  }

  async readAll(options: ReadAllOptions = {}): Promise<AllPage> {
    this.checkOpen();
    return this.pages.ofAll(options);
  }

  follow(options: FollowOptions): AsyncIterable<FeedBatch> {
    return feed(this.source, options);
  }

  head(): Promise<Position> {
    try {
      this.checkOpen();
      return Promise.resolve(this.index.headPosition);
    } catch (error) {
      return Promise.reject(asError(error));
    }
  }

  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async shutDown(): Promise<void> {
    const { segments } = this.recovered;
    this.growth.announce();
    try {
      await this.committer.close();
      if (this.lock && !this.hasFailed && this.section.stored < this.section.length) this.snapshot();
      await this.snapshots;
      await segments.close();
    } finally {
      await this.lock?.release();
    }
  }

  private checkOpen(): void {
    if (this.closed) throw new LogUnavailable('the event log is closed');
  }

  private publish(group: readonly PendingAppend[], events: readonly RecordedEvent[]): void {
    let at = 0;
    for (const { stream, events: appended } of group) {
      this.section.add({ stream, position: events[at]!.position, events: appended.length });
      at += appended.length;
    }
    for (const event of events) this.hot.push(event);
    this.growth.announce();
    if (this.section.length - this.section.stored >= (this.options.snapshotEvents ?? SNAPSHOT_EVENTS)) this.snapshot();
  }

  private seal(end: number): void {
    this.snapshot(end);
    this.section = new IndexSection(end, this.index);
  }

  /** Stores the newest segment's index, in the background; without it the next start is slower, nothing else. */
  private snapshot(end = this.committer.end): void {
    const { files, directory, onWarning } = this.options;
    const { base } = this.section;
    this.section.stored = this.section.length;
    const parts = this.section.encode(this.storeId, end);
    this.snapshots = this.snapshots
      .then(() => writeSnapshot(files, directory, base, parts))
      .catch((error: unknown) => onWarning?.(asError(error)));
  }

  private fail(error: Error): void {
    this.hasFailed = true;
    this.options.onFatal?.(error);
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import {
  EventLog, type AllPage, type AppendResult, type ExpectedRevision, type FeedBatch, type FollowOptions, type NewEvent, type Position, type ReadAllOptions,
  type ReadStreamOptions, type RecordedEvent, type StreamPage,
} from '../../src/platform/event-log/event-log.js';
import { SeededIds, SettableClock } from './ports.js';

export interface SeenAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

/** The embedded log in a directory of its own, watched, with faults on order. What it answers is the log's own answer. */
export class WatchedLog extends EventLog {
  readonly appends: SeenAppend[] = [];
  readonly reads: { readonly stream: string; readonly from: number | undefined }[] = [];
  /** Runs before each append reaches the log; a throw is the append's failure, and nothing is written. */
  beforeAppend: ((append: SeenAppend) => Promise<void> | void) | undefined;
  /** Runs after each append, which is written; a throw is all that the caller hears. */
  afterAppend: ((append: SeenAppend) => void) | undefined;

  private constructor(readonly directory: string, private inner: EmbeddedLog) {
    super();
  }

  static async open(): Promise<WatchedLog> {
    const directory = mkdtempSync(join(tmpdir(), 'horde-watched-log-'));
    return new WatchedLog(directory, await openIn(directory));
  }

  /** As after a restart of the process. */
  async reopen(): Promise<void> {
    await this.inner.close();
    this.inner = await openIn(this.directory);
  }

  async remove(): Promise<void> {
    await this.inner.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get storeId(): string {
    return this.inner.storeId;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const append = { stream, expected, events };
    this.appends.push(append);
    await this.beforeAppend?.(append);
    const result = await this.inner.append(stream, expected, events);
    this.afterAppend?.(append);
    return result;
  }
  readStream(stream: string, options?: ReadStreamOptions): Promise<StreamPage> {
    this.reads.push({ stream, from: options?.from });
    return this.inner.readStream(stream, options);
  }
  readAll(options?: ReadAllOptions): Promise<AllPage> {
    return this.inner.readAll(options);
  }
  follow(options: FollowOptions): AsyncIterable<FeedBatch> {
    return this.inner.follow(options);
  }
  head(): Promise<Position> {
    return this.inner.head();
  }
  close(): Promise<void> {
    return this.inner.close();
  }

  /** Every event of a stream, first to last. */
  async all(stream: string): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (;;) {
      const page = await this.inner.readStream(stream, { from: events.length, limit: 1_000 });
      events.push(...page.events);
      if (page.events.length < 1_000) return events;
    }
  }
}

const openIn = (directory: string): Promise<EmbeddedLog> =>
  EmbeddedLog.open({ directory, mode: 'write', clock: new SettableClock(), ids: new SeededIds(1) });

/**
 * The port to the log, in EventStoreDB's vocabulary and nothing more: exact revisions or `no_stream`, streams read both
 * ways, `$all` in one total order, and a feed of it. There is no `any`, no delete, no truncation, no metadata stream.
 *
 * Positions and revisions are safe integers: a position is the commit offset of an event, strictly increasing, with gaps.
 */
export type Position = number;
/** Before the first event. */
export const BEGINNING: Position = -1;
export type ExpectedRevision = number | 'no_stream';

export interface NewEvent {
  /** UUID, lower case; made once per decided event and kept through every resend of the same bytes. */
  readonly id: string;
  readonly type: string;
  /** UTF-8 JSON. */
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface RecordedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly id: string;
  readonly type: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
  /** When the store wrote it, ms since 1970: for people; no decision and no hash depends on it. */
  readonly created: number;
}

/** Revision and position of the last event of an append. */
export interface AppendResult {
  readonly revision: number;
  readonly position: Position;
}

export interface ReadStreamOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** First revision to return, inclusive. Default: the first (forwards) or the last (backwards) event. */
  readonly from?: number;
  /** At most this many events; 1 to 4,096, default 512. */
  readonly limit?: number;
}
/** `exists` is false for a stream that was never written. A page shorter than its limit is the last one. */
export interface StreamPage {
  readonly exists: boolean;
  readonly events: readonly RecordedEvent[];
}

export interface ReadAllOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** Forwards: events after this position; backwards: events before it. Exclusive. Default: from the very start or end. */
  readonly from?: Position;
  readonly limit?: number;
  /** Only events of these types. */
  readonly types?: ReadonlySet<string>;
}
export interface AllPage {
  readonly events: readonly RecordedEvent[];
  /** Everything up to (or, backwards, down to) here was examined: where the next page starts. */
  readonly position: Position;
  /** There was nothing further when the page was read. */
  readonly end: boolean;
}

export interface FollowOptions {
  /** Events after this position; BEGINNING for all. */
  readonly after: Position;
  readonly types?: ReadonlySet<string>;
  /** Events a batch at most; default 500. */
  readonly batchMax?: number;
  /** Ends the feed. */
  readonly signal?: AbortSignal;
}
/** Gapless, in order. `events` may be empty: then `position` alone moved on (a filter's checkpoint). */
export interface FeedBatch {
  readonly events: readonly RecordedEvent[];
  readonly position: Position;
  /** The feed had reached the head when this batch was cut. */
  readonly live: boolean;
}

/** Type name limits, sizes: as EventStoreDB has them. */
export const APPEND_BYTES_MAX = 1_048_576;
export const APPEND_EVENTS_MAX = 4_096;

export abstract class EventLog {
  /**
   * Appends all the events or none, durably, before it resolves. The same ids again at the same expected revision succeed
   * with the original result and write nothing (strong idempotency, spec/eventstore.md §8).
   * @throws WrongExpectedRevision the stream is not where the caller thought
   * @throws AppendTooLarge more than 1 MiB in one append
   * @throws InvalidAppend no events, a malformed id, an empty or `$` type: a bug of the caller
   * @throws LogUnavailable the log cannot take writes now (disk full, store away); nothing was written
   * @throws OutcomeUnknown the log cannot tell whether it was written: the connection broke, or the disk failed to sync
   */
  abstract append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;
  abstract readStream(stream: string, options?: ReadStreamOptions): Promise<StreamPage>;
  abstract readAll(options?: ReadAllOptions): Promise<AllPage>;
  /** History, then live, one feed. Pulled: a slow reader slows nobody and costs no memory. Ends when the signal aborts. */
  abstract follow(options: FollowOptions): AsyncIterable<FeedBatch>;
  /** Position of the newest event that readers can see; BEGINNING when there is none. */
  abstract head(): Promise<Position>;
  /** Waits for appends under way, then closes. Further calls throw LogUnavailable. */
  abstract close(): Promise<void>;
}

export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  constructor(readonly stream: string, readonly expected: ExpectedRevision, readonly actual: ExpectedRevision) {
    super(`stream ${stream} is at ${actual}, not at ${expected}`);
  }
}
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';
}
export class InvalidAppend extends Error {
  override readonly name = 'InvalidAppend';
}
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

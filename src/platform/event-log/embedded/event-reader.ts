import type { RecordedEvent } from '../event-log.js';
import { LogDamaged, damage } from './errors.js';
import { eventsOfFrame, frameHeaderAt, frameLengthAt } from './frame.js';
import type { HotTail } from './hot-tail.js';
import type { SegmentFiles } from './segment-files.js';
import type { StreamIndex } from './stream-index.js';

/** One read from disk: large enough to replay at full speed, small enough for the memory of many readers. */
export const READ_BYTES_MAX = 1_048_576;
/** Two frames nearer than this are fetched by one read: cheaper than two. */
const GAP_BYTES_MAX = 16_384;
/** Reads under way for one page: the pool of libuv has four threads. */
const READS_AT_ONCE = 8;

/** Whole frames that lie together on disk, ascending by their first ordinals. */
interface Span {
  readonly frames: number[];
  readonly from: number;
  to: number;
}

/** Turns ordinals into events: from the hot tail, or checked and decoded from disk. */
export class EventReader {
  /** `end` answers where the durable log ends. */
  constructor(
    private readonly index: StreamIndex,
    private readonly segments: SegmentFiles,
    private readonly hot: HotTail,
    private readonly end: () => number,
  ) {}

  /** Events from ordinal `from` on, at most `limit` and at most one read's worth; at least one when there is one. */
  async following(from: number, limit: number): Promise<RecordedEvent[]> {
    if (from >= this.hot.first) return this.allHot(from, Math.min(from + limit, this.hot.end));
    const to = Math.min(from + limit, this.hot.first); // what is hot is never decoded a second time
    const start = this.index.frameOf(from);
    const span = this.spanAt(start);
    for (let next = this.index.frameAfter(start); next < to && this.extend(span, next); ) next = this.index.frameAfter(next);
    return (await this.decode(span)).slice(from - start, to - start);
  }

  /** The events of these ascending ordinals. */
  async all(ordinals: readonly number[]): Promise<RecordedEvent[]> {
    const found = new Map<number, RecordedEvent>();
    const cold: number[] = [];
    for (const ordinal of ordinals) {
      const event = this.hot.get(ordinal);
      if (event) found.set(ordinal, event);
      else cold.push(ordinal);
    }
    const spans = this.spansOf(cold);
    for (let k = 0; k < spans.length; k += READS_AT_ONCE) {
      await Promise.all(spans.slice(k, k + READS_AT_ONCE).map((span) => this.decodeInto(found, span)));
    }
    return ordinals.map((ordinal) => found.get(ordinal)!);
  }

  private allHot(from: number, to: number): RecordedEvent[] {
    const events: RecordedEvent[] = [];
    for (let ordinal = from; ordinal < to; ordinal++) events.push(this.hot.get(ordinal)!);
    return events;
  }

  private spansOf(ordinals: readonly number[]): Span[] {
    const spans: Span[] = [];
    let span: Span | undefined;
    for (const ordinal of ordinals) {
      const frame = this.index.frameOf(ordinal);
      if (span && (span.frames[span.frames.length - 1] === frame || this.extend(span, frame))) continue;
      span = this.spanAt(frame);
      spans.push(span);
    }
    return spans;
  }

  private spanAt(frame: number): Span {
    return { frames: [frame], from: this.index.positionAt(frame), to: this.endOf(frame) };
  }

  /** Adds the next frame to the span if it lies in the same segment, near, and within one read. */
  private extend(span: Span, frame: number): boolean {
    const start = this.index.positionAt(frame);
    const end = this.endOf(frame);
    if (start - span.to > GAP_BYTES_MAX || end - span.from > READ_BYTES_MAX) return false;
    if (start >= this.segments.segmentOf(span.from).end) return false;
    span.frames.push(frame);
    span.to = end;
    return true;
  }

  private endOf(frame: number): number {
    const next = this.index.frameAfter(frame);
    const end = next < this.index.events ? this.index.positionAt(next) : this.end();
    return Math.min(end, this.segments.segmentOf(this.index.positionAt(frame)).end);
  }

  private async decodeInto(found: Map<number, RecordedEvent>, span: Span): Promise<void> {
    const events = await this.decode(span);
    let at = 0;
    for (const frame of span.frames) {
      const next = this.index.frameAfter(frame);
      for (let ordinal = frame; ordinal < next; ordinal++) found.set(ordinal, events[at++]!);
    }
  }

  private async decode(span: Span): Promise<RecordedEvent[]> {
    const bytes = await this.segments.read(span.from, span.to);
    const events: RecordedEvent[] = [];
    for (const frame of span.frames) {
      const position = this.index.positionAt(frame);
      const at = position - span.from;
      this.check(bytes, at, position);
      for (const event of eventsOfFrame(bytes, at)) events.push(event);
    }
    return events;
  }

  private check(bytes: Buffer, at: number, position: number): void {
    const { base } = this.segments.segmentOf(position);
    if (!frameLengthAt(bytes, at, this.segments.seed)) throw new LogDamaged(this.segments.path(base), position - base, damage.frame);
    if (frameHeaderAt(bytes, at).position !== position) throw new LogDamaged(this.segments.path(base), position - base, damage.index);
  }
}

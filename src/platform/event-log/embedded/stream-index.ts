import { GrowingArray } from './growing-array.js';

/** 256 maps: the pause when one of them grows stays at milliseconds, and V8's limit of 16.7 million keys a map is far away. */
const SHARDS = 256;
/** Streams longer than this get a waypoint every so many revisions, so that no look-up walks further than this. */
const WAYPOINT_EVERY = 256;
/** The top bit of `previous` marks the first event of a frame. */
const FIRST_OF_FRAME = 0x80000000;
const ORDINAL_MASK = 0x7fffffff;

/**
 * Where every event is: 12 bytes an event (position, previous event of its stream) and one map entry a stream. Events are
 * counted through the whole log; this number is their ordinal. Holds what is durable, and nothing else.
 */
export class StreamIndex {
  private readonly positions = GrowingArray.of64();
  private readonly previous = GrowingArray.of32();
  private readonly heads = GrowingArray.of32();
  private readonly lengths = GrowingArray.of32();
  private readonly shards = Array.from({ length: SHARDS }, () => new Map<string, number>());
  private readonly waypoints = new Map<number, number[]>();

  /** Number of events. */
  get events(): number {
    return this.positions.length;
  }

  /** Number of streams. */
  get streams(): number {
    return this.heads.length;
  }

  /** Revision of the last event of a stream; -1 when the stream does not exist. */
  head(stream: string): number {
    const number = this.shardOf(stream).get(stream);
    return number === undefined ? -1 : this.lengths.get(number) - 1;
  }

  /** Number of a stream, which is given one if it is new; its events must follow with `add`. */
  numberOf(stream: string): number {
    const shard = this.shardOf(stream);
    const known = shard.get(stream);
    if (known !== undefined) return known;
    const number = this.heads.length;
    shard.set(stream, number);
    this.heads.push(0);
    this.lengths.push(0);
    return number;
  }

  /** Notes one event as the next of its stream. */
  add(streamNumber: number, position: number, firstOfFrame: boolean): void {
    const ordinal = this.positions.length;
    const length = this.lengths.get(streamNumber);
    this.positions.push(position);
    this.previous.push((this.heads.get(streamNumber) | (firstOfFrame ? FIRST_OF_FRAME : 0)) >>> 0);
    this.heads.set(streamNumber, ordinal);
    this.lengths.set(streamNumber, length + 1);
    const revision = length;
    if (revision > 0 && revision % WAYPOINT_EVERY === 0) this.addWaypoint(streamNumber, ordinal);
  }

  positionAt(ordinal: number): number {
    return this.positions.get(ordinal);
  }

  /** The positions of the events [from, to), 8 bytes each. */
  positionBytes(from: number, to: number): Uint8Array {
    return this.positions.bytes(from, to);
  }

  /** Position of the newest event; -1 when there is none. */
  get headPosition(): number {
    return this.events === 0 ? -1 : this.positions.get(this.events - 1);
  }

  /** Ordinal of the first event after `position` (`events` when there is none). */
  ordinalAfter(position: number): number {
    let low = 0;
    let high = this.events;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.positions.get(middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Ordinal of the first event of the frame that the event belongs to. */
  frameOf(ordinal: number): number {
    let first = ordinal;
    while (this.previous.get(first) < FIRST_OF_FRAME) first -= 1;
    return first;
  }

  /** Ordinal of the first event of the next frame (`events` when there is none). */
  frameAfter(ordinal: number): number {
    let next = ordinal + 1;
    while (next < this.events && this.previous.get(next) < FIRST_OF_FRAME) next += 1;
    return next;
  }

  /** Ordinals of the revisions [from, to] of a stream, ascending. Both must exist. */
  ordinalsOf(stream: string, from: number, to: number): number[] {
    const number = this.shardOf(stream).get(stream);
    if (number === undefined) return [];
    let { revision, ordinal } = this.anchorAtOrAbove(number, to);
    const ordinals: number[] = [];
    for (; revision >= from; revision--) {
      if (revision <= to) ordinals.push(ordinal);
      ordinal = this.previous.get(ordinal) & ORDINAL_MASK;
    }
    return ordinals.reverse();
  }

  private anchorAtOrAbove(number: number, revision: number): { revision: number; ordinal: number } {
    const waypoint = Math.max(1, Math.ceil(revision / WAYPOINT_EVERY));
    const ordinal = this.waypoints.get(number)?.[waypoint - 1];
    if (ordinal !== undefined) return { revision: waypoint * WAYPOINT_EVERY, ordinal };
    return { revision: this.lengths.get(number) - 1, ordinal: this.heads.get(number) };
  }

  private addWaypoint(streamNumber: number, ordinal: number): void {
    const known = this.waypoints.get(streamNumber);
    if (known) known.push(ordinal);
    else this.waypoints.set(streamNumber, [ordinal]);
  }

  private shardOf(stream: string): Map<string, number> {
    let hash = stream.length;
    for (let k = Math.max(0, stream.length - 8); k < stream.length; k++) hash = (Math.imul(hash, 31) + stream.charCodeAt(k)) | 0;
    return this.shards[(hash ^ (hash >>> 8) ^ (hash >>> 16)) & (SHARDS - 1)]!;
  }
}

import type { RecordedEvent } from '../event-log.js';

export interface HotTailLimits {
  readonly eventsMax: number;
  readonly bytesMax: number;
}
/** What a feed may lag behind before it reads from disk: five seconds of the heaviest load, in bounded memory. */
export const HOT_TAIL_LIMITS: HotTailLimits = { eventsMax: 20_000, bytesMax: 32 * 1_048_576 };
/** Memory of the objects around an event's bytes (measured: 350 to 450 bytes); what feeds decode of it is as much again, or three times that. */
const EVENT_OVERHEAD_BYTES = 400;

/** The newest events, decoded once; every reader gets the same objects, so what they derive from them can be cached on them. */
export class HotTail {
  private readonly ring: (RecordedEvent | undefined)[];
  private bytes = 0;
  /** Ordinals [first, end) are here. */
  first: number;
  end: number;

  constructor(firstOrdinal: number, private readonly limits: HotTailLimits = HOT_TAIL_LIMITS) {
    this.first = firstOrdinal;
    this.end = firstOrdinal;
    this.ring = new Array<RecordedEvent | undefined>(limits.eventsMax);
  }

  push(event: RecordedEvent): void {
    if (this.end - this.first === this.limits.eventsMax) this.evict();
    this.ring[this.end % this.limits.eventsMax] = event;
    this.end += 1;
    this.bytes += weightOf(event);
    while (this.bytes > this.limits.bytesMax && this.first < this.end) this.evict();
  }

  /** The event of this ordinal, or undefined when it is not hot (any more). */
  get(ordinal: number): RecordedEvent | undefined {
    return ordinal < this.first || ordinal >= this.end ? undefined : this.ring[ordinal % this.limits.eventsMax];
  }

  private evict(): void {
    const slot = this.first % this.limits.eventsMax;
    this.bytes -= weightOf(this.ring[slot]!);
    this.ring[slot] = undefined;
    this.first += 1;
  }
}

const weightOf = ({ data, metadata, stream }: RecordedEvent): number =>
  data.length + metadata.length + stream.length + EVENT_OVERHEAD_BYTES;

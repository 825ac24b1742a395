import type { AllPage, ReadAllOptions, ReadStreamOptions, RecordedEvent, StreamPage } from '../event-log.js';
import { BEGINNING } from '../event-log.js';
import { checkedLimit, checkFrom } from '../check-calls.js';
import type { EventReader } from './event-reader.js';
import type { StreamIndex } from './stream-index.js';

/** Backwards, so many are read at a time. */
const STRIDE = 512;
/** A page of `$all` ends here, whatever its limit: 4,096 events of 1 MiB would be 4 GiB. */
const PAGE_BYTES_MAX = 16 * 1_048_576;
/** With a filter: a page examines at most so many events. */
const EXAMINED_MAX = 16_384;

/** Pages of streams and of the whole log. Both throw RangeError for a limit or revision that cannot be. */
export class Pages {
  constructor(private readonly index: StreamIndex, private readonly reader: EventReader) {}

  async ofStream(stream: string, { direction = 'forwards', from, limit }: ReadStreamOptions): Promise<StreamPage> {
    const count = checkedLimit(limit);
    checkFrom(from);
    const head = this.index.head(stream);
    if (head < 0) return { exists: false, events: [] };
    if (direction === 'forwards') {
      const first = from ?? 0;
      if (first > head) return { exists: true, events: [] };
      return { exists: true, events: await this.reader.all(this.index.ordinalsOf(stream, first, Math.min(head, first + count - 1))) };
    }
    const last = Math.min(from ?? head, head);
    const events = await this.reader.all(this.index.ordinalsOf(stream, Math.max(0, last - count + 1), last));
    return { exists: true, events: events.reverse() };
  }

  async ofAll({ direction = 'forwards', from, limit, types }: ReadAllOptions): Promise<AllPage> {
    const count = checkedLimit(limit);
    return direction === 'forwards' ? this.upwards(from ?? BEGINNING, count, types) : this.downwards(from, count, types);
  }

  private async upwards(from: number, limit: number, types: ReadonlySet<string> | undefined): Promise<AllPage> {
    const page = new Page(limit, types);
    const start = this.index.ordinalAfter(from);
    const end = this.index.events; // a page that chases the head would have no end
    let next = start;
    while (next < end && page.wantsMore) {
      for (const event of await this.reader.following(next, Math.min(page.room, end - next))) {
        page.examine(event);
        next += 1;
      }
    }
    return { events: page.events, position: next === start ? from : this.index.positionAt(next - 1), end: next === this.index.events };
  }

  private async downwards(from: number | undefined, limit: number, types: ReadonlySet<string> | undefined): Promise<AllPage> {
    const page = new Page(limit, types);
    const start = from === undefined ? this.index.events : this.index.ordinalAfter(from - 1);
    let next = start;
    while (next > 0 && page.wantsMore) {
      const low = Math.max(0, next - Math.min(page.room, STRIDE));
      const events = await this.reader.all(Array.from({ length: next - low }, (_, k) => low + k));
      for (const event of events.reverse()) page.examine(event);
      next = low;
    }
    return { events: page.events, position: next === start ? (from ?? BEGINNING) : this.index.positionAt(next), end: next === 0 };
  }
}

class Page {
  readonly events: RecordedEvent[] = [];
  private examined = 0;
  private bytes = 0;

  constructor(private readonly limit: number, private readonly types: ReadonlySet<string> | undefined) {}

  get room(): number {
    return this.limit - this.events.length;
  }

  get wantsMore(): boolean {
    return this.room > 0 && this.examined < EXAMINED_MAX && this.bytes < PAGE_BYTES_MAX;
  }

  examine(event: RecordedEvent): void {
    this.examined += 1;
    if (this.types && !this.types.has(event.type)) return;
    this.bytes += event.data.length + event.metadata.length;
    this.events.push(event);
  }
}

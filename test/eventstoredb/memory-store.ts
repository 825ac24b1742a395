import type { ExpectedRevision, NewEvent, RecordedEvent } from '../../src/platform/event-log/event-log.js';

/** What became of an append, as EventStoreDB 23.10 was measured to decide it. */
export type Outcome =
  | { readonly kind: 'appended'; readonly revision: number; /** Undefined when what was stored can no longer be read. */ readonly position: number | undefined }
  | { readonly kind: 'conflict'; readonly actual: ExpectedRevision };

/** An id stays known at its revision, also when the event is gone. */
interface Slot {
  readonly id: string;
  event: RecordedEvent | undefined;
}

const FIRST_POSITION = 1_000;
/** Between two events, besides their data: positions are byte offsets. */
const OVERHEAD = 173;
const CREATED = Date.UTC(2026, 2, 1, 12);

/** Streams in memory: exact revisions, strong idempotency by id, one order of all, and holes where something was removed. */
export class MemoryStore {
  /** Every event that can be read, in order. */
  all: RecordedEvent[] = [];
  private readonly streams = new Map<string, Slot[]>();
  private readonly watchers = new Set<() => void>();
  private nextPosition = FIRST_POSITION;

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Outcome {
    const slots = this.streams.get(stream) ?? [];
    const from = expected === 'no_stream' ? 0 : expected + 1;
    if (from !== slots.length) return this.repeated(slots, from, events);
    this.streams.set(stream, slots);
    for (const { id, type, data, metadata } of events) {
      const event = {
        stream, revision: slots.length, position: this.nextPosition, id, type, data: Buffer.from(data), metadata: Buffer.from(metadata), created: CREATED,
      };
      this.nextPosition += OVERHEAD + data.length + metadata.length;
      slots.push({ id, event });
      this.all.push(event);
    }
    for (const wake of this.watchers) wake();
    return { kind: 'appended', revision: slots.length - 1, position: slots.at(-1)?.event?.position };
  }

  /** The events of a stream that can be read; undefined when it does not exist. */
  stream(name: string): RecordedEvent[] | undefined {
    return this.streams.get(name)?.flatMap(({ event }) => event ?? []);
  }

  /** Removes events for good, as a scavenge does; their ids stay known. */
  remove(isGone: (event: RecordedEvent) => boolean): void {
    this.all = this.all.filter((event) => !isGone(event));
    for (const slots of this.streams.values()) {
      for (const slot of slots) if (slot.event && isGone(slot.event)) slot.event = undefined;
    }
  }

  /** Runs at every append; the answer ends that. */
  watch(wake: () => void): () => void {
    this.watchers.add(wake);
    return () => this.watchers.delete(wake);
  }

  private repeated(slots: readonly Slot[], from: number, events: readonly NewEvent[]): Outcome {
    const stored = slots.slice(from, from + events.length);
    const last = stored.at(-1);
    if (last && stored.length === events.length && stored.every(({ id }, k) => id === events[k]!.id)) {
      return { kind: 'appended', revision: from + events.length - 1, position: last.event?.position };
    }
    return { kind: 'conflict', actual: slots.length > 0 ? slots.length - 1 : 'no_stream' };
  }
}

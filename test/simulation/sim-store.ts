import { checkedLimit, checkExpected, checkFrom, validated } from '../../src/platform/event-log/check-calls.js';
import {
  BEGINNING, EventLog, LogUnavailable, WrongExpectedRevision, type AllPage, type AppendResult, type ExpectedRevision, type FeedBatch, type FollowOptions,
  type NewEvent, type Position, type ReadAllOptions, type ReadStreamOptions, type RecordedEvent, type StreamPage,
} from '../../src/platform/event-log/event-log.js';
import { Growth } from '../../src/platform/event-log/growth.js';

/** As the embedded log counts: a frame's head, then bytes; only that positions rise and have gaps matters here. */
const GAP = 16;
const CREATED = Date.UTC(2026, 2, 1, 12);
const FEED_BATCH = 500;

/**
 * The log in memory: the port's contract (it runs the contract suite like every other store) without a disk, so that a
 * simulated economy of a thousand events costs milliseconds. Its writing half is synchronous: who waits for it is the
 * simulated network, which may lose the question, the answer, or the node that asked.
 */
export class SimStore extends EventLog {
  readonly all: RecordedEvent[];
  readonly #streams: Map<string, RecordedEvent[]>;
  readonly #growth = new Growth();
  #closed = false;
  /** Sees every event the moment it is written. */
  onWritten: ((events: readonly RecordedEvent[]) => void) | undefined;

  /** Empty, or another one's contents, as after a restart of the store. */
  constructor(before?: SimStore) {
    super();
    this.all = before?.all ?? [];
    this.#streams = before ? before.#streams : new Map<string, RecordedEvent[]>();
  }

  get headPosition(): Position {
    return this.all.at(-1)?.position ?? BEGINNING;
  }

  /** @throws as `append` rejects */
  write(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): AppendResult {
    const checked = validated(stream, events);
    checkExpected(expected);
    const known = this.#streams.get(stream);
    const at = expected === 'no_stream' ? 0 : expected + 1;
    const length = known?.length ?? 0;
    if (at !== length) return this.#repeated(stream, expected, checked);
    let position = this.headPosition;
    const written = checked.map(({ id, type, data, metadata }, index): RecordedEvent => ({
      stream, revision: length + index, position: (position += GAP + data.length), id, type,
      data: Buffer.from(data), metadata: Buffer.from(metadata), created: CREATED,
    }));
    if (known) known.push(...written);
    else this.#streams.set(stream, [...written]);
    this.all.push(...written);
    this.onWritten?.(written);
    this.#growth.announceSoon();
    const last = written.at(-1)!;
    return { revision: last.revision, position: last.position };
  }

  /** Strong idempotency: the same ids at the same revisions succeed again and write nothing. */
  #repeated(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): AppendResult {
    const known = this.#streams.get(stream) ?? [];
    const at = expected === 'no_stream' ? 0 : expected + 1;
    const last = known[at + events.length - 1];
    if (last && events.every(({ id }, index) => known[at + index]!.id === id)) return { revision: last.revision, position: last.position };
    throw new WrongExpectedRevision(stream, expected, known.length === 0 ? 'no_stream' : known.length - 1);
  }

  stream(name: string): readonly RecordedEvent[] {
    return this.#streams.get(name) ?? [];
  }

  get streamNames(): IterableIterator<string> {
    return this.#streams.keys();
  }

  page(stream: string, { direction = 'forwards', from, limit }: ReadStreamOptions = {}): StreamPage {
    const most = checkedLimit(limit);
    checkFrom(from);
    const known = this.#streams.get(stream);
    if (!known) return { exists: false, events: [] };
    if (direction === 'forwards') return { exists: true, events: known.slice(from ?? 0, (from ?? 0) + most) };
    const end = Math.min(known.length, (from ?? known.length - 1) + 1);
    return { exists: true, events: known.slice(Math.max(0, end - most), end).reverse() };
  }

  /** Index of the first event after a position. */
  indexAfter(position: Position): number {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.all[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  allPage({ direction = 'forwards', from, limit, types }: ReadAllOptions = {}): AllPage {
    const most = checkedLimit(limit);
    return direction === 'forwards' ? this.#onwards(from ?? BEGINNING, most, types) : this.#backwards(from, most, types);
  }

  #onwards(from: Position, most: number, types: ReadonlySet<string> | undefined): AllPage {
    const events: RecordedEvent[] = [];
    let index = this.indexAfter(from);
    for (; index < this.all.length && events.length < most; index++) {
      const event = this.all[index]!;
      if (!types || types.has(event.type)) events.push(event);
    }
    return { events, position: index > 0 ? Math.max(from, this.all[index - 1]!.position) : from, end: index >= this.all.length };
  }

  #backwards(from: Position | undefined, most: number, types: ReadonlySet<string> | undefined): AllPage {
    const events: RecordedEvent[] = [];
    let index = from === undefined ? this.all.length : this.indexAfter(from - 1);
    while (index > 0 && events.length < most) {
      const event = this.all[--index]!;
      if (!types || types.has(event.type)) events.push(event);
    }
    return { events, position: this.all[index]?.position ?? from ?? BEGINNING, end: index === 0 };
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    return this.#answer(() => this.write(stream, expected, events));
  }
  readStream(stream: string, options?: ReadStreamOptions): Promise<StreamPage> {
    return this.#answer(() => this.page(stream, options));
  }
  readAll(options?: ReadAllOptions): Promise<AllPage> {
    return this.#answer(() => this.allPage(options));
  }
  head(): Promise<Position> {
    return this.#answer(() => this.headPosition);
  }

  async *follow({ after, types, batchMax = FEED_BATCH, signal }: FollowOptions): AsyncGenerator<FeedBatch, void, undefined> {
    for (let position = after; !signal?.aborted; ) {
      if (this.#closed) throw closed();
      const page = this.#onwards(position, batchMax, types);
      if (page.position === position) {
        await this.#growth.next(signal);
        continue;
      }
      position = page.position;
      yield { events: page.events, position, live: page.end };
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#growth.announce();
    return Promise.resolve();
  }

  #answer<Value>(ask: () => Value): Promise<Value> {
    if (this.#closed) return Promise.reject(closed());
    return new Promise((resolve) => { resolve(ask()); });
  }
}

const closed = (): LogUnavailable => new LogUnavailable('the log is closed');

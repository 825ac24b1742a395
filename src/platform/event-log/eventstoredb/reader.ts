import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Metadata } from '@grpc/grpc-js';
import type { Clock } from '../../../kernel/clock.js';
import { BEGINNING, type AllPage, type Position, type ReadAllOptions, type ReadStreamOptions, type RecordedEvent, type StreamPage } from '../event-log.js';
import { checkedLimit, checkFrom } from '../check-calls.js';
import type { Connection, ReadCall, Running } from './connection.js';
import { SILENCE_MAX_MS } from './connection.js';
import { Passing } from './failures.js';
import { eventOf, readOfAll, readOfStream, type AllRead, type StreamRead } from './messages.js';
import type { Names } from './names.js';
import type { Retry } from './retry.js';

/** A page of `$all` ends here, whatever its limit: 4,096 events of 1 MiB would be 4 GiB. */
const PAGE_BYTES_MAX = 16 * 1_048_576;
/** With a filter: so many events are asked for at a time, and a page examines at most some of these. */
const STRIDE = 1_024;
const EXAMINED_MAX = 16_384;
/** From the end backwards, more at a time, until something turns up that is not the store's own. */
const HEAD_STRIDES = [1, 64, 1_024];

/** What one call of the protocol gave. */
interface Gathered {
  readonly events: readonly RecordedEvent[];
  readonly exists: boolean;
  /** The server said that this is all; false when the call broke off, or we did. */
  readonly complete: boolean;
}

/** Reads of streams and of the whole log, as the port has them, out of the protocol's. */
export class Reader {
  /** Where our first event is, in a store that others have filled before us. */
  private floor: Position = BEGINNING;
  private readonly alreadyShown = new WeakMap<RecordedEvent, RecordedEvent>();

  constructor(private readonly parts: { readonly connection: Connection; readonly retry: Retry; readonly clock: Clock; readonly names: Names }) {}

  async ofStream(stream: string, { direction = 'forwards', from, limit }: ReadStreamOptions): Promise<StreamPage> {
    const count = checkedLimit(limit);
    checkFrom(from);
    const name = this.parts.names.stored(stream);
    const first = direction === 'backwards' && from !== undefined ? await this.notBeyondTheEnd(name, from) : from;
    return this.whole({ stream: name, direction, from: first ?? (direction === 'forwards' ? 'start' : 'end'), count });
  }

  async ofAll({ direction = 'forwards', from, limit, types }: ReadAllOptions): Promise<AllPage> {
    const count = checkedLimit(limit);
    return direction === 'forwards' ? this.upwards(from ?? BEGINNING, count, types) : this.downwards(from ?? 'end', count, types);
  }

  /** The newest event of the ledgers, whatever the store has written behind it; nothing at or below `known` is read again. */
  async head(known: Position): Promise<Position> {
    let from: Position | 'end' = 'end';
    for (let stride = 0; ; stride = Math.min(stride + 1, HEAD_STRIDES.length - 1)) {
      const count = HEAD_STRIDES[stride]!;
      const { events, complete } = await this.parts.retry.run(() => this.allOnce({ direction: 'backwards', from, count }));
      const newest = events.find((event) => !isStoresOwn(event));
      if (newest) return newest.position;
      const last = events.at(-1);
      if ((complete && events.length < count) || (last && last.position <= known)) return known;
      if (last) from = last.position;
    }
  }

  /** Nothing of ours is before the ledger's first event: whoever reads from the beginning begins there. */
  startAt(position: Position): void {
    if (this.parts.names.isShared && Number.isSafeInteger(position)) this.floor = position;
  }

  /** Everything after `position`, a page at a time, the store's own events included: where a follower goes on. */
  async after(position: Position, count: number): Promise<Gathered> {
    // The server's start is inclusive, and it holds an event, unless that was scavenged: then there is nothing to leave out.
    const { events, complete } = await this.allOnce({ direction: 'forwards', from: Math.max(position, this.floor), count: count + 1 });
    return { events: events.filter((event) => event.position > position), exists: true, complete: complete && events.length <= count };
  }

  isOurs(event: RecordedEvent): boolean {
    return !isStoresOwn(event) && this.parts.names.isOurs(event);
  }

  /** An event of ours, as the port shows it; the same object for all followers, who then parse it once. */
  shown(event: RecordedEvent): RecordedEvent {
    const known = this.alreadyShown.get(event);
    if (known) return known;
    const shown = this.parts.names.shown(event);
    this.alreadyShown.set(event, shown);
    return shown;
  }

  /** The store's clock, from the header of an answer. */
  async serverDate(): Promise<string | undefined> {
    const { call } = await this.parts.connection.read(readOfAll({ direction: 'backwards', from: 'end', count: 1 }), SILENCE_MAX_MS);
    return new Promise((resolve, reject) => {
      let date: string | undefined;
      call.on('metadata', (headers: Metadata) => (date = headers.get('date')[0]?.toString()))
        .on('data', () => this.parts.connection.heard()).on('end', () => resolve(date)).on('error', reject);
    });
  }

  /** The two newest events of any kind, newest first. */
  async newest(): Promise<readonly RecordedEvent[]> {
    return (await this.allOnce({ direction: 'backwards', from: 'end', count: 2 })).events;
  }

  private async upwards(from: Position, limit: number, types: ReadonlySet<string> | undefined): Promise<AllPage> {
    const page = new Page(limit, types, this.parts.names);
    let at = from;
    let end = false;
    while (!end && page.wantsMore) {
      const count = this.strideOf(page, types);
      const { events, complete } = await this.parts.retry.run(() => this.after(at, count));
      const left = page.add(events);
      end = complete && left === 0;
      at = page.examinedTo ?? at;
    }
    return { events: page.events, position: page.position ?? from, end };
  }

  private async downwards(from: Position | 'end', limit: number, types: ReadonlySet<string> | undefined): Promise<AllPage> {
    const page = new Page(limit, types, this.parts.names);
    let at = from;
    let end = false;
    while (!end && page.wantsMore) {
      const count = this.strideOf(page, types);
      const { events, complete } = await this.parts.retry.run(() => this.allOnce({ direction: 'backwards', from: at, count }));
      const left = page.add(events);
      end = complete && events.length < count && left === 0;
      at = page.examinedTo ?? at;
    }
    return { events: page.events, position: page.position ?? (from === 'end' ? BEGINNING : from), end };
  }

  /** What is wanted; more of it where it is far between: behind a filter, among other ledgers', after a run of the store's own. */
  private strideOf(page: Page, types: ReadonlySet<string> | undefined): number {
    if (types || this.parts.names.isShared) return STRIDE;
    return Math.max(page.room, Math.min(STRIDE, page.room * 4 ** page.strides));
  }

  /** A server reads backwards from where it is told, also where nothing is: we begin with the last event. */
  private async notBeyondTheEnd(stream: string, from: number): Promise<number | 'end'> {
    const { events } = await this.whole({ stream, direction: 'backwards', from: 'end', count: 1 });
    return events.length > 0 && events[0]!.revision > from ? from : 'end';
  }

  /** A page of a stream is whole, however often the connection breaks on the way: a short one would mean the stream's end. */
  private async whole(read: StreamRead): Promise<StreamPage> {
    const events: RecordedEvent[] = [];
    let exists = true;
    await this.parts.retry.run(async () => {
      const count = read.count - events.length;
      const gathered = await this.gather(readOfStream({ ...read, from: nextOf(read, events), count }), count);
      exists = gathered.exists;
      events.push(...gathered.events.map((event) => this.parts.names.shown(event)));
      const isFirst = read.direction === 'backwards' && events.at(-1)?.revision === 0;
      if (!gathered.complete && events.length < read.count && !isFirst) throw new Passing('the page of a stream broke off');
    });
    return { exists, events };
  }

  private allOnce(read: AllRead): Promise<Gathered> {
    return this.gather(readOfAll(read), read.count);
  }

  /**
   * One call of the protocol. What has come before it broke is kept when there is any: on a line that carries a kilobyte a
   * second no page would ever be whole.
   */
  private async gather(request: ReadReq, count: number): Promise<Gathered> {
    const startedAt = this.parts.clock.monotonic();
    const running = await this.parts.connection.read(request, SILENCE_MAX_MS);
    const events: RecordedEvent[] = [];
    const gathered = await new Promise<Gathered | Error>((resolve) => {
      let exists = true;
      let bytes = 0;
      running.call
        .on('data', (response: ReadResp) => {
          this.parts.connection.heard();
          if (response.hasStreamNotFound()) exists = false;
          const event = eventOf(response);
          if (!event || events.length === count) return;
          events.push(event);
          bytes += event.data.length + event.metadata.length;
          if (bytes > PAGE_BYTES_MAX && events.length < count) running.call.cancel();
        })
        .on('end', () => resolve({ events, exists, complete: true }))
        .on('error', (error: Error) => resolve(error));
    });
    if (!(gathered instanceof Error)) return gathered;
    this.broke(running, gathered, startedAt);
    if (events.length === 0) throw gathered;
    return { events, exists: true, complete: false };
  }

  private broke(running: Running<ReadCall>, error: Error, startedAt: number): void {
    const isOverdue = this.parts.clock.monotonic() - startedAt >= SILENCE_MAX_MS;
    if (isOverdue && this.parts.connection.isSilentSince(startedAt)) this.parts.connection.replace(running);
    else running.failed(error);
  }
}

const nextOf = ({ from, direction }: StreamRead, events: readonly RecordedEvent[]): StreamRead['from'] => {
  const last = events.at(-1);
  if (!last) return from;
  return direction === 'forwards' ? last.revision + 1 : last.revision - 1;
};

/** Streams and types that begin with `$` are the store's: metadata, statistics, subscriptions, users. */
export const isStoresOwn = ({ stream, type }: RecordedEvent): boolean => stream.startsWith('$') || type.startsWith('$');

/** A page under way. */
class Page {
  readonly events: RecordedEvent[] = [];
  /** Of the newest examined event of a ledger; if there was none, of the newest at all: where the next page starts. */
  position: Position | undefined;
  examinedTo: Position | undefined;
  strides = 0;
  private hasLedgers = false;
  private examined = 0;
  private bytes = 0;

  constructor(private readonly limit: number, private readonly types: ReadonlySet<string> | undefined, private readonly names: Names) {}

  get room(): number {
    return this.limit - this.events.length;
  }
  get wantsMore(): boolean {
    return this.room > 0 && this.examined < EXAMINED_MAX && this.bytes < PAGE_BYTES_MAX;
  }

  /** Answers how many of them it has not looked at, for it was full. */
  add(events: readonly RecordedEvent[]): number {
    this.strides += 1;
    for (const [k, event] of events.entries()) {
      if (!this.wantsMore) return events.length - k;
      this.examine(event);
    }
    return 0;
  }

  private examine(event: RecordedEvent): void {
    this.examined += 1;
    this.examinedTo = event.position;
    const isOfLedger = !isStoresOwn(event);
    if (isOfLedger || !this.hasLedgers) this.position = event.position;
    this.hasLedgers ||= isOfLedger;
    if (!isOfLedger || !this.names.isOurs(event) || (this.types && !this.types.has(event.type))) return;
    this.bytes += event.data.length + event.metadata.length;
    this.events.push(this.names.shown(event));
  }
}

import { formatUuid } from '../../src/kernel/ids.js';
import type { EventLog, FeedBatch, FollowOptions, NewEvent, RecordedEvent } from '../../src/platform/event-log/event-log.js';

/** A small seeded generator (mulberry32): numbers in [0, 1). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Names, ids and events of one run of the contract. Its streams and types are its own, so that runs can share a server. */
export class ContractRun {
  log!: EventLog;
  /** Closes the log and opens the same store again. */
  reopen!: () => Promise<void>;
  private readonly random: () => number;
  private readonly prefix: string;
  private count = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.prefix = Math.floor(this.random() * 2 ** 32).toString(36);
  }

  /** A stream that nobody has written. */
  stream(): string {
    this.count += 1;
    return `contract_${this.prefix}-${this.count}`;
  }

  /** An event type that nobody has used. */
  type(): string {
    this.count += 1;
    return `Contract${this.prefix}N${this.count}.v1`;
  }

  id(): string {
    return formatUuid(Uint8Array.from({ length: 16 }, (_, k) => {
      const byte = Math.floor(this.random() * 256);
      return k === 6 ? (byte & 0x0f) | 0x40 : k === 8 ? (byte & 0x3f) | 0x80 : byte;
    }));
  }

  event(parts: Partial<NewEvent> = {}): NewEvent {
    this.count += 1;
    return { id: this.id(), type: 'ContractTested.v1', data: json({ count: this.count }), metadata: json({ schema: 1 }), ...parts };
  }

  events(count: number, parts: Partial<NewEvent> = {}): NewEvent[] {
    return Array.from({ length: count }, () => this.event(parts));
  }

  /** A stream with this many events, one append. */
  async written(count: number, parts: Partial<NewEvent> = {}): Promise<{ stream: string; events: NewEvent[] }> {
    const stream = this.stream();
    const events = this.events(count, parts);
    await this.log.append(stream, 'no_stream', events);
    return { stream, events };
  }

  /** Appends so many events to a stream, again and again, and answers all their ids in order. */
  async continued(stream: string, from: number, counts: readonly number[], parts: Partial<NewEvent> = {}): Promise<string[]> {
    const ids: string[] = [];
    for (const count of counts) {
      const events = this.events(count, parts);
      const at = from + ids.length;
      await this.log.append(stream, at < 0 ? 'no_stream' : at, events);
      ids.push(...idsOf(events));
    }
    return ids;
  }

  /** Batches of a feed until `enough` says so, then the feed is left. */
  async batches(options: FollowOptions, enough: (batches: readonly FeedBatch[]) => boolean): Promise<FeedBatch[]> {
    const batches: FeedBatch[] = [];
    for await (const batch of this.log.follow(options)) {
      batches.push(batch);
      if (enough(batches)) break;
    }
    return batches;
  }

  /** Events of the given types from the feed, until there are `count`. */
  async fed(options: FollowOptions, count: number): Promise<RecordedEvent[]> {
    const batches = await this.batches(options, (all) => all.reduce((sum, { events }) => sum + events.length, 0) >= count);
    return batches.flatMap(({ events }) => events);
  }

  /** The first event of the log. Pages before it may be empty, where other ledgers share the store. */
  async first(from?: number): Promise<RecordedEvent> {
    let page = await this.log.readAll({ limit: 1, ...(from === undefined ? {} : { from }) });
    while (page.events.length === 0) page = await this.log.readAll({ from: page.position, limit: 1 });
    return page.events[0]!;
  }

  /** All events between two positions, (after, upTo], page by page. */
  async between(after: number, upTo: number, limit = 512): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (let from = after; ; ) {
      const page = await this.log.readAll({ from, limit });
      events.push(...page.events.filter(({ position }) => position <= upTo));
      if (page.end || page.position >= upTo) return events;
      from = page.position;
    }
  }
}

export type Claims = Readonly<Record<string, (run: ContractRun) => Promise<void>>>;

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
export const idsOf = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);
export const revisionsOf = (events: readonly RecordedEvent[]): number[] => events.map(({ revision }) => revision);
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, k) => from + k);
/** What a promise rejects with. Fails when it resolves. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
};

import type { Clock, Timers } from '../../../kernel/clock.js';
import type { Ids } from '../../../kernel/ids.js';
import {
  BEGINNING, EventLog, LogUnavailable, type AllPage, type AppendResult, type ExpectedRevision, type FeedBatch, type FollowOptions,
  type NewEvent, type Position, type ReadAllOptions, type ReadStreamOptions, type StreamPage,
} from '../event-log.js';
import { Appender } from './appender.js';
import { AppendStream } from './append-stream.js';
import { Availability } from './availability.js';
import { checkClock } from './check-clock.js';
import { Connection } from './connection.js';
import { follow } from './following.js';
import { failureOf } from './failures.js';
import { foundingOf } from './identity.js';
import { LiveTail, type LiveTailFigures } from './live-tail.js';
import { Names } from './names.js';
import { Reader } from './reader.js';
import { Retry } from './retry.js';
import { Shared } from './shared-call.js';

export interface EventStoreDbOptions {
  /** `esdb://…` or `esdb+discover://…`, as EventStoreDB's own clients take it. */
  readonly url: string;
  /** Put before every stream's name, with a full stop, so that several ledgers can share a store: lower-case letters, digits and `_`. */
  readonly namespace?: string;
  /** For those who only look: a ledger that does not exist is not founded. */
  readonly readOnly?: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger?: { info(details: object, message: string): void; warn(details: object, message: string): void };
}

/** Counted since the log was opened. */
export interface StoreFigures extends LiveTailFigures {
  readonly appends: number;
  /** Appends of which nobody knew at first whether they were written. */
  readonly unknownOutcomes: number;
  /** Appends sent again, byte for byte. */
  readonly resends: number;
  /** Times that the store was away. */
  readonly outages: number;
}

/** A server with many events takes some ten seconds to start. */
const START_MAX_MS = 30_000;

/** The log in an EventStoreDB, a single node or a cluster (docs/decisions/0015-stand-on-the-clients-connection.md). */
export class EventStoreDbLog extends EventLog {
  private identity = '';
  private readonly connection: Connection;
  private readonly availability: Availability;
  private readonly reader: Reader;
  private readonly appender: Appender;
  private readonly tail: LiveTail;
  private readonly newest: Shared<Position>;
  private readonly counts = { appends: 0, unknownOutcomes: 0, resends: 0, outages: 0 };
  /** The newest position of a ledger that this process knows to be there. */
  private known: Position = BEGINNING;
  private closing: Promise<void> | undefined;

  /** Connects, compares clocks, and finds out which ledger this is. @throws LogUnavailable the store is not there, or refuses */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbLog> {
    const log = new EventStoreDbLog(options);
    try {
      const date = await log.whenReady(() => log.reader.serverDate());
      checkClock(date, options.clock, (text) => options.logger?.warn({ source: 'event store' }, text));
      const { id, position } = await log.whenReady(() => foundingOf(log, options));
      log.identity = id;
      log.reader.startAt(position);
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  private constructor(private readonly options: EventStoreDbOptions) {
    super();
    const { clock, timers, ids, url, namespace = '' } = options;
    const names = new Names(namespace);
    this.connection = new Connection(url, clock, timers);
    this.availability = new Availability({ clock, timers, ids, probe: () => this.reader.newest(), onChange: (isUp, downMs) => this.noteChange(isUp, downMs) });
    const retry = new Retry(this.availability, clock);
    this.reader = new Reader({ connection: this.connection, retry, clock, names });
    const appends = new AppendStream(this.connection, { clock, timers, ids });
    this.appender = new Appender({
      appends, availability: this.availability, retry, clock, figures: this.counts, names, readStream: (stream, page) => this.reader.ofStream(stream, page),
    });
    this.tail = new LiveTail({ connection: this.connection, reader: this.reader, availability: this.availability, clock });
    this.newest = new Shared(() => this.reader.head(Math.max(this.known, this.tail.lastOfLedger)));
  }

  /** The same for every process on this ledger, and no other. */
  get storeId(): string {
    return this.identity;
  }

  get figures(): StoreFigures {
    return { ...this.counts, ...this.tail.figures };
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    this.checkOpen();
    const result = await this.appender.append(stream, expected, events);
    this.note(result.position);
    return result;
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<StreamPage> {
    this.checkOpen();
    return this.reader.ofStream(stream, options);
  }

  async readAll(options: ReadAllOptions = {}): Promise<AllPage> {
    this.checkOpen();
    return this.reader.ofAll(options);
  }

  follow(options: FollowOptions): AsyncIterable<FeedBatch> {
    return follow({ tail: this.tail, reader: this.reader, availability: this.availability, known: () => this.known, checkOpen: () => this.checkOpen() }, options);
  }

  async head(): Promise<Position> {
    this.checkOpen();
    const head = await this.newest.call();
    this.note(head);
    return head;
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    await this.appender.idle();
    this.availability.close();
    await this.tail.close();
    await this.connection.close();
    this.options.logger?.info({ source: 'event store', ...this.figures }, 'what the event store made of it');
  }

  /** At the start we may be earlier than the store: what it says then is asked again for a while. */
  private async whenReady<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const deadline = this.options.clock.monotonic() + START_MAX_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (thrown) {
        const { kind, error } = failureOf(thrown);
        if (kind === 'refused' || this.options.clock.monotonic() > deadline) throw new LogUnavailable(`the event store cannot be used: ${error.message}`, { cause: thrown });
        if (kind === 'away') this.availability.lost();
        else await this.availability.pause(attempt);
        await this.availability.whenUp(START_MAX_MS);
      }
    }
  }

  private note(position: Position): void {
    this.known = Math.max(this.known, position);
    this.tail.expect(position);
  }

  private checkOpen(): void {
    if (this.closing) throw new LogUnavailable('the event log is closed');
  }

  private noteChange(isUp: boolean, downMs: number): void {
    const { logger } = this.options;
    if (!isUp) this.counts.outages += 1;
    if (isUp) logger?.info({ source: 'event store', downMs: Math.round(downMs) }, 'the event store answers again');
    else logger?.warn({ source: 'event store' }, 'the event store does not answer');
  }
}

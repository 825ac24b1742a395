import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock } from '../../../kernel/clock.js';
import { BEGINNING, type Position, type RecordedEvent } from '../event-log.js';
import { Growth } from '../growth.js';
import { LagHistogram } from '../../telemetry/lag-histogram.js';
import type { Availability } from './availability.js';
import { SILENCE_MAX_MS, type Connection, type Reading } from './connection.js';
import { failureOf, isOwnCancel, Passing } from './failures.js';
import { eventOf, subscriptionToAll } from './messages.js';
import { isStoresOwn, type Reader } from './reader.js';

/** What followers are handed without asking the store again; who is further behind reads pages of his own. */
const KEPT_EVENTS_MAX = 16_384;
const KEPT_BYTES_MAX = 32 * 1_048_576;
/** Handed to a follower at a time. */
const HANDED_OUT_MAX = 4_096;
/** A page on the way to the head; a shorter one has reached it. */
const PAGE = 1_024;
/** So long after an event is known to be there it has come, unless the subscription has gone dumb. */
const OWED_MAX_MS = 5_000;

export interface LiveTailFigures {
  /** Subscriptions that the store dropped because we read too slowly. Normal; an alarm would be wrong. */
  readonly dropped: number;
  /** Times that the feed went on where it was, after a drop or a lost connection, and how long that took. */
  readonly resumes: number;
  readonly resumeP50Ms: number;
  readonly resumeP99Ms: number;
}

/**
 * The one subscription of a process, which all its followers share. It keeps the newest events, goes on after a drop with a
 * paged read that cannot skip, and subscribes again from a ledger's event before the last it knows: a subscription leaves out
 * one event in silence when its start no longer holds an event (spec/eventstore.md §8), and that one we would have.
 */
export class LiveTail {
  readonly growth = new Growth();
  private readonly resumes = new LagHistogram();
  private dropped = 0;
  private kept: RecordedEvent[] = [];
  private keptBytes = 0;
  private lastForgotten: Position = BEGINNING;
  /** Everything after this position and up to `last` is kept. */
  private base: Position = BEGINNING;
  private lastPosition: Position = BEGINNING;
  /** Of an event of a ledger, which nobody removes, and before the last one: also if it were gone, what is left out is known. */
  private anchor: Position = BEGINNING;
  private lastIsOfLedger = false;
  /** Since when an event is owed that is known to be there, and nothing has come. */
  private owedSince: number | undefined;
  private live = false;
  private lostAt: number | undefined;
  private starting: Promise<void> | undefined;
  private running: Promise<void> | undefined;
  private subscription: Reading | undefined;
  private isConfirmed = false;
  private closed = false;

  constructor(private readonly parts: { readonly connection: Connection; readonly reader: Reader; readonly availability: Availability; readonly clock: Clock }) {}

  /** Of the newest event of a ledger that has come; BEGINNING before any. */
  get lastOfLedger(): Position {
    return this.kept.at(-1)?.position ?? this.lastForgotten;
  }
  /** There was nothing further when the newest event came. */
  get isLive(): boolean {
    return this.live;
  }

  get figures(): LiveTailFigures {
    return { dropped: this.dropped, resumes: this.resumes.count, resumeP50Ms: this.resumes.quantile(0.5), resumeP99Ms: this.resumes.quantile(0.99) };
  }

  /** Begins to follow at the head, once; until then nothing is kept. */
  start(): Promise<void> {
    return (this.starting ??= this.begin());
  }

  /** The kept events after `position`; undefined when that is too long ago. */
  after(position: Position): readonly RecordedEvent[] | undefined {
    if (this.running === undefined || position < this.base) return undefined;
    if (position >= this.lastPosition) return [];
    let low = 0;
    for (let high = this.kept.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.kept[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return this.kept.slice(low, low + HANDED_OUT_MAX); // a copy: what is kept is forgotten while a follower looks at it
  }

  /** An event is known to be there. A subscription that does not bring it is ended, and so begun anew. */
  expect(position: Position): void {
    if (this.running === undefined || position <= this.lastPosition) return;
    const now = this.parts.clock.monotonic();
    this.owedSince ??= now;
    if (now - this.owedSince < OWED_MAX_MS) return;
    this.owedSince = undefined;
    this.subscription?.call.cancel();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.subscription?.call.cancel();
    this.growth.announce();
    await this.running;
  }

  private async begin(): Promise<void> {
    for (let attempt = 1; !this.closed; attempt++) {
      try {
        const [last, beforeLast] = await this.parts.reader.newest();
        this.lastPosition = last?.position ?? BEGINNING;
        this.lastIsOfLedger = last !== undefined && !isStoresOwn(last);
        const head = await this.parts.reader.head(BEGINNING);
        this.base = Math.min(this.lastPosition, head); // behind it there are only events of the store's own
        this.anchor = head < this.lastPosition ? head : (beforeLast?.position ?? BEGINNING);
        this.running = this.follow();
        return;
      } catch (error) {
        await this.wait(error, attempt);
      }
    }
  }

  private async follow(): Promise<void> {
    for (let attempt = 1; !this.closed; attempt++) {
      try {
        await this.catchUp();
        await this.subscribed(() => (attempt = 0));
      } catch (error) {
        this.live = false;
        this.lostAt ??= this.parts.clock.monotonic();
        await this.wait(error, attempt);
      }
    }
  }

  private async wait(error: unknown, attempt: number): Promise<void> {
    const { availability } = this.parts;
    const { kind } = failureOf(error);
    if (this.closed) return;
    if (kind === 'too slow') {
      this.dropped += 1;
      return; // at once
    }
    if (kind === 'away') availability.lost();
    if (!availability.isUp) await availability.whenUp(FOR_EVER_MS);
    else await availability.pause(Math.max(1, attempt));
  }

  /** Pages until there is no more: as fast as it gets, and without gaps whatever the server's subscriptions do. */
  private async catchUp(): Promise<void> {
    for (;;) {
      const { events, complete } = await this.parts.reader.after(this.lastPosition, PAGE);
      const isLast = complete && events.length < PAGE;
      if (isLast) this.live = true; // before its events wake the followers, who would wait for the next to learn it
      this.add(events);
      this.goesOn();
      if (isLast) return;
    }
  }

  /** Until the subscription ends, which it does by an error. */
  private async subscribed(onConfirmed: () => void): Promise<void> {
    const { connection, clock } = this.parts;
    const askedAt = clock.monotonic();
    this.isConfirmed = false;
    const subscription = await connection.read(subscriptionToAll(this.anchor), SILENCE_MAX_MS);
    this.subscription = subscription;
    if (this.closed) subscription.call.cancel();
    const error = await new Promise<Error>((resolve) => {
      subscription.call
        .on('data', (response: ReadResp) => {
          connection.heard();
          if (response.hasConfirmation()) {
            subscription.lives();
            onConfirmed();
            this.isConfirmed = true;
            this.live = true;
          }
          const event = eventOf(response);
          if (event && event.position > this.lastPosition) this.add([event]);
        })
        .on('end', () => resolve(new Passing('the event store has ended the subscription')))
        .on('error', resolve);
    });
    throw this.ended(subscription, error, askedAt);
  }

  private ended(subscription: Reading, error: Error, askedAt: number): Error {
    const { connection, clock } = this.parts;
    const isOverdue = !this.isConfirmed && clock.monotonic() - askedAt >= SILENCE_MAX_MS;
    if (isOverdue && connection.isSilentSince(askedAt)) connection.replace(subscription);
    else subscription.failed(error);
    return isOwnCancel(error) ? new Passing('the subscription brought nothing in time') : error;
  }

  /** From here on followers get what they had missed, by pages or from the subscription. */
  private goesOn(): void {
    if (this.lostAt === undefined) return;
    this.resumes.record(this.parts.clock.monotonic() - this.lostAt);
    this.lostAt = undefined;
  }

  private add(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      if (this.lastIsOfLedger) this.anchor = this.lastPosition;
      this.lastPosition = event.position;
      this.lastIsOfLedger = !isStoresOwn(event);
      if (!this.lastIsOfLedger) continue;
      this.kept.push(event);
      this.keptBytes += event.data.length + event.metadata.length;
    }
    if (this.kept.length > KEPT_EVENTS_MAX || this.keptBytes > KEPT_BYTES_MAX) this.forget();
    if (events.length === 0) return;
    this.owedSince = undefined;
    this.growth.announceSoon();
  }

  /** The older half, so that it is not done for every event. */
  private forget(): void {
    const forgotten = this.kept.splice(0, Math.ceil(this.kept.length / 2));
    for (const { data, metadata } of forgotten) this.keptBytes -= data.length + metadata.length;
    this.base = this.lastForgotten = forgotten.at(-1)!.position;
  }
}

/** `whenUp` takes a limit; a feed has none. */
const FOR_EVER_MS = 2 ** 31 - 1;

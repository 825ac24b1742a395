import type { Clock, Timers } from '../../kernel/clock.js';
import type { Recorded } from '../../kernel/event.js';
import type { Projection, Statement } from '../../kernel/projection.js';
import { BEGINNING, type EventLog, LogUnavailable, type RecordedEvent } from '../event-log/event-log.js';
import type { Database } from '../postgres/database.js';
import { isOutage, messageOf } from '../postgres/database-errors.js';
import { type Checkpoints, isFenced, type Move, type Place, ProjectionFault } from './checkpoints.js';
import { LagHistogram } from '../telemetry/lag-histogram.js';
import { PositionWaiters } from './position-waiters.js';

export interface ProjectorLog {
  info(message: string, details?: object): void;
  error(message: string, details?: object): void;
}

/**
 * `standby`: another process keeps this read model up to date, and we watch it. `stopped`: it serves what it had, and a
 * person has to look at `fault`.
 */
export type ProjectionState = 'starting' | 'catching-up' | 'live' | 'standby' | 'stopped';
export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly state: ProjectionState;
  /** Everything up to here can be seen. */
  readonly position: number;
  readonly epoch: number;
  /** Events handled by this process. */
  readonly events: number;
  readonly fault?: Fault;
}
export interface Fault {
  readonly reason: string;
  /** The event that could not be handled, when it was one. */
  readonly event?: { readonly position: number; readonly type: string; readonly stream: string };
}

/** A stretch of the log, decoded, that was read in one go. */
export interface Stretch {
  readonly events: readonly Recorded[];
  readonly raw: readonly RecordedEvent[];
  readonly position: number;
  readonly live: boolean;
  /** The event behind `position` could not be decoded: nobody can go on. */
  readonly undecodable?: { readonly event: RecordedEvent; readonly error: unknown };
}

/** What one projection stores of a stretch, with its checkpoint. */
export interface Share {
  readonly move: Move;
  readonly events: number;
  readonly statements: readonly Statement[];
}

export interface WorkerOptions {
  readonly database: Database;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ProjectorLog;
  readonly onStandBy: (worker: ProjectionWorker) => void;
}

/** How long a replica of the log may lag behind what another process has already projected: 10 × 100 ms. */
const HEAD_ATTEMPTS_MAX = 10;
const HEAD_RETRY_MS = 100;

/** One projection: where it is, and how it takes a stretch of the log into its tables exactly once. */
export class ProjectionWorker {
  readonly waiters: PositionWaiters;
  readonly lag = new LagHistogram();
  #state: ProjectionState = 'starting';
  /** As stored. */
  #place: Place = { position: BEGINNING, epoch: 0 };
  /** As seen: behind the stored position come only events that do not concern us. */
  #seen = BEGINNING;
  #events = 0;
  #fault: Fault | undefined;
  #newestCreated = 0;
  readonly #handles = new Map<string, boolean>();

  constructor(readonly projection: Projection, private readonly options: WorkerOptions) {
    this.waiters = new PositionWaiters(options.timers);
  }

  get name(): string {
    return this.projection.name;
  }
  get position(): number {
    return this.#seen;
  }
  get state(): ProjectionState {
    return this.#state;
  }
  get fault(): Fault | undefined {
    return this.#fault;
  }
  /** When the newest event that it has seen was written; 0 before any. */
  get newestCreated(): number {
    return this.#newestCreated;
  }
  get isBehindItsEyes(): boolean {
    return this.#seen > this.#place.position;
  }

  /** Makes ready to go on from the stored checkpoint. A checkpoint beyond the head of the log is of another log. */
  async load(eventLog: Pick<EventLog, 'head'>): Promise<void> {
    try {
      this.#stand(await this.options.checkpoints.prepare(this.projection));
      await this.#refuseBeyondHead(eventLog);
      this.#fault = undefined;
      this.#state = 'catching-up';
    } catch (error) {
      if (isOutage(error) || error instanceof LogUnavailable) throw error;
      this.stop({ reason: messageOf(error) });
    }
  }

  /** Asked after the checkpoint was read, for another process may move both; and again, for a replica may be late. */
  async #refuseBeyondHead(eventLog: Pick<EventLog, 'head'>): Promise<void> {
    const { position } = this.#place;
    for (let attempt = 1; ; attempt++) {
      const head = await eventLog.head();
      if (position <= head) return;
      if (attempt === HEAD_ATTEMPTS_MAX)
        throw new ProjectionFault(`${this.name} is at position ${position}, beyond the log, which ends at ${head}: the log was restored from an older backup, or is another one`);
      await this.options.timers.sleep(HEAD_RETRY_MS);
    }
  }

  /** Its tables have been emptied: begins again, from the first event. */
  beginAgain(place: Place): void {
    this.#stand(place);
    this.#fault = undefined;
    this.#state = 'starting';
    this.#events = 0;
  }

  #stand(place: Place): void {
    this.#place = place;
    this.#seen = place.position;
    this.waiters.reached(place.position); // who asked before the checkpoint was read would wait for news that may never come
  }

  /** @throws DatabaseUnavailable; then nobody knows whether it was stored, and `load` has to find out */
  async apply(stretch: Stretch): Promise<void> {
    const mine = this.#mineOf(stretch);
    const wasLive = this.#state === 'live';
    if (mine.length > 0) await this.#commit(mine, stretch.position);
    if (this.#state === 'stopped' || this.#state === 'standby') return;
    this.#follow(stretch, wasLive);
    if (stretch.undecodable) this.#poisoned(stretch.undecodable.event, stretch.undecodable.error);
  }

  /** What it has to store of a stretch, for a transaction that it shares with others. @throws whatever the projection throws */
  shareOf(stretch: Stretch): Share {
    const mine = this.#mineOf(stretch);
    return { move: { name: this.name, from: this.#place, position: stretch.position }, events: mine.length, statements: mine.length > 0 ? this.projection.project(mine) : [] };
  }

  /** Its share is stored. */
  stored(stretch: Stretch, { statements, events }: Share): void {
    if (statements.length > 0) {
      this.#place = { ...this.#place, position: stretch.position };
      this.#events += events;
    }
    this.#follow(stretch, this.#state === 'live');
  }

  #follow(stretch: Stretch, wasLive: boolean): void {
    this.#see(stretch.position);
    this.#state = stretch.live ? 'live' : this.#state;
    this.#measure(stretch.raw, wasLive);
  }

  #mineOf({ events }: Stretch): readonly Recorded[] {
    const start = events.length > 0 && events[0]!.position > this.#seen ? 0 : events.findIndex(({ position }) => position > this.#seen);
    return start < 0 ? [] : events.filter((event, index) => index >= start && this.#concerns(event.type));
  }

  #concerns(type: string): boolean {
    let handles = this.#handles.get(type);
    if (handles === undefined) this.#handles.set(type, (handles = this.projection.handles(type)));
    return handles;
  }

  /**
   * Rows and checkpoint in one transaction. Its commit does not wait for the disk: after a crash of PostgreSQL the newest
   * transactions are missing whole, and the log, which is durable, gives them to us again.
   */
  async #commit(events: readonly Recorded[], upTo: number): Promise<void> {
    try {
      const statements = this.projection.project(events);
      if (statements.length === 0) { // as if they had not concerned us: a transaction that moves a checkpoint alone is made for many at once
        this.#see(upTo);
        return;
      }
      const advance = this.options.checkpoints.advance([{ name: this.name, from: this.#place, position: upTo }]);
      await this.options.database.pipelined([advance, ...statements], { durable: false });
      this.#place = { ...this.#place, position: upTo };
      this.#events += events.length;
      this.#see(upTo);
    } catch (error) {
      if (isOutage(error)) throw error;
      if (isFenced(error)) this.standBy();
      else if (events.length === 1) this.#poisoned(events[0]!, error);
      else await this.#commitHalves(events, upTo);
    }
  }

  /** One event of many is at fault: everything before it is stored, and the fault is told of that one. */
  async #commitHalves(events: readonly Recorded[], upTo: number): Promise<void> {
    const middle = events.length >> 1;
    await this.#commit(events.slice(0, middle), events[middle - 1]!.position);
    if (this.#state !== 'stopped' && this.#state !== 'standby') await this.#commit(events.slice(middle), upTo);
  }

  #poisoned({ position, type, stream }: { readonly position: number; readonly type: string; readonly stream: string }, error: unknown): void {
    this.stop({ reason: messageOf(error), event: { position, type, stream } });
  }

  stop(fault: Fault): void {
    this.#state = 'stopped';
    this.#fault = fault;
    this.waiters.giveUp();
    this.options.log.error(`read model ${this.name} has stopped and will show nothing newer: ${fault.reason}`, { projection: this.name, at: this.#seen, ...fault.event });
  }

  standBy(): void {
    if (this.#state === 'standby') return; // somebody watches already
    this.#state = 'standby';
    this.waiters.giveUp();
    this.options.log.info(`read model ${this.name} is kept up to date by another process`, { projection: this.name });
    this.options.onStandBy(this);
  }

  #see(position: number): void {
    if (position <= this.#seen) return;
    this.#seen = position;
    this.waiters.reached(position);
  }

  #measure(raw: readonly RecordedEvent[], wasLive: boolean): void {
    const newest = raw.at(-1);
    if (!newest) return;
    this.#newestCreated = newest.created;
    if (!wasLive) return; // history is late by nature
    const now = this.options.clock.now();
    for (const { created } of raw) this.lag.record(now - created);
  }

  /** What has to be stored for other processes to know how far we have seen. */
  get pendingSkip(): Move {
    return { name: this.name, from: this.#place, position: this.#seen };
  }
  skipped(position: number): void {
    this.#place = { ...this.#place, position };
  }

  get status(): ProjectionStatus {
    const { name, version } = this.projection;
    return { name, version, state: this.#state, position: this.#seen, epoch: this.#place.epoch, events: this.#events, ...(this.#fault ? { fault: this.#fault } : {}) };
  }
}

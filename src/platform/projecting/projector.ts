import { setMaxListeners } from 'node:events';
import type { Projection } from '../../kernel/projection.js';
import type { Clock, Timers } from '../../kernel/clock.js';
import { LogUnavailable, type EventLog } from '../event-log/event-log.js';
import type { Database } from '../postgres/database.js';
import { isOutage, messageOf } from '../postgres/database-errors.js';
import { Checkpoints, type Place, ProjectionFault } from './checkpoints.js';
import { CheckpointWatcher, Freshness } from './freshness.js';
import { type Decode, ProjectionGroup, type Reveal } from './projection-group.js';
import { type ProjectionStatus, ProjectionWorker, type ProjectorLog, type Stretch } from './projection-worker.js';

export interface ProjectorOptions {
  readonly projections: readonly Projection[];
  readonly eventLog: EventLog;
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ProjectorLog;
  /** Identity of the event store: read models of another one are refused. */
  readonly storeId: string;
  readonly decode: Decode;
  /** Puts personal text in clear into events; called once for each stretch. */
  readonly reveal?: Reveal;
}
export interface ProjectionLag {
  readonly name: string;
  /** Positions between the log's head and what can be seen; 0 when nothing is missing. */
  readonly positionsBehind: number;
  /** Age of the newest event that can be seen, when newer ones cannot; else 0. */
  readonly behindMs: number;
  /** Commit to visible, of the events that this process handled live. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly measured: number;
}
export interface RebuildProgress {
  readonly names: readonly string[];
  readonly position: number;
  readonly head: number;
  /** Events read since the start. */
  readonly events: number;
}

/** How often a standby looks; it takes over when the checkpoint stood still twice although the log went on. */
const STANDBY_POLL_MS = 1_000;
const STANDSTILLS_MAX = 2;

/** Keeps all read models up to date: one feed for all that are in step, rows and checkpoint in one transaction. */
export class Projector extends Freshness {
  readonly #workers: ReadonlyMap<string, ProjectionWorker>;
  readonly #checkpoints: Checkpoints;
  readonly #watcher: CheckpointWatcher;
  readonly #running = new Map<ProjectionGroup, Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(private readonly options: ProjectorOptions) {
    super();
    const { projections, database, storeId } = options;
    this.#checkpoints = new Checkpoints(database, storeId);
    const shared = { ...options, checkpoints: this.#checkpoints, onStandBy: (worker: ProjectionWorker) => this.#standBy(worker) };
    this.#workers = new Map(projections.map((projection) => [projection.name, new ProjectionWorker(projection, shared)]));
    if (this.#workers.size !== projections.length) throw new Error('two read models have the same name');
    setMaxListeners(projections.length, this.#stopped.signal); // each may stand by, and listens while it does
    this.#watcher = new CheckpointWatcher(database, options, [...this.#workers.keys()]);
  }

  /** Starts following; an outage of PostgreSQL is waited out in the background. */
  start(): void {
    this.#spawn([...this.#workers.values()]);
  }

  /** Stores what is under way, and ends. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    const running = [...this.#running];
    await Promise.all(running.map(([group]) => group.stop()));
    await Promise.all(running.map(([, ended]) => ended));
    for (const worker of this.#workers.values()) worker.waiters.giveUp();
  }

  status(): readonly ProjectionStatus[] {
    return [...this.#workers.values()].map(({ status }) => status);
  }

  async lag(): Promise<readonly ProjectionLag[]> {
    const head = await this.options.eventLog.head();
    const now = this.options.clock.now();
    return [...this.#workers.values()].map((worker) => {
      const positionsBehind = Math.max(0, head - worker.position);
      const behindMs = positionsBehind > 0 ? Math.max(0, now - worker.newestCreated) : 0;
      return { name: worker.name, positionsBehind, behindMs, p50Ms: worker.lag.quantile(0.5), p99Ms: worker.lag.quantile(0.99), measured: worker.lag.count };
    });
  }

  async waitFor(position: number, timeoutMs: number, names?: readonly string[]): Promise<boolean> {
    const deadline = this.options.clock.monotonic() + timeoutMs;
    const results = await Promise.all(this.#named(names).map((worker) => this.#waitForOne(worker, position, deadline)));
    return results.every(Boolean);
  }

  async #waitForOne(worker: ProjectionWorker, position: number, deadline: number): Promise<boolean> {
    if (worker.state === 'standby') return this.#watcher.waitFor(position, deadline - this.options.clock.monotonic(), [worker.name]);
    if (worker.position >= position) return true;
    if (worker.state === 'stopped') return false;
    for (const group of this.#running.keys()) if (group.has(worker)) group.hurry();
    if (await worker.waiters.until(position, deadline - this.options.clock.monotonic())) return true;
    const handedOver = (worker.state as string) === 'standby' && this.options.clock.monotonic() < deadline;
    return handedOver ? this.#waitForOne(worker, position, deadline) : false;
  }

  /**
   * Empties and fills again; resolves when the named read models have caught up with the log. Others go on meanwhile.
   * @throws ProjectionFault one of them stopped on the way
   */
  async rebuild(which: readonly string[] | 'all', onProgress?: (progress: RebuildProgress) => void): Promise<void> {
    const workers = this.#named(which === 'all' ? undefined : which);
    const head = await this.options.eventLog.head();
    for (const worker of workers) await this.#withdraw(worker);
    try {
      const places = await this.#checkpoints.reset(workers.map(({ projection }) => projection));
      workers.forEach((worker, index) => worker.beginAgain(places[index]!));
    } finally {
      this.#spawn(workers, onProgress && progressOf(workers, head, onProgress)); // goes on from where it was, should a reset have failed
    }
    const reached = await this.waitFor(head, Number.MAX_SAFE_INTEGER, workers.map(({ name }) => name));
    const faulty = workers.find(({ fault }) => fault);
    if (faulty) throw new ProjectionFault(`${faulty.name} has stopped: ${faulty.fault!.reason}`);
    if (!reached) throw new ProjectionFault('the projector was stopped before the read models had caught up');
  }

  #named(names: readonly string[] | undefined): ProjectionWorker[] {
    if (!names) return [...this.#workers.values()];
    return names.map((name) => {
      const worker = this.#workers.get(name);
      if (!worker) throw new Error(`there is no read model ${name}`);
      return worker;
    });
  }

  #spawn(workers: readonly ProjectionWorker[], onStretch?: (stretch: Stretch) => void): void {
    if (this.#stopped.signal.aborted || workers.length === 0) return;
    const group = new ProjectionGroup(workers, { ...this.options, checkpoints: this.#checkpoints, reveal: this.options.reveal, onStretch });
    const ended = group.run().catch((error: unknown) => {
      for (const worker of workers) if (group.has(worker)) worker.stop({ reason: messageOf(error) });
    });
    this.#running.set(group, ended.then(() => void this.#running.delete(group)));
  }

  async #withdraw(worker: ProjectionWorker): Promise<void> {
    for (const group of this.#running.keys()) if (group.has(worker)) await group.remove(worker);
  }

  #standBy(worker: ProjectionWorker): void {
    this.#watch(worker).catch((error: unknown) => this.#stopped.signal.aborted || worker.stop({ reason: messageOf(error) }));
  }

  /** Watches a read model that another process writes, and takes it over when that one is gone. */
  async #watch(worker: ProjectionWorker): Promise<void> {
    let last: Place | undefined;
    let standstills = 0;
    while (standstills < STANDSTILLS_MAX) {
      await this.options.timers.sleep(STANDBY_POLL_MS, this.#stopped.signal);
      if (worker.state !== 'standby') return; // a rebuild has taken it back
      const now = await this.#look(worker);
      if (!now) continue;
      const moved = !last || now.place.position !== last.position || now.place.epoch !== last.epoch;
      standstills = moved || now.head <= now.place.position ? 0 : standstills + 1;
      last = now.place;
    }
    await this.#withdraw(worker);
    this.#spawn([worker]);
  }

  async #look({ name }: ProjectionWorker): Promise<{ readonly place: Place; readonly head: number } | undefined> {
    try {
      const place = await this.#checkpoints.find(name);
      return place && { place, head: await this.options.eventLog.head() };
    } catch (error) {
      if (isOutage(error) || error instanceof LogUnavailable) return undefined; // nobody can write it now, so nobody need take it over
      throw error;
    }
  }
}

const progressOf = (workers: readonly ProjectionWorker[], head: number, tell: (progress: RebuildProgress) => void): ((stretch: Stretch) => void) => {
  let events = 0;
  return ({ raw, position }) => tell({ names: workers.map(({ name }) => name), position, head, events: (events += raw.length) });
};

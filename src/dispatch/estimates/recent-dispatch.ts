import { categoryOf, type Recorded } from '../../kernel/event.js';
import type { Position } from '../../platform/event-log/event-log.js';
import type { NodeFold } from '../../platform/event-log/node-feed.js';
import type { JobAssigned, RequestAccepted, RequestFacts, RequestKind } from '../../requests/request.events.js';
import type { LiveQueue } from '../live-queue.message.js';
import { AGEING_CENTIKUDOS_PER_MS } from '../live-queue/priority-key.js';

/** What comes next is taken to be like what came in the last ten minutes. */
export const WINDOW_MS = 600_000;
/** Less says nothing: a request that came in the second before would be expected every second. */
const OBSERVED_MIN_MS = 60_000;
/** Requests remembered of each kind; when more come in ten minutes, the window is shorter. */
const ARRIVALS_MAX = 1_024;
/** Hand-outs over which the jobs that a worker has at once are watched. */
const HAND_OUTS_WATCHED = 20;

/** A request as it came. */
export interface Arrival {
  readonly atMs: number;
  readonly facts: RequestFacts;
  /** Its key, as if it had been accepted at the beginning of 1970: what it ages from. */
  readonly base: number;
  readonly price: number;
  readonly things: number;
}

/** What came in a stretch of time, for a rehearsal of the time to come. */
export interface RecentArrivals {
  readonly sinceMs: number;
  readonly throughMs: number;
  readonly arrivals: readonly Arrival[];
}

/** The latest of what has happened to the queue, for whoever estimates what will. Begins empty. */
export class RecentDispatch implements NodeFold {
  readonly name = 'recent dispatch';
  readonly #arrivals: Readonly<Record<RequestKind, Arrival[]>> = { image: [], text: [], alchemy: [] };
  readonly #workerOf = new Map<string, string>();
  readonly #pending = new Map<string, number>();
  /** Of each worker, how many jobs it had after each of its latest hand-outs. */
  readonly #atOnce = new Map<string, number[]>();
  readonly #startedMs: number;

  constructor(
    private readonly queue: Pick<LiveQueue, 'find'>, private readonly feed: { head(): Promise<Position> }, private readonly clock: { now(): number },
  ) {
    this.#startedMs = clock.now();
  }

  open(): Promise<Position> {
    return this.feed.head();
  }

  /** After the queue, which knows the key of a request. */
  apply({ stream, type, data }: Recorded): void {
    if (categoryOf(stream) !== 'request') return;
    if (type === 'RequestAccepted.v1') this.#accepted((data as RequestAccepted['data']).request);
    else if (type === 'JobAssigned.v1') this.#assigned(data as JobAssigned['data']);
    else if (type === 'JobSubmitted.v1' || type === 'JobFaulted.v1' || type === 'JobExpired.v1') this.#returned((data as { job: string }).job);
  }

  /** Undefined while too little has been seen. */
  arrivals(kind: RequestKind): RecentArrivals | undefined {
    const throughMs = this.clock.now();
    const arrivals = this.#arrivals[kind];
    while (arrivals.length > 0 && arrivals[0]!.atMs <= throughMs - WINDOW_MS) arrivals.shift();
    const oldestMs = arrivals.length === ARRIVALS_MAX ? arrivals[0]!.atMs : -Infinity;
    const sinceMs = Math.max(this.#startedMs, throughMs - WINDOW_MS, oldestMs);
    const isEnough = throughMs - sinceMs >= OBSERVED_MIN_MS || oldestMs > -Infinity;
    return isEnough && throughMs > sinceMs ? { sinceMs, throughMs, arrivals } : undefined;
  }

  /** The most jobs that the worker had at once lately: it takes them in batches, or ahead of time. 0: none was seen. */
  atOnce(worker: string): number {
    return Math.max(0, ...(this.#atOnce.get(worker) ?? []));
  }

  #accepted(request: string): void {
    const entry = this.queue.find(request);
    if (!entry) return; // over already
    const { facts, key, price, things, acceptedAtMs } = entry;
    const arrivals = this.#arrivals[facts.kind];
    arrivals.push({ atMs: acceptedAtMs, facts, base: key + acceptedAtMs * AGEING_CENTIKUDOS_PER_MS, price, things });
    if (arrivals.length > ARRIVALS_MAX) arrivals.shift();
  }

  #assigned({ job, worker }: JobAssigned['data']): void {
    if (this.#workerOf.has(job)) return;
    this.#workerOf.set(job, worker);
    const pending = (this.#pending.get(worker) ?? 0) + 1;
    this.#pending.set(worker, pending);
    const atOnce = this.#atOnce.get(worker) ?? [];
    atOnce.push(pending);
    if (atOnce.length > HAND_OUTS_WATCHED) atOnce.shift();
    this.#atOnce.set(worker, atOnce);
  }

  #returned(job: string): void {
    const worker = this.#workerOf.get(job);
    if (worker === undefined) return;
    this.#workerOf.delete(job);
    const left = (this.#pending.get(worker) ?? 1) - 1;
    if (left > 0) this.#pending.set(worker, left);
    else this.#pending.delete(worker);
  }
}

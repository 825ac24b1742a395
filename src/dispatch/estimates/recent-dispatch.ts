import { categoryOf, type Recorded } from '../../kernel/event.js';
import type { Position } from '../../platform/event-log/event-log.js';
import type { NodeFold } from '../../platform/event-log/node-feed.js';
import type { PastStart } from '../../platform/event-log/recent-past.js';
import type { JobAssigned, JobExpired, JobFaulted, JobSubmitted, RequestAccepted, RequestFacts, RequestKind } from '../../requests/request.events.js';
import type { LiveQueue } from '../live-queue.message.js';
import { thingsOfJob } from '../live-queue/match-signature.js';
import { AGEING_CENTIKUDOS_PER_MS, jobPrice, keyAtActivation } from '../live-queue/priority-key.js';
import type { QueuedRequest } from '../live-queue/queue-row.js';

/** What comes next is taken to be like what came in the last ten minutes. */
export const WINDOW_MS = 600_000;
/** Less says nothing: a request that came in the second before would be expected every second. */
const OBSERVED_MIN_MS = 60_000;
/** Requests remembered of each kind; when more come in ten minutes, the window is shorter. */
const ARRIVALS_MAX = 1_024;
/** Hand-outs and deliveries remembered, of all kinds. */
const MOVES_MAX = 4_096;
/** Busy time of a worker after which what it did before counts half. */
const BUSY_MEMORY_MS = 1_200_000;

/** Of one worker: the jobs that it has, and how many it had while it had any, summed over time. */
interface Load {
  pending: number;
  sinceMs: number;
  jobMs: number;
  busyMs: number;
}

/** A request as it came. */
export interface Arrival {
  readonly atMs: number;
  readonly facts: RequestFacts;
  /** Its key, as if it had been accepted at the beginning of 1970: what it ages from. */
  readonly base: number;
  readonly price: number;
  readonly things: number;
}

/** A job that was handed out, with the key that its request had then. */
export interface PastHandOut {
  readonly atMs: number;
  readonly worker: string;
  readonly key: number;
}
/** A job that was delivered. */
export interface Delivery {
  readonly atMs: number;
  readonly worker: string;
  readonly things: number;
}

/** All that happened from some moment on. */
export interface Evidence {
  readonly arrivals: readonly Arrival[];
  readonly handOuts: readonly PastHandOut[];
  readonly deliveries: readonly Delivery[];
}

/** What came in a stretch of time, for a rehearsal of the time to come. */
export interface RecentArrivals {
  readonly sinceMs: number;
  readonly throughMs: number;
  readonly arrivals: readonly Arrival[];
}

/** The latest of what has happened to the queue, for whoever estimates what will. Begins with the end of the log; what was claimed of a request is known since its start. */
export class RecentDispatch implements NodeFold {
  readonly name = 'recent dispatch';
  readonly #arrivals: Readonly<Record<RequestKind, Arrival[]>> = { image: [], text: [], alchemy: [] };
  readonly #handOuts: PastHandOut[] = [];
  readonly #deliveries: Delivery[] = [];
  readonly #workerOf = new Map<string, string>();
  readonly #loads = new Map<string, Load>();
  readonly #startedMs: number;
  /** From here on every arrival is known. */
  #knownSinceMs: number;

  constructor(
    private readonly queue: Pick<LiveQueue, 'find'>, private readonly past: { last(ms: number): Promise<PastStart> }, private readonly clock: { now(): number },
  ) {
    this.#startedMs = this.#knownSinceMs = clock.now();
  }

  async open(): Promise<Position> {
    const { position, sinceMs } = await this.past.last(WINDOW_MS);
    this.#knownSinceMs = sinceMs;
    return position;
  }

  /** After the queue, which knows the key of a request. */
  apply({ stream, type, data }: Recorded): void {
    if (categoryOf(stream) !== 'request') return;
    if (type === 'RequestAccepted.v1') this.#accepted(data as RequestAccepted['data']);
    else if (type === 'JobAssigned.v1') this.#assigned(data as JobAssigned['data']);
    else if (type === 'JobSubmitted.v1') this.#submitted(data as JobSubmitted['data']);
    else if (type === 'JobFaulted.v1') this.#returned((data as JobFaulted['data']).job, Date.parse((data as JobFaulted['data']).faultedAt));
    else if (type === 'JobExpired.v1') this.#returned((data as JobExpired['data']).job, Date.parse((data as JobExpired['data']).expiredAt));
  }

  /** Undefined while too little has been seen. */
  arrivals(kind: RequestKind): RecentArrivals | undefined {
    const throughMs = this.clock.now();
    const arrivals = this.#arrivals[kind];
    while (arrivals.length > 0 && arrivals[0]!.atMs <= throughMs - WINDOW_MS) arrivals.shift();
    const oldestMs = arrivals.length === ARRIVALS_MAX ? arrivals[0]!.atMs : -Infinity;
    const sinceMs = Math.max(this.#knownSinceMs, throughMs - WINDOW_MS, oldestMs);
    const isEnough = throughMs - sinceMs >= OBSERVED_MIN_MS || oldestMs > -Infinity;
    return isEnough && throughMs > sinceMs ? { sinceMs, throughMs, arrivals } : undefined;
  }

  /** Undefined where not everything is remembered. */
  since(kind: RequestKind, atMs: number): Evidence | undefined {
    const [arrivals, handOuts, deliveries] = [this.#arrivals[kind], this.#handOuts, this.#deliveries];
    const isFull = (ring: readonly { readonly atMs: number }[], most: number): boolean => ring.length === most && ring[0]!.atMs > atMs;
    if (this.#startedMs > atMs || isFull(arrivals, ARRIVALS_MAX) || isFull(handOuts, MOVES_MAX) || isFull(deliveries, MOVES_MAX)) return undefined;
    const later = <Move extends { readonly atMs: number }>(moves: readonly Move[]): readonly Move[] => moves.filter((move) => move.atMs >= atMs);
    return { arrivals: later(arrivals), handOuts: later(handOuts), deliveries: later(deliveries) };
  }

  /**
   * How many jobs the worker has at once, on average over the time in which it has any: in batches, or ahead of time. With the
   * time that one takes, that is what it does. 0: nothing was seen.
   */
  atOnce(worker: string): number {
    const { jobMs, busyMs } = this.#loads.get(worker) ?? NO_LOAD;
    return busyMs > 0 ? jobMs / busyMs : 0;
  }

  #accepted(accepted: RequestAccepted['data']): void {
    const arrivals = this.#arrivals[accepted.kind];
    const atMs = Date.parse(accepted.acceptedAt);
    // The queue has gone on since what was accepted before the start, and may not know it any more.
    const entry = atMs < this.#startedMs ? bornOf(accepted) : this.queue.find(accepted.request);
    if (!entry) return; // over already
    const { facts, key, price, things } = entry;
    arrivals.push({ atMs, facts, base: key + atMs * AGEING_CENTIKUDOS_PER_MS, price, things });
    if (arrivals.length > ARRIVALS_MAX) arrivals.shift();
  }

  #assigned({ request, job, worker, assignedAt }: JobAssigned['data']): void {
    if (this.#workerOf.has(job)) return;
    const entry = this.queue.find(request);
    if (entry) remember(this.#handOuts, { atMs: Date.parse(assignedAt), worker, key: keyBefore(entry) });
    this.#workerOf.set(job, worker);
    this.#change(worker, Date.parse(assignedAt), 1);
  }

  #submitted({ job, worker, things, submittedAt }: JobSubmitted['data']): void {
    remember(this.#deliveries, { atMs: Date.parse(submittedAt), worker, things });
    this.#returned(job, Date.parse(submittedAt));
  }

  #returned(job: string, atMs: number): void {
    const worker = this.#workerOf.get(job);
    if (worker === undefined) return;
    this.#workerOf.delete(job);
    this.#change(worker, atMs, -1);
  }

  #change(worker: string, atMs: number, by: 1 | -1): void {
    let load = this.#loads.get(worker);
    if (!load) this.#loads.set(worker, (load = { ...NO_LOAD, sinceMs: atMs }));
    const passedMs = Math.max(0, atMs - load.sinceMs);
    if (load.pending > 0) {
      load.jobMs += load.pending * passedMs;
      load.busyMs += passedMs;
    }
    if (load.busyMs > BUSY_MEMORY_MS) {
      load.jobMs /= 2;
      load.busyMs /= 2;
    }
    load.pending += by;
    load.sinceMs = Math.max(load.sinceMs, atMs);
  }
}

/** A request as it enters the queue. */
const bornOf = ({ ledger: _, ...facts }: RequestAccepted['data']): Pick<QueuedRequest, 'facts' | 'key' | 'price' | 'things'> =>
  ({ facts, key: keyAtActivation(facts, Date.parse(facts.acceptedAt)), price: jobPrice(facts), things: thingsOfJob(facts) });

const NO_LOAD: Readonly<Load> = { pending: 0, sinceMs: 0, jobMs: 0, busyMs: 0 };

const remember = <Move>(moves: Move[], move: Move): void => {
  moves.push(move);
  if (moves.length > MOVES_MAX) moves.shift();
};

/** The key that it was handed out with, or a higher one: as if its payer had been served nothing before. */
const keyBefore = ({ key, price, acceptedAtMs, agesFromMs }: QueuedRequest): number =>
  key + price + Math.max(0, agesFromMs - acceptedAtMs) * AGEING_CENTIKUDOS_PER_MS;

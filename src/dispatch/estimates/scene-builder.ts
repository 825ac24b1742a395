import type { RequestFacts } from '../../requests/request.events.js';
import { NOBODY, payerOf, type PayerId } from '../../requests/rules/payer-id.js';
import type { KnownWorker } from '../../workers/registry.message.js';
import type { FairnessPolicy } from '../live-queue/fairness-policy.js';
import { LIFE_MS } from '../live-queue/queue-entry.js';
import { AGEING_CENTIKUDOS_PER_MS } from '../live-queue/priority-key.js';
import type { QueuedRequest } from '../live-queue/queue-row.js';
import type { Arrival, RecentArrivals } from './recent-dispatch.js';
import { HORIZON_S } from './rehearsal.js';
import type { Asked, Pool, Scene, Server } from './stage.js';

/** Expected requests taken from what came lately; of more, every so many-th stands for so many. */
const EXPECTED_MAX = 256;
/** And in the whole play: what a busy horde was asked in the last seconds comes again for half an hour, in larger lots. */
const EXPECTED_IN_ALL_MAX = 4_096;
/** What is expected at once comes after what is here. */
const SOON_S = 0.001;

/** A worker as it counts here. */
export interface Hand {
  readonly worker: KnownWorker;
  /** Things per second of one job, and how many jobs it has at once on average. */
  readonly speed: number;
  readonly atOnce: number;
  /** Seconds until each of the jobs that it has is done. */
  readonly busyS: readonly number[];
}

/** What one rehearsal is made from. */
export interface Sources {
  readonly nowMs: number;
  readonly waiting: readonly QueuedRequest[];
  /** How many requests each of the waiting ones stands for. */
  readonly lot: number;
  readonly arrivals: RecentArrivals | undefined;
  readonly policy: FairnessPolicy;
  /** From when the waiting requests of a payer age; ms since 1970. */
  readonly agesFromMsOf: (payer: PayerId) => number;
  readonly keyOf: (facts: RequestFacts) => string;
  readonly eligible: (facts: RequestFacts) => readonly KnownWorker[];
  readonly handOf: (worker: KnownWorker) => Hand;
  /** All that are here. */
  readonly online: readonly KnownWorker[];
}

/** Who stands in line together: an account or an address; of whom nothing is known, everybody alone. */
const lineOf = (facts: RequestFacts): PayerId => {
  const payer = payerOf(facts);
  return payer === NOBODY ? facts.request : payer;
};

interface OpenPool extends Pool {
  readonly servers: number[];
}
interface Thread {
  readonly worker: KnownWorker;
  readonly speed: number;
  readonly freeAtS: number;
  /** Which pools it is in, as text. */
  readonly membership: string;
}

/** Puts the queue, the workers and what is expected onto the stage of one rehearsal. */
export class SceneBuilder {
  /** By what their requests are matched by, and by who may serve them: most that is matched apart is served by the same. */
  readonly #byKey = new Map<string, OpenPool>();
  readonly #byWorkers = new Map<string, { readonly pool: OpenPool; readonly workers: readonly KnownWorker[] }>();
  readonly #nthOf: ReadonlyMap<KnownWorker, number>;
  #serversOf: ReadonlyMap<string, readonly number[]> | undefined;

  constructor(private readonly sources: Sources) {
    this.#nthOf = new Map(sources.online.map((worker, nth) => [worker, nth]));
  }

  build(): Scene {
    const { nowMs, waiting, lot, arrivals, policy: { fairShare, refreshAtHandOut, ageingCreditMs } } = this.sources;
    const asked = [...waiting.map((entry) => ({ ...this.waiting(entry), lot })), ...(arrivals ? this.#expected(arrivals, nowMs) : [])];
    return { servers: this.#servers(Math.max(1, Math.round(lot))), asked, fairShare, ageingCreditS: ageingCreditMs / 1_000, lifeS: refreshAtHandOut ? LIFE_MS / 1_000 : 0 };
  }

  /** As one who waits; also for a request that has come since the scene was built. */
  waiting({ request, facts, key, price, waiting, things, waitingSinceMs, acceptedAtMs, agesFromMs, expiresAtMs, pending }: QueuedRequest): Asked {
    const { nowMs } = this.sources;
    return {
      request, payer: lineOf(facts), account: facts.payer, pool: this.#pool(facts), key, price, jobs: waiting, things, lot: 1, comesAtS: 0,
      sinceS: (waitingSinceMs - nowMs) / 1_000, acceptedS: (acceptedAtMs - nowMs) / 1_000, agesFromS: (agesFromMs - nowMs) / 1_000,
      expiresAtS: pending.size > 0 ? Infinity : (expiresAtMs - nowMs) / 1_000,
    };
  }

  /** What came lately comes again, in the same order and at the same pace, as long as is played. */
  #expected({ sinceMs, throughMs, arrivals }: RecentArrivals, nowMs: number): Asked[] {
    const periodS = (throughMs - sinceMs) / 1_000;
    const periods = Math.ceil(HORIZON_S / periodS);
    const perPeriod = Math.max(1, Math.min(EXPECTED_MAX, Math.floor(EXPECTED_IN_ALL_MAX / periods)));
    const every = Math.max(1, Math.ceil(arrivals.length / perPeriod));
    const stride = Math.max(1, Math.ceil(periods / EXPECTED_IN_ALL_MAX)); // periods that one stands for
    const taken = arrivals.filter((_, nth) => nth % every === 0);
    const found: Asked[] = [];
    for (let from = 0; from < HORIZON_S; from += periodS * stride) {
      for (const arrival of taken) found.push(this.#coming(arrival, from + (arrival.atMs - sinceMs) / 1_000, nowMs, every * stride));
    }
    return found;
  }

  #coming({ facts, base, price, things }: Arrival, offsetS: number, nowMs: number, lot: number): Asked {
    const comesAtS = Math.max(SOON_S, offsetS);
    return {
      request: undefined, payer: lineOf(facts), account: facts.payer, pool: this.#pool(facts), price, jobs: facts.jobs, things, lot, comesAtS,
      key: base - (nowMs + comesAtS * 1_000) * AGEING_CENTIKUDOS_PER_MS, sinceS: comesAtS, acceptedS: comesAtS,
      agesFromS: (this.sources.agesFromMsOf(payerOf(facts)) - nowMs) / 1_000, expiresAtS: comesAtS + LIFE_MS / 1_000,
    };
  }

  #pool(facts: RequestFacts): Pool {
    const key = this.sources.keyOf(facts);
    let pool = this.#byKey.get(key);
    if (!pool) this.#byKey.set(key, (pool = this.#poolOf(this.sources.eligible(facts))));
    return pool;
  }

  #poolOf(workers: readonly KnownWorker[]): OpenPool {
    const text = workers.map((worker) => this.#nthOf.get(worker)).join();
    const known = this.#byWorkers.get(text);
    if (known) return known.pool;
    const pool = { servers: [...new Set(workers.flatMap(({ id }) => this.#serversOf?.get(id) ?? []))] };
    this.#byWorkers.set(text, { pool, workers });
    return pool;
  }

  /** A server for each thread; where a request stands for many, a server stands for as many threads, of workers as like as can be. */
  #servers(width: number): Server[] {
    const pools = [...this.#byWorkers.values()];
    const memberships = new Map<KnownWorker, number[]>(this.sources.online.map((worker) => [worker, []]));
    pools.forEach(({ workers }, nth) => { for (const worker of workers) memberships.get(worker)?.push(nth); });
    const threads = [...memberships].flatMap(([worker, of]) => threadsOf(this.sources.handOf(worker), of.join()));
    if (width > 1) threads.sort((a, b) => (a.membership === b.membership ? a.freeAtS - b.freeAtS : a.membership < b.membership ? -1 : 1));
    const servers: Server[] = [];
    const serversOf = new Map<string, number[]>();
    for (let from = 0; from < threads.length; from += width) {
      const together = threads.slice(from, from + width);
      const workers = new Set(together.map(({ worker }) => worker));
      for (const { id } of workers) serversOf.set(id, [...(serversOf.get(id) ?? []), servers.length]);
      for (const nth of new Set([...workers].flatMap((worker) => memberships.get(worker)!))) pools[nth]!.pool.servers.push(servers.length);
      servers.push(merged(together));
    }
    this.#serversOf = serversOf;
    return servers;
  }
}

/** As many as the jobs that it may have; together they do what it does with those that it has on average. */
const threadsOf = ({ worker, speed, atOnce, busyS }: Hand, membership: string): Thread[] => {
  const count = Math.max(1, Math.ceil(atOnce), busyS.length);
  return Array.from({ length: count }, (_, nth) => ({ worker, speed: (speed * Math.max(1, atOnce)) / count, freeAtS: busyS[nth] ?? 0, membership }));
};

const merged = (threads: readonly Thread[]): Server => ({
  owner: threads.length === 1 ? threads[0]!.worker.owner : 0,
  speed: mean(threads.map(({ speed }) => speed)), width: threads.length, freeAtS: mean(threads.map(({ freeAtS }) => freeAtS)),
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

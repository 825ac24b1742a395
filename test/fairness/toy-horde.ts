import { fairAmount, rivalOf } from '../../src/dispatch/fair-batch.js';
import { FairTurns } from '../../src/dispatch/fair-turns.js';
import { payerAgesFrom } from '../../src/dispatch/live-queue/ageing.js';
import { FAIRNESS_POLICY, type FairnessPolicy } from '../../src/dispatch/live-queue/fairness-policy.js';
import { LiveQueue } from '../../src/dispatch/live-queue/live-queue.js';
import { recorded, someFacts, START_MS, toyFacets, toyMatch, toyThings, type ToyWorker } from '../../src/dispatch/live-queue/naive-queue.fixture.js';
import { OrderedTree } from '../../src/dispatch/live-queue/ordered-tree.js';
import type { PoppingWorker, QueuedRequest } from '../../src/dispatch/live-queue/queue-row.js';
import { iso } from '../../src/kernel/clock.js';
import { centikudos, kudos } from '../../src/kernel/kudos.js';
import { FAULTS_MAX } from '../../src/requests/request.decider.js';
import type { RequestEvent } from '../../src/requests/request.events.js';
import { Seeded } from '../support/seeded.js';

/** A worker that asks again as soon as it is done, and every second while there is nothing to do. */
export interface HordeWorker {
  readonly id: string;
  readonly models: readonly string[];
  /** Jobs that it takes at once. */
  readonly amount: number;
  /** Of one job of size 1; a batch takes as long as its jobs one after the other. */
  readonly serviceS: number;
}

export interface HordeSettings {
  readonly seed: number;
  readonly workers: readonly HordeWorker[];
  readonly policy?: FairnessPolicy;
  /** Whether a job takes exactly its time, or any time with that mean (exponentially distributed). */
  readonly service?: 'fixed' | 'random';
  /** Of all jobs. */
  readonly faults?: number;
}

/** What is asked for; of kudos as they are in the simulation: whole ones. */
export interface Wish {
  readonly payer: number;
  readonly addressTag?: string;
  readonly jobs: number;
  /** How much work one job is; its price goes with it. */
  readonly size?: number;
  readonly models?: readonly string[];
}

/** What became of a request. Times in milliseconds since 1970. */
export interface Told {
  readonly request: string;
  readonly wish: Wish;
  readonly acceptedAtMs: number;
  /** The hand-outs of its jobs, those of faulted jobs too. */
  readonly handOutsMs: number[];
  doneAtMs?: number;
  expiredAtMs?: number;
  faultedAtMs?: number;
}

/** horde-rules §2.5: for an image. */
const ACTIVATION_KUDOS = 3;
/** About what 512×512 pixels and 30 steps cost. */
const PRICE_KUDOS = 10;
const STEPS = 20;
const POLL_MS = 1_000;
const REAP_MS = 10_000;
const TTL_S = 150;
const SECOND_MS = 1_000;

interface Due {
  readonly atMs: number;
  readonly nth: number;
  readonly act: () => void;
}

/**
 * A horde in virtual time: the real live queue, turns and batches, with workers that do nothing but take their time, and no log.
 * Everything follows from the seed.
 */
export class ToyHorde {
  readonly queue: LiveQueue<ToyWorker>;
  readonly requests = new Map<string, Told>();
  readonly random: Seeded;
  nowMs = START_MS;
  /** What each payer has, by its id; anonymous users have none. */
  readonly balances = new Map<number, number>();
  /** Called after every hand-out, with its jobs, and with none when a request is over. */
  readonly watchers: ((told: Told, handedOut: number) => void)[] = [];
  readonly #policy: FairnessPolicy;
  readonly #turns: FairTurns;
  readonly #agenda = new OrderedTree<Due>(({ atMs, nth }) => ({ key: -atMs, acceptedAtMs: nth, request: '' }));
  readonly #revisions = new Map<string, number>();
  readonly #views: ReadonlyMap<string, PoppingWorker<ToyWorker>>;
  #made = 0;

  constructor(readonly settings: HordeSettings) {
    const { seed, workers, policy = FAIRNESS_POLICY } = settings;
    this.#policy = policy;
    this.queue = new LiveQueue({ match: toyMatch, facets: toyFacets, thingsOf: toyThings, policy });
    this.#turns = new FairTurns(policy.fairShare);
    this.random = new Seeded(seed);
    this.#views = new Map(workers.map(({ id, models }) => [id, {
      kind: 'image', models, ownerIds: [], facts: { id, owner: -1, maxPixels: Infinity, nsfw: true, maintenance: false },
    }]));
    for (const worker of workers) this.after(this.random.unit() * POLL_MS, () => { this.#pop(worker); });
    this.after(REAP_MS, () => { this.#reap(); });
  }

  /** Seconds of virtual time since the beginning. */
  get atS(): number {
    return (this.nowMs - START_MS) / SECOND_MS;
  }

  after(delayMs: number, act: () => void): void {
    this.#agenda.insert({ atMs: this.nowMs + Math.max(0, Math.round(delayMs)), nth: this.#made++, act });
  }

  /** Again and again, at random, so many times an hour on average. */
  often(perHour: number, act: () => void): void {
    this.after(exponential(this.random) * (3_600 / perHour) * SECOND_MS, () => {
      act();
      this.often(perHour, act);
    });
  }

  run(seconds: number): void {
    const untilMs = this.nowMs + seconds * SECOND_MS;
    for (let due = this.#agenda.first(); due && due.atMs <= untilMs; due = this.#agenda.first()) {
      this.#agenda.remove(due);
      this.nowMs = due.atMs;
      due.act();
    }
    this.nowMs = untilMs;
  }

  ask(wish: Wish): Told {
    const { payer, addressTag, jobs, size = 1, models = ['Deliberate'] } = wish;
    const request = `request-${String(this.#made++).padStart(9, '0')}`;
    const balance = this.balances.get(payer) ?? 0;
    const told: Told = { request, wish, acceptedAtMs: this.nowMs, handOutsMs: [] };
    this.requests.set(request, told);
    this.#append(request, { type: 'RequestAccepted.v1', data: someFacts({
      request, payer, jobs, models, acceptedAt: iso(this.nowMs), priority: payer === 0 ? kudos(-50) : kudos(Math.round(balance)),
      quote: centikudos(Math.round(100 * PRICE_KUDOS * size) * jobs), features: { width: 512, height: 512, steps: STEPS * size, sampler: 'k_euler', karras: true, cfgScale: 7.5 },
      ...(addressTag === undefined ? {} : { addressTag }),
    }) });
    this.#pay(payer, ACTIVATION_KUDOS);
    return told;
  }

  #pop(worker: HordeWorker): void {
    const view = this.#views.get(worker.id)!;
    const turn = this.#turns.take(worker.id);
    const [entry] = this.queue.candidates(view, 1, turn.order);
    if (!entry) {
      turn.settle(0);
      this.after(POLL_MS, () => { this.#pop(worker); });
      return;
    }
    const free = entry.waiting - entry.reserved;
    const wanted = Math.min(worker.amount, free);
    const amount = wanted === 1 ? 1 : fairAmount(entry, { free, wanted, order: turn.order, idle: this.#idle(entry, worker), rival: rivalOf(this.queue, view, entry, turn.order), atMs: this.nowMs }, this.#policy);
    turn.settle(amount);
    this.#handOut(worker, entry.request, amount);
  }

  #idle({ facts }: QueuedRequest, except: HordeWorker): number {
    return this.settings.workers.filter(({ id, models }) =>
      id !== except.id && this.queue.pendingJobsOf(id) === 0 && facts.models.some((model) => models.includes(model))).length;
  }

  #handOut(worker: HordeWorker, request: string, amount: number): void {
    const told = this.requests.get(request)!;
    const jobs = Array.from({ length: amount }, () => `job-${this.#made++}`);
    const ages = payerAgesFrom(this.queue.find(request)!, amount, this.nowMs, this.#policy);
    for (const job of jobs) {
      told.handOutsMs.push(this.nowMs);
      const data = {
        request, job, worker: worker.id, owner: -1, model: worker.models[0]!, ttlS: TTL_S, extraSlow: false, assignedAt: iso(this.nowMs),
        ...(ages === undefined ? {} : { payerAgesFrom: ages }),
      };
      this.#append(request, { type: 'JobAssigned.v1', data });
    }
    this.#tell(told, amount);
    const { service = 'fixed' } = this.settings;
    const tookS = amount * (told.wish.size ?? 1) * worker.serviceS * (service === 'fixed' ? 1 : exponential(this.random));
    this.after(tookS * SECOND_MS, () => {
      for (const job of jobs) this.#end(worker, told, job);
      this.#pop(worker);
    });
  }

  #end(worker: HordeWorker, told: Told, job: string): void {
    const { request } = told;
    if (this.random.chance(this.settings.faults ?? 0)) this.#fault(worker, told, job);
    else this.#deliver(worker, told, job);
    const left = this.queue.find(request);
    if (!left || left.waiting + left.pending.size > 0) return;
    this.#complete(told, left.closed ? 'faulted' : 'done');
  }

  #deliver(worker: HordeWorker, { request, wish }: Told, job: string): void {
    const price = centikudos(Math.round(100 * PRICE_KUDOS * (wish.size ?? 1)));
    this.#append(request, { type: 'JobSubmitted.v1', data: {
      request, job, worker: worker.id, owner: -1, model: worker.models[0]!, state: 'ok', result: '', resultHash: null, seed: 1, price, debit: price,
      ownerTrusted: true, things: 1, policy: 1, reference: 1, submittedAt: iso(this.nowMs),
    } });
    this.#pay(wish.payer, price / 100);
  }

  #fault(worker: HordeWorker, { request }: Told, job: string): void {
    this.#append(request, { type: 'JobFaulted.v1', data: { request, job, worker: worker.id, faultedAt: iso(this.nowMs) } });
    const { faults, closed, waiting } = this.queue.find(request)!;
    if (faults === FAULTS_MAX && !closed) this.#append(request, { type: 'RequestFaulted.v1', data: { request, withdrawn: waiting, faultedAt: iso(this.nowMs) } });
  }

  #reap(): void {
    for (const { request, waiting } of this.queue.dueRequests(this.nowMs)) {
      this.#append(request, { type: 'RequestExpired.v1', data: { request, withdrawn: waiting, expiredAt: iso(this.nowMs) } });
      this.#complete(this.requests.get(request)!, 'expired');
    }
    this.after(REAP_MS, () => { this.#reap(); });
  }

  #complete(told: Told, outcome: 'done' | 'faulted' | 'expired'): void {
    const { request, wish: { payer } } = told;
    this.#append(request, { type: 'RequestCompleted.v1', data: { request, payer, outcome, submitted: [], completedAt: iso(this.nowMs) } });
    this.#revisions.delete(request);
    told[`${outcome}AtMs`] = this.nowMs;
    this.#tell(told, 0);
  }

  #tell(told: Told, handedOut: number): void {
    for (const watch of this.watchers) watch(told, handedOut);
  }

  /** Nobody falls below nothing, and nobody stops asking for that. */
  #pay(payer: number, amount: number): void {
    if (payer > 0) this.balances.set(payer, Math.max(0, (this.balances.get(payer) ?? 0) - amount));
  }

  #append(request: string, event: RequestEvent): void {
    const revision = (this.#revisions.get(request) ?? -1) + 1;
    this.#revisions.set(request, revision);
    this.queue.apply(recorded(request, revision, event));
  }
}

/** With mean 1. */
export const exponential = (random: Seeded): number => -Math.log(1 - random.unit());

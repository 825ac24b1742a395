import { EligibleWorkers } from '../../src/dispatch/estimates/eligible-workers.js';
import { Forecasts, ForecastSources } from '../../src/dispatch/estimates/forecasts.js';
import { KeptEstimates } from '../../src/dispatch/estimates/kept-estimates.message.js';
import { RecentDispatch } from '../../src/dispatch/estimates/recent-dispatch.js';
import { payerAgesFrom } from '../../src/dispatch/live-queue/ageing.js';
import { LiveQueue } from '../../src/dispatch/live-queue.message.js';
import { FAIR_SHARE } from '../../src/dispatch/live-queue/fairness-policy.js';
import { OrderedTree } from '../../src/dispatch/live-queue/ordered-tree.js';
import { Fairness } from '../../src/dispatch/fairness.js';
import type { QueuedRequest } from '../../src/dispatch/live-queue/queue-row.js';
import { Matcher } from '../../src/dispatch/matcher.js';
import { ModelSpeeds } from '../../src/dispatch/model-speeds.js';
import { OnlineSummaries } from '../../src/dispatch/online-workers.js';
import { isWithdrawn, WorkerViews } from '../../src/dispatch/worker-view.js';
import { iso } from '../../src/kernel/clock.js';
import { personal, type Recorded } from '../../src/kernel/event.js';
import { centikudos, kudos } from '../../src/kernel/kudos.js';
import { Pricing } from '../../src/pricing/pricing.js';
import { PRICE_POLICY_1 } from '../../src/pricing/price-policy.js';
import type { RequestFacts } from '../../src/requests/request.events.js';
import { WorkerRegistry, type KnownWorker } from '../../src/workers/registry.message.js';
import { reference } from '../support/asks.js';
import { SettableClock } from '../support/ports.js';
import { declaration, imageFacts } from '../support/request-facts.js';
import { Seeded } from '../support/seeded.js';

export interface PlayedWorker {
  readonly models: readonly string[];
  /** Pixelsteps per second. */
  readonly speed: number;
  readonly threads: number;
  /** Jobs that each thread takes at once, and delivers together; by default one. */
  readonly amount?: number;
}
export interface PlayedWish {
  readonly payer: number;
  readonly kudos: number;
  readonly jobs: number;
  readonly models: readonly string[];
  readonly side: number;
  readonly steps: number;
}
export interface PlayedSettings {
  readonly seed: number;
  readonly workers: readonly PlayedWorker[];
  readonly perHour: number;
  readonly wish: (random: Seeded) => PlayedWish;
  /** Whether a job takes exactly its time, within a tenth of it, or any time with that mean. */
  readonly service: 'fixed' | 'near' | 'random';
  readonly faults?: number;
  readonly fairShare?: number;
  readonly fairAges?: boolean;
  /** Not every request is asked about: a rehearsal takes milliseconds. */
  readonly watchOneIn?: number;
  /** Whether the server's own measurement runs along. */
  readonly publishes?: true;
}
/** What was promised when a request was accepted, and what came true; seconds. */
export interface Kept {
  readonly wish: PlayedWish;
  readonly acceptedAtS: number;
  readonly startS: number;
  readonly doneS: number;
  trueStartS?: number;
  trueDoneS?: number;
  /** Nobody has reached it. */
  expired?: true;
}

const POLL_MS = 1_000;
const REAP_MS = 10_000;
const PRICE_PER_MEGAPIXELSTEP = 1;

interface Due {
  readonly atMs: number;
  readonly nth: number;
  readonly act: () => void;
}

const exponential = (random: Seeded): number => -Math.log(1 - random.unit());

/** A horde in virtual time: the real queue, registry, matcher and forecasts; workers that only take their time; no log. */
export class PlayedHorde {
  readonly clock = new SettableClock();
  readonly kept: Kept[] = [];
  readonly forecasts: Forecasts;
  readonly queue: LiveQueue;
  /** What the server itself publishes. Not fed by default: it asks about every request. */
  readonly published: KeptEstimates;
  readonly #registry = new WorkerRegistry({ workers: () => Promise.resolve({ position: 0, rows: [] }) });
  readonly #views: WorkerViews;
  readonly #recent: RecentDispatch;
  readonly #speeds: ModelSpeeds;
  readonly #random: Seeded;
  readonly #fairness: Fairness;
  readonly #agenda = new OrderedTree<Due>(({ atMs, nth }) => ({ key: -atMs, acceptedAtMs: nth, request: '' }));
  readonly #revisions = new Map<string, number>();
  readonly #told = new Map<string, Kept>();
  readonly #startMs: number;
  #made = 0;

  constructor(private readonly settings: PlayedSettings) {
    const pricing = new Pricing(PRICE_POLICY_1, reference);
    const past = { last: () => Promise.resolve({ position: 0, sinceMs: this.clock.now() }) };
    this.queue = new LiveQueue({ queue: () => Promise.resolve({ position: 0, rows: [], served: new Map() }) }, reference, { fairShare: settings.fairShare ?? FAIR_SHARE, fairAges: settings.fairAges ?? true, fairBatches: true, anonymousLimits: true });
    this.#views = new WorkerViews(pricing, isWithdrawn);
    this.#recent = new RecentDispatch(this.queue, past, this.clock);
    this.#speeds = new ModelSpeeds(past, this.clock);
    this.#random = new Seeded(settings.seed);
    this.#startMs = this.clock.now();
    const [online, matcher] = [new OnlineSummaries(this.#registry, this.clock), new Matcher(pricing)];
    const eligible = new EligibleWorkers(online, this.#registry, matcher, this.clock);
    this.#fairness = new Fairness(this.queue, online, matcher, this.clock);
    this.forecasts = new Forecasts(this.queue, new ForecastSources(eligible, this.#recent, this.#speeds, this.clock));
    this.published = new KeptEstimates(this.queue, this.forecasts, this.#recent, this.clock);
    settings.workers.forEach((worker, nth) => { this.#join(`00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`, worker); });
    if (settings.perHour > 0) this.#comeAgain();
    this.#after(REAP_MS, () => { this.#reap(); });
  }

  get atS(): number {
    return (this.clock.now() - this.#startMs) / 1_000;
  }

  run(seconds: number): void {
    const untilMs = this.clock.now() + seconds * 1_000;
    for (let due = this.#agenda.first(); due && due.atMs <= untilMs; due = this.#agenda.first()) {
      this.#agenda.remove(due);
      this.clock.pass(due.atMs - this.clock.now());
      due.act();
    }
  }

  #after(delayMs: number, act: () => void): void {
    this.#agenda.insert({ atMs: this.clock.now() + Math.max(0, Math.round(delayMs)), nth: this.#made++, act });
  }

  #join(id: string, worker: PlayedWorker): void {
    const at = iso(this.clock.now());
    this.#apply(`worker-${id}`, 'WorkerRegistered.v1', { worker: id, kind: 'image', owner: 1_000_000 + this.#made++, name: personal('user-1', id), nameHash: id, registeredAt: at });
    this.#apply(`worker-${id}`, 'WorkerDeclared.v1', { worker: id, declaration: declaration({ models: worker.models, threads: worker.threads, maxPixels: 8_388_608, agent: 'AI Horde Worker reGen:13.0.0:x' }), declaredAt: at });
    this.#registry.seen(this.#registry.byId(id)!, this.clock.now(), true);
    for (let thread = 0; thread < worker.threads; thread += 1) this.#after(this.#random.unit() * POLL_MS, () => { this.#pop(id, worker); });
  }

  #comeAgain(): void {
    this.#after((exponential(this.#random) * 3_600_000) / this.settings.perHour, () => {
      this.ask(this.settings.wish(this.#random));
      this.#comeAgain();
    });
  }

  /** Returns its id. */
  ask(wish: PlayedWish): string {
    const request = `request${String(this.#made++).padStart(9, '0')}`;
    const { payer, jobs, models, side, steps } = wish;
    const price = (side * side * steps * PRICE_PER_MEGAPIXELSTEP) / 1e6;
    const facts: RequestFacts = imageFacts({
      request, payer, jobs, models, priority: kudos(wish.kudos), quote: centikudos(Math.round(100 * price) * jobs), acceptedAt: iso(this.clock.now()),
      features: { width: side, height: side, steps, sampler: 'k_euler', karras: true, cfgScale: 7.5 },
    });
    this.#apply(`request-${request}`, 'RequestAccepted.v1', facts);
    const isWatched = this.#made % (this.settings.watchOneIn ?? 1) === 0;
    const { startS, doneS } = isWatched ? this.forecasts.of(this.queue.find(request)!) : { startS: 0, doneS: 0 };
    const told: Kept = { wish, acceptedAtS: this.atS, startS, doneS };
    this.#told.set(request, told);
    if (isWatched) this.kept.push(told);
    return request;
  }

  /** Its sender does not want it any more. */
  cancel(request: string): void {
    this.#apply(`request-${request}`, 'RequestCancelled.v1', { request, withdrawn: this.queue.find(request)!.waiting, cancelledAt: iso(this.clock.now()) });
    this.#complete(request, 'cancelled');
  }

  #pop(id: string, worker: PlayedWorker): void {
    const known = this.#registry.byId(id)!;
    this.#registry.seen(known, this.clock.now(), true);
    const view = this.#views.of(known, { prioritised: [], requireUpfrontKudos: false, blacklist: [], test: false });
    const { order, settle } = this.#fairness.takeTurn(id);
    const [entry] = this.queue.candidates(view, 1, order);
    if (!entry) {
      settle(0);
      this.#after(POLL_MS, () => { this.#pop(id, worker); });
      return;
    }
    const wanted = Math.min(worker.amount ?? 1, entry.waiting);
    const amount = this.#fairness.amount(entry, { id, worker: view, order, free: entry.waiting, wanted });
    settle(amount);
    this.#handOut(known, worker, entry, amount);
  }

  #handOut({ id, owner }: KnownWorker, worker: PlayedWorker, entry: QueuedRequest, amount: number): void {
    const { request, things, facts: { models } } = entry;
    const model = models.find((name) => worker.models.includes(name)) ?? worker.models[0]!;
    const told = this.#told.get(request)!;
    told.trueStartS ??= this.atS - told.acceptedAtS;
    const jobs = Array.from({ length: amount }, () => `job${this.#made++}`);
    const ages = payerAgesFrom(entry, amount, this.clock.now(), this.queue.policy);
    const assigned = { request, worker: id, owner, model, ttlS: 600, extraSlow: false, assignedAt: iso(this.clock.now()), ...(ages === undefined ? {} : { payerAgesFrom: ages }) };
    for (const job of jobs) this.#apply(`request-${request}`, 'JobAssigned.v1', { ...assigned, job });
    this.#after(((amount * things) / worker.speed) * 1_000 * this.#factor(), () => {
      for (const job of jobs) this.#end({ request, job, worker: id, model, things });
      this.#pop(id, worker);
    });
  }

  #factor(): number {
    const { service } = this.settings;
    if (service === 'fixed') return 1;
    return service === 'near' ? 0.9 + 0.2 * this.#random.unit() : exponential(this.#random);
  }

  #end({ request, things, ...job }: { request: string; job: string; worker: string; model: string; things: number }): void {
    const isFaulted = this.#random.chance(this.settings.faults ?? 0);
    const at = iso(this.clock.now());
    if (isFaulted) this.#apply(`request-${request}`, 'JobFaulted.v1', { request, job: job.job, worker: job.worker, faultedAt: at });
    else this.#apply(`request-${request}`, 'JobSubmitted.v1', { request, ...job, owner: 1, state: 'ok', things, submittedAt: at });
    const left = this.queue.find(request);
    if (left && left.waiting + left.pending.size === 0) this.#complete(request, 'done');
  }

  #complete(request: string, outcome: 'done' | 'expired' | 'cancelled'): void {
    const told = this.#told.get(request)!;
    told.trueDoneS = this.atS - told.acceptedAtS;
    if (outcome === 'expired') told.expired = true;
    this.#apply(`request-${request}`, 'RequestCompleted.v1', { request, payer: told.wish.payer, outcome, submitted: [], completedAt: iso(this.clock.now()) });
    this.#told.delete(request);
    this.#revisions.delete(`request-${request}`);
  }

  #reap(): void {
    for (const { request, waiting } of this.queue.dueRequests(this.clock.now())) {
      this.#apply(`request-${request}`, 'RequestExpired.v1', { request, withdrawn: waiting, expiredAt: iso(this.clock.now()) });
      this.#complete(request, 'expired');
    }
    this.#after(REAP_MS, () => { this.#reap(); });
  }

  #apply(stream: string, type: string, data: object): void {
    const revision = (this.#revisions.get(stream) ?? -1) + 1;
    this.#revisions.set(stream, revision);
    const event: Recorded = {
      stream, revision, position: this.#made++, id: 'id', type, data,
      metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
    };
    for (const fold of [this.queue, this.#registry, this.#recent, this.#speeds, ...(this.settings.publishes ? [this.published] : [])]) fold.apply(event);
  }
}

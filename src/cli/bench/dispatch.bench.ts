import { payerAgesFrom } from '../../dispatch/live-queue/ageing.js';
import { LiveQueue } from '../../dispatch/live-queue/live-queue.js';
import { matchFacets } from '../../dispatch/live-queue/match-facets.js';
import type { PoppingWorker, QueuedRequest } from '../../dispatch/live-queue/queue-row.js';
import type { ImageNeeds, ImageWorkerFacts } from '../../dispatch/matching/facts.js';
import { imageMatcher } from '../../dispatch/matching/image-match.js';
import type { Recorded } from '../../kernel/event.js';
import { SystemClock } from '../../platform/system/system.js';
import { loadReference } from '../../reference/load-reference.js';
import type { RequestEvent, RequestFacts } from '../../requests/request.events.js';
import { benchModels, seeded, someRequest, someWorker, type Random } from './dispatch-workload.js';

const QUEUE_SIZES = [1_000, 10_000, 100_000] as const;
const WORKERS_COUNT = 5_000;
/** A worker's first pop asks the matcher; what it found is remembered when it comes again. */
const ROUNDS = 3;
/** Jobs are handed in this many pops later. */
const UNDER_WAY_MAX = 500;
/** No request is as small, so these workers go away empty and have to be told why. */
const TINY_PIXELS = 64 * 64;
const SERVABLE_SAMPLE = 50;

type Figures = Record<string, number>;
type Worker = PoppingWorker<ImageWorkerFacts>;
interface UnderWay {
  readonly served: QueuedRequest;
  readonly job: string;
}

/**
 * Pops and empty pops against queues of 1,000 to 100,000 requests (300 models, LoRAs, sizes, deny-lists) by 5,000 workers,
 * with the log left out: choosing, reserving and folding the hand-out. Between any two of them jobs are settled and new
 * requests come in, so the queue keeps its size throughout and never stands still. By the clock and, for a machine that has
 * other things to do as well, by the processor; milliseconds.
 */
export const benchDispatch = (): Promise<Figures> => {
  const figures: Figures = {};
  for (const size of QUEUE_SIZES) Object.assign(figures, new Run(size).measure());
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(72)} ${String(value)}\n`);
  return Promise.resolve(figures);
};

class Run {
  readonly #clock = new SystemClock();
  readonly #random: Random = seeded(42);
  readonly #reference = loadReference();
  readonly #models = benchModels(this.#reference);
  readonly #revisions = new Map<string, number>();
  readonly #queue: LiveQueue<ImageWorkerFacts>;
  readonly #underWay: UnderWay[] = [];
  #nowMs = Date.parse('2026-01-05T12:00:00.000Z');
  #made = 0;

  constructor(private readonly size: number) {
    const match = imageMatcher(this.#reference);
    this.#queue = new LiveQueue<ImageWorkerFacts>({
      match: (facts, worker) => match(facts as RequestFacts & ImageNeeds, worker), facets: matchFacets(this.#reference),
    });
  }

  measure(): Figures {
    const before = heapBytes();
    const accepts = this.#timed(() => { while (this.#made < this.size) this.#accept(); });
    const bytes = heapBytes() - before;
    const workers = Array.from({ length: WORKERS_COUNT }, (_, index) => someWorker(this.#random, index, { models: this.#models, reference: this.#reference }));
    const tiny = Array.from({ length: WORKERS_COUNT }, (_, index) =>
      someWorker(this.#random, index, { models: this.#models, reference: this.#reference, maxPixels: TINY_PIXELS }));
    const share = this.#servableShare(workers);
    const { pops, empty, settlements } = this.#rounds(workers, tiny);
    const queued = this.size.toLocaleString('en-US');
    return {
      [`accept, ${queued} queued: mean ms`]: rounded(accepts.wallMs / this.size),
      [`settle and accept, ${queued} queued: mean ms`]: rounded(settlements.reduce((sum, { wallMs }) => sum + wallMs, 0) / settlements.length),
      [`memory, ${queued} queued: MB`]: rounded(bytes / 2 ** 20),
      [`memory with what is remembered of 10,000 workers, ${queued} queued: MB`]: rounded((heapBytes() - before) / 2 ** 20),
      [`servable by a worker, ${queued} queued: %`]: rounded(100 * share),
      ...percentiles(`pop, ${queued} queued`, pops), ...percentiles(`empty pop, ${queued} queued`, empty),
      ...percentiles(`pop, not the worker's first, ${queued} queued`, pops.slice(WORKERS_COUNT)),
      ...percentiles(`empty pop, not the worker's first, ${queued} queued`, empty.slice(WORKERS_COUNT)),
    };
  }

  #rounds(workers: readonly Worker[], tiny: readonly Worker[]): { readonly pops: Took[]; readonly empty: Took[]; readonly settlements: Took[] } {
    const [pops, empty, settlements]: [Took[], Took[], Took[]] = [[], [], []];
    for (let pop = 0; pop < ROUNDS * WORKERS_COUNT; pop += 1) {
      const job = `job-${pop}`;
      let served: QueuedRequest | undefined;
      pops.push(this.#timed(() => { served = this.#pop(workers[pop % WORKERS_COUNT]!, job); }));
      if (served) this.#underWay.push({ served, job });
      empty.push(this.#timed(() => { this.#emptyPop(tiny[pop % WORKERS_COUNT]!); }));
      settlements.push(this.#timed(() => { this.#settle(); }));
    }
    return { pops, empty, settlements };
  }

  #settle(): void {
    if (this.#underWay.length >= UNDER_WAY_MAX) this.#deliver(this.#underWay.shift()!);
    while (this.#queue.totals('image').requests < this.size) this.#accept();
  }

  #emptyPop(worker: Worker): void {
    for (const { request } of this.#queue.candidates(worker, 1)) throw new Error(`${request} fits into ${TINY_PIXELS} pixels`);
    this.#queue.skippedCounts(worker);
  }

  /** What a node does for a pop, but for the append: choose, reserve, fold. */
  #pop(worker: Worker, job: string): QueuedRequest | undefined {
    for (const candidate of this.#queue.candidates(worker, 1)) {
      const reservation = this.#queue.reserve(candidate.request, 1, [job])!;
      const { worker: id, owner } = worker.facts;
      const model = candidate.facts.models[0] ?? '';
      const ages = payerAgesFrom(candidate, 1, Date.parse(this.#now()), this.#queue.policy);
      this.#apply(candidate.request, {
        type: 'JobAssigned.v1', data: { request: candidate.request, job, worker: id, owner, model, ttlS: 150, extraSlow: false, assignedAt: this.#now(), ...(ages === undefined ? {} : { payerAgesFrom: ages }) },
      });
      reservation.release();
      return candidate;
    }
    this.#queue.skippedCounts(worker);
    return undefined;
  }

  #servableShare(workers: readonly Worker[]): number {
    const waiting = this.#queue.totals('image').requests;
    let servable = 0;
    for (const { models, kind, ownerIds, facts } of workers.slice(0, SERVABLE_SAMPLE)) {
      const copy = { models, kind, ownerIds, facts: { ...facts } }; // so that the worker's first pop still has to ask the matcher
      servable += waiting - Object.values(this.#queue.skippedCounts(copy)).reduce((sum, count) => sum + count, 0);
    }
    return servable / waiting / SERVABLE_SAMPLE;
  }

  #accept(): void {
    this.#made += 1;
    this.#nowMs += 7;
    const request = `request${String(this.#made).padStart(8, '0')}`;
    this.#apply(request, { type: 'RequestAccepted.v1', data: someRequest(this.#random, request, { models: this.#models, nowMs: this.#nowMs }) });
  }

  #deliver({ served: { request, facts }, job }: UnderWay): void {
    const { worker, owner, model } = this.#queue.job(job)!;
    this.#apply(request, { type: 'JobSubmitted.v1', data: {
      request, job, worker, owner, model, state: 'ok', result: '', resultHash: null, seed: 1, price: facts.unitPriceMax, debit: facts.unitPriceMax,
      ownerTrusted: true, things: 1, policy: 1, reference: 1, submittedAt: this.#now(),
    } });
    const { waiting, pending } = this.#queue.find(request)!;
    if (waiting + pending.size > 0) return;
    this.#apply(request, { type: 'RequestCompleted.v1', data: { request, payer: facts.payer, outcome: 'done', submitted: [], completedAt: this.#now() } });
    this.#revisions.delete(request);
  }

  #apply(request: string, { type, data }: RequestEvent): void {
    const revision = (this.#revisions.get(request) ?? -1) + 1;
    this.#revisions.set(request, revision);
    const event: Recorded = { stream: `request-${request}`, revision, position: 0, id: '', type, data, metadata: METADATA };
    this.#queue.apply(event);
  }

  #now(): string {
    return new Date(this.#nowMs).toISOString();
  }

  #timed(work: () => void): Took {
    const cpu = process.cpuUsage();
    const from = this.#clock.monotonic();
    work();
    const wallMs = this.#clock.monotonic() - from;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs, cpuMs: (user + system) / 1_000 };
  }
}

/** By the clock, and of the processor (with what the engine's own threads did meanwhile). */
interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const METADATA: Recorded['metadata'] = { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'bench' };

const heapBytes = (): number => {
  globalThis.gc?.(); // only with --expose-gc; without it the figure counts garbage, too
  return process.memoryUsage().heapUsed;
};

const percentiles = (name: string, took: readonly Took[]): Figures => {
  const sorted = took.map(({ wallMs }) => wallMs).sort((a, b) => a - b);
  const cpu = took.map(({ cpuMs }) => cpuMs).sort((a, b) => a - b);
  const at = (values: readonly number[], share: number): number => rounded(values[Math.min(values.length - 1, Math.floor(share * values.length))]!);
  return {
    [`${name}: p50 ms`]: at(sorted, 0.5), [`${name}: p99 ms`]: at(sorted, 0.99), [`${name}: worst ms`]: at(sorted, 1),
    [`${name}: p99 ms of processor`]: at(cpu, 0.99),
  };
};

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

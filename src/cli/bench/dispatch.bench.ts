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
/** Each worker twice: its first pop asks the matcher, the second knows its verdicts. */
const POPS = 2 * WORKERS_COUNT;
/** No request is as small, so these workers go away empty and have to be told why. */
const TINY_PIXELS = 64 * 64;
const SERVABLE_SAMPLE = 50;

type Figures = Record<string, number>;
type Worker = PoppingWorker<ImageWorkerFacts>;

/**
 * Pops and empty pops against queues of 1,000 to 100,000 requests (300 models, LoRAs, sizes, deny-lists) by 5,000 workers,
 * with the log left out: choosing, reserving and folding the hand-out. Milliseconds; the queue keeps its size throughout.
 */
export const benchDispatch = (): Promise<Figures> => {
  const figures: Figures = {};
  for (const size of QUEUE_SIZES) Object.assign(figures, new Run(size).measure());
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(56)} ${String(value)}\n`);
  return Promise.resolve(figures);
};

class Run {
  readonly #clock = new SystemClock();
  readonly #random: Random = seeded(42);
  readonly #reference = loadReference();
  readonly #models = benchModels(this.#reference);
  readonly #revisions = new Map<string, number>();
  readonly #queue: LiveQueue<ImageWorkerFacts>;
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
    const fillMs = this.#timed(() => { while (this.#made < this.size) this.#accept(); });
    const bytes = heapBytes() - before;
    const workers = Array.from({ length: WORKERS_COUNT }, (_, index) => someWorker(this.#random, index, { models: this.#models, reference: this.#reference }));
    const tiny = Array.from({ length: WORKERS_COUNT }, (_, index) =>
      someWorker(this.#random, index, { models: this.#models, reference: this.#reference, maxPixels: TINY_PIXELS }));
    const queued = this.size.toLocaleString('en-US');
    return {
      [`accept, ${queued} queued: mean ms`]: rounded(fillMs / this.size),
      [`memory, ${queued} queued: MB`]: rounded(bytes / 2 ** 20),
      [`servable by a worker, ${queued} queued: %`]: rounded(100 * this.#servableShare(workers)),
      ...percentiles(`pop, ${queued} queued`, this.#pops(workers)),
      ...percentiles(`empty pop, ${queued} queued`, this.#emptyPops(tiny)),
    };
  }

  #pops(workers: readonly Worker[]): number[] {
    const times: number[] = [];
    for (let pop = 0; pop < POPS; pop += 1) {
      let served: QueuedRequest | undefined;
      times.push(this.#timed(() => { served = this.#pop(workers[pop % WORKERS_COUNT]!, `job-${pop}`); }));
      if (served) this.#deliver(served, `job-${pop}`);
      while (this.#queue.totals('image').requests < this.size) this.#accept();
    }
    return times;
  }

  /** What a node does for a pop, but for the append: choose, reserve, fold. */
  #pop(worker: Worker, job: string): QueuedRequest | undefined {
    for (const candidate of this.#queue.candidates(worker, 1)) {
      const reservation = this.#queue.reserve(candidate.request, 1, [job])!;
      const { worker: id, owner } = worker.facts;
      const model = candidate.facts.models[0] ?? '';
      this.#apply(candidate.request, {
        type: 'JobAssigned.v1', data: { request: candidate.request, job, worker: id, owner, model, ttlS: 150, extraSlow: false, assignedAt: this.#now() },
      });
      reservation.release();
      return candidate;
    }
    this.#queue.skippedCounts(worker);
    return undefined;
  }

  #emptyPops(workers: readonly Worker[]): number[] {
    return Array.from({ length: POPS }, (_, pop) => this.#timed(() => {
      const worker = workers[pop % WORKERS_COUNT]!;
      for (const { request } of this.#queue.candidates(worker, 1)) throw new Error(`${request} fits into ${TINY_PIXELS} pixels`);
      this.#queue.skippedCounts(worker);
    }));
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

  #deliver({ request, facts }: QueuedRequest, job: string): void {
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

  #timed(work: () => void): number {
    const from = this.#clock.monotonic();
    work();
    return this.#clock.monotonic() - from;
  }
}

const METADATA: Recorded['metadata'] = { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'bench' };

const heapBytes = (): number => {
  globalThis.gc?.(); // only with --expose-gc; without it the figure counts garbage, too
  return process.memoryUsage().heapUsed;
};

const percentiles = (name: string, times: readonly number[]): Figures => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
  return { [`${name}: p50 ms`]: at(0.5), [`${name}: p99 ms`]: at(0.99), [`${name}: worst ms`]: at(1) };
};

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

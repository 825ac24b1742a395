import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { Load } from '../pricing/upfront.js';
import type { RequestFacts, RequestKind } from '../requests/request.events.js';
import { speedOf, WorkerRegistry } from '../workers/registry.message.js';
import { LiveQueue } from './live-queue.message.js';
import type { QueuedRequest } from './live-queue/queue-row.js';
import { Matcher } from './matcher.js';
import { OnlineSummaries, serving } from './online-workers.js';

/** How a request stands in the queue now. */
export interface Outlook {
  readonly position: number;
  readonly waitS: number;
  readonly eligibleWorkers: number;
  readonly eligibleThreads: number;
}

/** Who could serve it is asked anew after this long (horde-api-since-5.1.5 §5.4). */
const ELIGIBLE_MEMORY_MS = 60_000;
const ELIGIBLE_REMEMBERED_MAX = 20_000;

/** What the horde can do at this moment, from this node's memory: load, offered models, who could serve a request. */
@Injectable()
export class Availability {
  readonly #online: OnlineSummaries;
  readonly #eligible = new Map<string, { readonly atMs: number; readonly workers: number; readonly threads: number }>();

  constructor(
    private readonly queue: LiveQueue, private readonly registry: WorkerRegistry, private readonly matcher: Matcher, private readonly clock: Clock,
  ) {
    this.#online = new OnlineSummaries(registry, clock);
  }

  /** Inputs of the upfront rule (horde-rules §3.1, §8.3): unfinished jobs, and threads of workers seen in the last 300 s. */
  load(kind: RequestKind): Load {
    return { queue: this.queue.totals(kind).jobs, threads: this.#online.of(kind).threads };
  }

  /** Unfinished work and who is there for it (horde-rules §8.3). */
  figures(kind: RequestKind): { readonly jobs: number; readonly things: number; readonly workers: number; readonly threads: number } {
    const { jobs, things } = this.queue.totals(kind);
    const { workers, threads } = this.#online.of(kind);
    return { jobs, things, workers: workers.length, threads };
  }

  offeredModels(kind: RequestKind): string[] {
    return [...this.#online.of(kind).byModel.keys()];
  }

  /** Could any worker that is here now serve this request? */
  possible(facts: Parameters<Matcher['mayServe']>[1]): boolean {
    return serving(this.#online.of(facts.kind), facts.models).some((worker) => this.matcher.mayServe(worker, facts));
  }

  /** The request, while it is unfinished. */
  queued(request: string): QueuedRequest | undefined {
    return this.queue.find(request);
  }

  outlook(request: string): Outlook {
    const entry = this.queue.find(request);
    if (!entry) return { position: 0, waitS: 0, eligibleWorkers: 0, eligibleThreads: 0 };
    const { position, thingsAhead, jobsAhead } = this.queue.rankOf(request)!;
    const { workers, threads } = this.#eligibleFor(entry.facts);
    const now = this.clock.now();
    const running = [...entry.pending.values()].map(({ worker, assignedAtMs }) => {
      const known = this.registry.byId(worker);
      return known ? Math.max(0, entry.things / speedOf(known) - (now - assignedAtMs) / 1_000) : 0;
    });
    const ahead = position > 0 ? this.#secondsFor(entry.facts.kind, thingsAhead, jobsAhead) : 0;
    return { position, waitS: Math.round(ahead + Math.max(0, ...running)), eligibleWorkers: workers, eligibleThreads: threads };
  }

  /** horde-rules §6.10: work ahead ÷ (mean speed × threads that it can keep busy). */
  #secondsFor(kind: RequestKind, things: number, jobs: number): number {
    const { meanSpeed, threads } = this.#online.of(kind);
    return things / (meanSpeed * Math.max(1, Math.min(threads, jobs)));
  }

  #eligibleFor(facts: RequestFacts): { workers: number; threads: number } {
    const now = this.clock.monotonic();
    const known = this.#eligible.get(facts.request);
    // A verdict of "nobody" is dropped at once when a worker appears: it is cheap to find out.
    if (known && known.workers > 0 && now - known.atMs < ELIGIBLE_MEMORY_MS) return known;
    const able = serving(this.#online.of(facts.kind), facts.models).filter((worker) => this.matcher.mayServe(worker, facts));
    const found = { atMs: now, workers: able.length, threads: able.reduce((sum, { declaration }) => sum + declaration.threads, 0) };
    this.#eligible.delete(facts.request);
    this.#eligible.set(facts.request, found);
    if (this.#eligible.size > ELIGIBLE_REMEMBERED_MAX) this.#eligible.delete(this.#eligible.keys().next().value!);
    return found;
  }
}

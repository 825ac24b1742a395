import { ModelIndex } from './model-index.js';
import { ModelSets } from './model-sets.js';
import { inDispatchOrder, OrderedTree } from './ordered-tree.js';
import type { Payer } from './payer.js';
import type { QueueEntry } from './queue-entry.js';
import type { PoppingWorker } from './queue-row.js';
import { Search } from './search.js';
import { Signatures, type Facets } from './signatures.js';
import { TurnIndex } from './turn-index.js';
import { Verdicts, type Match } from './verdicts.js';

/** The reason of every request that names models, none of which the worker has. The matcher is not asked about those. */
export const NO_SHARED_MODEL = 'models';

/**
 * Own and prioritised requests looked at in one pop. A payer has 200 unfinished jobs at most (design.md §6); only a
 * worker that prioritises anonymous users comes near.
 */
export const OWN_REQUESTS_MAX = 1_000;

/** By key, or first the payers who have waited longest: the fair-share lane (design.md §6). */
export type ServingOrder = 'key' | 'turn';

export interface Totals {
  /** Requests with unfinished jobs. */
  readonly requests: number;
  /** Waiting and pending jobs, and their work. */
  readonly jobs: number;
  readonly things: number;
}

/** The queue of one kind: its order, its indexes and its sums. */
export class Lane<WorkerFacts extends object> {
  readonly sets: ModelSets;
  readonly signatures: Signatures;
  readonly #order = new OrderedTree<QueueEntry>((entry) => entry);
  readonly #index = new ModelIndex();
  readonly #turns = new TurnIndex();
  readonly #verdicts: Verdicts<WorkerFacts>;
  readonly #search: Search<WorkerFacts>;
  #requests = 0;
  #jobs = 0;
  #things = 0;

  constructor(private readonly match: Match<WorkerFacts>, { facets, precedence }: Facets) {
    this.sets = new ModelSets(facets.length);
    this.signatures = new Signatures(facets);
    this.#verdicts = new Verdicts(match, this.signatures, precedence);
    this.#search = new Search({ sets: this.sets, signatures: this.signatures, index: this.#index, verdicts: this.#verdicts });
  }

  get totals(): Totals {
    return { requests: this.#requests, jobs: this.#jobs, things: this.#things };
  }

  file(entry: QueueEntry): void {
    this.#count(entry, 1);
    if (entry.waiting === 0) return;
    this.#order.insert(entry, entry.waiting, entry.waiting * entry.things);
    this.#index.add(entry);
    this.#turns.add(entry);
    entry.filed = true;
  }

  unfile(entry: QueueEntry): void {
    this.#count(entry, -1);
    if (!entry.filed) return;
    this.#order.remove(entry);
    this.#index.remove(entry);
    this.sets.tallies.lower(entry.models, entry.signature, this.#index.highestLike(entry));
    this.#turns.remove(entry);
    entry.filed = false;
  }

  /**
   * Its key drops by what `change` does, and nothing else of it changes: who has looked for the highest key they may serve, and for what
   * they may not, still knows a bound and all counts, so nobody is told.
   */
  sink(entry: QueueEntry, change: () => void): void {
    if (!entry.filed) return change();
    this.#order.remove(entry);
    this.#index.remove(entry);
    change();
    this.#order.insert(entry, entry.waiting, entry.waiting * entry.things);
    this.#index.add(entry);
    this.sets.tallies.lower(entry.models, entry.signature, this.#index.highestLike(entry));
  }

  /** At most so many of the requests with waiting jobs, evenly over the order; all where there are no more. */
  spread(most: number): { readonly entries: readonly QueueEntry[]; readonly total: number } {
    const total = this.#order.size;
    const taken = Math.min(most, total);
    return { entries: Array.from({ length: taken }, (_, nth) => this.#order.at(Math.floor(((nth + 0.5) * total) / taken) + 1)!), total };
  }

  standing(entry: QueueEntry): { position: number; jobs: number; things: number } | undefined {
    return this.#order.standing(entry);
  }

  /**
   * Own and prioritised payers' requests first, then everybody's; each with a free job when it comes. In the order of turns the
   * best request of each payer who waits comes in between, before all others.
   */
  *candidates(worker: PoppingWorker<WorkerFacts>, payers: readonly Payer<QueueEntry>[], order: ServingOrder): Generator<QueueEntry> {
    const before = new Set(this.#own(worker, payers));
    for (const entry of before) {
      if (entry.filed && entry.free > 0 && this.match(entry.facts, worker.facts) === undefined) yield entry;
    }
    for (const entry of order === 'turn' ? this.#inTurn(worker, before) : []) {
      before.add(entry);
      yield entry;
    }
    yield* this.#inKeyOrder(worker, before);
  }

  *#inKeyOrder(worker: PoppingWorker<WorkerFacts>, except: ReadonlySet<QueueEntry>): Generator<QueueEntry> {
    for (const entry of this.#search.servable(worker)) {
      if (entry.free > 0 && !except.has(entry)) yield entry;
    }
  }

  /** One request of each payer that the worker can serve, the longest waiting payer first. */
  *#inTurn(worker: PoppingWorker<WorkerFacts>, except: ReadonlySet<QueueEntry>): Generator<QueueEntry> {
    if (this.#inKeyOrder(worker, except).next().done) return; // nobody can be served, which is found out faster by groups
    const verdicts = this.#verdicts.of(worker.facts);
    const models = new Set(worker.models);
    const isServable = (entry: QueueEntry): boolean =>
      entry.filed && entry.free > 0 && entry.facts.kind === worker.kind && !except.has(entry) && serves(models, entry) && verdicts.serves(entry.signature, entry.facts);
    for (const payer of this.#turns.payers(models, isServable)) {
      const [best] = [...payer.unfinished].filter(isServable).sort(inDispatchOrder);
      if (best) yield best;
    }
  }

  /** How many requests with waiting jobs the worker may not serve, by the first reason that the matcher names. */
  skippedCounts(worker: PoppingWorker<WorkerFacts>, payers: readonly Payer<QueueEntry>[]): Record<string, number> {
    const verdicts = this.#verdicts.of(worker.facts);
    const { skipped: counts, requests } = this.#search.tally(worker);
    const count = (reason: string | undefined, requests: number): void => {
      if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + requests);
    };
    count(NO_SHARED_MODEL, this.#order.size - requests);
    for (const { facts, signature } of this.#own(worker, payers)) {
      count(verdicts.reason(signature, facts), -1);
      count(this.match(facts, worker.facts), 1);
    }
    return Object.fromEntries([...counts].filter(([, requests]) => requests !== 0));
  }

  #own(worker: PoppingWorker<WorkerFacts>, payers: readonly Payer<QueueEntry>[]): QueueEntry[] {
    const found: QueueEntry[] = [];
    if (payers.length === 0) return found;
    const models = new Set(worker.models);
    for (const payer of payers) {
      for (const entry of payer.unfinished) {
        if (found.length === OWN_REQUESTS_MAX) break;
        if (entry.filed && entry.facts.kind === worker.kind && serves(models, entry)) found.push(entry);
      }
    }
    return found.sort(inDispatchOrder);
  }

  #count(entry: QueueEntry, sign: 1 | -1): void {
    if (entry.unfinished > 0) this.#requests += sign;
    this.#jobs += sign * entry.unfinished;
    this.#things += sign * entry.unfinished * entry.things;
    entry.payer.unfinishedPrice += sign * entry.unfinished * entry.price;
    this.sets.count(entry.models, entry, sign);
  }
}

const serves = (models: ReadonlySet<string>, { models: set }: QueueEntry): boolean => set.isAny || set.models.some((model) => models.has(model));

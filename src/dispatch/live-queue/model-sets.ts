import type { RequestFacts } from '../../requests/request.events.js';
import { ANONYMOUS } from './payer.js';
import { Tallies } from './tallies.js';
import type { Signature } from './signatures.js';

/** What is counted of a request. */
export interface Counted {
  readonly facts: RequestFacts;
  readonly signature: Signature;
  readonly waiting: number;
  /** Waiting or in a worker's hands. */
  readonly unfinished: number;
  readonly things: number;
}

/** The requests that name exactly the same models; none named: any will do. */
export class ModelSet {
  requests = 0;
  waiting = 0;
  jobs = 0;
  waitingThings = 0;
  things = 0;
  /** Requests with waiting jobs, by signature. */
  readonly bySignature: Tallies;
  /** Waiting jobs of anonymous users: their limit counts by model (horde-rules §3.5). */
  anonymousWaiting = 0;
  /** How many requests name it at all. */
  users = 0;

  constructor(readonly key: string, readonly models: readonly string[], facets: number) {
    this.bySignature = new Tallies(facets);
  }

  get isAny(): boolean {
    return this.models.length === 0;
  }

  /** Counts the entry in (`sign` 1) or out (−1). */
  count(entry: Counted, sign: 1 | -1): void {
    this.waiting += sign * entry.waiting;
    this.jobs += sign * entry.unfinished;
    this.waitingThings += sign * entry.waiting * entry.things;
    this.things += sign * entry.unfinished * entry.things;
    if (entry.waiting === 0) return;
    if (entry.facts.payer === ANONYMOUS) this.anonymousWaiting += sign * entry.waiting;
    this.requests += sign;
    if (sign > 0) this.bySignature.add(entry.signature, entry.facts);
    else this.bySignature.remove(entry.signature);
  }
}

/** All model sets of one kind, found by any of their models. */
export class ModelSets {
  readonly #byKey = new Map<string, ModelSet>();
  readonly #byModel = new Map<string, Set<ModelSet>>();

  constructor(private readonly facets: number) {}

  /** The set of these models, with one user more. */
  acquire(models: readonly string[]): ModelSet {
    const distinct = [...new Set(models)].sort();
    const key = JSON.stringify(distinct);
    let set = this.#byKey.get(key);
    if (!set) {
      set = new ModelSet(key, distinct, this.facets);
      this.#byKey.set(key, set);
      for (const model of distinct) setOf(this.#byModel, model).add(set);
    }
    set.users += 1;
    return set;
  }

  release(set: ModelSet): void {
    set.users -= 1;
    if (set.users > 0) return;
    this.#byKey.delete(set.key);
    for (const model of set.models) {
      const sets = setOf(this.#byModel, model);
      sets.delete(set);
      if (sets.size === 0) this.#byModel.delete(model);
    }
  }

  all(): Iterable<ModelSet> {
    return this.#byKey.values();
  }

  /** Each set that names at least one of the models, once; the set of those that name none is not among them. */
  naming(models: readonly string[]): Set<ModelSet> {
    const found = new Set<ModelSet>();
    for (const model of models) for (const set of this.#byModel.get(model) ?? []) found.add(set);
    return found;
  }

  /** The set of requests for which any model will do. */
  any(): ModelSet | undefined {
    return this.#byKey.get('[]');
  }
}

const setOf = <Value>(sets: Map<string, Set<Value>>, key: string): Set<Value> => {
  let set = sets.get(key);
  if (!set) sets.set(key, (set = new Set()));
  return set;
};

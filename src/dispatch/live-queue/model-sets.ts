import { ANONYMOUS } from './payer.js';
import { Tallies, type Counted as Tally, type Tallied } from './tallies.js';
import type { Signature } from './signatures.js';

/** What is counted of a request. */
export interface Counted extends Tally {
  readonly waiting: number;
  /** Waiting or in a worker's hands. */
  readonly unfinished: number;
  readonly things: number;
}

/** The requests that name exactly the same models; none named: any will do. */
export class ModelSet implements Tallied {
  readonly places = new Map<Signature, number>();
  waiting = 0;
  jobs = 0;
  waitingThings = 0;
  things = 0;
  /** Waiting jobs of anonymous users: their limit counts by model (horde-rules §3.5). */
  anonymousWaiting = 0;
  /** And those that wait or are at a worker: alchemy's limit counts both. */
  anonymousUnfinished = 0;
  /** How many requests name it at all, and since which change none does. */
  users = 0;
  idleSince = 0;

  constructor(readonly id: number, readonly key: string, readonly models: readonly string[]) {}

  get isAny(): boolean {
    return this.models.length === 0;
  }
}

/** Sets by their ids: those that were looked for bear the number of the search. */
export interface FoundSets {
  readonly marks: Int32Array;
  readonly search: number;
}

/** All model sets of one kind, found by any of their models, and what is counted of their requests. */
export class ModelSets {
  readonly tallies: Tallies<ModelSet>;
  readonly #byKey = new Map<string, ModelSet>();
  readonly #byId: (ModelSet | undefined)[] = [];
  /** Ids, not sets: marking thousands of sets must not touch them. */
  readonly #byModel = new Map<string, Set<number>>();
  readonly #freeIds: number[] = [];
  /** Those without users, and since when, in that order. */
  readonly #idle: { readonly set: ModelSet; readonly since: number }[] = [];
  #marks = new Int32Array(1);
  #search = 0;

  constructor(facets: number) {
    this.tallies = new Tallies(facets);
  }

  /** The set of these models, with one user more. */
  acquire(models: readonly string[]): ModelSet {
    const distinct = [...new Set(models)].sort();
    const key = JSON.stringify(distinct);
    let set = this.#byKey.get(key);
    if (!set) {
      set = new ModelSet(this.#freeIds.pop() ?? this.#byId.length, key, distinct);
      this.#byKey.set(key, set);
      this.#byId[set.id] = set;
      for (const model of namesOf(set)) idsOf(this.#byModel, model).add(set.id);
    }
    set.users += 1;
    return set;
  }

  /** It stays for as long as the journal speaks of it. */
  release(set: ModelSet): void {
    set.users -= 1;
    const { beginning, end } = this.tallies.journal;
    if (set.users === 0) this.#idle.push({ set, since: (set.idleSince = end) });
    let forgotten = 0;
    for (const idle of this.#idle) {
      if (idle.since >= beginning) break;
      forgotten += 1;
      if (idle.set.users === 0 && idle.set.idleSince === idle.since) this.#forget(idle.set);
    }
    if (forgotten > 0) this.#idle.splice(0, forgotten);
  }

  #forget(set: ModelSet): void {
    this.#byKey.delete(set.key);
    this.#byId[set.id] = undefined;
    this.#freeIds.push(set.id);
    for (const model of namesOf(set)) {
      const ids = idsOf(this.#byModel, model);
      ids.delete(set.id);
      if (ids.size === 0) this.#byModel.delete(model);
    }
  }

  /** Counts the entry in (`sign` 1) or out (−1). */
  count(set: ModelSet, entry: Counted, sign: 1 | -1): void {
    set.waiting += sign * entry.waiting;
    set.jobs += sign * entry.unfinished;
    set.waitingThings += sign * entry.waiting * entry.things;
    set.things += sign * entry.unfinished * entry.things;
    if (entry.facts.payer === ANONYMOUS) set.anonymousUnfinished += sign * entry.unfinished;
    if (entry.waiting === 0) return;
    if (entry.facts.payer === ANONYMOUS) set.anonymousWaiting += sign * entry.waiting;
    if (sign > 0) this.tallies.add(set, entry);
    else this.tallies.remove(set, entry);
  }

  all(): Iterable<ModelSet> {
    return this.#byKey.values();
  }

  /** Each set that names at least one of the models, once; the set of those that name none is not among them. */
  naming(models: readonly string[]): ModelSet[] {
    const ids = new Set(models.flatMap((model) => [...(this.#byModel.get(model) ?? [])]));
    return [...ids].map((id) => this.#byId[id]!);
  }

  /** Marks the sets that name one of the models, and the set of those that take any. Valid until the next call. */
  find(models: readonly string[]): FoundSets {
    if (this.#marks.length < this.#byId.length) this.#marks = new Int32Array(2 * this.#byId.length);
    this.#search += 1;
    const marks = this.#marks;
    for (const model of [ANY, ...models]) for (const id of this.#byModel.get(model) ?? []) marks[id] = this.#search;
    return { marks, search: this.#search };
  }
}

/** Stands for "any model"; no model has a name without a letter. */
const ANY = '';
const namesOf = ({ isAny, models }: ModelSet): readonly string[] => (isAny ? [ANY] : models);

const idsOf = (sets: Map<string, Set<number>>, key: string): Set<number> => {
  let ids = sets.get(key);
  if (!ids) sets.set(key, (ids = new Set()));
  return ids;
};

import type { RequestFacts } from '../../requests/request.events.js';
import type { Signature } from './signatures.js';
import { CAME, TallyJournal, WENT } from './tally-journal.js';

/** What is tallied apart: requests that name the same models. */
export interface Tallied {
  /** Small. */
  readonly id: number;
  /** Where the tallies of its signatures are. */
  readonly places: Map<Signature, number>;
}

/** The requests of one set with one signature. */
export interface Slot<Set extends Tallied> {
  readonly set: Set;
  readonly signature: Signature;
  /** Any of the requests: they all match alike. */
  readonly facts: RequestFacts;
}

/** Changes remembered: at two thousand a second, those since a worker asked that asks every quarter of a minute. */
const CHANGES_MAX = 32_768;

/** What a request in a slot has: `key` is its place in the order. */
export interface Counted {
  readonly facts: RequestFacts;
  readonly signature: Signature;
  readonly key: number;
}

/**
 * How many requests of which set have which signature, laid out flat: an empty pop reads all of it, up to a hundred
 * thousand slots, and following pointers would take most of its time.
 */
export class Tallies<Set extends Tallied> {
  readonly slots: Slot<Set>[] = [];
  readonly journal: TallyJournal<Slot<Set>>;
  requests = new Int32Array(1);
  /** By slot: no request in it has a higher key. */
  best = new Float64Array(1);
  /** The set's id, by slot. */
  sets = new Int32Array(1);
  /** The ids of slot `n`'s values from `n * width` on; read them through `asOf`. */
  ids: Int32Array;
  #epoch = -1;

  constructor(readonly width: number) {
    this.ids = new Int32Array(width);
    this.journal = new TallyJournal(width, CHANGES_MAX);
  }

  add(set: Set, { signature, facts, key }: Counted): void {
    let place = set.places.get(signature);
    if (place === undefined) {
      place = this.slots.push({ set, signature, facts }) - 1;
      if (place === this.requests.length) this.#grow();
      this.requests[place] = 0;
      this.best[place] = key;
      this.#describe(place);
    }
    this.requests[place]! += 1;
    if (key > this.best[place]!) this.best[place] = key;
    this.journal.add(this.slots[place]!, CAME, key);
  }

  /** Throws when no request with the signature was added. */
  remove(set: Set, { signature, key }: Counted): void {
    const place = set.places.get(signature);
    if (place === undefined) throw new Error(`no request has the signature ${signature.text}`);
    this.requests[place]! -= 1;
    this.journal.add(this.slots[place]!, WENT, key);
    if (this.requests[place] === 0) this.#drop(place);
  }

  /** No request of the slot has a higher key any more; nothing when the slot has gone. */
  lower(set: Set, signature: Signature, key: number): void {
    const place = set.places.get(signature);
    if (place !== undefined && key < this.best[place]!) this.best[place] = key;
  }

  /** Itself, with ids as of this epoch of the signatures. */
  asOf(epoch: number): this {
    if (this.#epoch !== epoch) {
      for (let place = 0; place < this.slots.length; place += 1) this.#describe(place);
      this.#epoch = epoch;
    }
    return this;
  }

  #describe(place: number): void {
    const { set, signature } = this.slots[place]!;
    set.places.set(signature, place);
    this.sets[place] = set.id;
    this.ids.set(signature.ids, place * this.width);
  }

  /** The last slot takes the place of the dropped one. */
  #drop(place: number): void {
    const { set, signature } = this.slots[place]!;
    set.places.delete(signature);
    const last = this.slots.pop()!;
    if (place === this.slots.length) return;
    this.slots[place] = last;
    this.requests[place] = this.requests[this.slots.length]!;
    this.best[place] = this.best[this.slots.length]!;
    this.#describe(place);
  }

  #grow(): void {
    this.requests = doubled(this.requests);
    this.sets = doubled(this.sets);
    this.ids = doubled(this.ids);
    const best = new Float64Array(2 * this.best.length);
    best.set(this.best);
    this.best = best;
  }
}

const doubled = (numbers: Int32Array): Int32Array<ArrayBuffer> => {
  const twice = new Int32Array(2 * numbers.length);
  twice.set(numbers);
  return twice;
};

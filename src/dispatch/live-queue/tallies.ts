import type { RequestFacts } from '../../requests/request.events.js';
import type { Signature } from './signatures.js';

/** One signature of a set of requests. */
export interface Slot {
  readonly signature: Signature;
  /** Any of the requests: they all match alike. */
  readonly facts: RequestFacts;
}

/**
 * How many requests have which signature, laid out flat: an empty pop reads all of it, tens of thousands of signatures,
 * and following pointers would take most of its time.
 */
export class Tallies {
  readonly slots: Slot[] = [];
  requests = new Int32Array(1);
  /** The ids of slot `n`'s values from `n * width` on; read them through `asOf`. */
  ids: Int32Array;
  readonly #places = new Map<Signature, number>();
  #epoch = -1;

  constructor(readonly width: number) {
    this.ids = new Int32Array(width);
  }

  add(signature: Signature, facts: RequestFacts): void {
    let place = this.#places.get(signature);
    if (place === undefined) {
      place = this.slots.push({ signature, facts }) - 1;
      this.#places.set(signature, place);
      if (place === this.requests.length) this.#grow();
      this.requests[place] = 0;
      this.ids.set(signature.ids, place * this.width);
    }
    this.requests[place]! += 1;
  }

  /** Throws when no request with the signature was added. */
  remove(signature: Signature): void {
    const place = this.#places.get(signature);
    if (place === undefined) throw new Error(`no request has the signature ${signature.text}`);
    this.requests[place]! -= 1;
    if (this.requests[place] === 0) this.#drop(place, signature);
  }

  /** Itself, with ids as of this epoch of the signatures. */
  asOf(epoch: number): this {
    if (this.#epoch !== epoch) {
      this.slots.forEach(({ signature }, place) => { this.ids.set(signature.ids, place * this.width); });
      this.#epoch = epoch;
    }
    return this;
  }

  /** The last slot takes the place of the dropped one. */
  #drop(place: number, signature: Signature): void {
    const last = this.slots.pop()!;
    this.#places.delete(signature);
    if (last.signature === signature) return;
    this.slots[place] = last;
    this.#places.set(last.signature, place);
    this.requests[place] = this.requests[this.slots.length]!;
    this.ids.set(last.signature.ids, place * this.width);
  }

  #grow(): void {
    const requests = new Int32Array(2 * this.requests.length);
    const ids = new Int32Array(2 * this.ids.length);
    requests.set(this.requests);
    ids.set(this.ids);
    this.requests = requests;
    this.ids = ids;
  }
}

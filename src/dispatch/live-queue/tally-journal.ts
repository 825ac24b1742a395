import type { Signature } from './signatures.js';

/** What is tallied together. */
interface Tallied {
  readonly set: { readonly id: number };
  readonly signature: Signature;
}

/** A request more in a slot. */
export const CAME = 1;
/** A request less. */
export const WENT = -1;
/** One that stays where it is, at another place in the order. */
export const MOVED = 0;

const ROOM_AT_FIRST = 64;

/**
 * What changed of late, newest last, so that who has looked at everything once need not look at everything again. Laid out
 * flat, as thousands of changes are read at a time; ids of values are as they were, so read them within one epoch.
 */
export class TallyJournal<Slot extends Tallied> {
  /** By change: the id of the set, what happened, the request's key; and of change `n` the values from `n * width` on. */
  sets = new Int32Array(0);
  kinds = new Int8Array(0);
  keys = new Float64Array(0);
  ids = new Int32Array(0);
  readonly slots: Slot[] = [];
  #dropped = 0;
  /** Somebody has seen the changes before this one, so they stay as they are. */
  #seen = 0;

  /** So many changes are kept at least. */
  constructor(readonly width: number, private readonly kept: number) {}

  add(slot: Slot, kind: typeof CAME | typeof WENT, key: number): void {
    const { slots } = this;
    const last = slots.at(-1);
    const isMove = kind === CAME && last?.signature === slot.signature && last.set === slot.set && this.kinds[slots.length - 1] === WENT && this.end > this.#seen;
    if (isMove) slots.pop();
    if (slots.length === 2 * this.kept) this.#drop();
    if (slots.length === this.sets.length) this.#grow();
    const at = slots.push(slot) - 1;
    this.sets[at] = slot.set.id;
    this.kinds[at] = isMove ? MOVED : kind;
    this.keys[at] = key;
    this.ids.set(slot.signature.ids, at * this.width);
  }

  /** Now: what `since` takes. */
  mark(): number {
    this.#seen = this.end;
    return this.end;
  }

  /** Where the changes since then begin; undefined when that is too long ago, or more than `most` has changed. */
  since(mark: number, most: number): number | undefined {
    return mark < this.#dropped || this.end - mark > most ? undefined : mark - this.#dropped;
  }

  get end(): number {
    return this.#dropped + this.slots.length;
  }

  /** Nothing from before is kept. */
  get beginning(): number {
    return this.#dropped;
  }

  /** Twice the room, up to what is ever needed: a quiet queue, and a node of a test, keeps little. */
  #grow(): void {
    const room = Math.min(2 * this.kept, Math.max(ROOM_AT_FIRST, 2 * this.sets.length));
    const { sets, kinds, keys, ids } = this;
    this.sets = new Int32Array(room);
    this.kinds = new Int8Array(room);
    this.keys = new Float64Array(room);
    this.ids = new Int32Array(room * this.width);
    this.sets.set(sets);
    this.kinds.set(kinds);
    this.keys.set(keys);
    this.ids.set(ids);
  }

  /** The older half. */
  #drop(): void {
    const { kept, width } = this;
    for (const array of [this.sets, this.kinds, this.keys]) array.copyWithin(0, kept);
    this.ids.copyWithin(0, kept * width);
    this.slots.splice(0, kept);
    this.#dropped += kept;
  }
}

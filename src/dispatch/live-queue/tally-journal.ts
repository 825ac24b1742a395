import type { Signature } from './signatures.js';

/** Where requests are tallied. */
interface Place {
  readonly set: object;
  readonly signature: Signature;
}

/** One request more in a slot, one less, or one that has only changed its place in the order. */
export interface Change<Slot extends Place> {
  readonly slot: Slot;
  readonly by: 1 | 0 | -1;
}

/** What changed of late, newest last, so that who has looked at everything once need not look at everything again. */
export class TallyJournal<Slot extends Place> {
  #changes: Change<Slot>[] = [];
  #dropped = 0;
  /** Somebody has seen the changes before this one, so they stay as they are. */
  #seen = 0;

  /** `length`: so many changes are kept at least. */
  constructor(private readonly length: number) {}

  add(slot: Slot, by: 1 | -1): void {
    const last = this.#changes.at(-1);
    const isMove = by === 1 && last?.by === -1 && last.slot.set === slot.set && last.slot.signature === slot.signature && this.#end > this.#seen;
    if (isMove) this.#changes.pop();
    this.#changes.push({ slot, by: isMove ? 0 : by });
    if (this.#changes.length < 2 * this.length) return;
    this.#dropped += this.#changes.length - this.length;
    this.#changes = this.#changes.slice(-this.length);
  }

  /** Now: what `since` takes. */
  mark(): number {
    this.#seen = this.#end;
    return this.#end;
  }

  /** Undefined when that is too long ago, or more than `most` has changed since. */
  since(mark: number, most: number): readonly Change<Slot>[] | undefined {
    if (mark < this.#dropped || this.#end - mark > most) return undefined;
    return mark === this.#end ? [] : this.#changes.slice(mark - this.#dropped);
  }

  get #end(): number {
    return this.#dropped + this.#changes.length;
  }
}

/** Items by the time at which they fall due. Adding, moving and removing cost O(log n); asking costs O(due). */
export class DueHeap<Item> {
  readonly #items: { readonly item: Item; readonly dueAtMs: number }[] = [];
  readonly #slots = new Map<Item, number>();

  get size(): number {
    return this.#items.length;
  }

  /** When the first falls due. */
  get nextMs(): number {
    return this.#dueAt(0);
  }

  /** Adds the item, or moves it when it is inside already. */
  put(item: Item, dueAtMs: number): void {
    this.remove(item);
    this.#items.push({ item, dueAtMs });
    this.#slots.set(item, this.#items.length - 1);
    this.#rise(this.#items.length - 1);
  }

  /** Does nothing when the item is not inside. */
  remove(item: Item): void {
    const slot = this.#slots.get(item);
    if (slot === undefined) return;
    this.#swap(slot, this.#items.length - 1);
    this.#items.pop();
    this.#slots.delete(item);
    if (slot < this.#items.length) {
      this.#rise(slot);
      this.#sink(slot);
    }
  }

  /** Every item due at or before `nowMs`, in no particular order; nothing is taken out. */
  dueBy(nowMs: number): Item[] {
    const due: Item[] = [];
    const slots = [0];
    for (let slot = slots.pop(); slot !== undefined; slot = slots.pop()) {
      const entry = this.#items[slot];
      if (!entry || entry.dueAtMs > nowMs) continue;
      due.push(entry.item);
      slots.push(2 * slot + 1, 2 * slot + 2);
    }
    return due;
  }

  #rise(from: number): void {
    for (let slot = from; slot > 0;) {
      const parent = (slot - 1) >> 1;
      if (this.#dueAt(parent) <= this.#dueAt(slot)) return;
      this.#swap(parent, slot);
      slot = parent;
    }
  }

  #sink(from: number): void {
    for (let slot = from; ;) {
      const left = 2 * slot + 1;
      const least = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(slot) <= this.#dueAt(least)) return;
      this.#swap(least, slot);
      slot = least;
    }
  }

  #dueAt(slot: number): number {
    return this.#items[slot]?.dueAtMs ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const first = this.#items[a]!;
    const second = this.#items[b]!;
    this.#items[a] = second;
    this.#items[b] = first;
    this.#slots.set(second.item, a);
    this.#slots.set(first.item, b);
  }
}

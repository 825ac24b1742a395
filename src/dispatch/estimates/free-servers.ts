/** The next server to be free: a binary heap of their places, by time and then by place. */
export class FreeServers {
  readonly #heap: { readonly server: number; readonly atS: number }[] = [];

  get nextAtS(): number {
    return this.#heap[0]?.atS ?? Infinity;
  }

  put(server: number, atS: number): void {
    const heap = this.#heap;
    const item = { server, atS };
    let slot = heap.push(item) - 1;
    for (let parent = (slot - 1) >> 1; slot > 0; parent = (slot - 1) >> 1) {
      if (!isBefore(item, heap[parent]!)) break;
      heap[slot] = heap[parent]!;
      slot = parent;
    }
    heap[slot] = item;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last || heap.length === 0) return top?.server;
    let slot = 0;
    for (let child = 1; child < heap.length; child = 2 * slot + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[slot] = heap[child]!;
      slot = child;
    }
    heap[slot] = last;
    return top.server;
  }
}

const isBefore = (a: { server: number; atS: number }, b: { server: number; atS: number }): boolean => a.atS < b.atS || (a.atS === b.atS && a.server < b.server);

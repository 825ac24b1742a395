/** 65,536 entries a chunk: growing allocates one chunk of at most half a megabyte and never copies, so nobody waits for it. */
const CHUNK_BITS = 16;
const CHUNK_LENGTH = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_LENGTH - 1;

type Numbers = Float64Array | Uint32Array;

/** An array of plain numbers, 4 or 8 bytes each, that only grows. */
export class GrowingArray<Chunk extends Numbers> {
  private readonly chunks: Chunk[] = [];
  private size = 0;

  constructor(private readonly allocate: (length: number) => Chunk) {}

  static of64(): GrowingArray<Float64Array> {
    return new GrowingArray((length) => new Float64Array(length));
  }

  static of32(): GrowingArray<Uint32Array> {
    return new GrowingArray((length) => new Uint32Array(length));
  }

  get length(): number {
    return this.size;
  }

  /** The entry at `index`, which must exist. */
  get(index: number): number {
    return this.chunks[index >>> CHUNK_BITS]![index & CHUNK_MASK]!;
  }

  set(index: number, value: number): void {
    this.chunks[index >>> CHUNK_BITS]![index & CHUNK_MASK] = value;
  }

  push(value: number): void {
    const offset = this.size & CHUNK_MASK;
    if (offset === 0) this.chunks.push(this.allocate(CHUNK_LENGTH));
    this.chunks[this.size >>> CHUNK_BITS]![offset] = value;
    this.size += 1;
  }

  /** A copy of the entries [from, to) as bytes of this machine's order, which is little-endian everywhere Node runs. */
  bytes(from: number, to: number): Uint8Array {
    const copy = this.allocate(to - from);
    for (let at = from; at < to; ) {
      const chunk = this.chunks[at >>> CHUNK_BITS]!;
      const start = at & CHUNK_MASK;
      const end = Math.min(CHUNK_LENGTH, start + to - at);
      copy.set(chunk.subarray(start, end), at - from);
      at += end - start;
    }
    return new Uint8Array(copy.buffer);
  }
}

/** Buckets grow by a quarter of an octave (19 %): fine enough for percentiles, and all of a day fits in 120 numbers. */
const BUCKETS_PER_OCTAVE = 4;
const BUCKETS = 120;

/** How long it took, as a histogram: constant memory, however long the process runs. */
export class LagHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** Counts one delay; below 1 ms, and negative ones of machines whose clocks differ, count as "below 1 ms". */
  record(ms: number): void {
    const bucket = ms <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms) * BUCKETS_PER_OCTAVE));
    this.#counts[bucket] = this.#counts[bucket]! + 1;
    this.#total++;
  }

  /** Upper bound, in ms, of the share `quantile` (0 to 1) of all delays; 0 when there were none. */
  quantile(quantile: number): number {
    if (this.#total === 0) return 0;
    let left = Math.ceil(quantile * this.#total);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket]!;
      if (left <= 0) return 2 ** (bucket / BUCKETS_PER_OCTAVE);
    }
    return 2 ** ((BUCKETS - 1) / BUCKETS_PER_OCTAVE);
  }

  get count(): number {
    return this.#total;
  }
}

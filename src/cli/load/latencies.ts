import type { Clock } from '../../kernel/clock.js';

/** Durations by name, in ms. Nothing is kept until `open`, so that warming up does not count. */
export class Latencies {
  readonly #samples = new Map<string, number[]>();
  #isOpen = false;

  constructor(private readonly clock: Clock) {}

  open(): void {
    this.#isOpen = true;
  }
  close(): void {
    this.#isOpen = false;
  }

  /** Runs the call; its duration counts when it succeeds while open. */
  async of<T>(name: string, call: () => Promise<T>): Promise<T> {
    const start = this.clock.monotonic();
    const result = await call();
    this.add(name, this.clock.monotonic() - start);
    return result;
  }

  add(name: string, ms: number): void {
    if (!this.#isOpen) return;
    const samples = this.#samples.get(name);
    if (samples) samples.push(ms);
    else this.#samples.set(name, [ms]);
  }

  count(name: string): number {
    return this.#samples.get(name)?.length ?? 0;
  }

  summary(): readonly Summary[] {
    return [...this.#samples].map(([name, samples]) => ({ name, count: samples.length, p50Ms: quantile(samples, 0.5), p99Ms: quantile(samples, 0.99) }));
  }
}

export interface Summary {
  readonly name: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The sample at a share (0 to 1) of all, or 0 of none. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

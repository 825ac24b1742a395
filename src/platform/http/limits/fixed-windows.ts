/**
 * Counts per key in windows of one length, aligned to the clock: when a window is over its whole map is dropped, so idle
 * keys cost nothing. Memory is bounded: keys of one window beyond the maximum push out the oldest.
 */
export const KEYS_MAX = 50_000; // about 10 MB a limit; more distinct callers in one window than a node serves

export class FixedWindows {
  private counts = new Map<string, number>();
  private window = -1;

  constructor(readonly lengthMs: number, private readonly keysMax = KEYS_MAX) {}

  /** How often the key was counted in the window of `nowMs`. */
  count(key: string, nowMs: number): number {
    this.turn(nowMs);
    return this.counts.get(key) ?? 0;
  }

  add(key: string, nowMs: number): void {
    this.turn(nowMs);
    const count = this.counts.get(key);
    if (count === undefined && this.counts.size >= this.keysMax) this.dropOldest();
    this.counts.set(key, (count ?? 0) + 1);
  }

  /** Forgets the window if it is over. Any other window is over, also one ahead of a clock that was put back. */
  turn(nowMs: number): void {
    const window = Math.floor(nowMs / this.lengthMs);
    if (window === this.window) return;
    this.window = window;
    if (this.counts.size > 0) this.counts = new Map();
  }

  endMs(nowMs: number): number {
    return (Math.floor(nowMs / this.lengthMs) + 1) * this.lengthMs;
  }

  get size(): number {
    return this.counts.size;
  }

  private dropOldest(): void {
    for (const oldest of this.counts.keys()) {
      this.counts.delete(oldest);
      return;
    }
  }
}

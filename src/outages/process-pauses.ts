import type { Clock } from '../kernel/clock.js';

/** No garbage collector and no busy second keeps a process from its timers for so long: a suspended machine or a stopped process does. */
const PAUSE_MIN_MS = 10_000;

/** Notices that this process did not run for a while, by the machine's own clock. Asked every second. */
export class ProcessPauses {
  #askedMs: number;

  constructor(private readonly clock: Pick<Clock, 'now'>) {
    this.#askedMs = clock.now();
  }

  /** Whether there was a pause since this was asked last. */
  wasPaused(): boolean {
    const now = this.clock.now();
    const wasPaused = now - this.#askedMs >= PAUSE_MIN_MS;
    this.#askedMs = now;
    return wasPaused;
  }
}

import { Clock, Timers } from '../../src/kernel/clock.js';

/** The one time of a simulation: it passes when the simulation says so, and wakes who has slept long enough. */
export class VirtualTime {
  nowMs = Date.UTC(2026, 2, 1, 12);
  #sleepers: { readonly dueMs: number; readonly wake: () => void }[] = [];

  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.#sleepers.filter(({ dueMs }) => dueMs <= this.nowMs);
    if (due.length === 0) return;
    this.#sleepers = this.#sleepers.filter(({ dueMs }) => dueMs > this.nowMs);
    for (const { wake } of due) wake();
  }

  sleep(ms: number, wake: () => void): void {
    this.#sleepers.push({ dueMs: this.nowMs + ms, wake });
  }
}

/** A node's clock may go wrong by a little; its monotonic one does not. */
export class SimClock extends Clock {
  constructor(private readonly time: VirtualTime, private readonly skewMs: number) {
    super();
  }
  now(): number {
    return this.time.nowMs + this.skewMs;
  }
  monotonic(): number {
    return this.time.nowMs;
  }
}

export class SimTimers extends Timers {
  constructor(private readonly time: VirtualTime) {
    super();
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.time.sleep(ms, resolve);
      signal?.addEventListener('abort', () => { reject(signal.reason as Error); }, { once: true });
    });
  }
}

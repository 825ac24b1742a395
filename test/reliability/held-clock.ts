import { Clock } from '../../src/kernel/clock.js';

/** Stands still until it is moved; the time of day can be set without any time passing, as an administrator or NTP does. */
export class HeldClock extends Clock {
  #now = Date.UTC(2026, 8, 1, 12);
  #monotonic = 1_000_000;
  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#monotonic;
  }
  /** Time passes. */
  pass(ms: number): void {
    this.#now += ms;
    this.#monotonic += ms;
  }
  /** The time of day is set, and no time passes. */
  set(ms: number): void {
    this.#now += ms;
  }
}

import type { Timers } from '../../kernel/clock.js';

/** A timer holds 31 bits; longer waits are cut to 24 days. */
const TIMER_MS_MAX = 2 ** 31 - 1;

interface Waiter {
  readonly position: number;
  readonly settle: (reached: boolean) => void;
}

/** Callers that wait until something has reached a position: woken by it, without polling. */
export class PositionWaiters {
  #waiting: Waiter[] = [];

  constructor(private readonly timers: Timers) {}

  get size(): number {
    return this.#waiting.length;
  }

  /** True as soon as `reached` is called with this position or a later one; false after `timeoutMs`, or when given up. */
  async until(position: number, timeoutMs: number): Promise<boolean> {
    const done = new AbortController();
    let waiter: Waiter | undefined;
    const reached = new Promise<boolean>((settle) => {
      waiter = { position, settle };
      this.#waiting.push(waiter);
    });
    const expired = this.timers.sleep(Math.min(timeoutMs, TIMER_MS_MAX), done.signal).then(() => false, () => false);
    const result = await Promise.race([reached, expired]);
    done.abort();
    if (!result) this.#waiting = this.#waiting.filter((other) => other !== waiter);
    return result;
  }

  reached(position: number): void {
    if (this.#waiting.length === 0) return;
    const woken = this.#waiting.filter((waiter) => waiter.position <= position);
    if (woken.length === 0) return;
    this.#waiting = this.#waiting.filter((waiter) => waiter.position > position);
    for (const { settle } of woken) settle(true);
  }

  giveUp(): void {
    for (const { settle } of this.#waiting.splice(0)) settle(false);
  }
}

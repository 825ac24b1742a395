import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Clock, Timers } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { Entropy } from './entropy.js';

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }
  monotonic(): number {
    return performance.now();
  }
}

export class SystemTimers extends Timers {
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await delay(ms, undefined, { ref: false, ...(signal ? { signal } : {}) });
  }
}

export class SystemIds extends Ids {
  readonly #entropy = new Entropy();

  uuid(): string {
    return randomUUID();
  }
  bytes(size: number): Buffer {
    return this.#entropy.bytes(size);
  }
  random(): number {
    return this.#entropy.bytes(6).readUIntBE(0, 6) / 2 ** 48;
  }
}

/** Keeps the process alive while nothing but sleeps is pending (they do not); call the result to let go. */
export const keepAlive = (): (() => void) => {
  const held = setInterval(() => undefined, 60_000);
  return () => {
    clearInterval(held);
  };
};

import { Clock, Timers } from '../../src/kernel/clock.js';
import { formatUuid, Ids } from '../../src/kernel/ids.js';
import { Seeded } from './seeded.js';

/** Stands still until it is moved. */
export class SettableClock extends Clock {
  constructor(private nowMs = Date.UTC(2026, 2, 1, 12)) {
    super();
  }
  now(): number {
    return this.nowMs;
  }
  monotonic(): number {
    return this.nowMs;
  }
  pass(ms: number): void {
    this.nowMs += ms;
  }
}

/** The same identities for the same seed. */
export class SeededIds extends Ids {
  private readonly seeded: Seeded;
  constructor(seed: number) {
    super();
    this.seeded = new Seeded(seed);
  }
  uuid(): string {
    const bytes = this.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return formatUuid(bytes);
  }
  bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.seeded.between(0, 255)));
  }
  random(): number {
    return this.seeded.unit();
  }
}

/** Sleepers that wake when the test says so. */
export class ManualTimers extends Timers {
  private readonly sleeping: { readonly ms: number; readonly wake: () => void }[] = [];

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.sleeping.push({ ms, wake: resolve });
      signal?.addEventListener('abort', () => { reject(signal.reason as Error); }, { once: true });
    });
  }
  /** How long each sleeper means to sleep. */
  get sleepers(): readonly number[] {
    return this.sleeping.map(({ ms }) => ms);
  }
  wakeAll(): void {
    for (const { wake } of this.sleeping.splice(0)) wake();
  }
}

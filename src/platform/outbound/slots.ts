import { RetryLater } from '../retry-later.js';

export interface SlotLimits {
  /** At work at a time. */
  readonly workingMax: number;
  /** At work at a time for one caller; as many again may wait. */
  readonly workingPerCallerMax: number;
  readonly waitingMax: number;
}

interface Waiter {
  readonly caller: string;
  readonly go: () => void;
}

/** So much at a time, and so much of it for one caller. Who has to wait is served in the order of coming, as soon as a place for that caller is free. */
export class Slots {
  readonly #workingFor = new Map<string, number>();
  #working = 0;
  #waiting: Waiter[] = [];

  constructor(private readonly limits: SlotLimits) {}

  /** @throws RetryLater too many are waiting already */
  async run<T>(caller: string, work: () => Promise<T>): Promise<T> {
    if (this.#hasPlaceFor(caller)) this.#enter(caller);
    else await this.#wait(caller);
    try {
      return await work();
    } finally {
      this.#leave(caller);
    }
  }

  #hasPlaceFor(caller: string): boolean {
    return this.#working < this.limits.workingMax && (this.#workingFor.get(caller) ?? 0) < this.limits.workingPerCallerMax;
  }

  #wait(caller: string): Promise<void> {
    const own = this.#waiting.reduce((count, waiter) => (waiter.caller === caller ? count + 1 : count), 0);
    if (this.#waiting.length >= this.limits.waitingMax || own >= this.limits.workingPerCallerMax) throw new RetryLater('too much is being fetched already');
    return new Promise((resolve) => {
      this.#waiting.push({ caller, go: resolve });
    });
  }

  #enter(caller: string): void {
    this.#working += 1;
    this.#workingFor.set(caller, (this.#workingFor.get(caller) ?? 0) + 1);
  }

  #leave(caller: string): void {
    this.#working -= 1;
    const left = this.#workingFor.get(caller)! - 1;
    if (left > 0) this.#workingFor.set(caller, left);
    else this.#workingFor.delete(caller);
    const next = this.#waiting.findIndex((waiter) => this.#hasPlaceFor(waiter.caller));
    if (next < 0) return;
    const [waiter] = this.#waiting.splice(next, 1);
    this.#enter(waiter!.caller); // here and not when it wakes: nobody comes in between
    waiter!.go();
  }
}

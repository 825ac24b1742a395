import type { Clock, Timers } from '../../../kernel/clock.js';
import { SWEEP_MS } from './limits.js';

export interface Deadline {
  readonly at: number;
  readonly expire: () => void;
}

/** Ends what has waited too long. One sweep for all: a timer for each of thousands of appends a second would cost more than they do. */
export class Deadlines {
  private readonly waiting = new Set<Deadline>();
  private isSweeping = false;

  constructor(private readonly clock: Clock, private readonly timers: Timers) {}

  /** `expire` is called once `ms` have passed, unless the deadline is removed before. */
  add(ms: number, expire: () => void): Deadline {
    const deadline = { at: this.clock.monotonic() + ms, expire };
    this.waiting.add(deadline);
    if (!this.isSweeping) void this.sweep();
    return deadline;
  }

  /** False when it has expired already. */
  remove(deadline: Deadline): boolean {
    return this.waiting.delete(deadline);
  }

  private async sweep(): Promise<void> {
    this.isSweeping = true;
    while (this.waiting.size > 0) {
      await this.timers.sleep(SWEEP_MS);
      const now = this.clock.monotonic();
      for (const deadline of this.waiting) {
        if (deadline.at > now) continue;
        this.waiting.delete(deadline);
        deadline.expire();
      }
    }
    this.isSweeping = false;
  }
}

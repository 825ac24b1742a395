import type { Clock, Timers } from '../../../kernel/clock.js';

interface Call {
  cancel(): void;
}

const SWEEP_MS = 100;

/** Ends calls that take too long: one timer for all of them. */
export class Overdue {
  private readonly due = new Map<Call, number>();
  private sweeping = false;

  constructor(private readonly clock: Clock, private readonly timers: Timers) {}

  add(call: Call, withinMs: number): void {
    this.due.set(call, this.clock.monotonic() + withinMs);
    if (!this.sweeping) void this.sweep();
  }

  remove(call: Call): void {
    this.due.delete(call);
  }

  private async sweep(): Promise<void> {
    this.sweeping = true;
    while (this.due.size > 0) {
      await this.timers.sleep(SWEEP_MS);
      const now = this.clock.monotonic();
      for (const [call, dueAt] of this.due) {
        if (dueAt > now) continue;
        this.due.delete(call);
        call.cancel();
      }
    }
    this.sweeping = false;
  }
}

import type { Clock } from '../../../kernel/clock.js';
import { LogUnavailable } from '../event-log.js';
import type { Availability } from './availability.js';
import { failureOf, StoreRefuses } from './failures.js';

/** How long a question may take altogether before its caller is told that the store is away. */
const ANSWER_MAX_MS = 4_000;
/** Once the store is known to be away, nobody waits longer than this for it: a queue of waiters would only make it worse. */
const AWAY_PATIENCE_MS = 1_000;

/** Asks again what failed for a reason that passes, for a bounded time. What is asked must be harmless to ask twice. */
export class Retry {
  constructor(private readonly availability: Availability, private readonly clock: Clock) {}

  /** @throws LogUnavailable when it did not work out in time */
  async run<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const deadline = this.clock.monotonic() + ANSWER_MAX_MS;
    for (let attempt = 1; ; attempt++) {
      if (!this.availability.isUp) await this.waitForStore(deadline);
      try {
        return await ask();
      } catch (thrown) {
        await this.afterFailure(thrown, attempt, deadline);
      }
    }
  }

  /** Returns when another try is worth it; throws LogUnavailable when it is not. */
  async afterFailure(thrown: unknown, attempt: number, deadline: number): Promise<void> {
    if (thrown instanceof RangeError) throw thrown;
    if (this.availability.isClosed) throw new LogUnavailable('the event log is closed', { cause: thrown });
    const failure = failureOf(thrown);
    if (failure.kind === 'refused') throw new StoreRefuses(`the event store refuses: ${failure.error.message}`, { cause: thrown });
    if (failure.kind === 'away') this.availability.lost();
    else await this.availability.pause(attempt);
    if (this.clock.monotonic() >= deadline) throw new LogUnavailable(`the event store has not answered in time: ${failure.error.message}`, { cause: thrown });
  }

  /** @throws LogUnavailable when it stays away */
  async waitForStore(deadline: number, patienceMs = AWAY_PATIENCE_MS): Promise<void> {
    const patience = Math.min(patienceMs, deadline - this.clock.monotonic());
    if (!(await this.availability.whenUp(Math.max(0, patience)))) throw new LogUnavailable('the event store is away');
  }
}

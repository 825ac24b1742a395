import type { Clock } from '../kernel/clock.js';
import type { RequestFacts } from '../requests/request.events.js';
import type { KnownWorker } from '../workers/registry.message.js';
import type { LiveQueue } from './live-queue.message.js';
import type { Matcher } from './matcher.js';
import { serving, type OnlineSummaries } from './online-workers.js';

/** Workers ask every few seconds. Who has not asked for this long is not about to take anything, though it may count as online. */
export const IDLE_SEEN_MS = 30_000;

/** Who has nothing to do and could take a job. */
export class IdleWorkers {
  constructor(
    private readonly online: OnlineSummaries, private readonly queue: LiveQueue, private readonly matcher: Matcher, private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Workers besides this one that could serve the request; counts no further than to `enough`. */
  count(facts: RequestFacts, except: string, enough: number): number {
    const now = this.clock.now();
    return this.matcher.asking(facts, (mayServe) => {
      let idle = 0;
      for (const worker of serving(this.online.of(facts.kind), facts.models)) {
        if (idle >= enough) break;
        if (worker.id !== except && this.#isIdle(worker, now) && mayServe(worker)) idle += 1;
      }
      return idle;
    });
  }

  #isIdle({ id, lastSeenMs }: KnownWorker, nowMs: number): boolean {
    return nowMs - lastSeenMs <= IDLE_SEEN_MS && this.queue.pendingJobsOf(id) === 0;
  }
}

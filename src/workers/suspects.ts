import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { JobExpired, JobFaulted, JobSubmitted } from '../requests/request.events.js';
import type { WorkerSuspected } from '../users/user.events.js';

/** What workers did that is to be held against them, as the workers read model knows it. */
export interface SuspectRows {
  suspects(): Promise<{
    readonly position: Position;
    /** Oldest first. */
    readonly aborts: Iterable<{ readonly job: string; readonly worker: string; readonly abortedAt: number }>;
    readonly fast: Iterable<FastJob>;
  }>;
}
export interface FastJob {
  readonly job: string;
  readonly worker: string;
  readonly owner: number;
}
interface Abort {
  readonly job: string;
  readonly atMs: number;
}

/** Aborts count for an hour (horde-rules §7.5): ours is any hour, not one that starts with the first. */
const ABORT_WINDOW_MS = 60 * 60_000;

/** Folded from the log: jobs delivered too fast, and jobs given back or lost, until their worker is suspected of them. */
export class Suspects implements NodeFold {
  readonly name = 'suspects';
  readonly #aborts = new Map<string, Abort[]>();
  readonly #fast = new Map<string, FastJob>();

  constructor(private readonly rows: SuspectRows) {}

  async open(): Promise<Position> {
    const { position, aborts, fast } = await this.rows.suspects();
    for (const { worker, job, abortedAt } of aborts) this.#aborted(worker, { job, atMs: abortedAt });
    for (const job of fast) this.#fast.set(job.job, job);
    return position;
  }

  apply({ type, data }: Recorded): void {
    switch (type) {
      case 'JobFaulted.v1': {
        const { worker, job, faultedAt, selfTest, excused } = data as JobFaulted['data'];
        return selfTest || excused ? undefined : this.#aborted(worker, { job, atMs: Date.parse(faultedAt) });
      }
      case 'JobExpired.v1': {
        const { worker, job, expiredAt, selfTest, excused } = data as JobExpired['data'];
        return selfTest || excused ? undefined : this.#aborted(worker, { job, atMs: Date.parse(expiredAt) });
      }
      case 'JobSubmitted.v1': {
        const { job, worker, owner, tooFast } = data as JobSubmitted['data'];
        if (tooFast) this.#fast.set(job, { job, worker, owner });
        return;
      }
      case 'WorkerSuspected.v1': {
        const { worker, reason, cause } = data as WorkerSuspected['data'];
        if (reason === 'TOO_MANY_JOBS_ABORTED') this.calm(worker);
        if (cause !== null) this.drop(cause);
        return;
      }
      case 'WorkerDeleted.v1': return this.calm((data as { worker: string }).worker);
      default: // Nothing else is held against a worker here.
    }
  }

  *dueFast(): Iterable<FastJob> {
    yield* this.#fast.values();
  }

  /** Workers with more aborts in an hour than `most`; the cause is the first one too many, whoever looks. */
  *dueAborts(most: (worker: string) => number): Iterable<{ readonly worker: string; readonly cause: string }> {
    for (const [worker, aborts] of this.#aborts) {
      const excess = aborts[most(worker)];
      if (excess) yield { worker, cause: excess.job };
    }
  }

  /** The worker's aborts count no more. */
  calm(worker: string): void {
    this.#aborts.delete(worker);
  }

  drop(job: string): void {
    this.#fast.delete(job);
  }

  #aborted(worker: string, abort: Abort): void {
    const aborts = [...(this.#aborts.get(worker) ?? []), abort];
    const newest = Math.max(...aborts.map(({ atMs }) => atMs));
    this.#aborts.set(worker, aborts.filter(({ atMs }) => atMs > newest - ABORT_WINDOW_MS));
  }
}

import { DueHeap } from './due-heap.js';
import { extendedDue, type Outage } from '../../kernel/outage.js';
import type { PendingJob } from './queue-row.js';

/** All jobs in workers' hands: by id, by deadline, and how many each worker has. */
export class PendingJobs {
  readonly #jobs = new Map<string, PendingJob>();
  readonly #due = new DueHeap<PendingJob>();
  readonly #byWorker = new Map<string, number>();

  find(job: string): PendingJob | undefined {
    return this.#jobs.get(job);
  }

  add(job: PendingJob): void {
    this.#jobs.set(job.job, job);
    this.#due.put(job, job.deadlineMs);
    this.#byWorker.set(job.worker, this.ofWorker(job.worker) + 1);
  }

  /** Does nothing when it is not among them. */
  remove(id: string): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#jobs.delete(id);
    this.#due.remove(job);
    const left = this.ofWorker(job.worker) - 1;
    if (left > 0) this.#byWorker.set(job.worker, left);
    else this.#byWorker.delete(job.worker);
  }

  ofWorker(worker: string): number {
    return this.#byWorker.get(worker) ?? 0;
  }

  /** No job is due before. */
  get nextDueMs(): number {
    return this.#due.nextMs;
  }

  /** Jobs past their deadline, the most overdue first; the outages of the horde are no time (ADR 0029). */
  dueBy(nowMs: number, outages: readonly Outage[]): PendingJob[] {
    const due: PendingJob[] = [];
    for (const job of this.#due.dueBy(nowMs)) {
      const dueAtMs = extendedDue(job.assignedAtMs, job.deadlineMs, outages);
      if (dueAtMs <= nowMs) due.push(job);
      else this.#due.put(job, dueAtMs);
    }
    return due.sort((a, b) => a.deadlineMs - b.deadlineMs || (a.job < b.job ? -1 : 1));
  }
}

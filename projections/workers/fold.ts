import type { Recorded } from '../../src/kernel/event.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import type { JobAssigned, JobSubmitted } from '../../src/requests/request.events.js';
import type { Declaration, MaintenanceChanged, UptimeAccrued, UptimeRewarded, WorkerDeclared, WorkerRegistered } from '../../src/workers/worker.events.js';

/** The speed of a worker is the mean of its last 20 samples (horde-rules §7.6). */
export const SAMPLES_MAX = 20;

export interface Submission {
  readonly job: string;
  readonly position: number;
  /** Whole pixelsteps or tokens. */
  readonly things: number;
  readonly submittedAt: string;
  /** A form of alchemy: measured in seconds per form. */
  readonly isForm: boolean;
  /** Tenths of things per second; null when the job was handed out in an earlier batch. */
  readonly sample: number | null;
}

/**
 * Tenths of things per second since the hand-out, halves up; one thing per second when no time passed (horde-rules §4.3).
 * Of a form tenths of the seconds that it took (§7.6).
 * In whole numbers below 2^53, so that the SQL for jobs of earlier batches and every other fold agree to the digit.
 */
const sampleOf = ({ things, isForm, submittedAt }: Pick<Submission, 'things' | 'isForm' | 'submittedAt'>, assignedAt: string): number => {
  const tookMs = Date.parse(submittedAt) - Date.parse(assignedAt);
  if (isForm) return tookMs > 0 ? Math.max(1, Math.floor((2 * tookMs + 100) / 200)) : 10;
  return tookMs > 0 ? Math.floor((things * 20_000 + tookMs) / (2 * tookMs)) : 10;
};

export class WorkerChange {
  registered: WorkerRegistered['data'] | undefined;
  declaration: Declaration | null = null;
  maintenance: MaintenanceChanged['data'] | undefined;
  fulfilled = 0;
  generated = 0;
  things = 0;
  uncompleted = 0;
  uptimeMs = 0;
  uptimeKudos = 0;
  /** Its uptime is counted up to here; null when the batch says nothing of it. */
  uptimeThrough: string | null = null;
  /** At most the last 20 of the batch. */
  submissions: Submission[] = [];
  constructor(readonly id: string) {}
}

/** Folds what a batch does to workers. */
export class WorkerBatch {
  readonly changes = new Map<string, WorkerChange>();
  /** Handed out in this batch and still at the worker when it ends. */
  readonly assigned = new Map<string, string>();
  /** Jobs of earlier batches that are at a worker no more. */
  readonly gone: string[] = [];

  add(event: Recorded): void {
    switch (event.type) {
      case 'WorkerRegistered.v1': {
        const data = event.data as WorkerRegistered['data'];
        const change = this.change(data);
        change.registered = data;
        change.uptimeThrough = data.registeredAt;
        return;
      }
      case 'WorkerDeclared.v1': {
        const data = event.data as WorkerDeclared['data'];
        this.change(data).declaration = data.declaration;
        return;
      }
      case 'MaintenanceChanged.v1': {
        const data = event.data as MaintenanceChanged['data'];
        const change = this.change(data);
        change.maintenance = data;
        change.uptimeThrough = data.changedAt; // counting starts anew
        return;
      }
      case 'UptimeAccrued.v1': {
        const data = event.data as UptimeAccrued['data'];
        const change = this.change(data);
        change.uptimeMs += data.accruedMs;
        change.uptimeThrough = data.through;
        return;
      }
      case 'UptimeRewarded.v1': {
        const data = event.data as UptimeRewarded['data'];
        this.change(data).uptimeKudos += data.amount;
        return;
      }
      case 'JobAssigned.v1': {
        const { job, assignedAt } = event.data as JobAssigned['data'];
        this.assigned.set(job, assignedAt);
        return;
      }
      case 'JobSubmitted.v1': return this.submitted(event.data as JobSubmitted['data'], event.position);
      case 'JobFaulted.v1':
      case 'JobExpired.v1': {
        const data = event.data as { worker: string; job: string };
        this.change(data).uncompleted += 1;
        this.leave(data.job);
        return;
      }
      case 'JobSettled.v1': {
        const data = event.data as JobSettled['data'];
        const change = this.change(data);
        change.fulfilled += 1;
        change.generated += data.price;
        change.things += Math.round(data.things);
        return;
      }
      default: // The runner asks `handles` first.
    }
  }

  private submitted(data: JobSubmitted['data'], position: number): void {
    const { submissions } = this.change(data);
    const assignedAt = this.leave(data.job);
    if (data.state === 'cancelled') return; // how long it would have taken nobody knows
    const submission = { job: data.job, position, things: Math.round(data.things), isForm: data.form !== undefined, submittedAt: data.submittedAt };
    submissions.push({ ...submission, sample: assignedAt === null ? null : sampleOf(submission, assignedAt) });
    if (submissions.length > SAMPLES_MAX) submissions.shift();
  }

  /** When the job was handed out, if that was in this batch. */
  private leave(job: string): string | null {
    const assignedAt = this.assigned.get(job);
    if (assignedAt === undefined) this.gone.push(job);
    else this.assigned.delete(job);
    return assignedAt ?? null;
  }

  private change({ worker }: { readonly worker: string }): WorkerChange {
    let change = this.changes.get(worker);
    if (!change) this.changes.set(worker, (change = new WorkerChange(worker)));
    return change;
  }
}

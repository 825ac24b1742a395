import type { Recorded } from '../../src/kernel/event.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import type { JobAssigned, JobExpired, JobFaulted, JobSubmitted } from '../../src/requests/request.events.js';
import type { SuspicionReset, WorkerPaused, WorkerSuspected } from '../../src/users/user.events.js';
import type { TeamDeleted, TeamJoined, TeamLeft } from '../../src/teams/team.events.js';
import type {
  Declaration, MaintenanceChanged, UptimeAccrued, UptimeRewarded, WorkerDeclared, WorkerDeleted, WorkerInfoChanged, WorkerRegistered, WorkerRenamed,
} from '../../src/workers/worker.events.js';

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
  renamed: WorkerRenamed['data'] | undefined;
  info: WorkerInfoChanged['data'] | undefined;
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

/** What a batch does to a worker's standing with the moderators. */
export interface Standing {
  readonly owner: number;
  suspicions: number;
  paused: boolean | null;
  pausedAt: string | null;
}

/** Workers come to a team, leave it, or lose it: in order, for a worker may do all of that in one batch. */
export type TeamMove =
  | { readonly how: 'joined' | 'left'; readonly team: string; readonly worker: string }
  | { readonly how: 'deleted'; readonly team: string };

/** A job that a worker gave back or lost. */
export interface Abort {
  readonly job: string;
  readonly worker: string;
  readonly abortedAt: string;
  readonly position: number;
}

/** Folds what a batch does to workers. */
export class WorkerBatch {
  readonly changes = new Map<string, WorkerChange>();
  /** Handed out in this batch and still at the worker when it ends. */
  readonly assigned = new Map<string, { readonly worker: string; readonly assignedAt: string }>();
  /** Jobs of earlier batches that are at a worker no more. */
  readonly gone: string[] = [];
  readonly deleted: string[] = [];
  readonly teamMoves: TeamMove[] = [];
  aborts: Abort[] = [];
  /** Workers whose aborts of earlier batches count no more. */
  readonly calmed = new Set<string>();
  readonly fast: JobSubmitted['data'][] = [];
  /** What suspicions were about: of these no fast job is owed any more. */
  readonly seen: string[] = [];
  readonly standings = new Map<string, Standing>();
  /** Owners whose workers are suspected of nothing from here on; what this batch knew before is forgotten already. */
  readonly cleared: number[] = [];

  add(event: Recorded): void {
    (this.#handlers as Partial<Record<string, (data: object, event: Recorded) => void>>)[event.type]?.(event.data, event);
  }

  readonly #handlers = {
    'WorkerRegistered.v1': (data: WorkerRegistered['data']) => { Object.assign(this.change(data), { registered: data, uptimeThrough: data.registeredAt }); },
    'WorkerDeclared.v1': (data: WorkerDeclared['data']) => { this.change(data).declaration = data.declaration; },
    // Counting starts anew.
    'MaintenanceChanged.v1': (data: MaintenanceChanged['data']) => { Object.assign(this.change(data), { maintenance: data, uptimeThrough: data.changedAt }); },
    'UptimeAccrued.v1': (data: UptimeAccrued['data']) => {
      const change = this.change(data);
      change.uptimeMs += data.accruedMs;
      change.uptimeThrough = data.through;
    },
    'UptimeRewarded.v1': (data: UptimeRewarded['data']) => { this.change(data).uptimeKudos += data.amount; },
    'WorkerRenamed.v1': (data: WorkerRenamed['data']) => { this.change(data).renamed = data; },
    'WorkerInfoChanged.v1': (data: WorkerInfoChanged['data']) => { this.change(data).info = data; },
    'TeamJoined.v1': ({ team, worker }: TeamJoined['data']) => { this.teamMoves.push({ how: 'joined', team, worker }); },
    'TeamLeft.v1': ({ team, worker }: TeamLeft['data']) => { this.teamMoves.push({ how: 'left', team, worker }); },
    'TeamDeleted.v1': ({ team }: TeamDeleted['data']) => { this.teamMoves.push({ how: 'deleted', team }); },
    'WorkerDeleted.v1': ({ worker }: WorkerDeleted['data']) => { this.deleted.push(worker); },
    'WorkerPaused.v1': (data: WorkerPaused['data']) => { Object.assign(this.standing(data), { paused: data.on, pausedAt: data.changedAt }); },
    'WorkerSuspected.v1': (data: WorkerSuspected['data']) => this.suspected(data),
    'SuspicionReset.v1': ({ user }: SuspicionReset['data']) => this.reset(user),
    'JobAssigned.v1': ({ job, worker, assignedAt, selfTest }: JobAssigned['data']) => { if (!selfTest) this.assigned.set(job, { worker, assignedAt }); },
    'JobSubmitted.v1': (data: JobSubmitted['data'], { position }: Recorded) => this.submitted(data, position),
    'JobFaulted.v1': (data: JobFaulted['data'], event: Recorded) => this.aborted(data, data.faultedAt, event),
    'JobExpired.v1': (data: JobExpired['data'], event: Recorded) => this.aborted(data, data.expiredAt, event),
    'JobSettled.v1': (data: JobSettled['data']) => {
      if (data.selfTest) return; // nobody's work, and not worth telling
      const change = this.change(data);
      change.fulfilled += 1;
      change.generated += data.price;
      change.things += Math.round(data.things);
    },
  };

  static readonly types: readonly string[] = Object.keys(new WorkerBatch().#handlers);

  private aborted({ worker, job, selfTest, excused }: JobFaulted['data'] | JobExpired['data'], abortedAt: string, { position }: Recorded): void {
    if (selfTest) return;
    this.leave(job);
    if (excused) return;
    this.change({ worker }).uncompleted += 1;
    this.aborts.push({ job, worker, abortedAt, position });
  }

  private suspected({ worker, owner, reason, cause }: WorkerSuspected['data']): void {
    this.standing({ worker, owner }).suspicions += 1;
    if (cause !== null) this.seen.push(cause);
    if (reason !== 'TOO_MANY_JOBS_ABORTED') return;
    this.aborts = this.aborts.filter((abort) => abort.worker !== worker);
    this.calmed.add(worker);
  }

  private reset(user: number): void {
    this.cleared.push(user);
    for (const standing of this.standings.values()) if (standing.owner === user) standing.suspicions = 0;
  }

  private standing({ worker, owner }: { readonly worker: string; readonly owner: number }): Standing {
    let standing = this.standings.get(worker);
    if (!standing) this.standings.set(worker, (standing = { owner, suspicions: 0, paused: null, pausedAt: null }));
    return standing;
  }

  private submitted(data: JobSubmitted['data'], position: number): void {
    if (data.selfTest) return;
    const { submissions } = this.change(data);
    const assignedAt = this.leave(data.job);
    if (data.tooFast) this.fast.push(data);
    if (data.state === 'cancelled' || data.interrupted) return; // how long it would have taken nobody knows
    const submission = { job: data.job, position, things: Math.round(data.things), isForm: data.form !== undefined, submittedAt: data.submittedAt };
    submissions.push({ ...submission, sample: assignedAt === null ? null : sampleOf(submission, assignedAt) });
    if (submissions.length > SAMPLES_MAX) submissions.shift();
  }

  /** When the job was handed out, if that was in this batch. */
  private leave(job: string): string | null {
    const assignedAt = this.assigned.get(job)?.assignedAt;
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

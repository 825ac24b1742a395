import type { Recorded } from '../../src/kernel/event.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import type {
  JobAssigned, JobExpired, JobFaulted, JobSubmitted, RequestAccepted, RequestCompleted, RequestEvent,
} from '../../src/requests/request.events.js';

/** What a batch does to one request: all of it when it was accepted within the batch, a difference when before. */
export class RequestChange {
  born: RequestAccepted['data'] | undefined;
  waiting = 0;
  processing = 0;
  finished = 0;
  restarted = 0;
  consumed = 0;
  closed = false;
  cancelled = false;
  faulted = false;
  extraSlow = false;
  /** Of the last acceptance, assignment or submission. */
  activityAt: string | null = null;
  outcome: string | null = null;
  completedAt: string | null = null;
  constructor(readonly id: string) {}
}

export type JobOutcome = 'pending' | 'done' | 'faulted' | 'expired';
export class JobChange {
  assigned: JobAssigned['data'] | undefined;
  ordinal = 0;
  state: JobOutcome = 'pending';
  final = false;
  submitted: JobSubmitted['data'] | undefined;
  constructor(readonly id: string, readonly request: string) {}
}

/** Folds a batch in memory; whatever came before it is the statements' to combine with. */
export class RequestBatch {
  readonly requests = new Map<string, RequestChange>();
  readonly jobs = new Map<string, JobChange>();

  add(event: Recorded<RequestEvent>): void {
    switch (event.type) {
      case 'RequestAccepted.v1': return this.accepted(event.data as RequestAccepted['data']);
      case 'JobAssigned.v1': return this.assigned(event.data as JobAssigned['data'], event.position);
      case 'JobSubmitted.v1': return this.submitted(event.data as JobSubmitted['data']);
      case 'JobFaulted.v1': return this.returned(event.data as JobFaulted['data'], 'faulted');
      case 'JobExpired.v1': return this.returned(event.data as JobExpired['data'], 'expired');
      case 'JobSettled.v1': {
        const { request, debit } = event.data as JobSettled['data'];
        this.request(request).consumed += debit;
        return;
      }
      case 'RequestCancelled.v1': return this.closed(event.data, 'cancelled');
      case 'RequestFaulted.v1': return this.closed(event.data, 'faulted');
      case 'RequestExpired.v1': return this.closed(event.data);
      case 'RequestCompleted.v1': {
        const { request, outcome, completedAt } = event.data as RequestCompleted['data'];
        Object.assign(this.request(request), { outcome, completedAt });
        return;
      }
      default: // The runner asks `handles` first; anything else is none of ours.
    }
  }

  private accepted(data: RequestAccepted['data']): void {
    const change = this.request(data.request);
    change.born = data;
    change.waiting += data.jobs;
    change.consumed += data.activation;
    change.activityAt = data.acceptedAt;
  }

  private assigned(data: JobAssigned['data'], position: number): void {
    const change = this.request(data.request);
    change.waiting -= 1;
    change.processing += 1;
    change.extraSlow ||= data.extraSlow;
    change.activityAt = data.assignedAt;
    const job = this.job(data);
    job.assigned = data;
    job.ordinal = position;
  }

  private submitted(data: JobSubmitted['data']): void {
    const change = this.request(data.request);
    change.processing -= 1;
    change.finished += 1;
    change.activityAt = data.submittedAt;
    const job = this.job(data);
    job.state = 'done';
    job.submitted = data;
  }

  private returned(ref: JobRef & { final?: true }, state: JobOutcome): void {
    const change = this.request(ref.request);
    change.processing -= 1;
    change.restarted += 1;
    if (!ref.final) change.waiting += 1; // a closed request's stays 0: the statement sees to it
    const job = this.job(ref);
    job.state = state;
    job.final = ref.final ?? false;
  }

  private closed({ request }: RequestRef, how?: 'cancelled' | 'faulted'): void {
    const change = this.request(request);
    change.closed = true;
    if (how) change[how] = true;
  }

  private request(id: string): RequestChange {
    let change = this.requests.get(id);
    if (!change) this.requests.set(id, (change = new RequestChange(id)));
    return change;
  }

  private job({ job, request }: JobRef): JobChange {
    let change = this.jobs.get(job);
    if (!change) this.jobs.set(job, (change = new JobChange(job, request)));
    return change;
  }
}
interface RequestRef {
  readonly request: string;
}
interface JobRef extends RequestRef {
  readonly job: string;
}

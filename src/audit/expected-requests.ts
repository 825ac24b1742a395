import { iso } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import type { AuthorizationOpened, FormHoldPlaced, JobSettled } from '../kudos/account.events.js';
import type { AlchemyJobFeatures } from '../pricing/job-features.js';
import type { JobAssigned, JobSubmitted, RequestAccepted, RequestCompleted } from '../requests/request.events.js';

/** A request as its row should be. */
export interface ExpectedRequest {
  readonly id: string;
  readonly payer: number;
  waiting: number;
  processing: number;
  finished: number;
  restarted: number;
  cancelled: boolean;
  faulted: boolean;
  consumed: number;
  expiresAt: string;
  outcome: string | null;
  /** Alchemy: forms that nobody has taken. */
  readonly waitingForms: Set<number>;
  /** Jobs by id: the state of each. */
  readonly jobs: Map<string, 'pending' | 'done' | 'faulted' | 'expired'>;
  revision: number;
}
interface Folded extends ExpectedRequest {
  withdrawn: boolean;
  extraSlow: boolean;
  settled: number;
}

const MINUTE_MS = 60_000;

/** Requests as clients see them, folded one event at a time. A request that nothing can change any more is handed out and forgotten. */
export class ExpectedRequests {
  readonly open = new Map<string, Folded>();
  /** Open authorizations and how many jobs each has settled. */
  readonly authorizations = new Map<string, number>();
  readonly unsettled = new Set<string>();
  /** What is set aside for single forms: by job the request and the amount. */
  readonly formHolds = new Map<string, { readonly request: string; readonly amount: number }>();
  requests = 0;
  jobs = 0;

  constructor(private readonly onFinal: (request: ExpectedRequest) => void) {}

  add(event: Recorded): void {
    this.followHolds(event);
    if (event.type === 'AuthorizationOpened.v1') this.authorizations.set((event.data as AuthorizationOpened['data']).request, 0);
    else if (event.type === 'AuthorizationClosed.v1') this.authorizations.delete((event.data as { request: string }).request);
    else if (event.type === 'RequestAccepted.v1') this.accepted(event.data as RequestAccepted['data']);
    const { request: id } = event.data as { request?: string };
    const request = id === undefined ? undefined : this.open.get(id);
    if (!request) return;
    if (event.stream.startsWith('request-')) request.revision = event.revision;
    this.change(request, event);
    const isFinal = request.outcome !== null && request.settled === request.finished;
    if (!isFinal) return;
    this.open.delete(request.id);
    this.onFinal(request);
  }

  private followHolds({ type, data }: Recorded): void {
    const { request, job, amount } = data as FormHoldPlaced['data'];
    if (type === 'FormHoldPlaced.v1') this.formHolds.set(job, { request, amount });
    else if (type === 'JobSettled.v1' || type === 'HoldReleased.v1') this.formHolds.delete(job);
    else if (type === 'AuthorizationClosed.v1') for (const [id, hold] of this.formHolds) if (hold.request === request) this.formHolds.delete(id);
  }

  private accepted({ request: id, payer, kind, features, jobs: waiting, activation: consumed, acceptedAt }: RequestAccepted['data']): void {
    this.requests += 1;
    this.open.set(id, {
      id, payer, waiting, processing: 0, finished: 0, restarted: 0, cancelled: false, faulted: false, consumed, outcome: null, jobs: new Map(),
      waitingForms: new Set(kind === 'alchemy' ? (features as AlchemyJobFeatures).forms.keys() : []),
      revision: 0, withdrawn: false, extraSlow: false, settled: 0, expiresAt: lifeFrom(acceptedAt, false),
    });
  }

  private change(request: Folded, event: Recorded): void {
    switch (event.type) {
      case 'JobAssigned.v1': return this.assigned(request, event.data as JobAssigned['data']);
      case 'JobSubmitted.v1': return this.submitted(request, event.data as JobSubmitted['data']);
      case 'JobFaulted.v1': return giveBack(request, event.data as JobRef, 'faulted');
      case 'JobExpired.v1': return giveBack(request, event.data as JobRef, 'expired');
      case 'JobSettled.v1': return this.settled(request, event.data as JobSettled['data']);
      case 'RequestCancelled.v1': return void Object.assign(withdraw(request), { cancelled: true });
      case 'RequestFaulted.v1': return void Object.assign(withdraw(request), { faulted: true });
      case 'RequestExpired.v1': return void withdraw(request);
      case 'RequestCompleted.v1': return void Object.assign(request, { outcome: (event.data as RequestCompleted['data']).outcome });
      default: // Nothing else shows in a request.
    }
  }

  private assigned(request: Folded, { job, form, assignedAt, extraSlow }: JobAssigned['data']): void {
    this.jobs += 1;
    if (form !== undefined) request.waitingForms.delete(form);
    request.waiting -= 1;
    request.processing += 1;
    request.jobs.set(job, 'pending');
    request.extraSlow ||= extraSlow;
    request.expiresAt = lifeFrom(assignedAt, request.extraSlow);
  }

  private submitted(request: Folded, { job, submittedAt }: JobSubmitted['data']): void {
    request.processing -= 1;
    request.finished += 1;
    request.jobs.set(job, 'done');
    request.expiresAt = lifeFrom(submittedAt, request.extraSlow);
    if (request.payer !== 0) this.unsettled.add(job);
  }

  private settled(request: Folded, { job, debit }: JobSettled['data']): void {
    request.consumed += debit;
    request.settled += 1;
    this.unsettled.delete(job);
    const settled = this.authorizations.get(request.id);
    if (settled !== undefined) this.authorizations.set(request.id, settled + 1);
  }
}
interface JobRef {
  readonly job: string;
  readonly form?: number;
  /** Alchemy: the form is given up. */
  readonly final?: true;
}

const giveBack = (request: Folded, { job, form, final }: JobRef, state: 'faulted' | 'expired'): void => {
  request.processing -= 1;
  request.restarted += 1;
  request.jobs.set(job, state);
  if (request.withdrawn || final) return;
  request.waiting += 1;
  if (form !== undefined) request.waitingForms.add(form);
};
const withdraw = (request: Folded): Folded => {
  request.waitingForms.clear();
  return Object.assign(request, { withdrawn: true, waiting: 0 });
};

/** horde-rules §6.2: 20 minutes, 60 once an extra-slow worker took part. */
const lifeFrom = (at: string, extraSlow: boolean): string => iso(Date.parse(at) + (extraSlow ? 60 : 20) * MINUTE_MS);

import { unreachable } from '../kernel/unreachable.js';
import type { RequestEvent, RequestFacts } from './request.events.js';

/** One generation of one request on one worker. */
export interface Job {
  readonly worker: string;
  readonly owner: number;
  readonly model: string;
  readonly assignedAt: string;
  readonly ttlS: number;
  state: 'pending' | 'submitted' | 'faulted' | 'expired';
}

export interface Request {
  readonly id: string;
  facts: RequestFacts | undefined;
  /** Jobs nobody has taken; a faulted or expired one comes back. */
  waiting: number;
  readonly jobs: Map<string, Job>;
  faults: number;
  /** ISO time of the latest acceptance, assignment or delivery: the request lives on from there. */
  activityAt: string;
  extraSlow: boolean;
  ended: 'cancelled' | 'faulted' | 'expired' | 'abandoned' | undefined;
  completed: boolean;
}

export const newRequest = (id: string): Request => ({
  id, facts: undefined, waiting: 0, jobs: new Map(), faults: 0, activityAt: '', extraSlow: false, ended: undefined, completed: false,
});

/** horde-rules §6.2: 20 minutes from the last activity, 60 once an extra-slow worker took part. */
export const LIFE_MS = 20 * 60_000;
export const EXTRA_SLOW_LIFE_MS = 60 * 60_000;

export const expiresAt = ({ activityAt, extraSlow }: Pick<Request, 'activityAt' | 'extraSlow'>): number =>
  Date.parse(activityAt) + (extraSlow ? EXTRA_SLOW_LIFE_MS : LIFE_MS);

export const pendingJobs = (request: Request): string[] => [...request.jobs].filter(([, job]) => job.state === 'pending').map(([id]) => id);
export const submittedJobs = (request: Request): string[] => [...request.jobs].filter(([, job]) => job.state === 'submitted').map(([id]) => id);

export const evolve = (request: Request, event: RequestEvent): Request => {
  switch (event.type) {
    case 'RequestAccepted.v1': {
      const { ledger: _ledger, ...facts } = event.data;
      request.facts = facts;
      request.waiting = facts.jobs;
      request.activityAt = facts.acceptedAt;
      return request;
    }
    case 'JobAssigned.v1': {
      const { job, worker, owner, model, assignedAt, ttlS, extraSlow } = event.data;
      request.jobs.set(job, { worker, owner, model, assignedAt, ttlS, state: 'pending' });
      request.waiting -= 1;
      request.activityAt = assignedAt;
      request.extraSlow ||= extraSlow;
      return request;
    }
    case 'JobSubmitted.v1':
      request.jobs.get(event.data.job)!.state = 'submitted';
      request.activityAt = event.data.submittedAt;
      return request;
    case 'JobFaulted.v1':
      return giveBack(request, event.data.job, 'faulted');
    case 'JobExpired.v1':
      return giveBack(request, event.data.job, 'expired');
    case 'RequestCancelled.v1':
      return end(request, 'cancelled');
    case 'RequestFaulted.v1':
      return end(request, 'faulted');
    case 'RequestExpired.v1':
      return end(request, 'expired');
    case 'RequestAbandoned.v1':
      request.completed = true;
      return end(request, 'abandoned');
    case 'RequestCompleted.v1':
      request.completed = true;
      return request;
    case 'JobSettled.v1':
      return request; // anonymous settlement: its postings are all there is to it
    default:
      return unreachable(event);
  }
};

const giveBack = (request: Request, job: string, state: 'faulted' | 'expired'): Request => {
  request.jobs.get(job)!.state = state;
  request.faults += 1;
  if (!request.ended) request.waiting += 1;
  return request;
};

const end = (request: Request, how: NonNullable<Request['ended']>): Request => {
  request.ended = how;
  request.waiting = 0;
  return request;
};

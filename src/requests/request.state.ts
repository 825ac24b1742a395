import type { Kudos } from '../kernel/kudos.js';
import { unreachable } from '../kernel/unreachable.js';
import { formsOf } from '../pricing/alchemy-forms.js';
import type { RequestEvent, RequestFacts } from './request.events.js';

/** One generation of one request on one worker. */
export interface Job {
  readonly worker: string;
  readonly owner: number;
  readonly model: string;
  readonly assignedAt: string;
  readonly ttlS: number;
  /** Of alchemy, as its assignment says. */
  readonly form?: number;
  readonly ownerTrusted?: boolean;
  readonly held?: Kudos;
  readonly selfTest?: true;
  /** `returned`: given up, or out of time; it is some other job's work now. */
  state: 'pending' | 'submitted' | 'returned';
}

export interface Request {
  readonly id: string;
  facts: RequestFacts | undefined;
  /** Jobs nobody has taken; a faulted or expired one comes back. */
  waiting: number;
  readonly jobs: Map<string, Job>;
  faults: number;
  /** Alchemy: forms that nobody has taken, by their place in the list, and how often each was given back. */
  readonly waitingForms: Set<number>;
  readonly returnsOf: Map<number, number>;
  /** ISO time of the latest acceptance, assignment or delivery: the request lives on from there. */
  activityAt: string;
  extraSlow: boolean;
  ended: 'cancelled' | 'faulted' | 'expired' | 'abandoned' | undefined;
  /** What it asked for is lost: that is not its payer's fault. */
  contentLost: boolean;
  completed: boolean;
}

export const newRequest = (id: string): Request => ({
  id, facts: undefined, waiting: 0, jobs: new Map(), faults: 0, waitingForms: new Set(), returnsOf: new Map(), activityAt: '', extraSlow: false, ended: undefined, contentLost: false, completed: false,
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
      for (const form of formsOf(facts).keys()) request.waitingForms.add(form);
      request.activityAt = facts.acceptedAt;
      return request;
    }
    case 'JobAssigned.v1': {
      const { job, request: _request, extraSlow, ...assignment } = event.data;
      const { assignedAt, form } = assignment;
      request.jobs.set(job, { ...assignment, state: 'pending' });
      request.waiting -= 1;
      if (form !== undefined) request.waitingForms.delete(form);
      request.activityAt = assignedAt;
      request.extraSlow ||= extraSlow;
      return request;
    }
    case 'JobSubmitted.v1':
      request.jobs.get(event.data.job)!.state = 'submitted';
      request.activityAt = event.data.submittedAt;
      return request;
    case 'JobFaulted.v1':
    case 'JobExpired.v1':
      return giveBack(request, event.data);
    case 'RequestCancelled.v1':
      return end(request, 'cancelled');
    case 'RequestFaulted.v1':
      request.contentLost ||= event.data.reason === 'content_lost';
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

interface GivenBack {
  readonly job: string;
  readonly form?: number;
  readonly final?: true;
  readonly unheard?: true;
}
const giveBack = (request: Request, { job, form, final, unheard }: GivenBack): Request => {
  request.jobs.get(job)!.state = 'returned';
  if (!unheard) request.faults += 1;
  if (!unheard && form !== undefined) request.returnsOf.set(form, (request.returnsOf.get(form) ?? 0) + 1);
  if (request.ended || final) return request;
  request.waiting += 1;
  if (form !== undefined) request.waitingForms.add(form);
  return request;
};

const end = (request: Request, how: NonNullable<Request['ended']>): Request => {
  request.ended = how;
  request.waiting = 0;
  request.waitingForms.clear();
  return request;
};

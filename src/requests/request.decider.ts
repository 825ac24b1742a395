import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import { extendedDue, outageWithin, type Outage } from '../kernel/outage.js';
import { unreachable } from '../kernel/unreachable.js';
import type {
  AbandonRequest, AcceptRequest, AssignJobs, CancelRequest, ExpireJobs, ExpireRequest, ExplainJob, FaultJob, RequestCommand, SubmitJob, TakeBackJobs,
} from './request.commands.js';
import { completed, loseContent, settledAnonymously } from './request-endings.js';
import { testsItself, unpaid } from './self-test.js';
import type { RequestEvent } from './request.events.js';
import { afterFormReturns, assignForms, cancelForms, returnOf } from './request-forms.js';
import { evolve, expiresAt, newRequest, pendingJobs, submittedJobs, type Job, type Request } from './request.state.js';

export type RequestRc =
  | 'InvalidJobID' | 'DuplicateGen' | 'AbortedGen' | 'RequestNotFound'
  // Never seen by a client.
  | 'NothingWaiting' | 'AlreadyAbandoned' | 'AlreadyAccepted';

type Decided = Decision<RequestEvent, RequestRc>;

/** horde-rules §6.8: the third fault ends a request. */
export const FAULTS_MAX = 3;

const decide = (command: RequestCommand, request: Request): Decided => {
  switch (command.type) {
    case 'AcceptRequest': return acceptRequest(command, request);
    case 'AbandonRequest': return abandon(command, request);
    case 'AssignJobs': return assign(command, request);
    case 'AssignForms': return assignForms(command, request);
    case 'SubmitJob': return submit(command, request);
    case 'FaultJob': return fault(command, request);
    case 'TakeBackJobs': return takeBack(command, request);
    case 'ExplainJob': return explain(command, request);
    case 'ExpireJobs': return expireJobs(command, request);
    case 'ExpireRequest': return expire(command, request);
    case 'LoseContent': return loseContent(command, request);
    case 'CancelRequest': return cancel(command, request);
    case 'CancelForms': return cancelForms(command, request);
    default: return unreachable(command);
  }
};

const acceptRequest = ({ facts, ledger }: AcceptRequest, request: Request): Decided => {
  if (request.ended === 'abandoned') return refuse('AlreadyAbandoned');
  if (request.facts) return accept();
  const first: RequestEvent = { type: 'RequestAccepted.v1', data: { ...facts, ...(ledger ? { ledger } : {}) } };
  if (facts.jobs > 0) return accept(first);
  // An alchemy request without forms is accepted, and over (horde-api C3.1).
  const { payer, acceptedAt } = facts;
  return accept<RequestEvent>(first, { type: 'RequestCompleted.v1', data: { request: request.id, payer, outcome: 'faulted', submitted: [], completedAt: acceptedAt } });
};

/** Takes the place of a request that never came, so that it can never come late (spec/ledger.md §4.5). */
const abandon = ({ payer, at }: AbandonRequest, request: Request): Decided => {
  // The answer is in the detail: unlike the state, it never runs ahead of the log.
  if (request.facts) return refuse('AlreadyAccepted', {
    completed: request.completed ? 1 : 0, submitted: submittedJobs(request).join(), ...(request.contentLost ? { refund: 1 } : {}),
  });
  if (request.ended) return accept();
  return accept({ type: 'RequestAbandoned.v1', data: { request: request.id, payer, abandonedAt: at } });
};

const assign = ({ jobs, worker, owner, model, ttlS, extraSlow, selfTest, payerAgesFrom, at }: AssignJobs, request: Request): Decided => {
  if (selfTest && !testsItself(owner, request)) return refuse('NothingWaiting');
  // Nothing waits before a request is accepted and once it has ended; and only the event ends it, not its clock: a hand-out to the
  // payer's other requests may have refreshed it.
  const taken = jobs.filter((job) => !request.jobs.has(job)).slice(0, request.waiting);
  if (taken.length === 0) return refuse('NothingWaiting');
  return accept(...taken.map((job): RequestEvent => ({ type: 'JobAssigned.v1', data: {
    request: request.id, job, worker, owner, model, ttlS, extraSlow, assignedAt: at,
    ...(selfTest && { selfTest: true as const }), ...(payerAgesFrom === undefined ? {} : { payerAgesFrom }),
  } })));
};

/** Exactly one result per job: the append at this revision decides among concurrent submits (I7, I18). */
const submit = (command: SubmitJob, request: Request): Decided => {
  const job = request.jobs.get(command.job);
  if (!job || !request.facts) return refuse('InvalidJobID');
  if (job.state === 'submitted') return refuse('DuplicateGen');
  if (job.state !== 'pending') return refuse('AbortedGen');
  const { type: _type, at, speedMax, outages, ...result } = command;
  const submitted: RequestEvent = {
    type: 'JobSubmitted.v1',
    data: {
      request: request.id, worker: job.worker, owner: job.owner, model: job.model, ...(job.selfTest ? unpaid(result) : result),
      ...paceOf(command, job), submittedAt: at, ...(job.form === undefined ? {} : { form: job.form }),
      ...(request.facts.webhook ? { webhook: true } : {}),
    },
  };
  const settlement = request.facts.payer === 0 ? [settledAnonymously(command, job, request)] : [];
  return accept(submitted, ...settlement, ...completion(request, { at, leaving: command.job, delivered: true }));
};

const paceOf = (command: SubmitJob, job: Job): { tooFast?: true; interrupted?: true } =>
  ({ ...(isTooFast(command, job) ? { tooFast: true } : {}), ...(isInterrupted(command, job) ? { interrupted: true } : {}) });

/** Where no time has passed at all, no speed can be told (horde-rules §4.3). */
const isTooFast = ({ things, at, speedMax }: SubmitJob, { assignedAt, selfTest }: Job): boolean => {
  if (selfTest) return false;
  const tookMs = Date.parse(at) - Date.parse(assignedAt);
  return tookMs > 0 && (things * 1_000) / tookMs > (speedMax ?? Infinity);
};

/** The worker may have made all of it meanwhile, or have waited for somebody to take it: neither is its speed. */
const isInterrupted = ({ at, outages = [] }: SubmitJob, { assignedAt }: Job): boolean => outageWithin(Date.parse(assignedAt), Date.parse(at), outages) > 0;

const explain = ({ job: id }: ExplainJob, request: Request): Decided => {
  const state = request.jobs.get(id)?.state;
  if (state === undefined) return refuse('InvalidJobID');
  if (state === 'submitted') return refuse('DuplicateGen');
  return state === 'pending' ? accept() : refuse('AbortedGen');
};

const fault = ({ job: id, at }: FaultJob, request: Request): Decided => {
  const job = request.jobs.get(id);
  if (!job) return refuse('InvalidJobID');
  if (job.state === 'submitted') return refuse('DuplicateGen');
  if (job.state !== 'pending') return accept();
  const faulted: RequestEvent = { type: 'JobFaulted.v1', data: { request: request.id, job: id, worker: job.worker, faultedAt: at, ...returnOf(request, id), ...excuseOf(request) } };
  return accept(faulted, ...afterFaults(request, [id], at));
};

/** For whoever comes next, at once: it counts neither against the worker nor among the faults that end a request or a form. */
const takeBack = ({ jobs, at }: TakeBackJobs, request: Request): Decided => {
  const back = pendingJobs(request).filter((id) => jobs.includes(id));
  if (back.length === 0) return accept();
  const returned = back.map((job): RequestEvent => {
    const { final: _, ...what } = returnOf(request, job);
    return { type: 'JobFaulted.v1', data: { request: request.id, job, worker: request.jobs.get(job)!.worker, faultedAt: at, ...what, excused: true, unheard: true } };
  });
  return accept(...returned, ...(request.ended ? afterFaults(request, back, at) : []));
};

const excuseOf = ({ ended }: Request): { excused?: true } => (ended === 'cancelled' ? { excused: true } : {});

const expireJobs = ({ at, outages = [] }: ExpireJobs, request: Request): Decided => {
  const late = pendingJobs(request).filter((id) => deadline(request.jobs.get(id)!, outages) <= Date.parse(at));
  if (late.length === 0) return accept();
  const expired = late.map((job): RequestEvent => ({
    type: 'JobExpired.v1', data: { request: request.id, job, worker: request.jobs.get(job)!.worker, expiredAt: at, ...returnOf(request, job), ...excuseOf(request) },
  }));
  return accept(...expired, ...afterFaults(request, late, at));
};

const deadline = ({ assignedAt, ttlS }: Job, outages: readonly Outage[]): number =>
  extendedDue(Date.parse(assignedAt), Date.parse(assignedAt) + ttlS * 1_000, outages);

/** The third fault withdraws what is still waiting; the end comes when nothing is pending any more. */
const afterFaults = (request: Request, lost: readonly string[], at: string): RequestEvent[] => {
  if (request.facts!.kind === 'alchemy') return afterFormReturns(request, lost, at);
  const stillPending = pendingJobs(request).length - lost.length;
  const end = (outcome: 'faulted' | 'cancelled'): RequestEvent[] => (stillPending > 0 ? [] : [completed(request, { at, outcome })]);
  if (request.ended) return end(request.ended === 'faulted' ? 'faulted' : 'cancelled');
  if (request.faults + lost.length < FAULTS_MAX) return [];
  const withdrawn = request.waiting + lost.length;
  return [{ type: 'RequestFaulted.v1', data: { request: request.id, withdrawn, faultedAt: at } }, ...end('faulted')];
};

/** A request never expires while one of its jobs is pending (design.md §5). */
const expire = ({ at, outages = [] }: ExpireRequest, request: Request): Decided => {
  if (!request.facts || request.completed || request.ended || pendingJobs(request).length > 0) return accept();
  if (Date.parse(at) < extendedDue(Date.parse(request.activityAt), expiresAt(request), outages)) return accept();
  return accept(
    { type: 'RequestExpired.v1', data: { request: request.id, withdrawn: request.waiting, expiredAt: at } },
    completed(request, { at, outcome: 'expired' }),
  );
};

/** Whoever knows the id may cancel; running jobs go on and are paid (horde-rules §4.4). */
const cancel = ({ at }: CancelRequest, request: Request): Decided => {
  if (!request.facts) return refuse('RequestNotFound');
  if (request.completed || request.ended) return accept();
  const cancelled: RequestEvent = { type: 'RequestCancelled.v1', data: { request: request.id, withdrawn: request.waiting, cancelledAt: at } };
  return accept(cancelled, ...(pendingJobs(request).length > 0 ? [] : [completed(request, { at, outcome: 'cancelled' })]));
};

const completion = (request: Request, { at, leaving, delivered }: { at: string; leaving: string; delivered: boolean }): RequestEvent[] => {
  if (request.waiting > 0 || pendingJobs(request).length > 1) return [];
  const outcome = request.ended === 'cancelled' || request.ended === 'faulted' ? request.ended : 'done';
  return [completed(request, { at, outcome, last: delivered ? [leaving] : [] })];
};

export const requestDecider: Decider<Request, RequestCommand, RequestEvent, RequestRc> = {
  category: 'request', stateVersion: 3, initialState: newRequest, evolve, decide, opens: ({ type }) => type === 'AcceptRequest',
};

import { accept, refuse, type Decision } from '../kernel/decider.js';
import { NO_KUDOS } from '../kernel/kudos.js';
import { formsOf, serviceOf } from '../pricing/alchemy-forms.js';
import type { AssignForms, CancelForms } from './request.commands.js';
import { completed, settledAnonymously } from './request-endings.js';
import type { JobSubmitted, RequestEvent } from './request.events.js';
import { pendingJobs, submittedJobs, type Request } from './request.state.js';
import { testsItself, unpaid } from './self-test.js';

// Alchemy: a request is a list of forms, each of them one job that is handed out until it is delivered (horde-rules §6.9).

/** horde-rules §6.8: the fourth time that it is given back, a form is faulted. */
export const FORM_RETURNS_MAX = 4;
/** Work of one form: alchemists are measured in seconds per form (horde-rules §7.6). */
export const THINGS_OF_FORM = 1;

/** Each form to one worker only: the append at this revision decides among those that ask for it (I18). */
export const assignForms = ({ forms, worker, owner, ownerTrusted, ttlS, selfTest, payerAgesFrom, at }: AssignForms, request: Request): Decision<RequestEvent, 'NothingWaiting'> => {
  if (!request.facts || request.ended || (selfTest && !testsItself(owner, request))) return refuse('NothingWaiting');
  const known = formsOf(request.facts);
  const taken = forms.filter(({ job, form }) => request.waitingForms.has(form) && !request.jobs.has(job));
  if (taken.length === 0) return refuse('NothingWaiting');
  return accept(...taken.map(({ job, form, held }): RequestEvent => ({ type: 'JobAssigned.v1', data: {
    request: request.id, job, worker, owner, model: serviceOf(known[form]!), ttlS, extraSlow: false, assignedAt: at, form, ownerTrusted,
    ...(held > NO_KUDOS ? { held } : {}), ...(selfTest && { selfTest: true as const }), ...(payerAgesFrom === undefined ? {} : { payerAgesFrom }),
  } })));
};

/** What a job that is given back says of its form, which images and texts have not, and of a worker that tested itself. */
export const returnOf = (request: Request, job: string): { form?: number; final?: true; selfTest?: true } => {
  const { form, selfTest } = request.jobs.get(job) ?? {};
  const test = selfTest ? { selfTest } : {};
  if (form === undefined) return test;
  const returns = (request.returnsOf.get(form) ?? 0) + 1;
  return { form, ...(returns >= FORM_RETURNS_MAX ? { final: true as const } : {}), ...test };
};

/** A request whose last form was given back for the last time is over: done if one was delivered, faulted if none. */
export const afterFormReturns = (request: Request, lost: readonly string[], at: string): RequestEvent[] => {
  const again = request.ended ? 0 : lost.filter((job) => !returnOf(request, job).final).length;
  if (request.waiting + again + pendingJobs(request).length - lost.length > 0) return [];
  return [completed(request, { at, outcome: submittedJobs(request).length > 0 && !request.ended ? 'done' : 'faulted' })];
};

/**
 * What waits is withdrawn. What a worker has in hand is over at once, and paid as if it had been delivered (horde-rules
 * §4.4): its settlement follows from the event, as for every delivered job.
 */
export const cancelForms = ({ at }: CancelForms, request: Request): Decision<RequestEvent, 'RequestNotFound'> => {
  if (!request.facts) return refuse('RequestNotFound');
  if (request.completed || request.ended) return accept();
  const cut = pendingJobs(request);
  return accept(
    { type: 'RequestCancelled.v1', data: { request: request.id, withdrawn: request.waiting, cancelledAt: at } },
    ...cut.flatMap((job) => cutShort(request, job, at)),
    completed(request, { at, outcome: 'cancelled', last: cut }),
  );
};

const cutShort = (request: Request, id: string, at: string): RequestEvent[] => {
  const job = request.jobs.get(id)!;
  const { payer, policy, reference } = request.facts!;
  const form = job.form!;
  const { price, debit } = formsOf(request.facts!)[form]!;
  const worth = { job: id, price, debit, ownerTrusted: job.ownerTrusted ?? false, things: THINGS_OF_FORM, policy };
  const money = job.selfTest ? unpaid(worth) : worth;
  const data: JobSubmitted['data'] = {
    request: request.id, worker: job.worker, owner: job.owner, model: job.model, state: 'cancelled', result: '', resultHash: null, seed: 0,
    ...money, reference, submittedAt: at, form,
  };
  return [{ type: 'JobSubmitted.v1', data }, ...(payer === 0 ? [settledAnonymously({ ...money, at }, job, request)] : [])];
};

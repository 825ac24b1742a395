import { accept, type Decision } from '../kernel/decider.js';
import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { settlementOf } from '../pricing/settlement.js';
import type { LoseContent } from './request.commands.js';
import type { RequestCompleted, RequestEvent } from './request.events.js';
import { pendingJobs, submittedJobs, type Job, type Request } from './request.state.js';

/** The last event of a request; `last` are jobs that the same append delivers, `contentLost` says that it also ends it for that reason. */
export const completed = (request: Request, { at, outcome, last = [], contentLost = request.contentLost }: {
  readonly at: string; readonly outcome: RequestCompleted['data']['outcome']; readonly last?: readonly string[]; readonly contentLost?: true | undefined;
}): RequestEvent => {
  const { payer, activation } = request.facts!;
  const submitted = [...submittedJobs(request), ...last];
  const isReturned = contentLost === true && submitted.length === 0 && payer !== 0;
  return { type: 'RequestCompleted.v1', data: {
    request: request.id, payer, outcome, submitted, completedAt: at, ...(isReturned ? { returned: activation } : {}),
  } };
};

/** What waits can never be served. What is at workers can: they were told what to do, and are paid for it. */
export const loseContent = ({ at }: LoseContent, request: Request): Decision<RequestEvent, never> => {
  if (!request.facts || request.ended || request.waiting === 0) return accept();
  const faulted: RequestEvent = { type: 'RequestFaulted.v1', data: { request: request.id, withdrawn: request.waiting, faultedAt: at, contentLost: true } };
  return accept(faulted, ...(pendingJobs(request).length > 0 ? [] : [completed(request, { at, outcome: 'faulted', contentLost: true })]));
};

/** The frozen money of a job that was delivered without a key. */
export interface AnonymousJob {
  readonly job: string;
  readonly price: Kudos;
  readonly reward?: Kudos;
  readonly team?: string;
  readonly debit: Kudos;
  readonly ownerTrusted: boolean;
  readonly things: number;
  readonly policy: number;
  readonly at: string;
}

/** Anonymous use debits nobody (I29): issue:anonymous pays, in the same append as the result. */
export const settledAnonymously = ({ job: id, price, reward, team, debit, ownerTrusted, things, policy, at }: AnonymousJob, job: Job, request: Request): RequestEvent => {
  const { kind } = request.facts!;
  const { ledger, split } = settlementOf({ job: id, kind, owner: job.owner, ownerTrusted, price, debit, at, policy, ...(reward !== undefined && { reward }) }, 0, debit);
  return { type: 'JobSettled.v1', data: {
    request: request.id, job: id, kind, payer: 0, owner: job.owner, worker: job.worker, model: job.model,
    price, debit, forgiven: NO_KUDOS, captured: NO_KUDOS, ...split, things, settledAt: at, policy, ...(team !== undefined && { team }), ...(ledger ? { ledger } : {}),
  } };
};

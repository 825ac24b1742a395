import { accept, type Decision } from '../kernel/decider.js';
import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { settlementOf } from '../pricing/settlement.js';
import type { LoseContent } from './request.commands.js';
import type { RequestCompleted, RequestEvent } from './request.events.js';
import { pendingJobs, submittedJobs, type Job, type Request } from './request.state.js';

/** The last event of a request; `last` are jobs that the same append delivers. */
export const completed = (request: Request, { at, outcome, last = [] }: {
  readonly at: string; readonly outcome: RequestCompleted['data']['outcome']; readonly last?: readonly string[];
}): RequestEvent => ({
  type: 'RequestCompleted.v1',
  data: {
    request: request.id, payer: request.facts!.payer, outcome, submitted: [...submittedJobs(request), ...last], completedAt: at,
    ...(request.contentLost && request.facts!.payer !== 0 ? { refund: true as const } : {}),
  },
});

/** Nothing more can be handed out; what workers have in hand they can still deliver. */
export const loseContent = ({ at }: LoseContent, request: Request): Decision<RequestEvent, never> => {
  if (!request.facts || request.completed || request.ended) return accept();
  const faulted: RequestEvent = { type: 'RequestFaulted.v1', data: { request: request.id, withdrawn: request.waiting, faultedAt: at, reason: 'content_lost' } };
  return accept(faulted, ...(pendingJobs(request).length > 0 ? [] : [completed({ ...request, contentLost: true }, { at, outcome: 'faulted' })]));
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

import { transactionId } from '../../src/kernel/ids.js';
import { kudos, NO_KUDOS } from '../../src/kernel/kudos.js';
import type { LedgerTransaction } from '../../src/kernel/ledger.js';
import type { AssignJobs, RequestCommand, SubmitJob } from '../../src/requests/request.commands.js';
import { requestDecider } from '../../src/requests/request.decider.js';
import type { RequestEvent, RequestFacts } from '../../src/requests/request.events.js';
import { given } from './given.js';
import { imageFacts } from './request-facts.js';

export const REQUEST = '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10';
export const PAYER = 7;
export const OWNER = 12;
export const WORKER = '5e2b9d14-7a60-4f83-b1c9-2d8e4f6a0b73';
/** How long a job may take here, in seconds. */
export const TTL_S = 150;

/** A time of this story: seconds after noon. */
export const second = (seconds: number): string => new Date(Date.UTC(2026, 2, 1, 12) + seconds * 1_000).toISOString();
export const minute = (minutes: number): string => second(minutes * 60);

export const request = (...events: readonly RequestEvent[]) => given(requestDecider, REQUEST, ...events);

export const facts = (parts: Partial<RequestFacts> = {}): RequestFacts => imageFacts({ request: REQUEST, payer: PAYER, acceptedAt: second(0), ...parts });
export const accepted = (jobs = 2, parts: Partial<RequestFacts> = {}): RequestEvent => ({ type: 'RequestAccepted.v1', data: facts({ jobs, ...parts }) });
export const assigned = (job: string, at = second(1), extraSlow = false): RequestEvent => ({ type: 'JobAssigned.v1', data: {
  request: REQUEST, job, worker: WORKER, owner: OWNER, model: 'stable_diffusion', ttlS: TTL_S, extraSlow, assignedAt: at,
} });
export const submitted = (job: string, at = second(9)): RequestEvent => ({ type: 'JobSubmitted.v1', data: {
  request: REQUEST, job, worker: WORKER, owner: OWNER, model: 'stable_diffusion', state: 'ok', result: `content-of-${job}`, resultHash: null, seed: 42,
  price: kudos(9), debit: kudos(10), ownerTrusted: false, things: 7_864_320, policy: 1, reference: 1, submittedAt: at,
} });
/** Anonymous use: written out by hand, so that the books are not checked against themselves. */
export const settledAnonymously = (job: string, at = second(9)): RequestEvent => ({ type: 'JobSettled.v1', data: {
  request: REQUEST, job, kind: 'image', payer: 0, owner: OWNER, worker: WORKER, model: 'stable_diffusion', price: kudos(9), debit: kudos(10),
  forgiven: NO_KUDOS, captured: NO_KUDOS, spendable: kudos(4.5), escrow: kudos(4.5), things: 7_864_320, settledAt: at, policy: 1,
  ledger: { txId: transactionId('job', job), kind: 'generation', effectiveAt: at, policy: 1, reverses: null, postings: [
    { account: 'issue:anonymous', amount: kudos(-10) }, { account: `user:${OWNER}:spendable`, amount: kudos(4.5) },
    { account: `user:${OWNER}:escrow`, amount: kudos(4.5) }, { account: 'burn:settlement', amount: kudos(1) },
  ] },
} });
export const faulted = (job: string, at = second(9)): RequestEvent => ({ type: 'JobFaulted.v1', data: { request: REQUEST, job, worker: WORKER, faultedAt: at } });
/** As `faulted`, of a job that its worker never heard of. */
export const unheard = (job: string, at = second(9)): RequestEvent => ({ type: 'JobFaulted.v1', data: { request: REQUEST, job, worker: WORKER, faultedAt: at, excused: true, unheard: true } });
export const expired = (job: string, at: string): RequestEvent => ({ type: 'JobExpired.v1', data: { request: REQUEST, job, worker: WORKER, expiredAt: at } });
export const cancelled = (withdrawn: number, at = second(5)): RequestEvent => ({ type: 'RequestCancelled.v1', data: { request: REQUEST, withdrawn, cancelledAt: at } });
export const requestFaulted = (withdrawn: number, at = second(9)): RequestEvent => ({ type: 'RequestFaulted.v1', data: { request: REQUEST, withdrawn, faultedAt: at } });
export const requestExpired = (withdrawn: number, at: string): RequestEvent => ({ type: 'RequestExpired.v1', data: { request: REQUEST, withdrawn, expiredAt: at } });
export const completed = (outcome: 'done' | 'cancelled' | 'faulted' | 'expired', jobs: readonly string[], { at = second(9), payer = PAYER } = {}): RequestEvent => ({
  type: 'RequestCompleted.v1', data: { request: REQUEST, payer, outcome, submitted: jobs, completedAt: at },
});
export const abandoned: RequestEvent = { type: 'RequestAbandoned.v1', data: { request: REQUEST, payer: PAYER, abandonedAt: second(31) } };

export const accept = (parts: Partial<RequestFacts> = {}, ledger?: LedgerTransaction): RequestCommand => ({
  type: 'AcceptRequest', facts: facts({ jobs: 2, ...parts }), at: second(0), ...(ledger ? { ledger } : {}),
});
export const abandon: RequestCommand = { type: 'AbandonRequest', payer: PAYER, at: second(31) };
export const assign = (jobs: readonly string[], parts: Partial<AssignJobs> = {}): AssignJobs => ({
  type: 'AssignJobs', jobs, worker: WORKER, owner: OWNER, model: 'stable_diffusion', ttlS: TTL_S, extraSlow: false, at: second(1), ...parts,
});
export const submit = (job: string, parts: Partial<SubmitJob> = {}): SubmitJob => ({
  type: 'SubmitJob', job, state: 'ok', result: `content-of-${job}`, resultHash: null, seed: 42, price: kudos(9), debit: kudos(10), ownerTrusted: false,
  things: 7_864_320, policy: 1, reference: 1, at: second(9), ...parts,
});
export const fault = (job: string): RequestCommand => ({ type: 'FaultJob', job, at: second(9) });
export const takeBack = (...jobs: readonly string[]): RequestCommand => ({ type: 'TakeBackJobs', jobs, at: second(9) });
export const explain = (job: string): RequestCommand => ({ type: 'ExplainJob', job });
export const expireJobs = (at: string): RequestCommand => ({ type: 'ExpireJobs', at });
export const expire = (at: string): RequestCommand => ({ type: 'ExpireRequest', at });
export const cancel: RequestCommand = { type: 'CancelRequest', at: second(5) };

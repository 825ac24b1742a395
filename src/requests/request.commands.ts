import type { Kudos } from '../kernel/kudos.js';
import type { LedgerTransaction } from '../kernel/ledger.js';
import type { Outage } from '../kernel/outage.js';
import type { JobState, RequestFacts } from './request.events.js';

interface Given {
  readonly at: string;
}

export interface AcceptRequest extends Given {
  readonly type: 'AcceptRequest';
  readonly facts: RequestFacts;
  /** Anonymous requests are activated here, by issue:anonymous; a registered payer's account has paid before. */
  readonly ledger?: LedgerTransaction;
}

export interface AssignJobs extends Given {
  readonly type: 'AssignJobs';
  /** Fresh ids; as many are taken as the request still has waiting. */
  readonly jobs: readonly string[];
  readonly worker: string;
  readonly owner: number;
  readonly model: string;
  readonly ttlS: number;
  readonly extraSlow: boolean;
  /** The worker tests itself with a request of its owner: unpaid. */
  readonly selfTest?: boolean;
  /** From when the payer's waiting requests age after this (ADR 0035). */
  readonly payerAgesFrom?: string | undefined;
}

/** Hands out forms of an alchemy request to one worker; those that somebody else has taken are left out. */
export interface AssignForms extends Given {
  readonly type: 'AssignForms';
  readonly forms: readonly { readonly job: string; readonly form: number; readonly held: Kudos }[];
  readonly worker: string;
  readonly owner: number;
  readonly ownerTrusted: boolean;
  readonly ttlS: number;
  readonly selfTest?: boolean;
  readonly payerAgesFrom?: string | undefined;
}

/** All money inputs of the job, frozen by the event that this becomes (spec/ledger.md §4.5, Submit). */
export interface SubmitJob extends Given {
  readonly type: 'SubmitJob';
  readonly job: string;
  readonly state: JobState;
  readonly result: string;
  readonly resultHash: string | null;
  readonly seed: number;
  readonly price: Kudos;
  readonly debit: Kudos;
  readonly ownerTrusted: boolean;
  readonly things: number;
  readonly reward?: Kudos;
  readonly bridge?: string;
  readonly team?: string;
  readonly text?: { readonly validatedBackend: boolean; readonly ownerTrusted: boolean };
  readonly policy: number;
  readonly reference: number;
  /** Things per second beyond which nobody delivers; without it nobody is too fast. */
  readonly speedMax?: number;
  /** When nobody served. */
  readonly outages?: readonly Outage[];
}

export interface FaultJob extends Given {
  readonly type: 'FaultJob';
  readonly job: string;
}
/** Jobs that were handed out to a call which ended without its answer: their worker knows nothing of them. */
export interface TakeBackJobs extends Given {
  readonly type: 'TakeBackJobs';
  readonly jobs: readonly string[];
}
/** Why a job cannot be delivered any more; accepted if it still can. Changes nothing. */
export interface ExplainJob {
  readonly type: 'ExplainJob';
  readonly job: string;
}
/** A timer's: nothing happens before the time is really up, and outages are no time (ADR 0029). */
interface GivenTime extends Given {
  /** Oldest first. */
  readonly outages?: readonly Outage[];
}
export interface ExpireJobs extends GivenTime {
  readonly type: 'ExpireJobs';
}
export interface ExpireRequest extends GivenTime {
  readonly type: 'ExpireRequest';
}
/** A worker would have got it, and what it asks for is not there any more. */
export interface LoseContent extends Given {
  readonly type: 'LoseContent';
}
export interface CancelRequest extends Given {
  readonly type: 'CancelRequest';
}
/** Cancels an alchemy request: what waits is withdrawn, what is at a worker is paid for (horde-rules §4.4). */
export interface CancelForms extends Given {
  readonly type: 'CancelForms';
}
export interface AbandonRequest extends Given {
  readonly type: 'AbandonRequest';
  readonly payer: number;
}

export type RequestCommand =
  | AcceptRequest | AssignJobs | AssignForms | SubmitJob | FaultJob | TakeBackJobs | ExplainJob | ExpireJobs | ExpireRequest | LoseContent | CancelRequest | CancelForms | AbandonRequest;

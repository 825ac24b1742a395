// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: request-{id}; anonymous requests carry their JobSettled.v1 here too
import type { Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { LedgerTransaction } from '../kernel/ledger.js';
import type { RequestKind } from '../kernel/request-kind.js';
import type { JobSettled } from '../kudos/account.events.js';
import type { AlchemyJobFeatures, ImageJobFeatures, TextJobFeatures } from '../pricing/job-features.js';

export type { RequestKind } from '../kernel/request-kind.js';

/** All that dispatch, matching and pricing need of a request; prompts and parameters stay in the content store. */
export interface RequestFacts {
  readonly request: string;
  readonly kind: RequestKind;
  /** 0 is anonymous. */
  readonly payer: number;
  /** Of anonymous requests: the same for all that one address sends on one day, by a key that is destroyed afterwards (design.md §6). */
  readonly addressTag?: string;
  readonly payerTrusted: boolean;
  /** Spendable kudos at activation, before its price; anonymous: an offset of −50 kudos (design.md §6). */
  readonly priority: Kudos;
  readonly jobs: number;
  /** Empty: any model. Of alchemy: what its forms ask a worker to be able to do (`serviceOf`). */
  readonly models: readonly string[];
  readonly features: ImageJobFeatures | TextJobFeatures | AlchemyJobFeatures;
  readonly nsfw: boolean;
  readonly censorNsfw: boolean;
  readonly trustedWorkers: boolean;
  readonly validatedBackends: boolean;
  readonly slowWorkers: boolean;
  readonly extraSlowWorkers: boolean;
  readonly workers: readonly string[];
  readonly workerBlacklist: boolean;
  readonly disableBatching: boolean;
  readonly r2: boolean;
  readonly shared: boolean;
  readonly activation: Kudos;
  readonly quote: Kudos;
  /** V of the dearest model that was quoted: nothing dearer serves this request (spec/ledger.md §4.5, Quote). */
  readonly unitPriceMax: Kudos;
  /** The payer's shared key that it was sent with, by its name in events. */
  readonly sharedKey?: string;
  /** The model that V is of: what another policy would have quoted can be worked out from it. Absent when no model could be asked. */
  readonly dearest?: string;
  readonly policy: number;
  readonly reference: number;
  /** SHA-256 of a salt kept with the content, and the content: proves what was asked without saying it. */
  readonly contentHash: string;
  readonly acceptedAt: string;
  /** The style that made it what it is, and the collection that drew the style: each counts as used once. */
  readonly style?: { readonly style: string; readonly collection?: string };
  /** Its sender is told of every delivered job, at a URL that stands with its content. */
  readonly webhook?: true;
}

export type RequestAccepted = Stored<'RequestAccepted.v1', RequestFacts & { ledger?: LedgerTransaction }>;

export type JobAssigned = Stored<'JobAssigned.v1', {
  request: string;
  job: string;
  worker: string;
  owner: number;
  model: string;
  /** Seconds from `assignedAt` within which the worker must deliver. */
  ttlS: number;
  /** The worker takes its time: the request then lives 60 minutes instead of 20 (horde-rules §6.2). */
  extraSlow: boolean;
  assignedAt: string;
  /** Alchemy: the place of the form in the request's list. One form is one job, however often it is handed out. */
  form?: number;
  /** Alchemy: the owner's trust at the hand-out, for a form that is cancelled while it is worked on (horde-rules §4.4). */
  ownerTrusted?: boolean;
  /** Alchemy: what the payer's account has set aside for it, because its worker asked for that (horde-rules §3.4). */
  held?: Kudos;
  /** Of the worker's own owner, as a test of the worker: nobody pays for it, and it counts for nothing. */
  selfTest?: true;
  /** From here on the payer's waiting requests age, if that is later than their acceptance (ADR 0035); absent: as before. */
  payerAgesFrom?: string;
}>;

/** `cancelled`: a form that its requester cancelled at the worker, who is paid as if it had been delivered (horde-rules §4.4). */
export type JobState = 'ok' | 'censored' | 'csam' | 'cancelled';
export type JobSubmitted = Stored<'JobSubmitted.v1', {
  request: string;
  job: string;
  worker: string;
  owner: number;
  model: string;
  state: JobState;
  /** Where the result lies: a content id or a blob key. A losing duplicate's content never replaces it. */
  result: string;
  resultHash: string | null;
  seed: number;
  price: Kudos;
  debit: Kudos;
  ownerTrusted: boolean;
  /** Delivered faster than anybody can (horde-rules §7.6). */
  tooFast?: true;
  things: number;
  /** Nobody served for a part of the time since the hand-out: how fast the worker was cannot be told (ADR 0029). */
  interrupted?: true;
  /** What the worker's owner gets, where the policy pays its bridge another amount than the price (design.md §6). */
  reward?: Kudos;
  /** The team that the worker was in; teams count by what is stamped here (horde-rules §7.9). */
  team?: string;
  /** The name of the bridge, and what else a text's price depended on besides its tokens, which are its `things`. */
  bridge?: string;
  text?: { validatedBackend: boolean; ownerTrusted: boolean };
  policy: number;
  reference: number;
  submittedAt: string;
  form?: number;
  /** As its hand-out says: `price` and `debit` are 0. */
  selfTest?: true;
  /** As the request says, so that whoever tells its sender needs no other event. */
  webhook?: true;
}>;

/**
 * Of a form that was given back; `final`: for the last time, so that it stays faulted and does not wait again (horde-rules §6.8).
 * `selfTest`: it is not held against the worker, which was trying itself.
 */
interface JobReturned {
  form?: number;
  final?: true;
  selfTest?: true;
  /** Its request had been cancelled before, or it was never told: the worker is not blamed. */
  excused?: true;
  /** The call that it was handed out to ended without its answer: it is nobody's fault, the request's neither. */
  unheard?: true;
}
/** The worker gave up, or its time ran out: the slot goes back to the queue. */
export type JobFaulted = Stored<'JobFaulted.v1', { request: string; job: string; worker: string; faultedAt: string } & JobReturned>;
export type JobExpired = Stored<'JobExpired.v1', { request: string; job: string; worker: string; expiredAt: string } & JobReturned>;

export type RequestCancelled = Stored<'RequestCancelled.v1', { request: string; withdrawn: number; cancelledAt: string }>;
/** Three of its jobs faulted, or nobody knows any more what it asked for: nothing more is handed out (horde-rules §6.8, spec/ledger.md §4.5). */
export type RequestFaulted = Stored<'RequestFaulted.v1', { request: string; withdrawn: number; faultedAt: string; reason?: 'content_lost' }>;
export type RequestExpired = Stored<'RequestExpired.v1', { request: string; withdrawn: number; expiredAt: string }>;
/** Nothing is waiting and nothing pending any more, however it came to that. Always the last event of a request. */
export type RequestCompleted = Stored<'RequestCompleted.v1', {
  request: string;
  payer: number;
  outcome: 'done' | 'cancelled' | 'faulted' | 'expired';
  /** Every job that was delivered: the authorization closes when all of them are settled (I28). */
  submitted: readonly string[];
  completedAt: string;
  /** Its content was lost: unless something was delivered before, the payer gets back what it cost (spec/ledger.md §4.5). */
  refund?: true;
}>;
/** An authorization whose request never came; takes the request's place so that it can never come late. */
export type RequestAbandoned = Stored<'RequestAbandoned.v1', { request: string; payer: number; abandonedAt: string }>;

export type RequestEvent =
  | RequestAccepted | JobAssigned | JobSubmitted | JobFaulted | JobExpired | JobSettled
  | RequestCancelled | RequestFaulted | RequestExpired | RequestCompleted | RequestAbandoned;

export const REQUEST_EVENT_TYPES = [
  'RequestAccepted.v1', 'JobAssigned.v1', 'JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1', 'JobSettled.v1',
  'RequestCancelled.v1', 'RequestFaulted.v1', 'RequestExpired.v1', 'RequestCompleted.v1', 'RequestAbandoned.v1',
] as const satisfies readonly RequestEvent['type'][];

// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: account-{userId}; KudosGranted.v1 and credits by BalanceAdjusted.v1: grant-{key}
import type { Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { RequestKind } from '../kernel/request-kind.js';
import type { LedgerTransaction } from '../kernel/ledger.js';

export type UserId = number;
/** Decides the floor: 25 kudos for OAuth and operator accounts, 14 for pseudonymous ones (horde-rules §1.1). */
export type AccountClass = 'operator' | 'oauth' | 'pseudonymous';

export type AccountOpened = Stored<'AccountOpened.v1', { user: UserId; accountClass: AccountClass; ledger: LedgerTransaction }>;

export type FundsTransferred = Stored<'FundsTransferred.v1', {
  from: UserId;
  to: UserId;
  amount: Kudos;
  /** Gifts to an education account count as donations (horde-rules §5). */
  booked: 'gifted' | 'donated';
  ledger: LedgerTransaction;
}>;

export type AuthorizationOpened = Stored<'AuthorizationOpened.v1', {
  user: UserId;
  request: string;
  kind: RequestKind;
  jobs: number;
  /** What this request can cost at most: its activation price and every job at its dearest (spec/ledger.md §4.5, Quote). */
  quote: Kudos;
  activation: Kudos;
  /** Set aside until the request ends; one equal part a job, the remainder in the first. */
  hold: Kudos;
  /** Spendable kudos before the activation price, clamped to the cap: what the queue's key starts from (design.md §2.6). */
  priority: Kudos;
  policy: number;
  reference: number;
  openedAt: string;
  ledger?: LedgerTransaction;
}>;

/** Registered payers: in the payer's account stream. Anonymous: in the request's stream, paid by issue:anonymous. */
export type JobSettled = Stored<'JobSettled.v1', {
  request: string;
  job: string;
  kind: RequestKind;
  payer: UserId;
  owner: UserId;
  worker: string;
  model: string;
  /** The job's frozen value V: exactly what the worker's owner is credited (I25). */
  price: Kudos;
  /** What the requester owed: V and the named fees. */
  debit: Kudos;
  /** The part of the debit that the floor forgave. */
  forgiven: Kudos;
  /** The part of the request's hold that this job used up. */
  captured: Kudos;
  /** Split of `price` by the owner's trust when the result was accepted. */
  spendable: Kudos;
  escrow: Kudos;
  /** Pixelsteps or tokens, for records and statistics. */
  things: number;
  settledAt: string;
  policy: number;
  ledger?: LedgerTransaction;
}>;

/** With a `job`: the hold of that form of alchemy (`FormHoldPlaced`), which was given back or never handed out. */
export type HoldReleased = Stored<'HoldReleased.v1', { user: UserId; request: string; amount: Kudos; releasedAt: string; job?: string }>;
/** Set aside at the hand-out of a form, because its worker asked for upfront kudos (horde-rules §3.4). Its settlement captures it. */
export type FormHoldPlaced = Stored<'FormHoldPlaced.v1', { user: UserId; request: string; job: string; amount: Kudos; placedAt: string }>;
export type AuthorizationClosed = Stored<'AuthorizationClosed.v1', {
  user: UserId;
  request: string;
  settled: number;
  /** What was left of the hold. */
  released: Kudos;
  closedAt: string;
}>;
export type TransactionReversed = Stored<'TransactionReversed.v1', { user: UserId; request: string; reason: 'abandoned'; ledger: LedgerTransaction }>;
/** A moderator's correction: a credit in a grant stream, a debit in the account's own. */
export type BalanceAdjusted = Stored<'BalanceAdjusted.v1', { user: UserId; by: UserId | 'system'; ledger: LedgerTransaction }>;

export type AccountEvent =
  | AccountOpened | FundsTransferred | AuthorizationOpened | JobSettled | HoldReleased | FormHoldPlaced | AuthorizationClosed | TransactionReversed | BalanceAdjusted;

export const ACCOUNT_EVENT_TYPES = [
  'AccountOpened.v1', 'FundsTransferred.v1', 'AuthorizationOpened.v1', 'JobSettled.v1', 'HoldReleased.v1', 'FormHoldPlaced.v1', 'AuthorizationClosed.v1',
  'TransactionReversed.v1', 'BalanceAdjusted.v1',
] as const satisfies readonly AccountEvent['type'][];

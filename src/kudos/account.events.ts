// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: account-{userId}; KudosGranted.v1 and credits by BalanceAdjusted.v1: grant-{key}
import type { Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
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
  kind: 'image' | 'text';
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
  kind: 'image' | 'text';
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

export type HoldReleased = Stored<'HoldReleased.v1', { user: UserId; request: string; amount: Kudos; releasedAt: string }>;
export type AuthorizationClosed = Stored<'AuthorizationClosed.v1', {
  user: UserId;
  request: string;
  settled: number;
  /** What was left of the hold. */
  released: Kudos;
  closedAt: string;
}>;
/**
 * A transaction taken back: of a request that never came, or by a moderator. In the stream of the user who loses, or, where nobody
 * loses, of the user who had paid. `ledger.reverses` names what is taken back, at most once.
 */
export type TransactionReversed = Stored<'TransactionReversed.v1', {
  user: UserId;
  reason: 'abandoned' | 'moderator';
  /** Of the transaction that is taken back, if it belongs to one. */
  request?: string;
  job?: string;
  /** The moderator. */
  by?: UserId;
  /** What `user` lost, and what could not be taken without going below the floor; absent in an abandoned one, which takes nothing. */
  taken?: Kudos;
  receivable?: Kudos;
  /** Everything was taken, even below the floor. */
  forced?: true;
  ledger: LedgerTransaction;
}>;
/** Escrow becomes its owner's to spend, once the owner is trusted. */
export type EscrowReleased = Stored<'EscrowReleased.v1', { user: UserId; amount: Kudos; releasedAt: string; ledger: LedgerTransaction }>;
/** What stood above the published cap goes to pool:commons (design.md §6). */
export type CapExcessSwept = Stored<'CapExcessSwept.v1', { user: UserId; amount: Kudos; cap: Kudos; sweptAt: string; ledger: LedgerTransaction }>;
/** The operator's compensation of an error, against suspense:reconciliation; the reference says which one, and makes it happen once. */
export type BalanceReconciled = Stored<'BalanceReconciled.v1', {
  user: UserId;
  by: UserId;
  /** Keyed hash of the operator's reference: references are free text. */
  reference: string;
  /** What could not be taken without going below the floor. */
  receivable: Kudos;
  ledger: LedgerTransaction;
}>;
/** A moderator's correction: a credit in a grant stream, a debit in the account's own. */
export type BalanceAdjusted = Stored<'BalanceAdjusted.v1', { user: UserId; by: UserId | 'system'; ledger: LedgerTransaction }>;

export type AccountEvent =
  | AccountOpened | FundsTransferred | AuthorizationOpened | JobSettled | HoldReleased | AuthorizationClosed | TransactionReversed | BalanceAdjusted
  | EscrowReleased | CapExcessSwept | BalanceReconciled;

export const ACCOUNT_EVENT_TYPES = [
  'AccountOpened.v1', 'FundsTransferred.v1', 'AuthorizationOpened.v1', 'JobSettled.v1', 'HoldReleased.v1', 'AuthorizationClosed.v1',
  'TransactionReversed.v1', 'BalanceAdjusted.v1', 'EscrowReleased.v1', 'CapExcessSwept.v1', 'BalanceReconciled.v1',
] as const satisfies readonly AccountEvent['type'][];

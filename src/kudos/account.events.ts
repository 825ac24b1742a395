// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: account-{userId}; credits by BalanceAdjusted.v1: grant-{key}
import type { Personal, Stored } from '../kernel/event.js';
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
  /** Sent to one of `to`'s shared keys: what the key may spend grows as much (horde-rules §5). */
  sharedKey?: string;
  /** The bulk call that it was part of, its place in the list, and the list's fingerprint: the same key with another one is a conflict (I9). */
  bulk?: { call: string; place: number; list: string };
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
  /** Asked for with a shared key. `reserved` is the quote, 0 if the key has no limit; the activation price is used of it at once. */
  sharedKey?: { key: string; reserved: Kudos };
  openedAt: string;
  /** Somebody else's style is used. `reward` is what the payer really gave for it: it waits at burn:style for the first settlement. */
  style?: { style: string; owner: UserId; reward: Kudos };
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
  /** The team that the worker was in; teams count by what is stamped here (horde-rules §7.9). */
  team?: string;
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
  /** What the key has used up by it (the debit), and how much of that had been reserved of its budget. */
  sharedKey?: { key: string; consumed: Kudos; reserved: Kudos };
  policy: number;
  /** Only in the first settlement of a request: what the owner of its style gets of the activation price (horde-rules §2.9). */
  style?: { style: string; owner: UserId; reward: Kudos };
  /** A worker tested itself with a request of its owner: nobody paid, and it counts for nothing. */
  selfTest?: true;
  ledger?: LedgerTransaction;
}>;

/** With a `job`: the hold of that form of alchemy (`FormHoldPlaced`), which was given back or never handed out. */
export type HoldReleased = Stored<'HoldReleased.v1', {
  user: UserId;
  request: string;
  /** Of the hold; 0 when only the budget of a shared key gets something back. */
  amount: Kudos;
  sharedKey?: { key: string; released: Kudos };
  releasedAt: string;
  job?: string;
}>;
/** Set aside at the hand-out of a form, because its worker asked for upfront kudos (horde-rules §3.4). Its settlement captures it. */
export type FormHoldPlaced = Stored<'FormHoldPlaced.v1', { user: UserId; request: string; job: string; amount: Kudos; placedAt: string }>;
export type AuthorizationClosed = Stored<'AuthorizationClosed.v1', {
  user: UserId;
  request: string;
  settled: number;
  /** What was left of the hold. */
  released: Kudos;
  /** What was left of the reservation; and the activation price, if it was taken back because the request never came. */
  sharedKey?: { key: string; released: Kudos; returned: Kudos };
  closedAt: string;
}>;
/**
 * A transaction taken back: of a request that never came, or by a moderator. In the stream of the user who loses, or, where nobody
 * loses, of the user who had paid. `ledger.reverses` names what is taken back, at most once.
 */
export type TransactionReversed = Stored<'TransactionReversed.v1', {
  user: UserId;
  reason: 'abandoned' | 'content_lost' | 'moderator';
  /** Of the transaction that is taken back, if it belongs to one. */
  request?: string;
  job?: string;
  /** The moderator. */
  by?: UserId;
  /** What `user` lost, and what could not be taken without going below the floor; absent where a request's price is given back, which takes nothing. */
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
/**
 * The account that thanks for donations repays what a grant has issued, from what it had when it came to it (spec/ledger.md §4.5).
 * Decided once for each grant; what it had not is the shortfall. Without a `ledger` it had nothing.
 */
export type DonationOffset = Stored<'DonationOffset.v1', {
  user: UserId;
  /** The stream's key of the grant, and what it issued. */
  grant: string;
  /** `yyyymm` in which it was issued. */
  month: string;
  amount: Kudos;
  repaid: Kudos;
  shortfall: Kudos;
  offsetAt: string;
  policy: number;
  ledger?: LedgerTransaction;
}>;

/** −1 is no limit, 0 allows nothing (horde-rules §1.10). */
export interface SharedKeyLimits {
  readonly maxImagePixels: number;
  readonly maxImageSteps: number;
  readonly maxTextTokens: number;
}
/** `key` names a shared key in events: the keyed hash of its id, for whoever knows the id may spend what the key may. */
export type SharedKeyCreated = Stored<'SharedKeyCreated.v1', {
  user: UserId;
  key: string;
  id: Personal;
  name: Personal | null;
  /** What may be asked for with it; null is no limit. */
  budget: Kudos | null;
  expiresAt: string | null;
  limits: SharedKeyLimits;
  createdAt: string;
}>;
/** Only what has changed. */
export type SharedKeyChanged = Stored<'SharedKeyChanged.v1', {
  user: UserId;
  key: string;
  name?: Personal;
  /**
   * What may be asked for from now on. Requests admitted before keep their promise and no longer count against it;
   * `credited` of the kudos that were ever sent to the key are no longer counted either.
   */
  budget?: { amount: Kudos | null; credited: Kudos };
  expiresAt?: string | null;
  limits?: SharedKeyLimits;
  changedAt: string;
}>;
export type SharedKeyDeleted = Stored<'SharedKeyDeleted.v1', { user: UserId; key: string; deletedAt: string }>;

export type AccountEvent =
  | AccountOpened | FundsTransferred | AuthorizationOpened | JobSettled | HoldReleased | FormHoldPlaced | AuthorizationClosed | TransactionReversed | BalanceAdjusted
  | DonationOffset | SharedKeyCreated | SharedKeyChanged | SharedKeyDeleted | EscrowReleased | CapExcessSwept | BalanceReconciled;

export const ACCOUNT_EVENT_TYPES = [
  'DonationOffset.v1',
  'AccountOpened.v1', 'FundsTransferred.v1', 'AuthorizationOpened.v1', 'JobSettled.v1', 'HoldReleased.v1', 'FormHoldPlaced.v1', 'AuthorizationClosed.v1',
  'TransactionReversed.v1', 'BalanceAdjusted.v1', 'SharedKeyCreated.v1', 'SharedKeyChanged.v1', 'SharedKeyDeleted.v1',
  'EscrowReleased.v1', 'CapExcessSwept.v1', 'BalanceReconciled.v1',
] as const satisfies readonly AccountEvent['type'][];

import { centikudos, type Kudos } from './kudos.js';

/** Why supply is created; the balance of `issue:{reason}` is the statistic (spec/ledger.md §4.1). */
export type IssueReason =
  | 'uptime' | 'award' | 'monthly' | 'rating' | 'style' | 'adjustment' | 'floor' | 'opening' | 'anonymous' | 'makeup';
/** Why supply disappears. */
export type BurnReason = 'activation' | 'settlement' | 'alchemy' | 'adjustment' | 'overflow' | 'style';

export type SystemAccount = `issue:${IssueReason}` | `burn:${BurnReason}` | 'suspense:reconciliation' | 'pool:commons';
export type UserAccount = `user:${number}:spendable` | `user:${number}:escrow`;
export type AccountName = SystemAccount | UserAccount;

export type TransactionKind =
  | 'opening' | 'transfer' | 'activation' | 'generation' | 'evaluation_promotion' | 'uptime_reward' | 'award' | 'monthly'
  | 'rating' | 'monthly_offset' | 'admin_adjustment' | 'overflow' | 'reversal' | 'reconciliation';

export interface Posting {
  readonly account: AccountName;
  /** Centikudos, signed: negative leaves the account. */
  readonly amount: Kudos;
}

/** The `ledger` block of an event that moves value: one whole, balanced transaction (spec/ledger.md §4.4). */
export interface LedgerTransaction {
  readonly txId: string;
  readonly kind: TransactionKind;
  /** ISO 8601 UTC; used by reports only, the log's order decides everything else. */
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
  /** Version of the adopted policy that the amounts come from. */
  readonly policy: number;
  /** txId of the transaction that this one takes back. */
  readonly reverses: string | null;
}

export interface TransactionHeader {
  readonly txId: string;
  readonly kind: TransactionKind;
  readonly effectiveAt: string;
  readonly policy: number;
  readonly reverses?: string;
}

export const spendable = (user: number): UserAccount => `user:${user}:spendable`;
export const escrow = (user: number): UserAccount => `user:${user}:escrow`;
export const posting = (account: AccountName, amount: number): Posting => ({ account, amount: centikudos(amount) });

export const POSTINGS_MAX = 64;

/**
 * Builds a transaction. Legs of one account are merged and zero legs dropped; what is left must sum to zero and have two
 * postings at least. Throws otherwise: an unbalanced transaction is a bug, never a refusal (I1).
 */
export const balanced = (header: TransactionHeader, legs: readonly Posting[]): LedgerTransaction => {
  const transaction = balancedOrNothing(header, legs);
  if (!transaction) throw new Error(`transaction ${header.txId} moves nothing`);
  return transaction;
};

/** As `balanced`, but `undefined` when every leg is zero: the event is then stored without a `ledger` block. */
export const balancedOrNothing = (header: TransactionHeader, legs: readonly Posting[]): LedgerTransaction | undefined => {
  const sums = new Map<AccountName, number>();
  for (const { account, amount } of legs) sums.set(account, (sums.get(account) ?? 0) + amount);
  const postings = [...sums].filter(([, amount]) => amount !== 0).map(([account, amount]) => posting(account, amount));
  if (postings.length === 0) return undefined;
  const { reverses = null, ...rest } = header;
  const transaction = { ...rest, postings, reverses };
  const fault = faultOf(transaction);
  if (fault) throw new Error(`transaction ${header.txId} ${fault}`);
  return transaction;
};

/** What is wrong with a transaction read from anywhere, or undefined. Used at construction, projection and audit (I1). */
export const faultOf = ({ postings }: Pick<LedgerTransaction, 'postings'>): string | undefined => {
  if (postings.length < 2) return 'has fewer than two postings';
  if (postings.length > POSTINGS_MAX) return `has more than ${POSTINGS_MAX} postings`;
  let sum = 0;
  for (const { account, amount } of postings) {
    if (!Number.isSafeInteger(amount)) return `moves ${String(amount)} at ${account}, which is not whole centikudos`;
    if (amount === 0) return `has a zero posting at ${account}`;
    sum += amount;
    if (!Number.isSafeInteger(sum)) return 'moves more than can be added up exactly';
  }
  return sum === 0 ? undefined : `does not balance: its postings sum to ${sum}`;
};

/** The user and pocket of a user account, or undefined for a system account. */
export const userOf = (account: string): { readonly user: number; readonly pocket: 'spendable' | 'escrow' } | undefined => {
  const match = /^user:(\d+):(spendable|escrow)$/.exec(account);
  return match ? { user: Number(match[1]), pocket: match[2] as 'spendable' | 'escrow' } : undefined;
};

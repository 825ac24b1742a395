import { centikudos, NO_KUDOS, type Kudos } from '../../src/kernel/kudos.js';
import { userOf, type Posting, type TransactionKind } from '../../src/kernel/ledger.js';
import { firstOf, ms, num, rowsOf, text, textOrNull, type Queries, type Row } from '../rows.js';
import { postingsFromText } from './postings.js';

/** A transaction as the index knows it. Amounts in centikudos, times in ms since 1970. */
export interface IndexedTransaction {
  readonly txId: string;
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly kind: TransactionKind;
  readonly eventId: string;
  readonly eventType: string;
  readonly effectiveAt: number;
  readonly reverses: string | null;
  readonly request: string | null;
  readonly job: string | null;
  readonly postings: readonly Posting[];
  /** What a reversal or a compensation could not take; null of every other kind. */
  readonly receivable: Kudos | null;
  readonly idem: string | null;
}

export interface StatementEntry extends Omit<IndexedTransaction, 'postings'> {
  readonly spendable: Kudos;
  readonly escrow: Kudos;
  readonly spendableAfter: Kudos;
  readonly escrowAfter: Kudos;
  /** The other side: postings of everybody else, system accounts included. */
  readonly counterparties: readonly Posting[];
}

export const STATEMENT_LIMIT_MAX = 1_000;

/** Entries of one user, oldest first, after a log position (−1: from the start). The next page goes on after the last position. */
export const statementPage = async (db: Queries, user: number, { after, limit }: { after: number; limit: number }): Promise<StatementEntry[]> => {
  const rows = await rowsOf(db, `
    SELECT e.spendable, e.escrow, e.spendable_after, e.escrow_after, t.* FROM rm.entry e JOIN rm.transaction t ON t.tx_id = e.tx_id
    WHERE e.user_id = $1 AND e.position > $2 ORDER BY e.position LIMIT $3`, [user, after, Math.min(limit, STATEMENT_LIMIT_MAX)]);
  return rows.map((row) => {
    const { postings, ...transaction } = transactionOf(row);
    return {
      ...transaction, spendable: money(row['spendable']), escrow: money(row['escrow']),
      spendableAfter: money(row['spendable_after']), escrowAfter: money(row['escrow_after']),
      counterparties: postings.filter(({ account }) => userOf(account)?.user !== user),
    };
  });
};

/** Both pockets of a user right after the event at `position`, or after the last one before it. */
export const balanceAt = async (db: Queries, user: number, position: number): Promise<{ spendable: Kudos; escrow: Kudos }> => {
  const row = await firstOf(db, `SELECT spendable_after, escrow_after FROM rm.entry
    WHERE user_id = $1 AND position <= $2 ORDER BY position DESC LIMIT 1`, [user, position]);
  return row ? { spendable: money(row['spendable_after']), escrow: money(row['escrow_after']) } : { spendable: NO_KUDOS, escrow: NO_KUDOS };
};

/** The transaction that has this id, or undefined: what answers a repeated Idempotency-Key (spec/ledger.md §4.7). */
export const transactionById = async (db: Queries, txId: string): Promise<IndexedTransaction | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.transaction WHERE tx_id = $1', [txId], 'statement.by-tx');
  return row && transactionOf(row);
};

/** What took this transaction back, or undefined. */
export const reversalOf = async (db: Queries, txId: string): Promise<IndexedTransaction | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.transaction WHERE reverses = $1', [txId]);
  return row && transactionOf(row);
};

/** The reversal that was asked for with a key of this keyed hash, or undefined. */
export const reversalByKey = async (db: Queries, idem: string): Promise<IndexedTransaction | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.transaction WHERE idem = $1 ORDER BY position LIMIT 1', [idem]);
  return row && transactionOf(row);
};

export interface IndexedTransfer {
  readonly payer: number;
  readonly to: number;
  readonly amount: Kudos;
  /** The recipient's shared key that it was for. */
  readonly sharedKey?: string;
  /** Fingerprint of the list of the bulk call that it was part of. */
  readonly bulkList?: string;
  /** Revision in the payer's account stream. */
  readonly revision: number;
  readonly position: number;
}

/** The transfers that have these ids; one that is not there is unknown, or the id of a transaction of another kind. */
export const transfersById = async (db: Queries, txIds: readonly string[]): Promise<Map<string, IndexedTransfer>> => {
  const rows = await rowsOf(db, "SELECT * FROM rm.transaction WHERE tx_id = ANY($1::uuid[]) AND kind = 'transfer'", [txIds], 'statement.transfers');
  return new Map(rows.map((row) => [text(row['tx_id']), transferOf(row)]));
};

const transferOf = (row: Row): IndexedTransfer => {
  const { txId, postings, revision, position } = transactionOf(row);
  const taken = postings.find(({ amount }) => amount < 0);
  const given = postings.find(({ amount }) => amount > 0);
  const [payer, to] = [taken && userOf(taken.account), given && userOf(given.account)];
  if (!payer || !to) throw new Error(`transfer ${txId} is not between two users`);
  const [sharedKey, bulkList] = [textOrNull(row['shared_key']), textOrNull(row['bulk_list'])];
  return {
    payer: payer.user, to: to.user, amount: given!.amount, revision, position,
    ...(sharedKey === null ? {} : { sharedKey }), ...(bulkList === null ? {} : { bulkList }),
  };
};

/** Transfers from an ISO time on, oldest first: a node starts the cool-down of gifts from them (horde-rules §5). */
export const giftsSince = async (db: Queries, effectiveAt: string): Promise<{ from: number; to: number; at: string }[]> => {
  const rows = await rowsOf(db, `SELECT effective_at, postings FROM rm.transaction
    WHERE kind = 'transfer' AND effective_at >= $1 ORDER BY position`, [effectiveAt]);
  return rows.flatMap((row) => {
    const postings = postingsFromText(text(row['postings']));
    const [from, to] = [postings.find(({ amount }) => amount < 0), postings.find(({ amount }) => amount > 0)].map((leg) => leg && userOf(leg.account)?.user);
    return from === undefined || to === undefined ? [] : [{ from, to, at: new Date(ms(row['effective_at'])).toISOString() }];
  });
};
/** The last revision of a user's account stream that the index has seen; −1 when none. */
export const lastIndexedRevision = async (db: Queries, user: number): Promise<number> => {
  const row = await firstOf(db, 'SELECT account_revision FROM rm.statement_head WHERE user_id = $1', [user], 'statement.head');
  return row ? num(row['account_revision']) : -1;
};

const money = (value: unknown): Kudos => centikudos(num(value));

const transactionOf = (row: Row): IndexedTransaction => ({
  txId: text(row['tx_id']), position: num(row['position']), stream: text(row['stream']), revision: num(row['revision']),
  kind: row['kind'] as TransactionKind, eventId: text(row['event_id']), eventType: text(row['event_type']), effectiveAt: ms(row['effective_at']),
  reverses: textOrNull(row['reverses']), request: textOrNull(row['request']), job: textOrNull(row['job']), postings: postingsFromText(text(row['postings'])),
  receivable: row['receivable'] === null ? null : money(row['receivable']), idem: textOrNull(row['idem']),
});

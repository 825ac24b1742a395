import { categoryOf, idOf, ledgerOf, type Recorded } from '../../src/kernel/event.js';
import { userOf, type LedgerTransaction, type TransactionKind } from '../../src/kernel/ledger.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import { numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';
import { postingsToText } from './postings.js';

/** Every transaction once, and an entry with the balance after it for each user that it touched. */
export const statement: Projection = {
  name: 'statement',
  version: 4,
  schema: schemaBeside(import.meta.url),
  tables: ['transaction', 'entry', 'statement_head'],
  handles: () => true, // any event may carry a ledger block, and every event of an account moves its last indexed revision
  project: (events) => {
    const batch = new Batch();
    for (const event of events) batch.add(event);
    return batch.statements();
  },
};

/** What one transaction did to one user. */
interface Entry {
  readonly user: number;
  readonly position: number;
  readonly txId: string;
  spendable: number;
  escrow: number;
  /** Since the beginning of the batch; the balance before that is added in SQL. */
  spendableSoFar: number;
  escrowSoFar: number;
}
interface Head {
  spendable: number;
  escrow: number;
  accountRevision: number;
}

class Batch {
  private readonly transactions: { event: Recorded; ledger: LedgerTransaction }[] = [];
  private readonly entries: Entry[] = [];
  private readonly heads = new Map<number, Head>();

  add(event: Recorded): void {
    if (categoryOf(event.stream) === 'account') this.head(Number(idOf(event.stream))).accountRevision = event.revision;
    const ledger = ledgerOf(event);
    if (!ledger) return;
    this.transactions.push({ event, ledger });
    const touched: Entry[] = [];
    for (const { account, amount } of ledger.postings) {
      const owner = userOf(account);
      if (!owner) continue;
      let entry = touched.find(({ user }) => user === owner.user);
      if (!entry) {
        entry = { user: owner.user, position: event.position, txId: ledger.txId, spendable: 0, escrow: 0, spendableSoFar: 0, escrowSoFar: 0 };
        touched.push(entry);
      }
      entry[owner.pocket] += amount;
    }
    for (const entry of touched) this.enter(entry);
  }

  private enter(entry: Entry): void {
    const head = this.head(entry.user);
    entry.spendableSoFar = head.spendable += entry.spendable;
    entry.escrowSoFar = head.escrow += entry.escrow;
    this.entries.push(entry);
  }

  private head(user: number): Head {
    let head = this.heads.get(user);
    if (!head) this.heads.set(user, (head = { spendable: 0, escrow: 0, accountRevision: NEVER_WRITTEN }));
    return head;
  }

  statements(): Statement[] {
    const { transactions, entries, heads } = this;
    return [
      ...(transactions.length > 0 ? [{ text: INSERT_TRANSACTIONS, values: transactionColumns(transactions) }] : []),
      ...(entries.length > 0 ? [{ text: INSERT_ENTRIES, values: entryColumns(entries) }] : []),
      ...(heads.size > 0 ? [{ text: UPSERT_HEADS, values: headColumns(heads) }] : []),
    ];
  }
}
const NEVER_WRITTEN = -1;

const INSERT_TRANSACTIONS = `
INSERT INTO rm.transaction (tx_id, position, stream, revision, kind, event_id, event_type, effective_at, reverses, request, job, postings,
  receivable, idem, shared_key, bulk_list)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::int[], $5::text[], $6::uuid[], $7::text[], $8::timestamptz[], $9::uuid[],
  $10::uuid[], $11::uuid[], $12::text[], $13::bigint[], $14::text[], $15::text[], $16::text[])`;

const INSERT_ENTRIES = `
INSERT INTO rm.entry (user_id, position, tx_id, spendable, escrow, spendable_after, escrow_after)
SELECT n.user_id, n.position, n.tx_id, n.spendable, n.escrow, coalesce(h.spendable, 0) + n.spendable_so_far, coalesce(h.escrow, 0) + n.escrow_so_far
FROM unnest($1::int[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
  AS n (user_id, position, tx_id, spendable, escrow, spendable_so_far, escrow_so_far)
LEFT JOIN rm.statement_head h ON h.user_id = n.user_id`;

const UPSERT_HEADS = `
INSERT INTO rm.statement_head AS h (user_id, spendable, escrow, account_revision)
SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[])
ON CONFLICT (user_id) DO UPDATE SET spendable = h.spendable + excluded.spendable, escrow = h.escrow + excluded.escrow,
  account_revision = greatest(h.account_revision, excluded.account_revision)`;

const transactionColumns = (rows: readonly { event: Recorded; ledger: LedgerTransaction }[]): unknown[] => {
  const about = rows.map(({ event }) => event.data as { request?: string; job?: string; receivable?: number; sharedKey?: unknown; bulk?: { list: string } });
  return [
    plain(rows.map(({ ledger }) => ledger.txId)), numbers(rows.map(({ event }) => event.position)),
    texts(rows.map(({ event }) => event.stream)), numbers(rows.map(({ event }) => event.revision)),
    plain(rows.map(({ ledger }) => ledger.kind)), plain(rows.map(({ event }) => event.id)), plain(rows.map(({ event }) => event.type)),
    plain(rows.map(({ ledger }) => ledger.effectiveAt)), plain(rows.map(({ ledger }) => ledger.reverses)),
    plain(about.map(({ request }) => request ?? null)), plain(about.map(({ job }) => job ?? null)),
    texts(rows.map(({ ledger }) => postingsToText(ledger.postings))), numbers(about.map(({ receivable }) => receivable ?? null)),
    plain(rows.map(({ event, ledger }) => (BY_KEY.has(ledger.kind) ? (event.metadata.idem?.key ?? null) : null))),
    plain(about.map(({ sharedKey }) => (typeof sharedKey === 'string' ? sharedKey : null))), plain(about.map(({ bulk }) => bulk?.list ?? null)),
  ];
};

/** Kinds whose Idempotency-Key does not make their id, or not all of what was asked with it, so that it has to be looked up. */
const BY_KEY: ReadonlySet<string> = new Set<TransactionKind>(['reversal', 'admin_adjustment']);

const entryColumns = (rows: readonly Entry[]): unknown[] => [
  numbers(rows.map(({ user }) => user)), numbers(rows.map(({ position }) => position)), plain(rows.map(({ txId }) => txId)),
  numbers(rows.map(({ spendable }) => spendable)), numbers(rows.map(({ escrow }) => escrow)),
  numbers(rows.map(({ spendableSoFar }) => spendableSoFar)), numbers(rows.map(({ escrowSoFar }) => escrowSoFar)),
];

const headColumns = (heads: ReadonlyMap<number, Head>): unknown[] => {
  const rows = [...heads.values()];
  return [
    numbers([...heads.keys()]), numbers(rows.map(({ spendable }) => spendable)), numbers(rows.map(({ escrow }) => escrow)),
    numbers(rows.map(({ accountRevision }) => accountRevision)),
  ];
};

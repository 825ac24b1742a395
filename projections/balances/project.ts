import { ledgerOf, type Recorded } from '../../src/kernel/event.js';
import { faultOf, userOf, type LedgerTransaction, type TransactionKind } from '../../src/kernel/ledger.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { AccountEvent, AccountClass } from '../../src/kudos/account.events.js';
import { numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

/** Every event with a `ledger` block moves balances, whatever its type: this is the only place that says how. */
export const balances: Projection = {
  name: 'balances',
  version: 3,
  schema: schemaBeside(import.meta.url),
  tables: ['balance', 'system_account'],
  handles: () => true,
  project: (events) => {
    const batch = new Batch();
    for (const event of events) batch.add(event as Recorded<AccountEvent>);
    return [...userStatements(batch.users), ...systemStatements(batch.system)];
  },
};

/** The members of the API's `kudos_details` (horde-api C4.0), and the opening grant, which it does not show. */
const DETAILS = ['opening', 'accumulated', 'gifted', 'donated', 'received', 'admin', 'recurring', 'awarded', 'styled'] as const;
type Detail = (typeof DETAILS)[number];

/** Where a change of the spendable balance is explained (horde-rules §11.9); transfers are told apart by their event. */
const DETAIL_OF: Readonly<Record<Exclude<TransactionKind, 'transfer'>, Detail>> = {
  opening: 'opening', activation: 'accumulated', generation: 'accumulated', evaluation_promotion: 'accumulated',
  uptime_reward: 'accumulated', overflow: 'accumulated', reversal: 'accumulated', award: 'awarded', rating: 'awarded',
  monthly: 'recurring', monthly_offset: 'recurring', admin_adjustment: 'admin', reconciliation: 'admin',
};

class Change {
  spendable = 0;
  escrow = 0;
  elsewhereSpendable = 0;
  elsewhereEscrow = 0;
  held = 0;
  accountClass: AccountClass | null = null;
  readonly details: Record<Detail, number> = { opening: 0, accumulated: 0, gifted: 0, donated: 0, received: 0, admin: 0, recurring: 0, awarded: 0, styled: 0 };
  readonly ownStream: string;
  constructor(readonly user: number) {
    this.ownStream = `account-${user}`;
  }
}

class Batch {
  readonly users = new Map<number, Change>();
  readonly system = new Map<string, number>();
  /** Account names parsed once a batch. */
  private readonly accounts = new Map<string, { change: Change; pocket: 'spendable' | 'escrow' } | undefined>();

  add(event: Recorded<AccountEvent>): void {
    const ledger = ledgerOf(event);
    if (ledger) this.book(event, ledger);
    switch (event.type) {
      case 'AccountOpened.v1': {
        const { user, accountClass } = event.data as Extract<AccountEvent, { type: 'AccountOpened.v1' }>['data'];
        this.user(user).accountClass = accountClass;
        break;
      }
      case 'AuthorizationOpened.v1': return this.hold(event.data as HoldData, (event.data as { hold: number }).hold);
      case 'JobSettled.v1': {
        const { payer, captured, style } = event.data as Extract<AccountEvent, { type: 'JobSettled.v1' }>['data'];
        if (style) this.explainReward(style);
        return this.hold({ user: payer }, -captured);
      }
      case 'FormHoldPlaced.v1': return this.hold(event.data as HoldData, (event.data as { amount: number }).amount);
      case 'HoldReleased.v1': return this.hold(event.data as HoldData, -(event.data as { amount: number }).amount);
      case 'AuthorizationClosed.v1': return this.hold(event.data as HoldData, -(event.data as { released: number }).released);
      default: // Nothing but its ledger block matters of any other event.
    }
  }

  /** Booked with the job as accumulated; its owner sees what a style has earned by itself. */
  private explainReward({ owner, reward }: { readonly owner: number; readonly reward: number }): void {
    const { details } = this.user(owner);
    details.accumulated -= reward;
    details.styled += reward;
  }

  private hold({ user }: HoldData, amount: number): void {
    if (amount !== 0) this.user(user).held += amount;
  }

  private book(event: Recorded<AccountEvent>, ledger: LedgerTransaction): void {
    const fault = faultOf(ledger); // I1: an unbalanced transaction in the log stops the projector
    if (fault) throw new Error(`event ${event.revision} of ${event.stream}: transaction ${ledger.txId} ${fault}`);
    for (const { account, amount } of ledger.postings) {
      const place = this.place(account);
      if (!place) {
        this.system.set(account, (this.system.get(account) ?? 0) + amount);
        continue;
      }
      const { change, pocket } = place;
      const elsewhere = amount > 0 && event.stream !== change.ownStream ? amount : 0;
      if (pocket === 'escrow') {
        change.escrow += amount;
        change.elsewhereEscrow += elsewhere;
      } else {
        change.spendable += amount;
        change.elsewhereSpendable += elsewhere;
        change.details[detailOf(event, ledger.kind, amount)] += amount;
      }
    }
  }

  private place(account: string): { change: Change; pocket: 'spendable' | 'escrow' } | undefined {
    if (this.accounts.has(account)) return this.accounts.get(account);
    const owner = userOf(account);
    const place = owner && { change: this.user(owner.user), pocket: owner.pocket };
    this.accounts.set(account, place);
    return place;
  }

  private user(user: number): Change {
    let change = this.users.get(user);
    if (!change) this.users.set(user, (change = new Change(user)));
    return change;
  }
}
interface HoldData {
  readonly user: number;
}

const detailOf = (event: Recorded<AccountEvent>, kind: TransactionKind, amount: number): Detail => {
  // What a moderator takes back is the moderator's act; an abandoned request's price never counted.
  if (kind === 'reversal' && (event.data as { reason?: string }).reason === 'moderator') return 'admin';
  if (kind !== 'transfer') return DETAIL_OF[kind];
  if (amount > 0) return 'received';
  return (event.data as { booked?: 'gifted' | 'donated' }).booked ?? 'gifted';
};

const ADDED = ['spendable', 'escrow', 'credits_elsewhere_spendable', 'credits_elsewhere_escrow', 'held', ...DETAILS] as const;
const UPSERT_BALANCES = `
INSERT INTO rm.balance AS b (user_id, account_class, ${ADDED.join(', ')})
SELECT * FROM unnest($1::int[], $2::text[], ${ADDED.map((_, index) => `$${index + 3}::bigint[]`).join(', ')})
ON CONFLICT (user_id) DO UPDATE SET
  account_class = coalesce(excluded.account_class, b.account_class),
  ${ADDED.map((column) => `${column} = b.${column} + excluded.${column}`).join(', ')}`;

const userStatements = (users: ReadonlyMap<number, Change>): Statement[] => {
  if (users.size === 0) return [];
  const rows = [...users.values()];
  return [{
    text: UPSERT_BALANCES,
    values: [
      numbers(rows.map((row) => row.user)), plain(rows.map((row) => row.accountClass)),
      numbers(rows.map((row) => row.spendable)), numbers(rows.map((row) => row.escrow)),
      numbers(rows.map((row) => row.elsewhereSpendable)), numbers(rows.map((row) => row.elsewhereEscrow)),
      numbers(rows.map((row) => row.held)),
      ...DETAILS.map((detail) => numbers(rows.map((row) => row.details[detail]))),
    ],
  }];
};

const UPSERT_SYSTEM = `
INSERT INTO rm.system_account AS s (account, balance)
SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (account) DO UPDATE SET balance = s.balance + excluded.balance`;

const systemStatements = (system: ReadonlyMap<string, number>): Statement[] =>
  system.size === 0 ? [] : [{ text: UPSERT_SYSTEM, values: [texts([...system.keys()]), numbers([...system.values()])] }];

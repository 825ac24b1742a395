import type { Recorded } from '../kernel/event.js';
import { userOf, type LedgerTransaction, type TransactionKind } from '../kernel/ledger.js';
import type { TransactionReversed } from '../kudos/account.events.js';
import type { Violations } from './violations.js';

/** Whose act it is that a balance decreases; nothing decreases by itself, kudos never expire (I27). */
type Act = 'owner' | 'moderator' | 'cap' | 'trust';

const ACT_OF: Readonly<Partial<Record<TransactionKind, Act>>> = {
  transfer: 'owner', activation: 'owner', generation: 'owner', monthly_offset: 'owner',
  admin_adjustment: 'moderator', reversal: 'moderator', reconciliation: 'moderator',
  overflow: 'cap', evaluation_promotion: 'trust',
};

export interface Decrease {
  readonly act: Act;
  transactions: number;
  /** Centikudos that left the accounts of users; what only changed its pocket included. */
  amount: number;
}

/** Counts what left the accounts of users, by kind, and knows of each whose act it was (I27). */
export class Decreases {
  readonly byKind = new Map<TransactionKind, Decrease>();

  constructor(private readonly violations: Violations) {}

  add(event: Recorded, { kind, postings, txId }: LedgerTransaction): void {
    let amount = 0;
    for (const leg of postings) if (leg.amount < 0 && userOf(leg.account)) amount -= leg.amount;
    if (amount === 0) return;
    const act = ACT_OF[kind];
    if (!act) return this.violations.report('I27', event, `transaction ${txId} is a ${kind}, which takes nothing from anybody, and takes ${amount}`);
    this.checkActor(event);
    const sum = this.byKind.get(kind) ?? { act, transactions: 0, amount: 0 };
    this.byKind.set(kind, { act, transactions: sum.transactions + 1, amount: sum.amount + amount });
  }

  private checkActor({ type, data, ...event }: Recorded): void {
    if (type !== 'TransactionReversed.v1') return;
    const { reason, by } = data as TransactionReversed['data'];
    this.violations.unless(reason === 'moderator' && by !== undefined, 'I27', event, () => 'takes kudos back, and no moderator has');
  }
}

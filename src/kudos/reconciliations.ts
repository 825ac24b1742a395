import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { transactionId } from '../kernel/ids.js';
import { minus, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { spendable } from '../kernel/ledger.js';
import { refusedBy } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { OPERATOR_ID } from '../users/directory.message.js';
import type { BalanceReconciled } from './account.events.js';
import { CompensationParts } from './compensation.js';
import { reconciliationRefusals } from './kudos.refusals.js';
import { LedgerIndex, type IndexedTransaction } from './ledger-index.js';
import { Spending } from './spending.message.js';

export interface ReconciliationAsked {
  readonly apiKey: string;
  readonly account: number;
  /** Centikudos, signed. */
  readonly amount: Kudos;
  /** What it compensates; once for each account. Free text, so only its keyed hash is stored. */
  readonly reference: string;
}
export interface Reconciled {
  readonly transaction: string;
  readonly moved: Kudos;
  readonly receivable: Kudos;
  readonly position: number;
  readonly replayed: boolean;
}

/** The operator's compensations against suspense:reconciliation: how an error in the log is repaired, for nothing there is ever changed. */
@Injectable()
export class Reconciliations {
  constructor(private readonly index: LedgerIndex, private readonly spending: Spending, private readonly parts: CompensationParts) {}

  async reconcile(asked: ReconciliationAsked): Promise<Reconciled> {
    const { directory, ports } = this.parts;
    const caller = await directory.byKey(asked.apiKey);
    if (!caller || caller.id === 0) throw refusedBy(reconciliationRefusals, 'InvalidAPIKey');
    if (caller.id !== OPERATOR_ID) throw refusedBy(reconciliationRefusals, 'NotOperator');
    if (asked.account === 0 || !(await directory.byId(asked.account))) throw refusedBy(reconciliationRefusals, 'UserNotFound');
    const reference = ports.secrets.keyedHash('idempotency', `reconciliation|${asked.reference}`);
    const txId = transactionId('reconciliation', asked.account, reference);
    for (let attempt = 1; attempt <= 2; attempt++) {
      await this.parts.caughtUp(this.index);
      const earlier = await this.index.find(txId);
      if (earlier) return this.#repeated(earlier, asked);
      const done = await this.#once(asked, { txId, reference });
      if (done) return done;
    }
    throw new RetryLater('somebody else is compensating for the same reference');
  }

  /** Undefined when somebody else was faster, or more has happened than the account remembers. */
  async #once({ account, amount }: ReconciliationAsked, { txId, reference }: { txId: string; reference: string }): Promise<Reconciled | undefined> {
    const { ports: { clock, ids }, pricing } = this.parts;
    const indexedThrough = await this.index.indexedThrough(account);
    const outcome = await this.spending.spend(account, (seen) => ({
      type: 'ReconcileBalance', txId, amount, by: OPERATOR_ID, reference, indexedThrough, ...seen, at: iso(clock.now()), policy: pricing.policy.version,
    }), { actor: { kind: 'operator', user: OPERATOR_ID }, correlationId: ids.uuid() });
    if (outcome.outcome === 'refused') {
      if (outcome.rc === 'IndexBehind') return undefined;
      throw refusedBy(reconciliationRefusals, outcome.rc as 'IdempotencyKeyConflict' | 'NothingToReconcile');
    }
    if (outcome.outcome === 'unchanged') return undefined;
    const [event] = outcome.events;
    if (event?.type !== 'BalanceReconciled.v1') throw new Error(`a compensation appended ${String(event?.type)}`);
    const { receivable, ledger } = event.data as BalanceReconciled['data'];
    return { transaction: txId, moved: movedOf(ledger, account), receivable, position: outcome.position, replayed: false };
  }

  #repeated(earlier: IndexedTransaction, { account, amount }: ReconciliationAsked): Reconciled {
    const [moved, receivable] = [movedOf(earlier, account), earlier.receivable ?? NO_KUDOS];
    if (minus(moved, receivable) !== amount) throw refusedBy(reconciliationRefusals, 'IdempotencyKeyConflict');
    return { transaction: earlier.txId, moved, receivable, position: earlier.position, replayed: true };
  }
}

const movedOf = ({ postings }: Pick<IndexedTransaction, 'postings'>, account: number): Kudos => postings.find((leg) => leg.account === spendable(account))?.amount ?? NO_KUDOS;

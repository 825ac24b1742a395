import { reversalId, transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos, NO_KUDOS, type Kudos } from '../../src/kernel/kudos.js';
import { posting, type AccountName, type TransactionKind } from '../../src/kernel/ledger.js';
import type { Original, ReconcileBalance, ReleaseEscrow, ReverseTransaction, SweepExcess } from '../../src/kudos/account.commands.js';
import type { AccountEvent } from '../../src/kudos/account.events.js';
import { AT, INCOME, ME, POLICY } from './an-account.js';

type Legs = readonly (readonly [AccountName, Kudos])[];
const postings = (legs: Legs) => legs.filter(([, amount]) => amount !== 0).map(([name, amount]) => posting(name, amount));
/** Written out by hand, as in an-account.ts. */
const ledger = (txId: string, kind: TransactionKind, { legs, reverses = null }: { legs: Legs; reverses?: string | null }) =>
  ({ txId, kind, effectiveAt: AT, policy: POLICY, postings: postings(legs), reverses });

export const MODERATOR = 1;
/** What was transferred to `ME`, or paid for a job of its worker: written by somebody else. */
export const original = (kind: TransactionKind, legs: Legs, parts: Partial<Original> = {}): Original =>
  ({ txId: 'original', kind, postings: postings(legs), request: null, job: null, ...parts });
export const gift = (amount: Kudos, from = 21): Original => original('transfer', [[`user:${from}:spendable`, centikudos(-amount)], [`user:${ME}:spendable`, amount]]);

export const takeBack = (taken: Original, parts: Partial<ReverseTransaction> = {}): ReverseTransaction => ({
  type: 'ReverseTransaction', original: taken, by: MODERATOR, force: false, escrowElsewhere: NO_KUDOS, indexedThrough: -1, creditsElsewhere: INCOME, creditsComplete: true,
  at: AT, policy: POLICY, ...parts,
});
export const takenBack = (of: Original, legs: Legs, { taken, receivable = NO_KUDOS, forced = false }: { taken: Kudos; receivable?: Kudos; forced?: boolean }): AccountEvent => ({
  type: 'TransactionReversed.v1', data: {
    user: ME, reason: 'moderator', ...(of.request ? { request: of.request } : {}), ...(of.job ? { job: of.job } : {}), by: MODERATOR, taken, receivable,
    ...(forced ? { forced: true as const } : {}), ledger: ledger(reversalId(of.txId), 'reversal', { legs, reverses: of.txId }),
  },
});

export const releaseEscrow = (escrowElsewhere: Kudos): ReleaseEscrow => ({ type: 'ReleaseEscrow', escrowElsewhere, at: AT, policy: POLICY });
/** `revision` of the event itself. */
export const escrowReleased = (amount: Kudos, revision: number): AccountEvent => ({ type: 'EscrowReleased.v1', data: {
  user: ME, amount, releasedAt: AT,
  ledger: ledger(transactionId('escrow-release', ME, revision), 'evaluation_promotion', { legs: [[`user:${ME}:escrow`, centikudos(-amount)], [`user:${ME}:spendable`, amount]] }),
} });

export const CAP = kudos(1_000);
export const sweep = (creditsElsewhere: Kudos, cap = CAP): SweepExcess => ({ type: 'SweepExcess', creditsElsewhere, cap, at: AT, policy: POLICY });
export const swept = (amount: Kudos, revision: number): AccountEvent => ({ type: 'CapExcessSwept.v1', data: {
  user: ME, amount, cap: CAP, sweptAt: AT,
  ledger: ledger(transactionId('cap-sweep', ME, revision), 'overflow', { legs: [[`user:${ME}:spendable`, centikudos(-amount)], ['pool:commons', amount]] }),
} });

export const reconcile = (amount: Kudos, parts: Partial<ReconcileBalance> = {}): ReconcileBalance => ({
  type: 'ReconcileBalance', txId: 'reconcile-1', amount, by: MODERATOR, reference: 'inc-7', indexedThrough: -1, creditsElsewhere: INCOME, creditsComplete: true, at: AT, policy: POLICY, ...parts,
});
export const reconciled = (moved: Kudos, receivable = NO_KUDOS): AccountEvent => ({ type: 'BalanceReconciled.v1', data: {
  user: ME, by: MODERATOR, reference: 'inc-7', receivable,
  ledger: ledger('reconcile-1', 'reconciliation', { legs: [[`user:${ME}:spendable`, moved], ['suspense:reconciliation', centikudos(-moved)]] }),
} });

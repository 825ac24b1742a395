import { accept, refuse, type Decision } from '../kernel/decider.js';
import { minus, most, negated, NO_KUDOS } from '../kernel/kudos.js';
import { balanced, posting, spendable } from '../kernel/ledger.js';
import type { ReconcileBalance } from './account.commands.js';
import type { BalanceReconciled } from './account.events.js';
import { availableOf, type Account } from './account.state.js';

/**
 * The operator compensates an error in what the log says, once for each reference; nothing is ever overwritten. suspense:reconciliation is
 * the other side, and stands at zero when every error has been explained (spec/ledger.md §4.1).
 */
export const reconcileBalance = (command: ReconcileBalance, account: Account): Decision<BalanceReconciled, 'IdempotencyKeyConflict' | 'IndexBehind' | 'CreditsBehind' | 'NothingToReconcile'> => {
  const { txId, amount, by, reference, at, policy } = command;
  const earlier = account.transfers.get(txId);
  if (earlier) return earlier.amount === amount ? accept() : refuse('IdempotencyKeyConflict');
  if (account.forgottenThrough > command.indexedThrough) return refuse('IndexBehind');
  const moved = most(amount, negated(most(NO_KUDOS, availableOf(account, command.creditsElsewhere)))); // takes no more than there is
  if (moved !== amount && !command.creditsComplete) return refuse('CreditsBehind');
  if (moved === 0) return refuse('NothingToReconcile');
  const ledger = balanced(
    { txId, kind: 'reconciliation', effectiveAt: at, policy }, [posting(spendable(account.user), moved), posting('suspense:reconciliation', -moved)],
  );
  return accept({ type: 'BalanceReconciled.v1', data: { user: account.user, by, reference, receivable: minus(moved, amount), ledger } });
};

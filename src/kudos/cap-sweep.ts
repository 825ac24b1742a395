import { accept, type Decision } from '../kernel/decider.js';
import { transactionId } from '../kernel/ids.js';
import { least, minus } from '../kernel/kudos.js';
import { balanced, posting, spendable } from '../kernel/ledger.js';
import type { SweepExcess } from './account.commands.js';
import type { CapExcessSwept } from './account.events.js';
import { availableOf, balanceOf, type Account } from './account.state.js';

/** What stands above the cap, less what is held for requests under way: that is swept, or spent, when they end (spec/ledger.md §4.5, Cap). */
export const sweepExcess = ({ cap, creditsElsewhere, at, policy }: SweepExcess, account: Account): Decision<CapExcessSwept, never> => {
  const { user, revision } = account;
  const amount = least(minus(balanceOf(account, creditsElsewhere), cap), availableOf(account, creditsElsewhere));
  if (amount <= 0) return accept();
  const ledger = balanced(
    { txId: transactionId('cap-sweep', user, revision + 1), kind: 'overflow', effectiveAt: at, policy },
    [posting(spendable(user), -amount), posting('pool:commons', amount)],
  );
  return accept({ type: 'CapExcessSwept.v1', data: { user, amount, cap, sweptAt: at, ledger } });
};

import { accept, type Decision } from '../kernel/decider.js';
import { transactionId } from '../kernel/ids.js';
import { plus } from '../kernel/kudos.js';
import { balanced, escrow, posting, spendable } from '../kernel/ledger.js';
import type { ReleaseEscrow } from './account.commands.js';
import type { EscrowReleased } from './account.events.js';
import type { Account } from './account.state.js';

/**
 * Everything that waits, at once. All decreases of escrow are in this stream and all credits elsewhere only grow, so what is known of
 * them can be too little and never too much (spec/ledger.md §4.5, Trust): asked again, it gives what has come since, and no more.
 */
export const releaseEscrow = ({ escrowElsewhere, at, policy }: ReleaseEscrow, account: Account): Decision<EscrowReleased, never> => {
  const { user, ownEscrow, revision } = account;
  const amount = plus(escrowElsewhere, ownEscrow);
  if (amount <= 0) return accept();
  const ledger = balanced(
    { txId: transactionId('escrow-release', user, revision + 1), kind: 'evaluation_promotion', effectiveAt: at, policy },
    [posting(escrow(user), -amount), posting(spendable(user), amount)],
  );
  return accept({ type: 'EscrowReleased.v1', data: { user, amount, releasedAt: at, ledger } });
};

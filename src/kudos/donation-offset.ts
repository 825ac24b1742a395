import { accept, refuse, type Decision } from '../kernel/decider.js';
import { transactionId } from '../kernel/ids.js';
import { least, minus, most, negated, NO_KUDOS } from '../kernel/kudos.js';
import { balancedOrNothing, posting, spendable } from '../kernel/ledger.js';
import type { OffsetDonation } from './account.commands.js';
import type { DonationOffset } from './account.events.js';
import { availableOf, type Account } from './account.state.js';

/** Once for each grant, on complete knowledge: what was not there then is the published shortfall, and is not asked for again. */
export const offsetDonation = (command: OffsetDonation, account: Account): Decision<DonationOffset, 'CreditsBehind'> => {
  const { grant, month, amount, at, policy } = command;
  if (account.offsets.has(grant)) return accept();
  const repaid = least(amount, most(NO_KUDOS, availableOf(account, command.creditsElsewhere)));
  if (repaid < amount && !command.creditsComplete) return refuse('CreditsBehind');
  const ledger = balancedOrNothing(
    { txId: transactionId('offset', grant), kind: 'monthly_offset', effectiveAt: at, policy },
    [posting(spendable(account.user), negated(repaid)), posting('issue:monthly', repaid)],
  );
  return accept({ type: 'DonationOffset.v1', data: {
    user: account.user, grant, month, amount, repaid, shortfall: minus(amount, repaid), offsetAt: at, policy, ...(ledger ? { ledger } : {}),
  } });
};

import { transactionId } from '../kernel/ids.js';
import { kudos, minus, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { RequestKind } from '../kernel/request-kind.js';
import { balancedOrNothing, escrow, posting, spendable, type LedgerTransaction, type Posting } from '../kernel/ledger.js';

/** What a settlement moves, whoever pays for it. */
export interface Settlement {
  readonly job: string;
  readonly kind: RequestKind;
  readonly owner: number;
  readonly ownerTrusted: boolean;
  readonly price: Kudos;
  /** What the owner gets where that is not the price. */
  readonly reward?: Kudos;
  readonly debit: Kudos;
  readonly at: string;
  readonly policy: number;
  /** What the activation price has set aside for the owner of the request's style. */
  readonly style?: { readonly owner: number; readonly reward: Kudos };
}

/**
 * The whole transaction of one delivered job: the payer owes `debit`, the worker's owner gets exactly `price` (I25), or the
 * `reward` that the policy pays its bridge instead; the difference is burned or made up, and a style's owner gets what the
 * activation set aside. `paid` is what the payer can give; `payer` 0 is anonymous use, paid by issue:anonymous.
 */
export const settlementOf = (settlement: Settlement, payer: number, paid: Kudos): { ledger: LedgerTransaction | undefined; split: { spendable: Kudos; escrow: Kudos } } => {
  const { owner, price, reward = price, debit, job, at, policy, style } = settlement;
  const split = splitByTrust(reward, settlement.ownerTrusted);
  const legs: Posting[] = [
    payer === 0 ? posting('issue:anonymous', -paid) : posting(spendable(payer), -paid),
    posting('issue:floor', -(debit - paid)),
    posting(spendable(owner), split.spendable),
    posting(escrow(owner), split.escrow),
    debit >= reward ? posting(settlement.kind === 'alchemy' ? 'burn:alchemy' : 'burn:settlement', debit - reward) : posting('issue:makeup', debit - reward),
    ...(style ? [posting('burn:style', -style.reward), posting(spendable(style.owner), style.reward)] : []),
  ];
  const ledger = balancedOrNothing({ txId: transactionId('job', job), kind: 'generation', effectiveAt: at, policy }, legs);
  return { ledger, split };
};

/** horde-rules §1.8: half of an untrusted owner's reward waits in escrow. */
const splitByTrust = (price: Kudos, trusted: boolean): { spendable: Kudos; escrow: Kudos } => {
  const waiting = trusted ? NO_KUDOS : kudos(price / 200);
  return { spendable: minus(price, waiting), escrow: waiting };
};

import { accept, refuse, type Decision } from '../kernel/decider.js';
import { reversalId } from '../kernel/ids.js';
import { centikudos, least, minus, most, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { balancedOrNothing, escrow, posting, spendable, userOf, type Posting, type TransactionKind } from '../kernel/ledger.js';
import type { Original, ReverseTransaction } from './account.commands.js';
import type { TransactionReversed } from './account.events.js';
import { availableOf, type Account } from './account.state.js';

export type ReversalRc = 'TransactionIrreversible' | 'TransactionAlreadyReversed' | 'TransactionUnfinished' | 'NothingToReverse';

/** Which transactions a moderator can take back. Every kind is named, so that a new one has to be thought about. */
export const REVERSIBLE: Readonly<Record<TransactionKind, boolean>> = {
  transfer: true, generation: true, activation: true, uptime_reward: true, award: true, rating: true, admin_adjustment: true,
  opening: false, // the floor, which nobody can take
  evaluation_promotion: false, // the owner's own money changed its pocket; trust itself can be revoked
  overflow: false, // the cap would take it again
  monthly: false, // may have been repaid by the account that thanks for donations: what is taken back would be repaid twice
  monthly_offset: false, // repays what was issued: there is nobody to give it back to
  reversal: false, // a second time is a transaction of its own
  reconciliation: false, // likewise
};

/**
 * Whose stream a reversal belongs to: the one user who had got something, or, if nobody had, the one who had paid. Undefined where
 * two would lose, because one event can decrease one account only (R1), and where no user is part of it.
 */
export const reversalAccountOf = ({ postings }: Pick<Original, 'postings'>): number | undefined => {
  const users = (legs: readonly Posting[]): number[] => [...new Set(legs.flatMap(({ account }) => userOf(account)?.user ?? []))];
  const winners = users(postings.filter(({ amount }) => amount > 0));
  const [account, another] = winners.length > 0 ? winners : users(postings);
  return another === undefined ? account : undefined;
};

/** Takes a transaction back, once. What the loser has spent since stays a receivable, unless an admin forces the account below its floor. */
export const reverse = (command: ReverseTransaction, account: Account): Decision<TransactionReversed, ReversalRc | 'IndexBehind' | 'CreditsBehind'> => {
  const { original, by, force, at, policy } = command;
  const txId = reversalId(original.txId);
  const rc = reversalRefusal(command, account, txId);
  if (rc) return refuse(rc);
  const { taken, receivable, legs } = legsOf(command, account);
  if (receivable > 0 && !command.creditsComplete) return refuse('CreditsBehind');
  const ledger = balancedOrNothing({ txId, kind: 'reversal', effectiveAt: at, policy, reverses: original.txId }, legs);
  if (!ledger || (taken === 0 && receivable > 0)) return refuse('NothingToReverse');
  return accept({ type: 'TransactionReversed.v1', data: {
    user: account.user, reason: 'moderator', ...workOf(original), by, taken, receivable, ...(force ? { forced: true as const } : {}), ledger,
  } });
};

const workOf = ({ request, job }: Original): { request?: string; job?: string } => ({ ...(request ? { request } : {}), ...(job ? { job } : {}) });

const reversalRefusal = ({ original, indexedThrough }: ReverseTransaction, account: Account, txId: string): ReversalRc | 'IndexBehind' | undefined => {
  if (account.transfers.has(txId)) return 'TransactionAlreadyReversed';
  if (account.forgottenThrough > indexedThrough) return 'IndexBehind';
  if (!REVERSIBLE[original.kind] || reversalAccountOf(original) !== account.user) return 'TransactionIrreversible';
  // Its request may still be abandoned, which gives the price back as well.
  const isOpen = [...account.authorizations.values()].some(({ activationTx }) => activationTx === original.txId);
  return isOpen ? 'TransactionUnfinished' : undefined;
};

/**
 * Escrow is taken first where the kudos still wait; what has been released since comes from what can be spent. Fees come back whole, but for
 * what was set aside for the owner of a style: the first job of the request has passed that on, if there was one.
 */
const legsOf = ({ original, force, creditsElsewhere, escrowElsewhere }: ReverseTransaction, account: Account): { taken: Kudos; receivable: Kudos; legs: Posting[] } => {
  const won = original.postings.filter(({ amount }) => amount > 0);
  const wonBy = (pocket: 'spendable' | 'escrow'): Kudos => plus(...won.filter((leg) => userOf(leg.account)?.pocket === pocket).map(({ amount }) => amount));
  const fromEscrow = least(wonBy('escrow'), most(NO_KUDOS, plus(escrowElsewhere, account.ownEscrow)));
  const rest = minus(plus(wonBy('spendable'), wonBy('escrow')), fromEscrow);
  const fromSpendable = force ? rest : least(rest, most(NO_KUDOS, availableOf(account, creditsElsewhere)));
  const burned = won.filter((leg) => !userOf(leg.account) && leg.account !== 'burn:style');
  const legs = [
    posting(escrow(account.user), -fromEscrow), posting(spendable(account.user), -fromSpendable),
    ...burned.map(({ account: name, amount }) => posting(name, -amount)),
  ];
  const back = -legs.reduce((sum, { amount }) => sum + amount, 0);
  return { taken: plus(fromEscrow, fromSpendable), receivable: minus(rest, fromSpendable), legs: [...legs, ...returned(original, back)] };
};

/** Users who had paid come before what had been issued. */
const returned = ({ postings }: Original, amount: number): Posting[] => {
  const paid = postings.filter((leg) => leg.amount < 0);
  const inTurn = [...paid.filter((leg) => userOf(leg.account)), ...paid.filter((leg) => !userOf(leg.account))];
  let left = amount;
  return inTurn.map((leg) => {
    const back = least(centikudos(left), centikudos(-leg.amount));
    left -= back;
    return posting(leg.account, back);
  });
};

import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import { transactionId } from '../kernel/ids.js';
import { plus, type Kudos } from '../kernel/kudos.js';
import { balanced, balancedOrNothing, posting, spendable, type IssueReason } from '../kernel/ledger.js';
import { unreachable } from '../kernel/unreachable.js';
import type { BalanceAdjusted, UserId } from './account.events.js';
import type { KudosGranted, MonthOfThanks, RatingGiven } from './grant.events.js';

/** Once-only issuance: whoever creates the stream `grant-{key}` has granted (spec/ledger.md §4.3). */
export interface Grant {
  readonly granted?: { readonly user: UserId; readonly amount: Kudos };
}
interface Given {
  readonly at: string;
  readonly policy: number;
}

/** A correction in somebody's favour; a debit is an event of the account. */
export interface GrantAdjustment extends Given {
  readonly type: 'GrantAdjustment';
  readonly txId: string;
  readonly user: UserId;
  readonly amount: Kudos;
  readonly by: UserId | 'system';
}

/** The operator's thanks to somebody (horde-rules §1.11). */
export interface GrantAward extends Given {
  readonly type: 'GrantAward';
  readonly txId: string;
  readonly user: UserId;
  readonly amount: Kudos;
  readonly by: UserId;
  readonly targetFlagged: boolean;
}

/**
 * A month's thanks, or what a raised entitlement is worth at once (then without a `month`). Two nodes may know different donations:
 * what the first one knew is what was granted.
 */
export interface GrantMonthly extends Given {
  readonly type: 'GrantMonthly';
  readonly txId: string;
  readonly user: UserId;
  readonly amount: Kudos;
  readonly by: UserId | 'system';
  readonly month?: MonthOfThanks;
}

/** For the ratings of one request's images, whoever gave them. */
export interface GrantRating extends Given {
  readonly type: 'GrantRating';
  /** Whose request it is; 0 earns nothing, for the anonymous user has no account. */
  readonly user: UserId;
  readonly amount: Kudos;
  readonly rating: RatingGiven;
}

export type GrantCommand = GrantAdjustment | GrantAward | GrantMonthly | GrantRating;
export type GrantEvent = BalanceAdjusted | KudosGranted;
export type AwardRc = 'KudosAwardToAnon' | 'TargetAccountFlagged' | 'NegativeKudosTransfer' | 'InvalidKudosTransferAmount' | 'IdempotencyKeyConflict';
export type GrantRc = 'GrantConflict' | AwardRc | 'AestheticsAlreadyExist';

type Decided = Decision<GrantEvent, GrantRc>;

/** The key of a month's thanks: its stream can be created once (I12). */
export const monthlyKey = (user: UserId, month: string): string => `monthly-${user}-${month}`;
export const awardKey = (txId: string): string => `award-${txId}`;
export const ratingKey = (request: string): string => `rating-${request}`;

const decide = (command: GrantCommand, { granted }: Grant): Decided => {
  switch (command.type) {
    case 'GrantAdjustment': return adjust(command, granted);
    case 'GrantAward': return award(command, granted);
    case 'GrantMonthly': return granted ? accept() : issue(command, 'monthly', { ...(command.month ? { month: command.month } : {}) });
    case 'GrantRating': return rate(command, granted);
    default: return unreachable(command);
  }
};

const adjust = ({ txId, user, amount, by, at, policy }: GrantAdjustment, granted: Grant['granted']): Decided => {
  if (granted) return granted.user === user && granted.amount === amount ? accept() : refuse('GrantConflict');
  // A debit belongs to the account's own stream, where its floor is guarded (R1, spec/ledger.md §4.2).
  if (amount <= 0 || user === 0) throw new RangeError(`${amount} is nothing to grant to ${user}`);
  const ledger = balanced({ txId, kind: 'admin_adjustment', effectiveAt: at, policy }, [posting('issue:adjustment', -amount), posting(spendable(user), amount)]);
  return accept({ type: 'BalanceAdjusted.v1', data: { user, by, ledger } });
};

// The order of the checks is contract, as it is for transfers; a repeated key is answered as the first time before any of them.
const award = (command: GrantAward, granted: Grant['granted']): Decided => {
  const { user, amount, targetFlagged } = command;
  if (granted) return granted.user === user && granted.amount === amount ? accept() : refuse('IdempotencyKeyConflict');
  if (user === 0) return refuse('KudosAwardToAnon');
  if (targetFlagged) return refuse('TargetAccountFlagged');
  if (amount < 0) return refuse('NegativeKudosTransfer');
  if (amount === 0) return refuse('InvalidKudosTransferAmount');
  return issue(command, 'award', {});
};

const rate = (command: GrantRating, granted: Grant['granted']): Decided => {
  if (granted) return refuse('AestheticsAlreadyExist');
  return issue({ ...command, txId: transactionId('rating', command.rating.request), by: 'system' }, 'rating', { rating: command.rating });
};

interface Issued extends Given {
  readonly txId: string;
  readonly user: UserId;
  readonly amount: Kudos;
  readonly by: UserId | 'system';
}
const issue = ({ txId, user, amount, by, at, policy }: Issued, kind: KudosGranted['data']['kind'] & IssueReason, parts: Pick<KudosGranted['data'], 'month' | 'rating'>): Decided => {
  if (amount < 0 || (amount > 0 && user === 0)) throw new RangeError(`${amount} cannot be granted to ${user}`);
  const ledger = balancedOrNothing({ txId, kind, effectiveAt: at, policy }, [posting(`issue:${kind}`, -amount), posting(spendable(user), amount)]);
  return accept({ type: 'KudosGranted.v1', data: { user, kind, amount, by, ...parts, grantedAt: at, policy, ...(ledger ? { ledger } : {}) } });
};

const amountOf = ({ user, ledger }: BalanceAdjusted['data']): Kudos =>
  plus(...ledger.postings.filter(({ account }) => account === spendable(user)).map(({ amount }) => amount));

export const grantDecider: Decider<Grant, GrantCommand, GrantEvent, GrantRc> = {
  category: 'grant',
  stateVersion: 1,
  initialState: () => ({}),
  evolve: (_grant, { type, data }) => ({
    granted: { user: data.user, amount: type === 'KudosGranted.v1' ? data.amount : amountOf(data) },
  }),
  decide,
};

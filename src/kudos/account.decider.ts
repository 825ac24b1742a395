import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import { transactionId } from '../kernel/ids.js';
import { centikudos, kudos, least, minus, most, negated, NO_KUDOS, roundHalfEven, type Kudos } from '../kernel/kudos.js';
import { balanced, balancedOrNothing, posting, spendable, type Posting } from '../kernel/ledger.js';
import { unreachable } from '../kernel/unreachable.js';
import type {
  AbandonAuthorization, AccountCommand, AdjustBalance, CloseAuthorization, OpenAccount, OpenAuthorization, ReleaseHold,
} from './account.commands.js';
import type { AccountEvent } from './account.events.js';
import { availableOf, balanceOf, evolve, floorOf, newAccount, type Account, type Authorization } from './account.state.js';
import { closed } from './authorization-closed.js';
import { sweepExcess } from './cap-sweep.js';
import { releaseEscrow } from './escrow-release.js';
import { reconcileBalance } from './reconciliation.js';
import { reverse, type ReversalRc } from './reversal.js';
import { offsetDonation } from './donation-offset.js';
import { placeFormHold, releaseFormHold } from './form-hold.js';
import { settle } from './settle-job.js';
import {
  changeSharedKey, createSharedKey, deleteSharedKey, isBeyondLimits, releasedParts, reservation, sharedKeyRefusal, type SharedKeyRc,
} from './shared-key.js';
import { activationBurned, styleOf } from './style-reward.js';
import { transfer, transferMany, type TransferRc } from './transfer.js';

export type AccountRc =
  | TransferRc | SharedKeyRc | ReversalRc | 'NothingToReconcile' | 'KudosUpfront'
  // Never seen by a client: the caller has to look further and ask again.
  | 'AccountNotOpen' | 'IndexBehind' | 'CreditsBehind' | 'JobsUnsettled' | 'AuthorizationOver';

type Decided = Decision<AccountEvent, AccountRc>;

const decide = (command: AccountCommand, account: Account): Decided => {
  if (command.type === 'ReadAccount') return accept();
  if (command.type === 'OpenAccount') return open(command, account);
  if (!account.accountClass) return refuse('AccountNotOpen');
  switch (command.type) {
    case 'TransferKudos': return transfer(command, account);
    case 'TransferMany': return transferMany(command, account);
    case 'OpenAuthorization': return authorize(command, account);
    case 'SettleJob': return settle(command, account);
    case 'ReleaseHold': return release(command, account);
    case 'PlaceFormHold': return placeFormHold(command, account);
    case 'ReleaseFormHold': return releaseFormHold(command, account);
    case 'CloseAuthorization': return close(command, account);
    case 'AbandonAuthorization': return abandon(command, account);
    case 'AdjustBalance': return adjust(command, account);
    case 'ReleaseEscrow': return releaseEscrow(command, account);
    case 'SweepExcess': return sweepExcess(command, account);
    case 'ReverseTransaction': return reverse(command, account);
    case 'ReconcileBalance': return reconcileBalance(command, account);
    case 'OffsetDonation': return offsetDonation(command, account);
    case 'CreateSharedKey': return createSharedKey(command, account);
    case 'ChangeSharedKey': return changeSharedKey(command, account);
    case 'DeleteSharedKey': return deleteSharedKey(command, account);
    default: return unreachable(command);
  }
};

/** A new account opens with its floor (design.md §6): nothing spendable, and never below it. */
const open = ({ accountClass, at, policy }: OpenAccount, account: Account): Decided => {
  if (account.accountClass) return accept();
  const floor = floorOf(accountClass);
  const ledger = balanced(
    { txId: transactionId('opening', account.user), kind: 'opening', effectiveAt: at, policy },
    [posting('issue:opening', -floor), posting(spendable(account.user), floor)],
  );
  return accept({ type: 'AccountOpened.v1', data: { user: account.user, accountClass, ledger } });
};

/** Admission, payer first: the activation price, the hold and the frozen place in the queue in one event. */
const authorize = (command: OpenAuthorization, account: Account): Decided => {
  const { request, quote, required, jobs, creditsElsewhere } = command;
  if (account.authorizations.has(request)) return accept();
  const keyRefusal = sharedKeyRefusal(command, account);
  if (keyRefusal) return keyRefusal;
  const available = availableOf(account, creditsElsewhere);
  if (required > most(NO_KUDOS, available)) return command.creditsComplete ? refuse('KudosUpfront', { required, available }) : refuse('CreditsBehind');
  if (isBeyondLimits(command, account)) return refuse('SharedKeyLimits');
  // The price of a free admission is forgiven below the floor like any other debit. What is required upfront covers it.
  const balance = balanceOf(account, creditsElsewhere);
  const paid = least(command.activation, most(NO_KUDOS, minus(balance, floorOf(account.accountClass!))));
  if (paid < command.activation && !command.creditsComplete) return refuse('CreditsBehind');
  const hold = most(NO_KUDOS, minus(required, command.activation));
  const used = styleOf(command.style, account.user, paid);
  const legs: Posting[] = [
    posting(spendable(account.user), -paid), posting('issue:floor', -(command.activation - paid)),
    ...activationBurned(command.activation, used.style?.reward),
  ];
  const ledger = balancedOrNothing(
    { txId: transactionId('activation', request), kind: 'activation', effectiveAt: command.at, policy: command.policy }, legs,
  );
  return accept({ type: 'AuthorizationOpened.v1', data: {
    user: account.user, request, kind: command.kind, jobs, quote, activation: command.activation, hold,
    priority: priorityOf(balance, command), policy: command.policy, reference: command.reference, ...reservation(command, account), openedAt: command.at,
    ...used,
    ...(ledger ? { ledger } : {}),
  } });
};

/** horde-rules §6.1: a flagged account's say is a thousandth; the cap clamps everybody's (design.md §6). */
const priorityOf = (balance: Kudos, { flagged, priorityCap }: OpenAuthorization): Kudos => {
  if (!flagged) return least(balance, priorityCap);
  return balance > 1_000 ? least(kudos(roundHalfEven(balance / 100_000)), priorityCap) : kudos(-100);
};

/** `jobs` is all that were ever withdrawn: asked again, nothing more is freed. */
const release = ({ request, jobs, at }: ReleaseHold, account: Account): Decided => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return accept();
  const amount = most(NO_KUDOS, least(authorization.held, minus(partsOf(authorization, jobs), authorization.released)));
  const keyPart = releasedParts(authorization, jobs);
  if (amount === 0 && !keyPart.sharedKey) return accept();
  return accept({ type: 'HoldReleased.v1', data: { user: account.user, request, amount, ...keyPart, releasedAt: at } });
};

/** A hold is made of equal parts, one a job, the remainder in the first (spec/ledger.md §4.4): `jobs` later parts of it. */
const partsOf = ({ hold, jobs: all }: Authorization, jobs: number): Kudos => centikudos(Math.floor(hold / all) * Math.min(jobs, all));

const close = ({ request, submitted, refund, at, policy }: CloseAuthorization, account: Account): Decided => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return accept(); // an authorization comes before its request, so an unknown one has been closed
  if (submitted.some((job) => !authorization.settled.has(job))) return refuse('JobsUnsettled');
  if (refund && authorization.settled.size === 0) return takeBack(account, { request, authorization, reason: 'content_lost' }, { at, policy });
  return accept(closed(account, { request, authorization, at }));
};

/** The request never came. */
const abandon = ({ request, at, policy }: AbandonAuthorization, account: Account): Decided => {
  const authorization = account.authorizations.get(request);
  return authorization ? takeBack(account, { request, authorization, reason: 'abandoned' }, { at, policy }) : accept();
};

/** Gives the price of a request back exactly as it was taken, and forgets it. */
const takeBack = (
  account: Account, { request, authorization, reason }: { request: string; authorization: Authorization; reason: 'abandoned' | 'content_lost' }, { at, policy }: { at: string; policy: number },
): Decided => {
  const closing = closed(account, { request, authorization, at, isTakenBack: true });
  if (!authorization.activationTx || authorization.paid === 0) return accept(closing);
  const { paid } = authorization;
  const ledger = balanced(
    { txId: transactionId(reason, request), kind: 'reversal', effectiveAt: at, policy, reverses: authorization.activationTx },
    [...activationBurned(negated(paid), negated(authorization.style?.reward ?? NO_KUDOS)), posting(spendable(account.user), paid)],
  );
  return accept({ type: 'TransactionReversed.v1', data: { user: account.user, request, reason, ledger } }, closing);
};

const adjust = ({ txId, amount, by, at, policy, creditsElsewhere, creditsComplete }: AdjustBalance, account: Account): Decided => {
  if (account.transfers.has(txId)) return accept();
  const taken = least(amount, most(NO_KUDOS, availableOf(account, creditsElsewhere)));
  if (taken < amount && !creditsComplete) return refuse('CreditsBehind');
  if (taken <= 0) return accept();
  const ledger = balanced(
    { txId, kind: 'admin_adjustment', effectiveAt: at, policy },
    [posting(spendable(account.user), -taken), posting('burn:adjustment', taken)],
  );
  return accept({ type: 'BalanceAdjusted.v1', data: { user: account.user, by, ledger } });
};

export const accountDecider: Decider<Account, AccountCommand, AccountEvent, AccountRc> = {
  category: 'account', stateVersion: 7, initialState: newAccount, evolve, decide,
};

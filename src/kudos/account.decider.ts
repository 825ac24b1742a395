import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import { transactionId } from '../kernel/ids.js';
import { centikudos, kudos, least, minus, most, NO_KUDOS, roundHalfEven, type Kudos } from '../kernel/kudos.js';
import { balanced, balancedOrNothing, posting, spendable, type Posting } from '../kernel/ledger.js';
import { unreachable } from '../kernel/unreachable.js';
import type {
  AbandonAuthorization, AccountCommand, AdjustBalance, CloseAuthorization, OpenAccount, OpenAuthorization, ReleaseHold, TransferKudos,
} from './account.commands.js';
import type { AccountEvent } from './account.events.js';
import { availableOf, balanceOf, evolve, floorOf, newAccount, type Account, type Authorization } from './account.state.js';
import { closed } from './authorization-closed.js';
import { placeFormHold, releaseFormHold } from './form-hold.js';
import { settle } from './settle-job.js';

export type AccountRc =
  | 'KudosTransferFromAnon' | 'KudosTransferToAnon' | 'KudosTransferToSelf' | 'TooFastKudosTransfers' | 'FaultWhenKudosSending'
  | 'SourceAccountFlagged' | 'EducationCannotSendKudos' | 'FaultWhenKudosReceiving' | 'TargetAccountFlagged' | 'DeletedUser'
  | 'NegativeKudosTransfer' | 'InvalidKudosTransferAmount' | 'IdempotencyKeyConflict' | 'KudosTransferNotEnough'
  | 'KudosUpfront'
  // Never seen by a client: the caller has to look further and ask again.
  | 'AccountNotOpen' | 'IndexBehind' | 'CreditsBehind' | 'JobsUnsettled' | 'AuthorizationOver';

type Decided = Decision<AccountEvent, AccountRc>;

const decide = (command: AccountCommand, account: Account): Decided => {
  if (command.type === 'ReadAccount') return accept();
  if (command.type === 'OpenAccount') return open(command, account);
  if (!account.accountClass) return refuse('AccountNotOpen');
  switch (command.type) {
    case 'TransferKudos': return transfer(command, account);
    case 'OpenAuthorization': return authorize(command, account);
    case 'SettleJob': return settle(command, account);
    case 'ReleaseHold': return release(command, account);
    case 'PlaceFormHold': return placeFormHold(command, account);
    case 'ReleaseFormHold': return releaseFormHold(command, account);
    case 'CloseAuthorization': return close(command, account);
    case 'AbandonAuthorization': return abandon(command, account);
    case 'AdjustBalance': return adjust(command, account);
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

// The order of the checks is contract: the first that fails names the refusal, and clients branch on `rc`
// (horde-rules §5). One rule stands before all that depend on the state: a repeated key is answered as the first time
// (spec/ledger.md §4.7), even if the account has been emptied or flagged since.
const transfer = (command: TransferKudos, account: Account): Decided => {
  const { to, amount, txId, keyed } = command;
  const earlier = account.transfers.get(txId);
  if (earlier) return earlier.to === to && earlier.amount === amount ? accept() : refuse('IdempotencyKeyConflict');
  if (keyed && account.forgottenThrough > command.indexedThrough) return refuse('IndexBehind');
  const rc = transferRefusal(command, account);
  if (rc) return refuse(rc === 'KudosTransferNotEnough' && !command.creditsComplete ? 'CreditsBehind' : rc);
  const ledger = balanced(
    { txId, kind: 'transfer', effectiveAt: command.at, policy: command.policy },
    [posting(spendable(account.user), -amount), posting(spendable(to), amount)],
  );
  const booked = command.parties.recipientEducation ? 'donated' : 'gifted';
  return accept({ type: 'FundsTransferred.v1', data: { from: account.user, to, amount, booked, ledger } });
};

const transferRefusal = (command: TransferKudos, account: Account): AccountRc | undefined => {
  const { to, amount, parties, creditsElsewhere } = command;
  const rules: readonly (readonly [boolean, AccountRc])[] = [
    [account.user === 0, 'KudosTransferFromAnon'],
    [to === 0, 'KudosTransferToAnon'],
    [to === account.user, 'KudosTransferToSelf'],
    [parties.reversesRecentGift, 'TooFastKudosTransfers'],
    [parties.senderSuspicious, 'FaultWhenKudosSending'],
    [parties.senderFlagged, 'SourceAccountFlagged'],
    [parties.senderEducation, 'EducationCannotSendKudos'],
    [parties.recipientSuspicious, 'FaultWhenKudosReceiving'],
    [parties.recipientFlagged, 'TargetAccountFlagged'],
    [parties.recipientDeleted || parties.senderDeleted, 'DeletedUser'],
    [amount < 0, 'NegativeKudosTransfer'],
    [amount === 0, 'InvalidKudosTransferAmount'],
    [amount > availableOf(account, creditsElsewhere), 'KudosTransferNotEnough'],
  ];
  return rules.find(([fails]) => fails)?.[1];
};

/** Admission, payer first: the activation price, the hold and the frozen place in the queue in one event. */
const authorize = (command: OpenAuthorization, account: Account): Decided => {
  const { request, quote, required, jobs, creditsElsewhere } = command;
  if (account.authorizations.has(request)) return accept();
  const available = availableOf(account, creditsElsewhere);
  if (required > most(NO_KUDOS, available)) return command.creditsComplete ? refuse('KudosUpfront', { required, available }) : refuse('CreditsBehind');
  // The price of a free admission is forgiven below the floor like any other debit. What is required upfront covers it.
  const balance = balanceOf(account, creditsElsewhere);
  const paid = least(command.activation, most(NO_KUDOS, minus(balance, floorOf(account.accountClass!))));
  if (paid < command.activation && !command.creditsComplete) return refuse('CreditsBehind');
  const hold = most(NO_KUDOS, minus(required, command.activation));
  const legs: Posting[] = [
    posting(spendable(account.user), -paid), posting('issue:floor', -(command.activation - paid)), posting('burn:activation', command.activation),
  ];
  const ledger = balancedOrNothing(
    { txId: transactionId('activation', request), kind: 'activation', effectiveAt: command.at, policy: command.policy }, legs,
  );
  return accept({ type: 'AuthorizationOpened.v1', data: {
    user: account.user, request, kind: command.kind, jobs, quote, activation: command.activation, hold,
    priority: priorityOf(balance, command), policy: command.policy, reference: command.reference, openedAt: command.at,
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
  const amount = least(authorization.held, minus(partsOf(authorization, jobs), authorization.released));
  if (amount <= 0) return accept();
  return accept({ type: 'HoldReleased.v1', data: { user: account.user, request, amount, releasedAt: at } });
};

/** A hold is made of equal parts, one a job, the remainder in the first (spec/ledger.md §4.4): `jobs` later parts of it. */
const partsOf = ({ hold, jobs: all }: Authorization, jobs: number): Kudos => centikudos(Math.floor(hold / all) * Math.min(jobs, all));

const close = ({ request, submitted, at }: CloseAuthorization, account: Account): Decided => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return accept(); // an authorization comes before its request, so an unknown one has been closed
  if (submitted.some((job) => !authorization.settled.has(job))) return refuse('JobsUnsettled');
  return accept(closed(account, { request, authorization, at }));
};

/** The request never came: give its price back exactly as it was taken, and forget it. */
const abandon = ({ request, at, policy }: AbandonAuthorization, account: Account): Decided => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return accept();
  const closing = closed(account, { request, authorization, at });
  if (!authorization.activationTx || authorization.paid === 0) return accept(closing);
  const { paid } = authorization;
  const ledger = balanced(
    { txId: transactionId('abandoned', request), kind: 'reversal', effectiveAt: at, policy, reverses: authorization.activationTx },
    [posting('burn:activation', -paid), posting(spendable(account.user), paid)],
  );
  return accept({ type: 'TransactionReversed.v1', data: { user: account.user, request, reason: 'abandoned', ledger } }, closing);
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
  category: 'account', stateVersion: 3, initialState: newAccount, evolve, decide,
};

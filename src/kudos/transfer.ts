import { accept, acceptTelling, refuse, type Decision } from '../kernel/decider.js';
import { minus } from '../kernel/kudos.js';
import { balanced, posting, spendable } from '../kernel/ledger.js';
import type { TransferKudos, TransferMany } from './account.commands.js';
import type { AccountEvent } from './account.events.js';
import { availableOf, type Account, type RememberedTransfer } from './account.state.js';

export type TransferRc =
  | 'KudosTransferFromAnon' | 'InvalidTargetUsername' | 'SharedKeyExpired' | 'KudosTransferToAnon' | 'KudosTransferToSelf' | 'TooFastKudosTransfers'
  | 'FaultWhenKudosSending' | 'SourceAccountFlagged' | 'EducationCannotSendKudos' | 'FaultWhenKudosReceiving' | 'TargetAccountFlagged' | 'DeletedUser'
  | 'NegativeKudosTransfer' | 'InvalidKudosTransferAmount' | 'KudosTransferAboveCap' | 'IdempotencyKeyConflict' | 'KudosTransferNotEnough';
type Decided = Decision<AccountEvent, TransferRc | 'IndexBehind' | 'CreditsBehind'>;

// The order of the checks is contract: the first that fails names the refusal, and clients branch on `rc`
// (horde-rules §5). One rule stands before all that depend on the state: a repeated key is answered as the first time
// (spec/ledger.md §4.7), even if the account has been emptied or flagged, or the recipient is gone since.
export const transfer = (command: TransferKudos, account: Account): Decided => {
  const { to, amount, txId, keyed } = command;
  const earlier = account.transfers.get(txId);
  if (earlier) return isSame(command, earlier) ? accept() : refuse('IdempotencyKeyConflict');
  if (keyed && account.forgottenThrough > command.indexedThrough) return refuse('IndexBehind');
  const rc = transferRefusal(command, account);
  if (rc) return refuse(DEPEND_ON_BALANCES.has(rc) && !command.creditsComplete ? 'CreditsBehind' : rc);
  const ledger = balanced(
    { txId, kind: 'transfer', effectiveAt: command.at, policy: command.policy },
    [posting(spendable(account.user), -amount), posting(spendable(to), amount)],
  );
  const booked = command.parties.recipientEducation ? 'donated' : 'gifted';
  return accept({ type: 'FundsTransferred.v1', data: { from: account.user, to, amount, booked, ...purposeOf(command), ledger } });
};

/** Taken from views that may lag: said only once those have reached the head. */
const DEPEND_ON_BALANCES: ReadonlySet<TransferRc> = new Set(['KudosTransferAboveCap', 'KudosTransferNotEnough']);

const purposeOf = ({ sharedKey, bulk }: TransferKudos): Pick<TransferKudos, 'sharedKey' | 'bulk'> =>
  ({ ...(sharedKey === undefined ? {} : { sharedKey }), ...(bulk === undefined ? {} : { bulk }) });

/** Whether a repeated key asks for what it did before. */
export const isSame = ({ to, amount, sharedKey, bulk }: Omit<RememberedTransfer, 'revision'>, earlier: Omit<RememberedTransfer, 'revision'>): boolean =>
  earlier.to === to && earlier.amount === amount && earlier.sharedKey === sharedKey && earlier.bulk === bulk;

const transferRefusal = (command: TransferKudos, account: Account): TransferRc | undefined => {
  const { to, amount, parties, creditsElsewhere } = command;
  const rules: readonly (readonly [boolean, TransferRc])[] = [
    [account.user === 0, 'KudosTransferFromAnon'],
    [parties.recipientUnknown, 'InvalidTargetUsername'],
    [parties.recipientKeyExpired, 'SharedKeyExpired'],
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
    [amount > parties.recipientRoom, 'KudosTransferAboveCap'],
    [amount > availableOf(account, creditsElsewhere), 'KudosTransferNotEnough'],
  ];
  return rules.find(([fails]) => fails)?.[1];
};

/** These say something about the whole call, and nothing of it happens. */
const OF_THE_CALL: ReadonlySet<string> = new Set(['IdempotencyKeyConflict', 'IndexBehind', 'CreditsBehind']);

/**
 * One after the other on what those before have left, and all in one append. The detail names the refused ones: place in the
 * list → return code; every other one is done, now or before.
 */
export const transferMany = (command: TransferMany, account: Account): Decided => {
  const { items, type: _type, ...common } = command;
  const events: AccountEvent[] = [];
  const refused: Record<string, string> = {};
  let left = account;
  for (const [place, item] of items.entries()) {
    const decision = transfer({ type: 'TransferKudos', ...common, ...item, keyed: true }, left);
    if (decision.outcome === 'refused') {
      if (OF_THE_CALL.has(decision.rc)) return decision;
      refused[place] = decision.rc;
    } else if (decision.events.length > 0) {
      events.push(...decision.events);
      left = { ...left, own: minus(left.own, item.amount) };
    }
  }
  return acceptTelling(refused, ...events);
};

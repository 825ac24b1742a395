import { accept, acceptTelling, refuse, type Decision } from '../kernel/decider.js';
import { minus, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { balanced, posting, spendable } from '../kernel/ledger.js';
import type { TransferItem, TransferKudos, TransferMany } from './account.commands.js';
import type { AccountEvent, FundsTransferred } from './account.events.js';
import { availableOf, isDone, type Account, type RememberedTransfer } from './account.state.js';

export type TransferRc =
  | 'KudosTransferFromAnon' | 'InvalidTargetUsername' | 'SharedKeyExpired' | 'KudosTransferToAnon' | 'KudosTransferToSelf' | 'TooFastKudosTransfers'
  | 'FaultWhenKudosSending' | 'SourceAccountFlagged' | 'EducationCannotSendKudos' | 'FaultWhenKudosReceiving' | 'TargetAccountFlagged' | 'DeletedUser'
  | 'NegativeKudosTransfer' | 'InvalidKudosTransferAmount' | 'KudosTransferAboveCap' | 'IdempotencyKeyConflict' | 'KudosTransferNotEnough';
type Decided = Decision<AccountEvent, TransferRc | 'IndexBehind' | 'CreditsBehind'>;

// The order of the checks is contract: the first that fails names the refusal, and clients branch on `rc`
// (horde-rules §5). One rule stands before all that depend on the state: a repeated key is answered as the first time
// (spec/ledger.md §4.7), even if the account has been emptied or flagged, or the recipient is gone since.
export const transfer = (command: TransferKudos, account: Account): Decided => {
  const earlier = account.transfers.get(command.txId);
  if (earlier) return isSame(command, earlier) ? accept() : refuse('IdempotencyKeyConflict');
  if (command.keyed && account.forgottenThrough > command.indexedThrough) return refuse('IndexBehind');
  return move(command, account);
};

/** Taken from views that may lag: said only once those have reached the head. */
const DEPEND_ON_BALANCES: ReadonlySet<TransferRc> = new Set(['KudosTransferAboveCap', 'KudosTransferNotEnough']);

/** Whether a repeated key asks for what it did before. */
export const isSame = ({ to, amount, sharedKey }: Omit<RememberedTransfer, 'revision'>, earlier: Omit<RememberedTransfer, 'revision'>): boolean =>
  earlier.to === to && earlier.amount === amount && earlier.sharedKey === sharedKey;

type Moving = TransferItem & Pick<TransferKudos, 'creditsElsewhere' | 'creditsComplete' | 'at' | 'policy'>;

const move = (asked: Moving, account: Account, bulk?: FundsTransferred['data']['bulk']): Decided => {
  const { to, amount, txId, sharedKey } = asked;
  const rc = transferRefusal(asked, account);
  if (rc) return refuse(DEPEND_ON_BALANCES.has(rc) && !asked.creditsComplete ? 'CreditsBehind' : rc);
  const ledger = balanced(
    { txId, kind: 'transfer', effectiveAt: asked.at, policy: asked.policy },
    [posting(spendable(account.user), -amount), posting(spendable(to), amount)],
  );
  const booked = asked.parties.recipientEducation ? 'donated' : 'gifted';
  return accept({ type: 'FundsTransferred.v1', data: {
    from: account.user, to, amount, booked, ...(sharedKey === undefined ? {} : { sharedKey }), ...(bulk === undefined ? {} : { bulk }), ledger,
  } });
};

const transferRefusal = ({ to, amount, parties, creditsElsewhere }: Moving, account: Account): TransferRc | undefined => {
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

/**
 * One after the other on what those before it have left, and all in one append. The detail names the refused ones: place in the
 * list → return code; every other one is done, now or before. Another list under the same key, or a view that lags, is
 * about the whole call, and nothing of it happens.
 */
export const transferMany = (command: TransferMany, account: Account): Decided => {
  const { items, call, list } = command;
  const known = account.bulks.get(call);
  if (known && known.list !== list) return refuse('IdempotencyKeyConflict');
  const open = items.filter(({ place }) => !isDone(known, place));
  if (open.length > 0 && account.forgottenThrough > command.indexedThrough) return refuse('IndexBehind');
  const events: AccountEvent[] = [];
  const refused: Record<string, string> = {};
  const given = new Map<number, Kudos>();
  let left = account;
  for (const { place, ...item } of open) {
    const { to, amount, parties } = item;
    const room = minus(parties.recipientRoom, given.get(to) ?? NO_KUDOS);
    const decision = move({ ...command, ...item, parties: { ...parties, recipientRoom: room } }, left, { call, place, list });
    if (decision.outcome === 'accepted') {
      events.push(...decision.events);
      given.set(to, plus(given.get(to) ?? NO_KUDOS, amount));
      left = { ...left, own: minus(left.own, amount) };
    } else if (decision.rc === 'CreditsBehind') return decision;
    else refused[place] = decision.rc;
  }
  return acceptTelling(refused, ...events);
};

import type { Refusals } from '../platform/http/refusals.js';
import { inKudos, centikudos } from '../kernel/kudos.js';
import type { AccountRc } from './account.decider.js';
import type { ReversalRc } from './reversal.js';

type Internal = 'AccountNotOpen' | 'IndexBehind' | 'CreditsBehind' | 'JobsUnsettled';
/** What a transfer can be refused for by the account that pays. */
export type TransferRc = Exclude<AccountRc, Internal | 'KudosUpfront' | ReversalRc | 'NothingToReconcile'>;

/** horde-api C9.1; statuses as the API documents them for this route. */
export const transferRefusals: Refusals<TransferRc | 'InvalidTargetUsername' | 'InvalidAPIKey'> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  KudosTransferFromAnon: [400, 'You cannot transfer kudos from the anonymous account.'],
  InvalidTargetUsername: [400, 'There is no user with this name and number to receive the kudos.'],
  KudosTransferToAnon: [400, 'You cannot transfer kudos to the anonymous account.'],
  KudosTransferToSelf: [400, 'You cannot transfer kudos to yourself.'],
  TooFastKudosTransfers: [400, 'You received kudos from this user less than a minute ago. Please wait before you send kudos back.'],
  FaultWhenKudosSending: [400, 'Kudos cannot be sent from this account. Please contact the moderators.'],
  SourceAccountFlagged: [400, 'Your account is flagged and cannot send kudos. Please contact the moderators.'],
  EducationCannotSendKudos: [400, 'Education accounts cannot send kudos.'],
  FaultWhenKudosReceiving: [400, 'Kudos cannot be sent to this account. Please contact the moderators.'],
  TargetAccountFlagged: [400, 'The receiving account is flagged and cannot receive kudos.'],
  DeletedUser: [400, 'One of the two accounts is scheduled for deletion.'],
  NegativeKudosTransfer: [400, 'You cannot transfer a negative amount of kudos.'],
  InvalidKudosTransferAmount: [400, 'The amount to transfer must be more than 0.'],
  KudosTransferAboveCap: [400, 'The receiving account would have more kudos than one can accumulate.'],
  IdempotencyKeyConflict: [400, 'This Idempotency-Key was used before for another transfer.'],
  KudosTransferNotEnough: [400, 'Not enough kudos available for this transfer.'],
};

export const upfrontRefusals: Refusals<'KudosUpfront'> = {
  KudosUpfront: [403, ({ required, available }) =>
    `This request needs ${inKudos(centikudos(Number(required)))} kudos upfront and ${Math.max(0, inKudos(centikudos(Number(available))))} are available. `
    + 'Ask for less, allow slow workers or a downgrade, or earn kudos with a worker.'],
};

/** Of taking a transaction back; statuses are ours (docs/decisions/0018). */
export const reversalRefusals: Refusals<ReversalRc | 'InvalidAPIKey' | 'NotModerator' | 'NotAdmin' | 'TransactionNotFound' | 'IdempotencyKeyConflict'> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  NotModerator: [403, 'Only moderators can take a transaction back.'],
  NotAdmin: [403, 'Only admins can force an account below its floor.'],
  TransactionNotFound: [404, 'There is no such transaction.'],
  IdempotencyKeyConflict: [422, 'This Idempotency-Key was used before to take another transaction back.'],
  TransactionAlreadyReversed: [409, 'This transaction has been taken back already.'],
  TransactionIrreversible: [409, ({ kind }) => `A transaction of the kind ${String(kind)} cannot be taken back.`],
  TransactionUnfinished: [409, 'Its request is still under way. Please try again when it has ended.'],
  NothingToReverse: [409, 'There is nothing left that could be taken back without going below the floor.'],
};

/** Of the operator's compensations. */
export const reconciliationRefusals: Refusals<'InvalidAPIKey' | 'NotOperator' | 'UserNotFound' | 'IdempotencyKeyConflict' | 'NothingToReconcile'> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  NotOperator: [403, 'Only the operator can compensate for an error.'],
  UserNotFound: [404, 'There is no such account.'],
  IdempotencyKeyConflict: [422, 'This reference was used before for another amount.'],
  NothingToReconcile: [409, 'There is nothing that could be taken without going below the floor.'],
};

import { refusedBy, type Detail, type Refusals, type Refused } from '../platform/http/refusals.js';
import { inKudos, centikudos } from '../kernel/kudos.js';
import type { ReversalRc } from './reversal.js';
import type { AwardRc } from './grant.decider.js';
import type { TransferRc } from './transfer.js';

/** horde-api C9.1; statuses as the API documents them for this route. */
export const transferRefusals: Refusals<TransferRc | 'InvalidAPIKey'> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  KudosTransferFromAnon: [400, 'You cannot transfer kudos from the anonymous account.'],
  InvalidTargetUsername: [400, 'There is no user with this name and number, and no shared key with this id, to receive the kudos.'],
  SharedKeyExpired: [400, 'The shared key that should receive the kudos has expired.'],
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

/** horde-api C9.2. */
export const awardRefusals: Refusals<AwardRc | 'InvalidAPIKey' | 'DeletedUser' | 'NotAllowedAwards' | 'InvalidAwardUsername'> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  DeletedUser: [403, 'This account is scheduled for deletion and cannot award kudos.'],
  NotAllowedAwards: [403, 'Only the operator of the horde can award kudos.'],
  InvalidAwardUsername: [400, 'There is no user with this name and number to be awarded.'],
  KudosAwardToAnon: [400, 'You cannot award kudos to the anonymous account.'],
  TargetAccountFlagged: [400, 'The receiving account is flagged and cannot receive kudos.'],
  NegativeKudosTransfer: [400, 'You cannot award a negative amount of kudos.'],
  InvalidKudosTransferAmount: [400, 'The amount to award must be at least 1.'],
  IdempotencyKeyConflict: [400, 'This Idempotency-Key was used before for another award.'],
};

/** The same under `/v1`, where a key that was used for something else is a body that does not go with it (I9). */
export const bulkRefusals: Refusals<TransferRc | 'InvalidAPIKey'> = {
  ...transferRefusals, IdempotencyKeyConflict: [422, 'This Idempotency-Key was used before for another list of transfers.'],
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

/** A request that is sent with a shared key (horde-api C1.1, rows 6 to 8, 52 and 54). */
export const sharedKeyUseRefusals: Refusals<'InvalidAPIKey' | 'SharedKeyEmpty' | 'SharedKeyExpired' | 'SharedKeyAssignedStyles' | 'SharedKeyInsufficientKudos' | 'BadRequest'> = {
  InvalidAPIKey: [401, 'There is no shared key with this id.'],
  SharedKeyEmpty: [403, 'This shared key has no kudos left. Its owner can give it more.'],
  SharedKeyExpired: [403, 'This shared key has expired.'],
  SharedKeyAssignedStyles: [403, 'This shared key belongs to a style and can only be used through it.'],
  SharedKeyInsufficientKudos: [403, ({ required, available }) =>
    `This request can cost up to ${inKudos(centikudos(Number(required)))} kudos and this shared key has ${inKudos(centikudos(Number(available)))} left. `
    + 'Ask for less, or allow a downgrade.'],
  BadRequest: [400, 'This request is beyond the limits of the shared key that it was sent with.'],
};

/** What the owner's account refuses under names of its own. */
const WIRE_RC: Readonly<Partial<Record<string, keyof typeof sharedKeyUseRefusals>>> = { SharedKeyUnknown: 'InvalidAPIKey', SharedKeyLimits: 'BadRequest' };

/** The refusal of a request by its payer's account. */
export const admissionRefused = (rc: string, detail: Detail): Refused => {
  if (rc === 'KudosUpfront') return refusedBy(upfrontRefusals, rc, detail);
  return refusedBy(sharedKeyUseRefusals, WIRE_RC[rc] ?? (rc as keyof typeof sharedKeyUseRefusals), detail);
};

/** horde-api C5. An unknown key is answered as one that opens nothing, not as a missing page: whoever tries ids learns nothing. */
export const sharedKeyRefusals: Refusals<'InvalidAPIKey' | 'AnonForbidden' | 'Forbidden' | 'NoSharedKeyModSelected'> = {
  InvalidAPIKey: [401, 'There is no such key.'],
  AnonForbidden: [403, 'The anonymous account cannot have shared keys. Please register to get an API key.'],
  Forbidden: [403, ({ max }) => (max === undefined ? 'Only the owner of a shared key can change or delete it.' : `Your account can have at most ${max} shared keys.`)],
  NoSharedKeyModSelected: [400, 'No change was selected.'],
};

import type { Refusals } from '../platform/http/refusals.js';
import { inKudos, centikudos } from '../kernel/kudos.js';
import type { AccountRc } from './account.decider.js';

type Internal = 'AccountNotOpen' | 'IndexBehind' | 'CreditsBehind' | 'JobsUnsettled' | 'AuthorizationOver';

/** horde-api C9.1; statuses as the API documents them for this route. */
export const transferRefusals: Refusals<Exclude<AccountRc, Internal | 'KudosUpfront'> | 'InvalidTargetUsername' | 'InvalidAPIKey'> = {
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
  IdempotencyKeyConflict: [400, 'This Idempotency-Key was used before for another transfer.'],
  KudosTransferNotEnough: [400, 'Not enough kudos available for this transfer.'],
};

export const upfrontRefusals: Refusals<'KudosUpfront'> = {
  KudosUpfront: [403, ({ required, available }) =>
    `This request needs ${inKudos(centikudos(Number(required)))} kudos upfront and ${Math.max(0, inKudos(centikudos(Number(available))))} are available. `
    + 'Ask for less, allow slow workers or a downgrade, or earn kudos with a worker.'],
};

import type { Refusals } from '../platform/http/refusals.js';
import type { PermissionRc } from './user-permissions.js';
import type { ChangeRc } from './user-change.js';

export const userRefusals: Refusals<'InvalidAPIKey' | 'UserNotFound' | 'RegistrationClosed' | 'ProfaneUserName' | 'BadRequest'> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  UserNotFound: [404, 'There is no such user.'],
  RegistrationClosed: [403, 'Registration is closed on this server. Please ask its operator for an account.'],
  ProfaneUserName: [400, 'This username contains a word that is not welcome here. Please choose another.'],
  BadRequest: [400, ({ reason }) => String(reason)],
};

/** horde-api C4.4 and C4.5. */
export const changeRefusals: Refusals<PermissionRc | ChangeRc | 'InvalidAPIKey' | 'AnonForbiddenUser' | 'IdempotencyKeyConflict'> = {
  UserNotFound: userRefusals.UserNotFound,
  InvalidAPIKey: userRefusals.InvalidAPIKey,
  NotAdmin: [403, 'Only an admin may change this.'],
  NotModerator: [403, 'Only a moderator may change this of somebody else.'],
  AnonForbiddenUserMod: [403, 'The anonymous account changes nothing, and nobody changes it.'],
  ProfaneAdminComment: [400, 'The comment contains a word that is not welcome here.'],
  TooLongUserName: [400, 'A username has 30 characters at most.'],
  ProfaneUserName: userRefusals.ProfaneUserName,
  ProfaneUserContact: [400, 'The contact contains a word that is not welcome here.'],
  PseudonymousForbiddenRename: [403, 'Accounts without a login keep the name that they were registered with.'],
  NonServiceForbidden: [403, 'Only service accounts have a proxy passkey.'],
  UserNotDeleted: [400, 'This account is not scheduled for deletion.'],
  NoUserModSelected: [400, 'Please name something to change.'],
  IdempotencyKeyConflict: [400, 'This Idempotency-Key was used before for another change.'],
  AnonForbiddenUser: [403, 'The anonymous account deletes nobody, and cannot be deleted.'],
  CannotDeleteMod: [403, 'A moderator cannot be deleted.'],
  NotUserOrMod: [403, 'An account is deleted by its owner or by a moderator.'],
  CannotWipeActiveUser: [403, ({ from }) => `This account is scheduled for deletion. It was active lately, and can be wiped from ${String(from)} on.`],
};

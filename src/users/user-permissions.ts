import type { ChangeUserFields } from './user-change.body.js';

/** Who asks for a change of a user. */
export interface ChangeCaller {
  readonly admin: boolean;
  readonly moderator: boolean;
  /** The user is the caller. */
  readonly self: boolean;
  readonly anonymous: boolean;
  readonly service: boolean;
}
/** What is asked, in the words that will be stored, and what is known of the user. */
export interface ChangeAsked {
  readonly fields: ChangeUserFields;
  readonly username: string | undefined;
  readonly isProfane: (text: string) => boolean;
  readonly targetAnonymous: boolean;
  readonly targetPseudonymous: boolean;
}

export type PermissionRc =
  | 'NotAdmin' | 'NotModerator' | 'AnonForbiddenUserMod' | 'ProfaneAdminComment' | 'TooLongUserName' | 'ProfaneUserName' | 'ProfaneUserContact'
  | 'PseudonymousForbiddenRename' | 'NonServiceForbidden' | 'NoUserModSelected';

type Field = keyof ChangeUserFields;
const ADMIN_FIELDS = ['kudos', 'monthly_kudos', 'usage_multiplier', 'moderator'] as const satisfies readonly Field[];
const MODERATOR_FIELDS = [
  'concurrency', 'worker_invited', 'trusted', 'flagged', 'customizer', 'vpn', 'service', 'special', 'education', 'reset_suspicion', 'admin_comment',
] as const satisfies readonly Field[];
const OWN_FIELDS = ['public_workers', 'username', 'contact', 'generate_proxy_passkey', 'undelete'] as const satisfies readonly Field[];

/** horde-rules §1.2. */
const NAME_MAX = 30;

/**
 * The matrix of horde-rules §1.6.1, as the first refusal in the order of the fields (horde-api C4.4): all is looked at before anything is
 * changed (Q56).
 */
export const refusalOfChange = (caller: ChangeCaller, asked: ChangeAsked): PermissionRc | undefined => {
  const given = (fields: readonly Field[]): readonly Field[] => fields.filter((field) => asked.fields[field] !== undefined);
  if (!caller.admin && given(ADMIN_FIELDS).length > 0) return 'NotAdmin';
  if (!caller.moderator && given(MODERATOR_FIELDS).length > 0) return 'NotModerator';
  if (isProfane(asked, asked.fields.admin_comment)) return 'ProfaneAdminComment';
  for (const field of given(OWN_FIELDS)) {
    const rc = refusalOfOwn(field, caller, asked);
    if (rc) return rc;
  }
  if (given([...ADMIN_FIELDS, ...MODERATOR_FIELDS, ...OWN_FIELDS]).length === 0) return 'NoUserModSelected';
  return asked.targetAnonymous ? 'AnonForbiddenUserMod' : undefined; // nobody is behind it, so it has no roles and no settings
};

const refusalOfOwn = (field: Field, caller: ChangeCaller, asked: ChangeAsked): PermissionRc | undefined => {
  if (caller.anonymous) return 'AnonForbiddenUserMod';
  if (!caller.moderator && !caller.self) return 'NotModerator';
  switch (field) {
    case 'username': return refusalOfName(caller, asked);
    case 'contact': return isProfane(asked, asked.fields.contact) ? 'ProfaneUserContact' : undefined;
    case 'generate_proxy_passkey': return caller.service ? undefined : 'NonServiceForbidden';
    default: return undefined;
  }
};

/** A pseudonymous name is all that others know the account by: only a moderator changes it (design.md §6). */
const refusalOfName = ({ moderator }: ChangeCaller, asked: ChangeAsked): PermissionRc | undefined => {
  const { username } = asked;
  if (asked.targetPseudonymous && !moderator) return 'PseudonymousForbiddenRename';
  if (username !== undefined && [...username].length > NAME_MAX) return 'TooLongUserName';
  return isProfane(asked, username) ? 'ProfaneUserName' : undefined;
};

const isProfane = ({ isProfane: check }: ChangeAsked, text: string | undefined): boolean => text !== undefined && check(text);

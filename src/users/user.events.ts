// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: user-{id}; SubjectReserved.v1: subject-{keyed hash of the sign-in subject}
import type { Personal, Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { AccountClass } from '../kudos/account.events.js';

/** horde-rules §1.6. The operator and `ADMINS` are configuration and identity, not roles. */
export type Role = 'moderator' | 'trusted' | 'flagged' | 'customizer' | 'vpn' | 'special' | 'service' | 'education' | 'deleted';

export type UserRegistered = Stored<'UserRegistered.v1', { user: number; accountClass: AccountClass; name: Personal; registeredAt: string }>;
/** Every new key ends the one before. `keyHash` is a keyed hash; the key itself is shown once and never stored. */
export type ApiKeyIssued = Stored<'ApiKeyIssued.v1', { user: number; keyHash: string; lastFour: string; issuedAt: string }>;
export type RolesChanged = Stored<'RolesChanged.v1', { user: number; granted: readonly Role[]; revoked: readonly Role[]; changedAt: string }>;
/** Earned by work: more than `threshold` waited in escrow (horde-rules §1.8). Whoever is made trusted by a moderator has a RolesChanged.v1 instead. */
export type TrustGranted = Stored<'TrustGranted.v1', { user: number; escrow: Kudos; threshold: Kudos; grantedAt: string }>;
/** One sign-in subject, one account: whoever creates the stream has it. */
export type SubjectReserved = Stored<'SubjectReserved.v1', { user: number; reservedAt: string }>;

export type UserEvent = UserRegistered | ApiKeyIssued | RolesChanged | TrustGranted;
export const USER_EVENT_TYPES = ['UserRegistered.v1', 'ApiKeyIssued.v1', 'RolesChanged.v1', 'TrustGranted.v1', 'SubjectReserved.v1'] as const;

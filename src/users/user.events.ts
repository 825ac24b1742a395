// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: user-{id}; SubjectReserved.v1: subject-{keyed hash of the sign-in subject}
import type { Personal, Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { AccountClass } from '../kudos/account.events.js';

/** horde-rules §1.6. The operator and `ADMINS` are configuration and identity, not roles. */
export type Role = 'moderator' | 'trusted' | 'flagged' | 'customizer' | 'vpn' | 'special' | 'service' | 'education' | 'deleted';

/** horde-rules §1.7. Each counts once, but UNREASONABLY_FAST and TOO_MANY_JOBS_ABORTED, which count each time. */
export type SuspicionReason =
  | 'WORKER_NAME_LONG' | 'WORKER_NAME_EXTREME' | 'WORKER_PROFANITY' | 'UNSAFE_IP' | 'EXTREME_MAX_PIXELS' | 'UNREASONABLY_FAST'
  | 'USERNAME_LONG' | 'USERNAME_PROFANITY' | 'CORRUPT_PROMPT' | 'TOO_MANY_JOBS_ABORTED';

export type UserRegistered = Stored<'UserRegistered.v1', { user: number; accountClass: AccountClass; name: Personal; registeredAt: string }>;
/** Every new key ends the one before. `keyHash` is a keyed hash; the key itself is shown once and never stored. */
export type ApiKeyIssued = Stored<'ApiKeyIssued.v1', { user: number; keyHash: string; lastFour: string; issuedAt: string }>;
export type RolesChanged = Stored<'RolesChanged.v1', { user: number; granted: readonly Role[]; revoked: readonly Role[]; changedAt: string }>;
/** Earned by work: more than `threshold` waited in escrow (horde-rules §1.8). Whoever is made trusted by a moderator has a RolesChanged.v1 instead. */
export type TrustGranted = Stored<'TrustGranted.v1', { user: number; escrow: Kudos; threshold: Kudos; grantedAt: string }>;
export type UserRenamed = Stored<'UserRenamed.v1', { user: number; by: number; name: Personal; renamedAt: string }>;
/** What is absent stays as it was. */
export type UserSettingsChanged = Stored<'UserSettingsChanged.v1', {
  user: number;
  by: number;
  concurrency?: number;
  workerInvited?: number;
  /** Thousandths: scales what the usage record counts, and never money (horde-rules §1.5). */
  usageMultiplier?: number;
  publicWorkers?: boolean;
  contact?: Personal;
  adminComment?: Personal;
  changedAt: string;
}>;
/** Ends the one before. The keyed hash finds its account; moderators may see the passkey itself (horde-rules §1.6.2). */
export type ProxyPasskeyIssued = Stored<'ProxyPasskeyIssued.v1', { user: number; by: number; passkey: Personal; passkeyHash: string; issuedAt: string }>;
/** `monthly` is the whole entitlement from now on; `added` is due at once, under the transaction id `grant`. */
export type MonthlyEntitlementChanged = Stored<'MonthlyEntitlementChanged.v1', {
  user: number; by: number; monthly: Kudos; added: Kudos; grant: string; changedAt: string;
}>;
/** `cause` names what was seen (a job, say), so that the same sight counts once; null where the reason counts once anyway. */
export type UserSuspected = Stored<'UserSuspected.v1', { user: number; reason: SuspicionReason; cause: string | null; worker?: string; suspectedAt: string }>;
/** In the stream of the worker's owner, so that worker and owner are suspected, and the worker paused, in one append. */
export type WorkerSuspected = Stored<'WorkerSuspected.v1', { worker: string; owner: number; reason: SuspicionReason; cause: string | null; suspectedAt: string }>;
/** Of the user and of all its workers; a paused worker stays paused. */
export type SuspicionReset = Stored<'SuspicionReset.v1', { user: number; by: number; resetAt: string }>;
/** In the stream of the worker's owner, beside the trust that ends it. */
export type WorkerPaused = Stored<'WorkerPaused.v1', { worker: string; owner: number; on: boolean; by: 'suspicion' | 'trust' | number; changedAt: string }>;
/** The user is wiped: whatever was sealed for it can be read no more, and no look-up finds it. */
export type PersonalDataErased = Stored<'PersonalDataErased.v1', { user: number; by: number; erasedAt: string }>;
/** One sign-in subject, one account: whoever creates the stream has it. */
export type SubjectReserved = Stored<'SubjectReserved.v1', { user: number; reservedAt: string }>;

export type UserEvent =
  | UserRegistered | ApiKeyIssued | RolesChanged | TrustGranted | UserRenamed | UserSettingsChanged | ProxyPasskeyIssued | MonthlyEntitlementChanged
  | UserSuspected | WorkerSuspected | SuspicionReset | WorkerPaused | PersonalDataErased;
export const USER_EVENT_TYPES = [
  'UserRegistered.v1', 'ApiKeyIssued.v1', 'RolesChanged.v1', 'TrustGranted.v1', 'UserRenamed.v1', 'UserSettingsChanged.v1', 'ProxyPasskeyIssued.v1',
  'MonthlyEntitlementChanged.v1', 'UserSuspected.v1', 'WorkerSuspected.v1', 'SuspicionReset.v1', 'WorkerPaused.v1', 'PersonalDataErased.v1',
  'SubjectReserved.v1',
] as const satisfies readonly (UserEvent | SubjectReserved)['type'][];

import type { Personal } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { AccountClass } from '../kudos/account.events.js';
import type { GrantTrust } from './trust.js';
import type { Role, SuspicionReason, UserSettingsChanged } from './user.events.js';

export interface RegisterUser {
  readonly type: 'RegisterUser';
  readonly accountClass: AccountClass;
  readonly name: Personal;
  readonly keyHash: string;
  readonly lastFour: string;
  /** What the name alone makes suspicious. */
  readonly suspected?: readonly SuspicionReason[];
  readonly at: string;
}
export interface IssueApiKey {
  readonly type: 'IssueApiKey';
  readonly keyHash: string;
  readonly lastFour: string;
  readonly at: string;
}
export type RoleChanges = Readonly<Partial<Record<Role, boolean>>>;
export interface ChangeRoles {
  readonly type: 'ChangeRoles';
  readonly roles: RoleChanges;
  readonly at: string;
}

export type SettingChanges = Omit<UserSettingsChanged['data'], 'user' | 'by' | 'changedAt'>;

/** Everything that one PUT may change of a user besides its kudos: one append, or a refusal and nothing (Q56). */
export interface ChangeUser {
  readonly type: 'ChangeUser';
  readonly by: number;
  readonly roles: RoleChanges;
  readonly settings: SettingChanges;
  readonly name?: Personal;
  readonly passkey?: { readonly passkey: Personal; readonly passkeyHash: string };
  /** Signed; what is added is credited under `grant`. */
  readonly monthly?: { readonly amount: Kudos; readonly grant: string };
  readonly undelete: boolean;
  readonly resetSuspicion: boolean;
  readonly at: string;
}

/** Marks as deleted; asked again, wipes who has been inactive for long enough. */
export interface DeleteUser {
  readonly type: 'DeleteUser';
  readonly by: number;
  /** The caller is the user or a moderator. */
  readonly mayDelete: boolean;
  /** ISO 8601; as far as everything written before the call tells. */
  readonly lastActiveAt: string;
  readonly at: string;
}

export interface SuspectUser {
  readonly type: 'SuspectUser';
  readonly reason: SuspicionReason;
  readonly cause: string | null;
  readonly at: string;
}
/** To the owner of the worker, who is suspected as well. */
export interface SuspectWorker {
  readonly type: 'SuspectWorker';
  readonly worker: string;
  readonly reason: SuspicionReason;
  readonly cause: string | null;
  readonly at: string;
}
/** To the owner of the worker. */
export interface PauseWorker {
  readonly type: 'PauseWorker';
  readonly worker: string;
  readonly on: boolean;
  readonly by: number;
  readonly at: string;
}
/** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
export interface ReadUser {
  readonly type: 'ReadUser';
}

export type UserCommand =
  | GrantTrust | RegisterUser | IssueApiKey | ChangeRoles | ChangeUser | DeleteUser | SuspectUser | SuspectWorker | PauseWorker | ReadUser;

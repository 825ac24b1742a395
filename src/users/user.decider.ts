import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import type { Personal } from '../kernel/event.js';
import { unreachable } from '../kernel/unreachable.js';
import type { AccountClass } from '../kudos/account.events.js';
import { grantTrust, type GrantTrust } from './trust.js';
import type { Role, UserEvent } from './user.events.js';

export interface User {
  readonly id: number;
  accountClass: AccountClass | undefined;
  keyHash: string | undefined;
  registeredAt: string | undefined;
  readonly roles: Set<Role>;
}

export type UserCommand =
  | GrantTrust
  | { readonly type: 'RegisterUser'; readonly accountClass: AccountClass; readonly name: Personal; readonly keyHash: string; readonly lastFour: string; readonly at: string }
  | { readonly type: 'IssueApiKey'; readonly keyHash: string; readonly lastFour: string; readonly at: string }
  | { readonly type: 'ChangeRoles'; readonly roles: Readonly<Partial<Record<Role, boolean>>>; readonly at: string };

export type UserRc = 'UserIdTaken' | 'UserNotFound' | 'TrustNotEarned';

type Decided = Decision<UserEvent, UserRc>;

const decide = (command: UserCommand, user: User): Decided => {
  switch (command.type) {
    case 'RegisterUser': return register(command, user);
    case 'IssueApiKey': return issueKey(command, user);
    case 'ChangeRoles': return changeRoles(command, user);
    case 'GrantTrust': return grantTrust(command, user);
    default: return unreachable(command);
  }
};

/** Creating the stream is what takes the id: of two nodes that try the same one, the log lets one through. */
const register = ({ accountClass, name, keyHash, lastFour, at }: Extract<UserCommand, { type: 'RegisterUser' }>, user: User): Decided => {
  if (user.accountClass) return user.keyHash === keyHash ? accept() : refuse('UserIdTaken');
  return accept(
    { type: 'UserRegistered.v1', data: { user: user.id, accountClass, name, registeredAt: at } },
    { type: 'ApiKeyIssued.v1', data: { user: user.id, keyHash, lastFour, issuedAt: at } },
  );
};

const issueKey = ({ keyHash, lastFour, at }: Extract<UserCommand, { type: 'IssueApiKey' }>, user: User): Decided => {
  if (!user.accountClass) return refuse('UserNotFound');
  if (user.keyHash === keyHash) return accept();
  return accept({ type: 'ApiKeyIssued.v1', data: { user: user.id, keyHash, lastFour, issuedAt: at } });
};

const changeRoles = ({ roles, at }: Extract<UserCommand, { type: 'ChangeRoles' }>, user: User): Decided => {
  if (!user.accountClass) return refuse('UserNotFound');
  const asked = Object.entries(roles) as [Role, boolean][];
  const granted = asked.filter(([role, on]) => on && !user.roles.has(role)).map(([role]) => role);
  const revoked = asked.filter(([role, on]) => !on && user.roles.has(role)).map(([role]) => role);
  if (granted.length + revoked.length === 0) return accept();
  return accept({ type: 'RolesChanged.v1', data: { user: user.id, granted, revoked, changedAt: at } });
};

const evolve = (user: User, event: UserEvent): User => {
  switch (event.type) {
    case 'UserRegistered.v1':
      user.accountClass = event.data.accountClass;
      user.registeredAt = event.data.registeredAt;
      return user;
    case 'ApiKeyIssued.v1':
      user.keyHash = event.data.keyHash;
      return user;
    case 'RolesChanged.v1':
      for (const role of event.data.granted) user.roles.add(role);
      for (const role of event.data.revoked) user.roles.delete(role);
      return user;
    case 'TrustGranted.v1':
      user.roles.add('trusted');
      return user;
    default:
      return unreachable(event);
  }
};

export const userDecider: Decider<User, UserCommand, UserEvent, UserRc> = {
  category: 'user', stateVersion: 2, decide, evolve,
  initialState: (id) => ({ id: Number(id), accountClass: undefined, keyHash: undefined, registeredAt: undefined, roles: new Set() }),
};

import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import { unreachable } from '../kernel/unreachable.js';
import { isSuspect } from './suspicion-rules.js';
import { grantTrust, type GrantTrust } from './trust.js';
import { changeRoles, changeUser, deleteUser, type ChangeRc } from './user-change.js';
import type { IssueApiKey, RegisterUser, UserCommand } from './user.commands.js';
import type { UserEvent } from './user.events.js';
import { evolve, exists, newUser, type User } from './user.state.js';
import { pauseWorker, suspectUser, suspectWorker, unpausedByTrust } from './user-suspicion.js';

export type UserRc = 'UserIdTaken' | 'TrustNotEarned' | ChangeRc;

type Decided = Decision<UserEvent, UserRc>;

const decide = (command: UserCommand, user: User): Decided => {
  switch (command.type) {
    case 'RegisterUser': return register(command, user);
    case 'IssueApiKey': return issueKey(command, user);
    case 'ChangeRoles': return changeRoles(command, user);
    case 'GrantTrust': return trust(command, user);
    case 'ChangeUser': return changeUser(command, user);
    case 'DeleteUser': return deleteUser(command, user);
    case 'SuspectUser': return suspectUser(command, user);
    case 'SuspectWorker': return suspectWorker(command, user);
    case 'PauseWorker': return pauseWorker(command, user);
    case 'ReadUser': return exists(user) ? accept() : refuse('UserNotFound');
    default: return unreachable(command);
  }
};

/** Creating the stream is what takes the id: of two nodes that try the same one, the log lets one through. */
const register = ({ accountClass, name, keyHash, lastFour, suspected = [], at }: RegisterUser, user: User): Decided => {
  if (user.accountClass) return user.keyHash === keyHash ? accept() : refuse('UserIdTaken');
  return accept<UserEvent>(
    { type: 'UserRegistered.v1', data: { user: user.id, accountClass, name, registeredAt: at } },
    { type: 'ApiKeyIssued.v1', data: { user: user.id, keyHash, lastFour, issuedAt: at } },
    ...suspected.map((reason) => ({ type: 'UserSuspected.v1', data: { user: user.id, reason, cause: null, suspectedAt: at } } as const)),
  );
};

/** With what trust brings along; what this stream knows of suspicions is newer than any view (horde-rules §1.8). */
const trust = (command: GrantTrust, user: User): Decided => {
  if (user.erased) return refuse('UserNotFound');
  const decided = grantTrust({ ...command, suspicious: command.suspicious || isSuspect(user.suspicions.count, user.roles) }, user);
  if (decided.outcome === 'refused' || decided.events.length === 0) return decided;
  return accept<UserEvent>(...decided.events, ...unpausedByTrust(user, command.at));
};

const issueKey = ({ keyHash, lastFour, at }: IssueApiKey, user: User): Decided => {
  if (!exists(user)) return refuse('UserNotFound');
  if (user.keyHash === keyHash) return accept();
  return accept({ type: 'ApiKeyIssued.v1', data: { user: user.id, keyHash, lastFour, issuedAt: at } });
};

export const userDecider: Decider<User, UserCommand, UserEvent, UserRc> = {
  category: 'user', stateVersion: 4, decide, evolve, initialState: newUser,
};

import { describe, it } from '@jest/globals';
import { given } from '../../test/support/given.js';
import { personal } from '../kernel/event.js';
import { subjectDecider, type SubjectEvent } from './subject.decider.js';
import type { UserCommand } from './user.commands.js';
import { userDecider } from './user.decider.js';
import type { Role, UserEvent } from './user.events.js';

const AT = '2026-03-01T12:00:00.000Z';
const name = personal('user-2', 'Ada');
const register = (keyHash = 'key-1'): UserCommand => ({ type: 'RegisterUser', accountClass: 'oauth', name, keyHash, lastFour: 'abcd', at: AT });
const issue = (keyHash: string): UserCommand => ({ type: 'IssueApiKey', keyHash, lastFour: 'efgh', at: AT });
const change = (roles: Readonly<Partial<Record<Role, boolean>>>): UserCommand => ({ type: 'ChangeRoles', roles, at: AT });
const registered: UserEvent = { type: 'UserRegistered.v1', data: { user: 2, accountClass: 'oauth', name, registeredAt: AT } };
const issued = (keyHash: string, lastFour = 'efgh'): UserEvent => ({ type: 'ApiKeyIssued.v1', data: { user: 2, keyHash, lastFour, issuedAt: AT } });
const changed = (granted: Role[], revoked: Role[]): UserEvent => ({ type: 'RolesChanged.v1', data: { user: 2, granted, revoked, changedAt: AT } });
const user = (...events: UserEvent[]) => given(userDecider, '2', ...events);
const known = [registered, issued('key-1', 'abcd')];

describe('a user', () => {
  it('is registered with a key', () => user().when(register()).then(registered, issued('key-1', 'abcd')));
  it('may be suspected from the start', () =>
    user().when({ ...register(), suspected: ['USERNAME_PROFANITY'] } as UserCommand).then(registered, issued('key-1', 'abcd'), {
      type: 'UserSuspected.v1', data: { user: 2, reason: 'USERNAME_PROFANITY', cause: null, suspectedAt: AT },
    }));
  it('can be looked at while there is one', () => {
    user(...known).when({ type: 'ReadUser' }).thenNothing();
    user().when({ type: 'ReadUser' }).thenRefused('UserNotFound');
  });
  it('is registered once, however often it is asked', () => user(...known).when(register()).thenNothing());
  it('whose number somebody else has taken needs another', () => user(...known).when(register('key-9')).thenRefused('UserIdTaken'));
  it('keeps the number when the key changes', () => user(...known, issued('key-2')).when(register('key-1')).thenRefused('UserIdTaken'));
});

describe('a key', () => {
  it('replaces the one before', () => {
    user(...known).when(issue('key-2')).then(issued('key-2'));
    user(...known, issued('key-2')).when(issue('key-1')).then(issued('key-1'));
  });
  it('is issued once, however often it is asked', () => user(...known, issued('key-2')).when(issue('key-2')).thenNothing());
  it('belongs to somebody', () => user().when(issue('key-2')).thenRefused('UserNotFound'));
});

describe('roles', () => {
  it('are granted and revoked together, what changes and nothing else', () =>
    user(...known, changed(['trusted', 'vpn'], [])).when(change({ trusted: true, vpn: false, moderator: true, flagged: false })).then(changed(['moderator'], ['vpn'])));
  it('that are as asked stay as they are', () => {
    user(...known, changed(['trusted'], [])).when(change({ trusted: true, flagged: false })).thenNothing();
    user(...known).when(change({})).thenNothing();
  });
  it('come and go', () => user(...known, changed(['flagged'], []), changed([], ['flagged'])).when(change({ flagged: true })).then(changed(['flagged'], [])));
  it('belong to somebody', () => user().when(change({ trusted: true })).thenRefused('UserNotFound'));
});

describe('a sign-in subject', () => {
  const reserved: SubjectEvent = { type: 'SubjectReserved.v1', data: { user: 2, reservedAt: AT } };
  const reserve = (owner: number) => ({ type: 'ReserveSubject', user: owner, at: AT } as const);
  const subject = (...events: SubjectEvent[]) => given(subjectDecider, 'hash', ...events);
  it('belongs to the first account that takes it', () => subject().when(reserve(2)).then(reserved));
  it('is reserved once, however often it is asked', () => subject(reserved).when(reserve(2)).thenNothing());
  it('is refused to everybody else, who is told whose it is', () => subject(reserved).when(reserve(3)).thenRefused('SubjectTaken', { user: 2 }));
  it('can be looked at', () => {
    subject().when({ type: 'FindSubject' }).thenNothing();
    subject(reserved).when({ type: 'FindSubject' }).thenNothing();
  });
});

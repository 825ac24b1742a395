import { describe, it } from '@jest/globals';
import { given } from '../../test/support/given.js';
import { personal } from '../kernel/event.js';
import { centikudos, kudos } from '../kernel/kudos.js';
import { TRUST_AGE_MS, type GrantTrust } from './trust.js';
import { userDecider } from './user.decider.js';
import type { Role, UserEvent } from './user.events.js';

const BORN = '2026-03-01T12:00:00.000Z';
const after = (ms: number): string => new Date(Date.parse(BORN) + ms).toISOString();
const THRESHOLD = kudos(10_000);
const registered: UserEvent = { type: 'UserRegistered.v1', data: { user: 2, accountClass: 'oauth', name: personal('user-2', 'Ada'), registeredAt: BORN } };
const changed = (granted: Role[], revoked: Role[] = []): UserEvent => ({ type: 'RolesChanged.v1', data: { user: 2, granted, revoked, changedAt: BORN } });
const earned: GrantTrust = { type: 'GrantTrust', escrow: centikudos(THRESHOLD + 1), threshold: THRESHOLD, suspicious: false, at: after(TRUST_AGE_MS) };
const granted: UserEvent = { type: 'TrustGranted.v1', data: { user: 2, escrow: earned.escrow, threshold: THRESHOLD, grantedAt: earned.at } };
const user = (...events: UserEvent[]) => given(userDecider, '2', ...events);

describe('trust', () => {
  it('is granted for more than the threshold in escrow, after a week', () => user(registered).when(earned).then(granted));
  it('is granted once, however often it is asked', () => user(registered, granted).when(earned).thenNothing());
  it('needs no granting where a moderator has granted it', () => user(registered, changed(['trusted'])).when(earned).thenNothing());
  it('that a moderator has revoked is earned again', () => user(registered, granted, changed([], ['trusted'])).when(earned).then(granted));
  it('is a role like any other: a moderator who grants it again changes nothing', () =>
    user(registered, granted).when({ type: 'ChangeRoles', roles: { trusted: true }, at: BORN }).thenNothing());

  // Each condition alone keeps it back, at its very edge (horde-rules §1.8).
  it.each([
    ['an escrow of exactly the threshold', { escrow: THRESHOLD }], ['an account of a millisecond less than a week', { at: after(TRUST_AGE_MS - 1) }], ['suspicion', { suspicious: true }],
  ])('is kept back by %s', (_what, parts) => user(registered).when({ ...earned, ...parts }).thenRefused('TrustNotEarned'));
  it('is for nobody who is not there: the anonymous user has no stream', () => user().when(earned).thenRefused('UserNotFound'));
});

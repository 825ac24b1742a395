import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { folded, given } from '../../test/support/given.js';
import { personal } from '../kernel/event.js';
import { kudos } from '../kernel/kudos.js';
import type { ChangeUser, DeleteUser, UserCommand } from './user.commands.js';
import { userDecider } from './user.decider.js';
import type { Role, UserEvent } from './user.events.js';

const AT = '2026-03-01T12:00:00.000Z';
const later = (days: number): string => new Date(Date.parse(AT) + days * 86_400_000).toISOString();
const text = (plain: string) => personal('user-2', plain);
const registered: UserEvent = { type: 'UserRegistered.v1', data: { user: 2, accountClass: 'oauth', name: text('Ada'), registeredAt: AT } };
const roles = (granted: Role[], revoked: Role[] = []): UserEvent => ({ type: 'RolesChanged.v1', data: { user: 2, granted, revoked, changedAt: AT } });
const settings = (changed: object): UserEvent => ({ type: 'UserSettingsChanged.v1', data: { user: 2, by: 1, ...changed, changedAt: AT } });
const paused = (worker: string, on: boolean, by: 'trust' | 'suspicion' | number): UserEvent => ({ type: 'WorkerPaused.v1', data: { worker, owner: 2, on, by, changedAt: AT } });
const erased: UserEvent = { type: 'PersonalDataErased.v1', data: { user: 2, by: 2, erasedAt: AT } };
const monthly = (total: number, added: number, grant: string): UserEvent => ({ type: 'MonthlyEntitlementChanged.v1', data: { user: 2, by: 1, monthly: kudos(total), added: kudos(added), grant, changedAt: AT } });
const change = (wish: Partial<ChangeUser>): ChangeUser => ({ type: 'ChangeUser', by: 1, roles: {}, settings: {}, undelete: false, resetSuspicion: false, at: AT, ...wish });
const user = (...events: UserEvent[]) => given(userDecider, '2', ...events);

describe('a change of a user', () => {
  it('is one append, however much it holds', () => user(registered).when(change({
    roles: { trusted: true }, settings: { concurrency: 50, contact: text('me') }, name: text('Eve'), passkey: { passkey: text('p'), passkeyHash: 'h' },
    monthly: { amount: kudos(5), grant: 'g' },
  })).then(
    roles(['trusted']), settings({ concurrency: 50, contact: text('me') }), { type: 'UserRenamed.v1', data: { user: 2, by: 1, name: text('Eve'), renamedAt: AT } },
    { type: 'ProxyPasskeyIssued.v1', data: { user: 2, by: 1, passkey: text('p'), passkeyHash: 'h', issuedAt: AT } }, monthly(5, 5, 'g'),
  ));
  it('that changes nothing is nothing', () => {
    user(registered).when(change({ settings: { concurrency: 30, workerInvited: 0, publicWorkers: false, usageMultiplier: 1_000 }, roles: { vpn: false }, resetSuspicion: true })).thenNothing();
  });
  it.each([[[] as UserEvent[]], [[registered, erased]]])('%#: needs somebody', (events) => user(...events).when(change({})).thenRefused('UserNotFound'));
  it('leaves what it does not name as it was', () => {
    const all = { concurrency: 50, workerInvited: 5, usageMultiplier: 900, publicWorkers: true };
    for (const [name, value] of Object.entries({ concurrency: 60, workerInvited: 6, usageMultiplier: 800, publicWorkers: false }))
      expect(user(registered, settings(all), settings({ [name]: value })).state()).toMatchObject({ ...all, [name]: value });
  });
  it('undeletes who is deleted, and refuses all of it otherwise', () => {
    user(registered, roles(['deleted'])).when(change({ undelete: true })).then(roles([], ['deleted']));
    user(registered).when(change({ undelete: true, roles: { trusted: true } })).thenRefused('UserNotDeleted');
  });
});

describe('roles', () => {
  it('of a moderator include trust, unless the same call says otherwise', () => {
    user(registered).when(change({ roles: { moderator: true } })).then(roles(['trusted', 'moderator']));
    user(registered).when(change({ roles: { moderator: true, trusted: false } })).then(roles(['moderator']));
    user(registered, roles(['trusted', 'moderator'])).when(change({ roles: { moderator: false } })).then(roles([], ['moderator']));
  });
  it('bring room for a class with education, and take it away again', () => {
    user(registered).when(change({ roles: { education: true } })).then(roles(['education']), settings({ concurrency: 200 }));
    user(registered, settings({ concurrency: 300 })).when(change({ roles: { education: true } })).then(roles(['education']));
    user(registered).when(change({ roles: { education: true }, settings: { concurrency: 40 } })).then(roles(['education']), settings({ concurrency: 40 }));
    user(registered, roles(['education']), settings({ concurrency: 200 })).when(change({ roles: { education: false } })).then(roles([], ['education']), settings({ concurrency: 30 }));
    user(registered, roles(['education']), settings({ concurrency: 199 })).when(change({ roles: { education: false } })).then(roles([], ['education']));
  });
  it('that bring trust let every paused worker work again, in the same append', () => {
    user(registered, paused('w', true, 'suspicion'), paused('x', true, 1), paused('x', false, 1), paused('y', true, 1))
      .when(change({ roles: { trusted: true } })).then(roles(['trusted']), paused('w', false, 'trust'), paused('y', false, 'trust'));
    user(registered, roles(['trusted']), paused('w', true, 1)).when(change({ roles: { trusted: true } })).thenNothing();
  });
});

describe('a monthly entitlement', () => {
  const add = (amount: number, grant = 'g') => change({ monthly: { amount: kudos(amount), grant } });
  it('grows by what is added, which is due at once, and shrinks to nothing at most', () => {
    user(registered).when(add(100)).then(monthly(100, 100, 'g'));
    user(registered, monthly(100, 100, 'g')).when(add(-30, 'h')).then(monthly(70, 0, 'h'));
    user(registered, monthly(100, 100, 'g')).when(add(-300, 'h')).then(monthly(0, 0, 'h'));
    user(registered).when(add(-5)).thenNothing();
  });
  it('changes once for a grant, however often it is asked', () => user(registered, monthly(100, 100, 'g')).when(add(100)).thenNothing());
});

describe('the deletion of a user', () => {
  const remove = (wish: Partial<DeleteUser> = {}): DeleteUser => ({ type: 'DeleteUser', by: 2, mayDelete: true, lastActiveAt: AT, at: later(30), ...wish });
  it('marks first, and wipes a month after the last activity', () => {
    user(registered).when(remove()).then({ type: 'RolesChanged.v1', data: { user: 2, granted: ['deleted'], revoked: [], changedAt: later(30) } });
    user(registered, roles(['deleted'])).when(remove()).then({ type: 'PersonalDataErased.v1', data: { user: 2, by: 2, erasedAt: later(30) } });
  });
  it.each<[DeleteUser, string]>([ // by descending precedence: each row fixes the fault of the row above and keeps the ones below
    [remove({ mayDelete: false, at: later(29) }), 'CannotDeleteMod'], [remove({ mayDelete: false, at: later(29) }), 'NotUserOrMod'], [remove({ at: later(29) }), 'CannotWipeActiveUser'],
  ])('%#: is refused by the first rule that fails', (command, rc) => {
    const before = rc === 'CannotDeleteMod' ? [roles(['moderator', 'deleted'])] : [roles(['deleted'])];
    const decision = userDecider.decide(command, folded(userDecider, '2', [registered, ...before]));
    expect(decision).toMatchObject({ outcome: 'refused', rc });
  });
  it('leaves nobody to delete', () => user(registered, roles(['deleted']), erased).when(remove()).thenRefused('UserNotFound'));
});

describe('whatever happens to a user', () => {
  const role = fc.constantFrom<Role>('moderator', 'trusted', 'education', 'flagged', 'vpn');
  const command = fc.oneof<fc.Arbitrary<UserCommand>[]>(
    fc.record({ role, on: fc.boolean() }).map(({ role: which, on }) => change({ roles: { [which]: on } })),
    fc.record({ amount: fc.integer({ min: -500, max: 500 }), grant: fc.constantFrom('a', 'b', 'c') }).map(({ amount, grant }) => change({ monthly: { amount: kudos(amount), grant } })),
    fc.record({ worker: fc.constantFrom('w', 'x'), on: fc.boolean() }).map(({ worker, on }): UserCommand => ({ type: 'PauseWorker', worker, on, by: 1, at: AT })),
    fc.record({ worker: fc.constantFrom('w', 'x'), cause: fc.constantFrom('1', '2', '3', '4', '5', '6') }).map(({ worker, cause }): UserCommand => (
      { type: 'SuspectWorker', worker, reason: 'UNREASONABLY_FAST', cause, at: AT })),
    fc.constant(change({ resetSuspicion: true })),
  );
  it('asked twice in a row it happens once; entitlements never fall below nothing; no count of suspicions goes below nothing', () => fc.assert(fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
    let state = folded(userDecider, '2', [registered]);
    for (const each of commands) {
      for (let time = 1; time <= 2; time++) {
        const decision = userDecider.decide(each, state);
        if (time === 2) expect(decision).toEqual({ outcome: 'accepted', events: [] });
        if (decision.outcome === 'accepted') for (const event of decision.events) state = userDecider.evolve(state, event);
      }
      expect(state.monthly).toBeGreaterThanOrEqual(0);
      expect(state.suspicions.count).toBeGreaterThanOrEqual([...state.workers.values()].reduce((most, { suspicions }) => Math.max(most, suspicions.count), 0));
    }
  }), { seed: 9, numRuns: 300 }));
});

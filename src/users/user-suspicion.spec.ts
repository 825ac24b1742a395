import { describe, expect, it } from '@jest/globals';
import { given } from '../../test/support/given.js';
import { personal } from '../kernel/event.js';
import { kudos } from '../kernel/kudos.js';
import { userDecider } from './user.decider.js';
import type { Role, SuspicionReason, UserEvent } from './user.events.js';
import { isSuspicious } from './suspicion.message.js';
import type { UserCommand } from './user.commands.js';
import { REMEMBERED_MAX } from './user.state.js';

const AT = '2026-03-01T12:00:00.000Z';
const registered: UserEvent = { type: 'UserRegistered.v1', data: { user: 2, accountClass: 'oauth', name: personal('user-2', 'Ada'), registeredAt: AT } };
const trusted: UserEvent = { type: 'RolesChanged.v1', data: { user: 2, granted: ['trusted'], revoked: [], changedAt: AT } };
const reset: UserEvent = { type: 'SuspicionReset.v1', data: { user: 2, by: 1, resetAt: AT } };
const ofUser = (reason: SuspicionReason, cause: string | null = null, worker?: string): UserEvent => (
  { type: 'UserSuspected.v1', data: { user: 2, ...(worker === undefined ? {} : { worker }), reason, cause, suspectedAt: AT } });
const ofWorker = (reason: SuspicionReason, cause: string | null = null, worker = 'w'): UserEvent => ({ type: 'WorkerSuspected.v1', data: { worker, owner: 2, reason, cause, suspectedAt: AT } });
const pausedBy = (by: 'suspicion' | number, on = true): UserEvent => ({ type: 'WorkerPaused.v1', data: { worker: 'w', owner: 2, on, by, changedAt: AT } });
const suspectUser = (reason: SuspicionReason, cause: string | null = null): UserCommand => ({ type: 'SuspectUser', reason, cause, at: AT });
const suspectWorker = (reason: SuspicionReason, cause: string | null = null): UserCommand => ({ type: 'SuspectWorker', worker: 'w', reason, cause, at: AT });
const user = (...events: UserEvent[]) => given(userDecider, '2', registered, ...events);

/** horde-rules §1.7, by their numbers. */
const REASONS: readonly (readonly [SuspicionReason, repeats: boolean])[] = [
  ['WORKER_NAME_LONG', false], ['WORKER_NAME_EXTREME', false], ['WORKER_PROFANITY', false], ['UNSAFE_IP', false], ['EXTREME_MAX_PIXELS', false],
  ['UNREASONABLY_FAST', true], ['USERNAME_LONG', false], ['USERNAME_PROFANITY', false], ['CORRUPT_PROMPT', false], ['TOO_MANY_JOBS_ABORTED', true],
];

describe('a suspicion', () => {
  it.each(REASONS)('%s counts once, or once for each cause (%s)', (reason, repeats) => {
    const first = repeats ? 'cause' : null;
    user().when(suspectUser(reason, 'cause')).then(ofUser(reason, first));
    user(ofUser(reason, first)).when(suspectUser(reason, 'cause')).thenNothing();
    if (repeats) user(ofUser(reason, first)).when(suspectUser(reason, 'another')).then(ofUser(reason, 'another'));
    else user(ofUser(reason, first)).when(suspectUser(reason, 'another')).thenNothing();
  });
  it('needs somebody', () => {
    given(userDecider, '2').when(suspectUser('UNSAFE_IP')).thenRefused('UserNotFound');
    given(userDecider, '2').when(suspectWorker('UNSAFE_IP')).thenRefused('UserNotFound');
  });
  it('of a worker is its owner\'s as well, as far as it is news of the owner', () => {
    user().when(suspectWorker('UNSAFE_IP')).then(ofWorker('UNSAFE_IP'), ofUser('UNSAFE_IP', null, 'w'));
    user(ofUser('UNSAFE_IP')).when(suspectWorker('UNSAFE_IP')).then(ofWorker('UNSAFE_IP'));
    user(ofWorker('UNSAFE_IP')).when(suspectWorker('UNSAFE_IP')).thenNothing();
    user(ofWorker('UNREASONABLY_FAST', '1'), ofUser('UNREASONABLY_FAST', '1')).when(suspectWorker('UNREASONABLY_FAST', '1')).thenNothing();
  });
});

it('of causes that count each time, the newest are remembered: only what was seen long ago may count again', () => {
  const seen = Array.from({ length: REMEMBERED_MAX + 1 }, (_, cause) => ofUser('UNREASONABLY_FAST', String(cause)));
  const repeated = (cause: number, events: readonly UserEvent[]) => user(...events).when(suspectUser('UNREASONABLY_FAST', String(cause))).events.length;
  expect([repeated(0, seen.slice(0, -1)), repeated(0, seen), repeated(1, seen), repeated(REMEMBERED_MAX, seen)]).toEqual([0, 1, 0, 0]);
});

describe('the fifth suspicion of a worker', () => {
  const four = ['1', '2', '3', '4'].map((cause) => ofWorker('UNREASONABLY_FAST', cause));
  it('pauses it, in the same append', () => user(...four).when(suspectWorker('UNREASONABLY_FAST', '5')).then(
    ofWorker('UNREASONABLY_FAST', '5'), ofUser('UNREASONABLY_FAST', '5', 'w'), pausedBy('suspicion')));
  it('pauses nothing of a trusted owner', () => user(trusted, ...four).when(suspectWorker('UNREASONABLY_FAST', '5')).then(ofWorker('UNREASONABLY_FAST', '5'), ofUser('UNREASONABLY_FAST', '5', 'w')));
  it('pauses it once', () => user(...four, pausedBy(1)).when(suspectWorker('UNREASONABLY_FAST', '5')).then(ofWorker('UNREASONABLY_FAST', '5'), ofUser('UNREASONABLY_FAST', '5', 'w')));
  it('is the first again after a reset, which unpauses nothing', () => {
    user(...four, ofWorker('UNREASONABLY_FAST', '5'), pausedBy('suspicion'), reset).when(suspectWorker('UNREASONABLY_FAST', '5')).then(ofWorker('UNREASONABLY_FAST', '5'), ofUser('UNREASONABLY_FAST', '5', 'w'));
    expect(user(...four, pausedBy('suspicion'), reset).state().workers.get('w')).toMatchObject({ paused: true, suspicions: { count: 0 } });
  });
});

describe('a worker', () => {
  const pause = (on: boolean): UserCommand => ({ type: 'PauseWorker', worker: 'w', on, by: 1, at: AT });
  it('is paused and unpaused once, however often it is asked', () => {
    user().when(pause(true)).then(pausedBy(1));
    user(pausedBy(1)).when(pause(true)).thenNothing();
    user(pausedBy('suspicion')).when(pause(false)).then(pausedBy(1, false));
    user().when(pause(false)).thenNothing();
  });
});

it.each<[number, Role[], boolean]>([[4, [], false], [5, [], true], [50, ['trusted'], false], [50, ['moderator'], true]])(
  'with %i suspicions and %j, somebody is suspicious: %s', (suspicions, roles, expected) => expect(isSuspicious({ suspicions, roles: new Set(roles) })).toBe(expected));

describe('trust that is earned', () => {
  const WEEK_LATER = '2026-03-09T12:00:00.000Z';
  const grant: UserCommand = { type: 'GrantTrust', escrow: kudos(11), threshold: kudos(10), suspicious: false, at: WEEK_LATER };
  it('lets the paused workers work again, in the same append', () => user(pausedBy('suspicion')).when(grant).then(
    { type: 'TrustGranted.v1', data: { user: 2, escrow: kudos(11), threshold: kudos(10), grantedAt: WEEK_LATER } },
    { type: 'WorkerPaused.v1', data: { worker: 'w', owner: 2, on: false, by: 'trust', changedAt: WEEK_LATER } },
  ));
  it('pauses and unpauses nothing where there was trust before', () => user(trusted, pausedBy(1)).when(grant).thenNothing());
  it('is not for the suspicious, whatever a view believes', () => {
    user(...['1', '2', '3', '4', '5'].map((cause) => ofUser('UNREASONABLY_FAST', cause))).when(grant).thenRefused('TrustNotEarned');
    user({ type: 'PersonalDataErased.v1', data: { user: 2, by: 2, erasedAt: AT } }).when(grant).thenRefused('UserNotFound');
  });
});

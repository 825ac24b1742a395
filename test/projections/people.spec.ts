import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { records } from '../../projections/records/project.js';
import { lastActiveAt, recordsOf } from '../../projections/records/queries.js';
import { users } from '../../projections/users/project.js';
import { findUser, monthlyDue, userPage } from '../../projections/users/queries.js';
import { workers } from '../../projections/workers/project.js';
import { fastJobs, findWorker, jobsAtWorker, recentAborts } from '../../projections/workers/queries.js';
import { personal, type Recorded } from '../../src/kernel/event.js';
import { centikudos, kudos } from '../../src/kernel/kudos.js';
import { balanced, posting, spendable } from '../../src/kernel/ledger.js';
import type { SuspicionReason } from '../../src/users/user.events.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { declaration, imageFacts } from '../support/request-facts.js';
import { Seeded } from '../support/seeded.js';
import { deliver, emptied, randomSizes, rowsIn } from './delivery.js';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const WORKER = uuid(1);
const OTHER = uuid(2);
const recorded = (facts: readonly (readonly [type: string, data: object])[]): Recorded[] => facts.map(([type, data], index) => ({
  stream: 'any-1', revision: index, position: index, id: String(index), type, data,
  metadata: { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'test' },
}));

const born = (user: number, second: number) => [
  ['UserRegistered.v1', { user, accountClass: 'oauth', name: personal(`user-${user}`, `User ${user}`), registeredAt: at(second) }],
  ['ApiKeyIssued.v1', { user, keyHash: `key-${user}`, lastFour: 'abcd', issuedAt: at(second) }],
] as const;
const registered = (worker: string, owner = 7) => [
  ['WorkerRegistered.v1', { worker, kind: 'image', owner, name: personal(`user-${owner}`, worker), nameHash: worker, registeredAt: at(2) }],
  ['WorkerDeclared.v1', { worker, declaration: declaration(), declaredAt: at(2) }],
] as const;
const suspected = (worker: string, reason: SuspicionReason, cause: string | null = null) => [
  ['WorkerSuspected.v1', { worker, owner: 7, reason, cause, suspectedAt: at(3) }],
  ['UserSuspected.v1', { user: 7, reason, cause, worker, suspectedAt: at(3) }],
] as const;
const settings = (data: object) => ['UserSettingsChanged.v1', { user: 7, by: 1, changedAt: at(9), ...data }] as const;
const assigned = (job: string, worker = WORKER) => ['JobAssigned.v1', { request: uuid(9), job, worker, assignedAt: at(4) }] as const;
const expired = (job: string, second: number, worker = WORKER) => ['JobExpired.v1', { request: uuid(9), job, worker, expiredAt: at(second) }] as const;
const submitted = (job: string, more: object = {}) => ['JobSubmitted.v1', { request: uuid(9), job, worker: WORKER, owner: 7, things: 1_000, submittedAt: at(5), ...more }] as const;
const settled = (payer: number, things: number, second: number) => ['JobSettled.v1', { request: uuid(9), job: uuid(8), kind: 'image', payer, owner: 8, worker: OTHER, things, price: 100, settledAt: at(second) }] as const;
const entitled = (grant: string, added: number, monthly: number) => ['MonthlyEntitlementChanged.v1', { user: 7, by: 1, monthly: kudos(monthly), added: kudos(added), grant, changedAt: at(6) }] as const;
const credited = (grant: string, amount: number) => ['BalanceAdjusted.v1', {
  user: 7, by: 'system',
  ledger: balanced({ txId: grant, kind: 'admin_adjustment', effectiveAt: at(7), policy: 1 }, [posting('issue:adjustment', -amount), posting(spendable(7), amount)]),
}] as const;

const LIFE = recorded([
  ...born(7, 0), ...born(8, 1), ...registered(WORKER), ...registered(OTHER, 8), ...registered(uuid(3)),
  settings({ concurrency: 50, workerInvited: 25, contact: personal('user-7', 'me@example.org') }), settings({ publicWorkers: true, adminComment: personal('user-7', 'a comment') }),
  ['UserRenamed.v1', { user: 7, by: 7, name: personal('user-7', 'Ada'), renamedAt: at(9) }],
  ['ProxyPasskeyIssued.v1', { user: 7, by: 7, passkey: personal('user-7', 'passkey'), passkeyHash: 'hash', issuedAt: at(9) }],
  ...suspected(WORKER, 'WORKER_NAME_LONG'), ['SuspicionReset.v1', { user: 7, by: 1, resetAt: at(3) }], ...suspected(WORKER, 'EXTREME_MAX_PIXELS'),
  ['WorkerPaused.v1', { worker: WORKER, owner: 7, on: true, by: 1, changedAt: at(9) }],
  entitled(uuid(50), 100, 100), entitled(uuid(51), 5, 105), credited(uuid(50), 10_000), credited(uuid(60), 1),
  assigned(uuid(20)), assigned(uuid(21)), assigned(uuid(22)), assigned(uuid(23)), submitted(uuid(20), { tooFast: true }), submitted(uuid(21), { tooFast: true }), submitted(uuid(22)),
  ...suspected(WORKER, 'UNREASONABLY_FAST', uuid(20)),
  expired(uuid(30), 0), expired(uuid(31), 1_800), expired(uuid(32), 3_600), expired(uuid(33), 10, OTHER),
  ['WorkerRenamed.v1', { worker: WORKER, by: 7, name: personal('user-7', 'renamed'), nameHash: 'new', renamedAt: at(10) }],
  ['WorkerInfoChanged.v1', { worker: WORKER, by: 7, info: personal('user-7', 'an info'), changedAt: at(10) }],
  ['RequestAccepted.v1', imageFacts({ request: uuid(9), payer: 7, acceptedAt: at(40) })],
  ['UptimeRewarded.v1', { worker: OTHER, owner: 8, amount: 100, rewardedAt: at(77) }], settled(7, 1_000_000, 50), settings({ usageMultiplier: 2_500 }), settled(7, 1_000_000, 60), settings({ usageMultiplier: 500 }), settled(7, 1_000_000, 55),
  expired(uuid(34), 3_700, OTHER), ...suspected(OTHER, 'TOO_MANY_JOBS_ABORTED', uuid(34)), expired(uuid(35), 3_710, OTHER),
  ['WorkerDeleted.v1', { worker: uuid(3), owner: 7, by: 7, nameHash: uuid(3), deletedAt: at(70) }], expired(uuid(36), 80, uuid(3)),
]);
const END = recorded([
  ...born(9, 90), ['UserSettingsChanged.v1', { user: 9, by: 9, contact: personal('user-9', 'me@example.org'), changedAt: at(91) }],
  ['ProxyPasskeyIssued.v1', { user: 9, by: 9, passkey: personal('user-9', 'passkey'), passkeyHash: 'hash', issuedAt: at(92) }],
  ['PersonalDataErased.v1', { user: 9, by: 9, erasedAt: at(99) }],
]);

describe('the read models of users and workers', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('people')), 60_000);
  afterAll(() => test.close());

  const PROJECTIONS = [users, workers, records] as const;
  const filled = async (events: readonly Recorded[], sizes: readonly number[] = []): Promise<unknown[]> => {
    await emptied(test.database, PROJECTIONS);
    for (const projection of PROJECTIONS) await deliver(test.database, projection, { events, sizes });
    return Promise.all(PROJECTIONS.map((projection) => rowsIn(test.database, projection)));
  };

  it('are the same however the log was cut into batches', async () => {
    const events = [...LIFE, ...END];
    const random = new Seeded(3);
    const inOneGo = await filled(events);
    expect(await filled(events, events.map(() => 1))).toEqual(inOneGo);
    for (let round = 0; round < 6; round++) expect(await filled(events, randomSizes(random, events.length, 9))).toEqual(inOneGo);
  }, 60_000);

  it('know settings, texts and suspicions since the last reset', async () => {
    await filled(LIFE);
    expect(await findUser(test.database, 7)).toMatchObject({
      name: 'Ada', concurrency: 50, workerInvited: 25, publicWorkers: true, contact: 'me@example.org', adminComment: 'a comment', proxyPasskey: 'passkey',
      monthly: kudos(105), suspicions: 3, workerCount: 1, erased: false,
    });
    expect(await findWorker(test.database, WORKER)).toMatchObject({ name: 'renamed', nameHash: 'new', info: 'an info', paused: true, suspicions: 2 });
    expect(await findWorker(test.database, uuid(3))).toBeUndefined();
    expect(await jobsAtWorker(test.database, WORKER)).toBe(1);
  });

  it('keep what is due until it is done', async () => {
    await filled(LIFE);
    expect(await monthlyDue(test.database, 9)).toEqual([{ grant: uuid(51), user: 7, amount: kudos(5) }]);
    expect(await fastJobs(test.database)).toEqual([{ job: uuid(21), worker: WORKER, owner: 7 }]);
  });

  it('remember the aborts of an hour, and none from before they were held against the worker', async () => {
    await filled(LIFE);
    const aborts = (await recentAborts(test.database)).map(({ job }) => job);
    expect(aborts).toEqual([uuid(31), uuid(32), uuid(35)]);
  });

  it('scale usage from the moment on that its multiplier changed, and nothing else', async () => {
    await filled(LIFE);
    expect(await recordsOf(test.database, 7)).toMatchObject({ usage: { megapixelsteps: 4 }, request: { image: 4 } });
    expect(await recordsOf(test.database, 8)).toMatchObject({ contribution: { megapixelsteps: 3 }, fulfillment: { image: 3 } });
    expect(await lastActiveAt(test.database, 7)).toBe(Date.parse(at(60)));
    expect(await lastActiveAt(test.database, 8)).toBe(Date.parse(at(77))); // by its worker's uptime alone
    expect(await lastActiveAt(test.database, 1)).toBeUndefined();
  });

  it('forget all that was personal of somebody who was wiped, and list them no more', async () => {
    await filled([...LIFE, ...END]);
    expect(await findUser(test.database, 9)).toMatchObject({ name: null, contact: null, adminComment: null, proxyPasskey: null, lastFour: null, erased: true });
    expect((await test.database.query('SELECT key_hash, passkey_hash FROM rm.user WHERE id = 9'))[0]).toEqual({ key_hash: null, passkey_hash: null });
    await test.database.script('CREATE TABLE IF NOT EXISTS rm.balance (user_id int, spendable bigint)');
    expect((await userPage(test.database, 1, 'age')).map(({ id, spendable: amount }) => [id, amount])).toEqual([[7, centikudos(0)], [8, centikudos(0)]]);
  });
});

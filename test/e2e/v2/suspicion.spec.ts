import { describe, expect, it } from '@jest/globals';
import { personal } from '../../../src/kernel/event.js';
import type { SuspicionReason } from '../../../src/users/user.events.js';
import { OnUser } from '../../../src/users/user.message.js';
import { Suspecting } from '../../../src/workers/suspecting.reactor.js';
import { OnWorker, OnWorkerName } from '../../../src/workers/worker.message.js';
import { startHorde } from '../../support/app.js';
import { V2, type Fields, type Person } from '../../support/client.js';
import { declaration } from '../../support/request-facts.js';

const horde = await startHorde('suspicion', { settings: { HORDE_TEST_SPEEDLIMIT_DISABLED: '0' } });
const { client } = horde;
const moderator = await client.person('moderator', 25, { moderator: true });
const payer = await client.person('payer', 100_000, { trusted: true });
const giver = await client.person('giver', 1_000);
const at = '2026-11-01T00:00:00.000Z';
const context = { actor: { kind: 'system' as const }, correlationId: '00000000-0000-4000-8000-000000000000' };
const suspect = (person: Pick<Person, 'id'>, reason: SuspicionReason, cause: string | null = null) => horde.command(new OnUser(person.id, { type: 'SuspectUser', reason, cause, at }, context));
const held = async (): Promise<void> => {
  await horde.caughtUp();
  await horde.server.app.get(Suspecting, { strict: false }).round();
  await horde.caughtUp();
};
const userSeen = async (person: Pick<Person, 'id'>): Promise<Fields> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/users/${person.id}`, moderator.key)).body;
};
const workerSeen = async (name: string): Promise<Fields> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`, moderator.key)).body;
};

describe('a suspicious user', () => {
  it('neither sends nor receives kudos, until a moderator takes the suspicion back', async () => {
    const doubtful = await client.person('doubtful', 1_000);
    const reasons: SuspicionReason[] = ['UNSAFE_IP', 'CORRUPT_PROMPT', 'USERNAME_PROFANITY', 'WORKER_PROFANITY'];
    for (const reason of [...reasons, ...reasons]) await suspect(doubtful, reason);
    expect(await userSeen(doubtful)).toMatchObject({ suspicious: 4 });
    expect((await client.transfer(doubtful.key, payer.alias, 1)).status).toBe(200);
    await suspect(doubtful, 'USERNAME_LONG');
    expect(await userSeen(doubtful)).toMatchObject({ suspicious: 5 });
    expect((await client.transfer(doubtful.key, payer.alias, 1)).body.rc).toBe('FaultWhenKudosSending');
    expect((await client.transfer(giver.key, doubtful.alias, 1)).body.rc).toBe('FaultWhenKudosReceiving');
    expect((await client.send('PUT', `${V2}/users/${doubtful.id}`, { key: moderator.key, body: { reset_suspicion: true } })).body).toEqual({ new_suspicion: 0 });
    expect(await userSeen(doubtful)).toMatchObject({ suspicious: 0 });
    expect((await client.transfer(doubtful.key, payer.alias, 1)).status).toBe(200);
  });

  it('is not suspicious when trusted', async () => {
    const trusted = await client.person('beyond doubt', 1_000, { trusted: true });
    for (let cause = 0; cause < 6; cause++) await suspect(trusted, 'UNREASONABLY_FAST', `job ${cause}`);
    expect(await userSeen(trusted)).toMatchObject({ suspicious: 6 });
    expect((await client.transfer(trusted.key, payer.alias, 1)).status).toBe(200);
  });
});

describe('a name', () => {
  it('that is too long is cut and held against its account, once', async () => {
    const long = await client.register('n'.repeat(40));
    expect(long.alias).toBe(`${'n'.repeat(30)}#${long.id}`);
    expect(await userSeen(long)).toMatchObject({ suspicious: 1 });
  });
  it('that is profane is refused at registration, of user, worker and bridge', async () => {
    await expect(client.register('shithead')).rejects.toThrow(/400.*ProfaneUserName/);
    expect((await client.popImage(payer.key, { name: 'fucking fast' })).body.rc).toBe('ProfaneWorkerName');
    expect((await client.popImage(payer.key, { name: 'civil', bridge_agent: 'shit:1:x' })).body.rc).toBe('ProfaneBridgeAgent');
  });
  it('of a worker that was welcome once and is not any more is held against it, once', async () => {
    const owner = await client.person('of other times', 25);
    const [worker, name] = ['0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3', 'my shit worker'];
    const nameHash = horde.server.platform.secrets.keyedHash('worker-name', name);
    await horde.command(new OnWorkerName(nameHash, { type: 'ReserveWorkerName', worker, kind: 'image', owner: owner.id, at }, context));
    await horde.command(new OnWorker(worker, { type: 'RegisterWorker', kind: 'image', owner: owner.id, name: personal(`user-${owner.id}`, name), nameHash, declaration: declaration(), at }, context));
    for (let pop = 0; pop < 2; pop++) expect((await client.popImage(owner.key, { name })).status).toBe(200);
    expect(await workerSeen(name)).toMatchObject({ suspicious: 1 });
  });
  it('of a worker counts twice when it is extreme, for the worker and for its owner', async () => {
    const owner = await client.person('of long names', 25);
    await client.popImage(owner.key, { name: 'w'.repeat(201) });
    expect(await workerSeen('w'.repeat(100))).toMatchObject({ suspicious: 2 });
    expect(await userSeen(owner)).toMatchObject({ suspicious: 2 });
    await client.popImage(owner.key, { name: 'x'.repeat(101) });
    expect(await workerSeen('x'.repeat(100))).toMatchObject({ suspicious: 1 });
    expect(await userSeen(owner)).toMatchObject({ suspicious: 2 });
  });
});

describe('a worker', () => {
  it('that promises images larger than any is suspected, unless its owner is trusted', async () => {
    const owner = await client.person('of large images', 25);
    await client.popImage(owner.key, { name: 'large', max_pixels: 3_072 * 3_072 });
    expect(await workerSeen('large')).toMatchObject({ suspicious: 0 });
    for (const pixels of [1, 2, 1]) await client.popImage(owner.key, { name: 'large', max_pixels: 3_072 * 3_072 + pixels });
    expect(await workerSeen('large')).toMatchObject({ suspicious: 1 });
    await client.popImage(payer.key, { name: 'trusted to be large', max_pixels: 10_000_000 });
    expect(await workerSeen('trusted to be large')).toMatchObject({ suspicious: 0 });
  });

  it('that delivers faster than anybody can is paused at the fifth time, and gets nothing more that anybody waits for', async () => {
    const owner = await client.person('of fast ones', 25);
    for (let job = 0; job < 5; job++) {
      await client.askImage(payer.key, { models: ['Deliberate'] });
      const popped = await client.popImage(owner.key, { name: 'fast', models: ['Deliberate'] });
      expect((await client.submitImage(owner.key, popped.body.id)).status).toBe(200);
      await held();
      await held(); // once for each job, however often the round comes
      expect(await workerSeen('fast')).toMatchObject({ suspicious: job + 1, paused: job === 4 });
    }
    expect(await userSeen(owner)).toMatchObject({ suspicious: 5 });
    const asked = await client.askImage(payer.key, { models: ['Deliberate'] });
    expect((await client.popImage(owner.key, { name: 'fast', models: ['Deliberate'] })).status).toBe(200);
    expect((await client.check(asked.body.id)).body).toMatchObject({ waiting: 1, processing: 0 });
    await client.cancel(asked.body.id);
    const trusted = await client.send('PUT', `${V2}/users/${owner.id}`, { key: moderator.key, body: { trusted: true } });
    expect(trusted.status).toBe(200);
    expect(await workerSeen('fast')).toMatchObject({ suspicious: 5, paused: false });
  });

  it('that gives up a 21st job within the hour is put into maintenance and suspected, once', async () => {
    const owner = await client.person('of weak ones', 25, { trusted: true });
    const giveUp = async (): Promise<void> => {
      const asked = await client.askImage(payer.key, { models: ['Dreamshaper'] });
      const popped = await client.popImage(owner.key, { name: 'weak', models: ['Dreamshaper'] });
      expect(popped.body.id).not.toBeNull();
      await client.submitImage(owner.key, popped.body.id, { state: 'faulted' });
      await client.cancel(asked.body.id);
    };
    for (let job = 0; job < 20; job++) await giveUp();
    await held();
    expect(await workerSeen('weak')).toMatchObject({ suspicious: 0, maintenance_mode: false, uncompleted_jobs: 20 });
    await giveUp();
    await held();
    await held();
    expect(await workerSeen('weak')).toMatchObject({ suspicious: 1, maintenance_mode: true, uncompleted_jobs: 21 });
    expect(await userSeen(owner)).toMatchObject({ suspicious: 1 });
    expect(await client.popImage(owner.key, { name: 'weak' })).toMatchObject({ status: 403, body: { rc: 'WorkerMaintenance', message: expect.stringMatching(/too many jobs/) } });
    const events = (await horde.events()).filter(({ data }) => (data as { reason?: string }).reason === 'TOO_MANY_JOBS_ABORTED');
    expect(events.map(({ type }) => type)).toEqual(['WorkerSuspected.v1', 'UserSuspected.v1']);
  });
});

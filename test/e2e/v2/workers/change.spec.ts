import { describe, expect, it } from '@jest/globals';
import { OnWorkerName } from '../../../../src/workers/worker.message.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, since, V2, type Answer, type Fields, type Person, type Refusal } from '../../../support/client.js';

const horde = await startHorde('change_workers');
const { client } = horde;
const moderator = await client.person('moderator', 25, { moderator: true });
const owner = await client.person('owner', 1_000);
const stranger = await client.person('stranger', 1_000);
const payer = await client.person('payer', 1_000);
type Answered = Answer<Fields & Refusal>;

const workerOf = async (person: Person, name: string): Promise<string> => {
  await client.popImage(person.key, { name });
  await horde.caughtUp();
  return (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`)).body['id'] as string;
};
const put = (id: string, key: string | undefined, body: unknown): Promise<Answered> => client.send('PUT', `${V2}/workers/${id}`, { ...(key === undefined ? {} : { key }), body });
const del = (id: string, key?: string): Promise<Answered> => client.send('DELETE', `${V2}/workers/${id}`, key === undefined ? {} : { key });
const seen = async (id: string, after: Answer<unknown>, key?: string): Promise<Fields> => (await client.get(`${V2}/workers/${id}`, key, since(after))).body;

const worker = await workerOf(owner, 'first worker');
const second = await workerOf(owner, 'second worker');
const foreign = await workerOf(stranger, 'foreign worker');

describe('PUT /workers/{id}', () => {
  it('lets the owner change what is said of it', async () => {
    const { answer, events } = await horde.appendedBy(() => put(worker, owner.key, { info: 'My <3 machine', name: 'renamed worker', team: '' }));
    expect(answer).toMatchObject({ status: 200, body: { info: 'My &lt;3 machine', name: 'renamed worker', team: 'None' } });
    expect(events.map(({ type }) => type)).toEqual(['WorkerNameReserved.v1', 'WorkerInfoChanged.v1', 'WorkerRenamed.v1', 'WorkerNameReleased.v1']);
    expect(JSON.stringify(events)).not.toMatch(/renamed worker|machine/);
    expect(await seen(worker, answer)).toMatchObject({ name: 'renamed worker', info: 'My &lt;3 machine' });
    expect((await put(worker, owner.key, { info: '' })).body).toEqual({ info: '' });
  });

  it('lets the worker pop under its new name, and somebody else under the old one', async () => {
    expect((await client.popImage(owner.key, { name: 'Renamed Worker' })).status).toBe(200);
    expect((await client.popImage(stranger.key, { name: 'first worker' })).status).toBe(200);
    await horde.caughtUp();
    expect((await client.get(`${V2}/workers/name/renamed%20worker`)).body).toMatchObject({ id: worker });
    expect((await put(worker, owner.key, { name: 'RENAMED WORKER' })).body).toEqual({ name: 'RENAMED WORKER' });
    expect((await client.popImage(owner.key, { name: 'renamed worker' })).status).toBe(200);
  });

  it('frees a name that a rename which never came has kept, after a while', async () => {
    const nameHash = horde.server.platform.secrets.keyedHash('worker-name', 'kept for nothing');
    const context = { actor: { kind: 'system' as const }, correlationId: '00000000-0000-4000-8000-000000000000' };
    const at = new Date(horde.server.platform.clock.now()).toISOString();
    await horde.command(new OnWorkerName(nameHash, { type: 'ReserveWorkerName', worker: foreign, kind: 'image', owner: stranger.id, at }, context));
    expect((await put(worker, owner.key, { name: 'kept for nothing' })).body.rc).toBe('WorkerNameAlreadyExists');
    await horde.pass(61_000);
    expect((await put(worker, owner.key, { name: 'kept for nothing' })).status).toBe(200);
    await put(worker, owner.key, { name: 'renamed worker' });
  });

  it('puts it into maintenance with a message, and out again', async () => {
    await put(worker, owner.key, { maintenance: true, maintenance_msg: 'Back at noon' });
    await horde.caughtUp();
    expect(await client.popImage(owner.key, { name: 'renamed worker' })).toMatchObject({ status: 403, body: { rc: 'WorkerMaintenance', message: expect.stringMatching(/Back at noon.*maintenance mode/) } });
    const answer = await put(worker, moderator.key, { maintenance: false });
    expect(answer.body).toEqual({ maintenance: false });
    expect(await seen(worker, answer)).toMatchObject({ maintenance_mode: false });
    expect((await client.popImage(owner.key, { name: 'renamed worker' })).status).toBe(200);
  });

  it('paused by a moderator, it gets nothing but its owner\'s jobs, and is not told', async () => {
    const paused = await put(worker, moderator.key, { paused: true });
    expect(paused.body).toEqual({ paused: true });
    expect(await seen(worker, paused, moderator.key)).toMatchObject({ paused: true, maintenance_mode: false });
    const asked = await client.askImage(payer.key, { models: ['Deliberate'] });
    expect((await client.popImage(owner.key, { name: 'renamed worker', models: ['Deliberate'] })).status).toBe(200); // with a decoy
    expect((await client.check(asked.body.id)).body).toMatchObject({ waiting: 1, processing: 0 });
    const own = await client.askImage(owner.key, { models: ['Deliberate'] });
    const popped = await client.popImage(owner.key, { name: 'renamed worker', models: ['Deliberate'] });
    await client.submitImage(owner.key, popped.body.id);
    await horde.caughtUp();
    expect((await client.check(own.body.id)).body).toMatchObject({ done: true });
    await put(worker, moderator.key, { paused: false });
    const next = await client.askImage(payer.key, { models: ['Deliberate'] });
    expect((await client.popImage(owner.key, { name: 'renamed worker', models: ['Deliberate'] })).body.id).not.toBeNull();
    expect((await client.check(next.body.id)).body).toMatchObject({ processing: 1 });
    await client.cancel(asked.body.id);
    await client.cancel(next.body.id);
  });

  it('works again the moment that its owner is trusted', async () => {
    await put(foreign, moderator.key, { paused: true });
    const { answer, events } = await horde.appendedBy(() => client.send('PUT', `${V2}/users/${stranger.id}`, { key: moderator.key, body: { trusted: true } }));
    expect(events.map(({ type, data }) => [type, (data as { by?: unknown }).by])).toEqual([['RolesChanged.v1', undefined], ['WorkerPaused.v1', 'trust']]);
    expect(await seen(foreign, answer, moderator.key)).toMatchObject({ paused: false, trusted: true });
    await client.send('PUT', `${V2}/users/${stranger.id}`, { key: moderator.key, body: { trusted: false } });
    expect(await seen(foreign, answer, moderator.key)).toMatchObject({ paused: false });
  });

  it('says whose it is if the owner wants that, and to moderators how to reach the owner', async () => {
    const answer = await client.send('PUT', `${V2}/users/${owner.id}`, { key: owner.key, body: { public_workers: true, contact: 'owner@example.org' } });
    expect(await seen(worker, answer)).toMatchObject({ owner: owner.alias, messages: [] });
    expect(await seen(worker, answer)).not.toHaveProperty('contact');
    expect(await seen(worker, answer, moderator.key)).toMatchObject({ contact: 'owner@example.org' });
  });

  it.each<[string, string | undefined, string, object, number, string | undefined]>([
    ['a bad body', undefined, 'x', { name: 'tiny' }, 400, undefined], ['nobody of that id', undefined, 'x', { name: 'a new name' }, 404, 'WorkerNotFound'],
    ['no key', undefined, worker, { name: 'a new name' }, 400, undefined], ['an unknown key', 'unknown', worker, { name: 'a new name' }, 401, 'InvalidAPIKey'],
    ['a stranger\'s maintenance', stranger.key, worker, { maintenance: true, info: 'shit', paused: true }, 403, 'NotOwner'],
    ['an anonymous info', ANONYMOUS, worker, { info: 'shit', paused: true }, 403, 'AnonForbiddenWorker'],
    ['a stranger\'s info', stranger.key, worker, { info: 'shit', paused: true }, 403, 'NotOwner'],
    ['a profane info', owner.key, worker, { info: 'shit', paused: true }, 400, 'ProfaneWorkerInfo'],
    ['a pause by its owner', owner.key, worker, { paused: false, name: 'the shit worker' }, 403, 'NotModerator'],
    ['a stranger\'s name', stranger.key, worker, { name: 'the shit worker' }, 403, 'NotModerator'],
    ['a name that grows too long', owner.key, worker, { name: `<${'n'.repeat(98)}>` }, 400, 'TooLongWorkerName'],
    ['a profane name', owner.key, worker, { name: 'the shit worker', team: 'x' }, 400, 'ProfaneWorkerName'],
    ['an unknown team', owner.key, worker, { name: 'second worker', team: 'x' }, 404, 'TeamNotFound'],
    ['nothing', owner.key, worker, { maintenance_msg: 'alone' }, 400, 'NoWorkerModSelected'],
    ['the name of another worker of its own', owner.key, worker, { name: 'second worker', maintenance: true }, 400, 'WorkerNameAlreadyExists'],
    ['the name of somebody else\'s', owner.key, worker, { name: 'Foreign Worker' }, 400, 'WorkerNameAlreadyExists'],
  ])('refuses %s, and changes nothing', async (_what, key, id, body, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => put(id, key, body));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
  });
});

describe('DELETE /workers/{id}', () => {
  it.each<[string, string | undefined, string, number, string | undefined]>([
    ['nobody of that id', undefined, 'x', 404, 'WorkerNotFound'], ['no key', undefined, worker, 400, undefined], ['an unknown key', 'unknown', worker, 401, 'InvalidAPIKey'],
    ['the anonymous caller', ANONYMOUS, worker, 403, 'AnonForbiddenWorker'], ['a stranger', stranger.key, worker, 403, 'NotModerator'],
  ])('refuses %s', async (_what, key, id, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => del(id, key));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
  });

  it('waits for its jobs, then lets go of its name and nothing of its owner\'s kudos', async () => {
    await client.askImage(payer.key, { models: ['Dreamshaper'] });
    const popped = await client.popImage(owner.key, { name: 'second worker', models: ['Dreamshaper'] });
    expect(await del(second, owner.key)).toMatchObject({ status: 423, body: { rc: 'Locked' } });
    await client.submitImage(owner.key, popped.body.id);
    const before = await horde.kudosOf(owner);
    const { answer, events } = await horde.appendedBy(() => del(second, owner.key));
    expect(answer).toMatchObject({ status: 200, body: { deleted_id: second, deleted_name: 'second worker' } });
    expect(events.map(({ type }) => type)).toEqual(['WorkerDeleted.v1', 'WorkerNameReleased.v1']);
    await horde.caughtUp();
    expect((await client.get(`${V2}/workers/${second}`)).status).toBe(404);
    expect(await horde.kudosOf(owner)).toBe(before);
    expect((await del(second, owner.key)).status).toBe(404);
    expect(await workerOf(stranger, 'second worker')).not.toBe(second);
  });
});

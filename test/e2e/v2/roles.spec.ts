import { describe, expect, it } from '@jest/globals';
import { personal } from '../../../src/kernel/event.js';
import type { Role } from '../../../src/users/user.events.js';
import { OnUser } from '../../../src/users/user.message.js';
import { OnWorker } from '../../../src/workers/worker.message.js';
import { startHorde } from '../../support/app.js';
import { V2, type Person } from '../../support/client.js';

const horde = await startHorde('roles');
const { client } = horde;
const at = '2026-11-01T00:00:00.000Z';
const context = { actor: { kind: 'operator' as const }, correlationId: '00000000-0000-4000-8000-000000000000' };
/** Roles are given by moderators; their route comes later, its command is there. */
const be = async (person: Person, roles: Partial<Record<Role, boolean>>): Promise<Person> => {
  await horde.command(new OnUser(person.id, { type: 'ChangeRoles', roles, at }, context));
  return person;
};
const payer = await client.person('payer', 10_000);
const receiver = await client.person('receiver', 25);

describe('a flagged account', () => {
  it('neither sends nor gets kudos, runs no workers, and stands at the end of the queue', async () => {
    const flagged = await be(await client.person('flagged', 5_000), { flagged: true });
    expect((await client.transfer(flagged.key, receiver.alias, 1)).body.rc).toBe('SourceAccountFlagged');
    expect((await client.transfer(payer.key, flagged.alias, 1)).body.rc).toBe('TargetAccountFlagged');
    expect(await client.popImage(flagged.key, { name: 'of a flagged one' })).toMatchObject({ status: 403, body: { rc: 'WorkerFlaggedMaintenance' } });
    const asked = await client.askImage(flagged.key);
    expect(asked.status).toBe(202);
    const last = (await horde.events()).findLast(({ type }) => type === 'AuthorizationOpened.v1')!;
    expect(last.data).toMatchObject({ user: flagged.id, priority: 500 });
    await client.cancel(asked.body.id);
    expect((await client.get(`${V2}/users/${flagged.id}`)).body).toMatchObject({ flagged: true });
  });
});

describe('an account that is scheduled for deletion', () => {
  it('does nothing any more', async () => {
    const leaving = await be(await client.person('leaving', 5_000), { deleted: true });
    const answers = [await client.askImage(leaving.key), await client.askText(leaving.key), await client.popImage(leaving.key, { name: 'x' }), await client.popText(leaving.key, { name: 'x' })];
    expect(answers.map(({ status, body }) => [status, body.rc])).toEqual(answers.map(() => [403, 'DeletedUser']));
    expect(await client.transfer(leaving.key, receiver.alias, 1)).toMatchObject({ status: 400, body: { rc: 'DeletedUser' } });
    expect(await client.transfer(payer.key, leaving.alias, 1)).toMatchObject({ status: 400, body: { rc: 'DeletedUser' } });
  });
});

describe('an education account', () => {
  it('is given what it needs, gives nothing, and is always made safe', async () => {
    const school = await be(await client.person('school', 5_000), { education: true });
    expect((await client.transfer(school.key, receiver.alias, 1)).body.rc).toBe('EducationCannotSendKudos');
    const donated = await client.transfer(payer.key, school.alias, 100);
    expect((await client.get(`${V2}/users/${payer.id}`, undefined, { 'kudos-position': donated.headers.get('kudos-position')! })).body['kudos_details']).toMatchObject({ donated: -100 });
    const { answer, events } = await horde.appendedBy(() => client.askImage(school.key, { nsfw: true, shared: true }));
    expect(events.find(({ type }) => type === 'RequestAccepted.v1')!.data).toMatchObject({ nsfw: false, censorNsfw: true, trustedWorkers: true, shared: false });
    await client.cancel(answer.body.id);
    expect((await client.get(`${V2}/users/${school.id}`)).body).toMatchObject({ education: true, concurrency: 200 });
  });
});

describe('a worker in maintenance', () => {
  it.each([[null, /maintenance mode/i], ['Back at noon', /Back at noon.*maintenance mode/i]])('is told so, in the words that workers look for (%j)', async (message, words) => {
    const owner = await client.person(`owner of ${message ?? 'nothing'}`, 1_000, { trusted: true });
    const name = `resting ${message ?? 'silently'}`;
    await client.popImage(owner.key, { name });
    const { body } = await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`);
    const worker = body['id'] as string;
    await horde.command(new OnWorker(worker, { type: 'ChangeMaintenance', on: true, message: message === null ? null : personal(`user-${owner.id}`, message), at }, context));
    const waiting = await client.askImage(payer.key);
    await horde.caughtUp();
    expect(await client.popImage(owner.key, { name })).toMatchObject({ status: 403, body: { rc: 'WorkerMaintenance', message: expect.stringMatching(words) } });
    expect((await client.get(`${V2}/workers/${worker}`)).body).toMatchObject({ maintenance_mode: true });
    // What its own owner asks for it still makes.
    const own = await client.askImage(owner.key);
    const popped = await client.popImage(owner.key, { name });
    expect(popped.status).toBe(200);
    expect((await client.submitImage(owner.key, popped.body.id)).status).toBe(200);
    await horde.caughtUp();
    expect((await client.check(own.body.id)).body).toMatchObject({ finished: 1 });
    await client.cancel(waiting.body.id);
    await horde.command(new OnWorker(worker, { type: 'ChangeMaintenance', on: false, message: null, at }, context));
    expect((await client.popImage(owner.key, { name })).status).toBe(200);
  });
});

describe('a customizer', () => {
  it('serves models that nobody has heard of', async () => {
    const maker = await be(await client.person('maker', 25), { customizer: true, trusted: true });
    const asked = await client.askImage(payer.key, { models: ['home-made'] });
    const popped = await client.popImage(maker.key, { name: 'workshop', models: ['home-made'] });
    expect(popped.body).toMatchObject({ model: 'home-made' });
    expect((await client.submitImage(maker.key, popped.body.id)).status).toBe(200);
    await horde.caughtUp();
    expect((await client.check(asked.body.id)).body).toMatchObject({ done: true });
  });
});

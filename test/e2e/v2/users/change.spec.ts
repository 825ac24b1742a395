import { describe, expect, it } from '@jest/globals';
import { kudos } from '../../../../src/kernel/kudos.js';
import { Erasures } from '../../../../src/users/erasures.reactor.js';
import { MonthlyGrants } from '../../../../src/users/monthly-grants.reactor.js';
import { OnUser } from '../../../../src/users/user.message.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, since, V2, type Answer, type Fields, type Person, type Refusal } from '../../../support/client.js';

const horde = await startHorde('change_users');
const { client } = horde;
const moderator = await client.person('moderator', 25, { moderator: true });
const person = await client.person('somebody', 1_000);
const pseudonymous = await client.register('pseudonym');
const stranger = await client.person('stranger', 25);
const put = (id: number | string, key: string | undefined, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Fields & Refusal>> =>
  client.send('PUT', `${V2}/users/${id}`, { ...(key === undefined ? {} : { key }), body, headers });
const seen = async (id: number, key: string, after: Answer<unknown>): Promise<Fields> => (await client.get(`${V2}/users/${id}`, key, since(after))).body;
const eventsOf = async (call: () => Promise<Answer<Fields & Refusal>>): Promise<{ answer: Answer<Fields & Refusal>; types: string[] }> => {
  const { answer, events } = await horde.appendedBy(call);
  return { answer, types: events.map(({ type }) => type) };
};

describe('PUT /users/{id}', () => {
  it('lets the user change what is its own, and answers what it has changed', async () => {
    const { answer, types } = await eventsOf(() => put(person.id, person.key, { username: 'Ada <b>', contact: 'ada@example.org', public_workers: true }));
    expect(answer).toMatchObject({ status: 200, body: { username: 'Ada &lt;b&gt;', contact: 'ada@example.org', public_workers: true } });
    expect(types).toEqual(['UserSettingsChanged.v1', 'UserRenamed.v1']);
    const own = await seen(person.id, person.key, answer);
    expect(own).toMatchObject({ username: `Ada &lt;b&gt;#${person.id}`, contact: 'ada@example.org', worker_ids: [] });
    expect((await client.get(`${V2}/users/${person.id}`)).body).toMatchObject({ worker_ids: [] });
    expect((await client.get(`${V2}/users/${person.id}`)).body).not.toHaveProperty('contact');
    await put(person.id, person.key, { username: 'somebody', public_workers: false });
  });

  it('stores nothing personal in plain words', async () => {
    const { answer, events } = await horde.appendedBy(() => put(person.id, moderator.key, { username: 'Zanzibar', contact: 'zz@example.org', admin_comment: 'quite unknown' }));
    expect(answer.status).toBe(200);
    expect(JSON.stringify(events)).not.toMatch(/Zanzibar|zz@example|quite unknown/);
  });

  it('lets moderators change the rest, each with its new value', async () => {
    const body = {
      concurrency: 99, worker_invited: 30, trusted: true, flagged: true, customizer: true, vpn: true, service: true, special: true, education: true, reset_suspicion: true,
      admin_comment: 'a good one',
    };
    const { answer, types } = await eventsOf(() => put(stranger.id, moderator.key, body));
    expect(answer.body).toEqual({ ...body, reset_suspicion: undefined, new_suspicion: 0 });
    expect(types).toEqual(['RolesChanged.v1', 'UserSettingsChanged.v1']);
    expect(await seen(stranger.id, moderator.key, answer)).toMatchObject({
      concurrency: 99, worker_invited: 30, trusted: true, flagged: true, customizer: true, vpn: true, service: true, special: true, education: true, admin_comment: 'a good one',
      suspicious: 0,
    });
    const back = await put(stranger.id, moderator.key, { trusted: false, flagged: false, customizer: false, vpn: false, service: false, special: false, education: false });
    expect(back.body).toEqual({ trusted: false, flagged: false, customizer: false, vpn: false, service: false, special: false, education: false });
    expect(await seen(stranger.id, moderator.key, back)).toMatchObject({ trusted: false, flagged: false, concurrency: 99 });
  });

  it('gives a class room, and takes it back', async () => {
    const pupil = await client.person('pupil', 25);
    expect((await put(pupil.id, moderator.key, { education: true })).body).toEqual({ education: true, concurrency: 200 });
    const off = await put(pupil.id, moderator.key, { education: false });
    expect(off.body).toEqual({ education: false, concurrency: 30 });
    expect(await seen(pupil.id, pupil.key, off)).toMatchObject({ education: false, concurrency: 30 });
  });

  it('makes moderators trusted, and leaves the trust when they are no longer', async () => {
    const helper = await client.person('helper', 25);
    expect((await put(helper.id, horde.operatorKey, { moderator: true })).body).toEqual({ moderator: true });
    const off = await put(helper.id, horde.operatorKey, { moderator: false });
    expect(await seen(helper.id, helper.key, off)).toMatchObject({ moderator: false, trusted: true });
  });

  it('moves kudos for admins: a credit through a grant, a debit to the floor at most', async () => {
    const rich = await client.person('to be adjusted', 100);
    const up = await eventsOf(() => put(rich.id, horde.operatorKey, { kudos: 50.9 }));
    expect([up.answer.body, up.types]).toEqual([{ new_kudos: 150 }, ['BalanceAdjusted.v1']]);
    const down = await put(rich.id, horde.operatorKey, { kudos: -1_000 });
    expect(down.body).toEqual({ new_kudos: 25 });
    expect(await seen(rich.id, rich.key, down)).toMatchObject({ kudos: 25, kudos_details: { admin: expect.any(Number) } });
    expect((await put(rich.id, horde.operatorKey, { kudos: 0 })).body).toEqual({ new_kudos: 25 });
  });

  it('moves kudos once for an Idempotency-Key, however often it is asked', async () => {
    const lucky = await client.person('lucky', 100);
    const headers = { 'Idempotency-Key': 'gift of the house' };
    const answers = [];
    for (let round = 0; round < 3; round++) answers.push((await put(lucky.id, horde.operatorKey, { kudos: 10, monthly_kudos: 7 }, headers)).body);
    expect(answers).toEqual(answers.map(() => ({ new_kudos: expect.any(Number), monthly_kudos: 7 })));
    expect(await horde.kudosOf(lucky)).toBe(117);
    expect(await put(lucky.id, horde.operatorKey, { kudos: 11 }, headers)).toMatchObject({ status: 400, body: { rc: 'IdempotencyKeyConflict' } });
  });

  it('knows a key again that was used to take kudos, and never for the opposite; at another user it is another key', async () => {
    const [one, other] = [await client.person('one', 100), await client.person('other', 100)];
    const headers = { 'Idempotency-Key': 'correction 7' };
    const answers = [];
    for (let round = 0; round < 3; round++) answers.push((await put(one.id, horde.operatorKey, { kudos: -10, monthly_kudos: 5 }, headers)).body);
    expect(answers).toEqual([90, 95, 95].map((balance) => ({ new_kudos: balance, monthly_kudos: 5 }))); // the entitlement comes after the kudos
    for (const kudos of [10, -11]) expect(await put(one.id, horde.operatorKey, { kudos }, headers)).toMatchObject({ status: 400, body: { rc: 'IdempotencyKeyConflict' } });
    expect(await horde.kudosOf(one)).toBe(95);
    for (let round = 0; round < 2; round++) expect((await put(other.id, horde.operatorKey, { kudos: 10, monthly_kudos: 6 }, headers)).body).toEqual({ new_kudos: [110, 116][round], monthly_kudos: 6 });
    expect(await put(other.id, horde.operatorKey, { kudos: 10, monthly_kudos: 7 }, headers)).toMatchObject({ status: 400, body: { rc: 'IdempotencyKeyConflict' } });
    expect(await put(other.id, horde.operatorKey, { kudos: -10 }, headers)).toMatchObject({ status: 400, body: { rc: 'IdempotencyKeyConflict' } });
    expect(await horde.kudosOf(other)).toBe(116);
  });

  it('raises and lowers the monthly entitlement: what is added comes at once, what is taken is not taken back', async () => {
    const patron = await client.person('patron', 100);
    expect((await put(patron.id, horde.operatorKey, { monthly_kudos: 1_000 })).body).toEqual({ monthly_kudos: 1_000 });
    const less = await put(patron.id, horde.operatorKey, { monthly_kudos: -1_500 });
    expect(less.body).toEqual({ monthly_kudos: 0 });
    expect(await horde.kudosOf(patron)).toBe(1_100);
    expect(await seen(patron.id, moderator.key, less)).toMatchObject({ monthly_kudos: { amount: 0, last_received: expect.stringMatching(/ -0000$/) } });
    expect((await client.get(`${V2}/users/${moderator.id}`, moderator.key)).body).toMatchObject({ monthly_kudos: { amount: 300_000 } });
  });

  it('scales what the usage record counts, and no money', async () => {
    const user = await client.person('multiplied', 1_000);
    const worker = await client.person('their worker', 25, { trusted: true });
    const generated = async (): Promise<{ usage: number; cost: number }> => {
      const before = await horde.kudosOf(user);
      await client.askImage(user.key, { models: ['Deliberate'] });
      const popped = await client.popImage(worker.key, { name: 'multiplying', models: ['Deliberate'] });
      const submitted = await client.submitImage(worker.key, popped.body.id);
      const body = await seen(user.id, user.key, submitted) as unknown as { records: { usage: { megapixelsteps: number } }; kudos: number };
      return { usage: body.records.usage.megapixelsteps, cost: before - body.kudos };
    };
    const plain = await generated();
    expect((await put(user.id, horde.operatorKey, { usage_multiplier: 2 })).body).toEqual({ usage_multiplier: 2 });
    const doubled = await generated();
    expect(doubled.usage).toBeCloseTo(plain.usage * 3, 5);
    expect(doubled.cost).toBeCloseTo(plain.cost, 5);
  });

  it('gives service accounts a passkey, which moderators see and the log does not', async () => {
    const service = await client.person('service', 25);
    expect((await put(service.id, service.key, { generate_proxy_passkey: true })).body.rc).toBe('NonServiceForbidden');
    await put(service.id, moderator.key, { service: true });
    await horde.caughtUp();
    const { answer, events } = await horde.appendedBy(() => put(service.id, service.key, { generate_proxy_passkey: true }));
    const passkey = answer.body['proxy_passkey'] as string;
    expect(passkey).toMatch(/^[\w-]{22}$/);
    expect(JSON.stringify(events)).not.toContain(passkey);
    expect(await seen(service.id, moderator.key, answer)).toMatchObject({ proxy_passkey: passkey });
    expect(await seen(service.id, service.key, answer)).not.toHaveProperty('proxy_passkey');
  });

  const asked = (caller: Person | string | undefined): string | undefined => (typeof caller === 'object' ? caller.key : caller);
  it.each<[string, Person | string | undefined, Person | string, object, number, string | undefined]>([
    ['a bad body', undefined, 'nobody', { concurrency: 501 }, 400, undefined],
    ['a null', person, person, { contact: null }, 400, undefined],
    ['nobody of that id', undefined, '999999', { contact: 'long enough' }, 404, 'UserNotFound'],
    ['an id that is none', undefined, 'x', { contact: 'long enough' }, 404, 'UserNotFound'],
    ['no key', undefined, person, { contact: 'long enough' }, 400, undefined],
    ['an unknown key', 'unknown', person, { contact: 'long enough' }, 401, 'InvalidAPIKey'],
    ['kudos from a moderator', moderator, person, { kudos: 5, trusted: true }, 403, 'NotAdmin'],
    ['a role from oneself', person, person, { trusted: true, username: 'fuck' }, 403, 'NotModerator'],
    ['a profane comment', moderator, person, { admin_comment: 'what a bitch', username: 'fuck' }, 400, 'ProfaneAdminComment'],
    ['anonymous self-service', ANONYMOUS, person, { contact: 'long enough' }, 403, 'AnonForbiddenUserMod'],
    ['somebody else\'s contact', stranger, person, { contact: 'long enough' }, 403, 'NotModerator'],
    ['a name too long', person, person, { username: 'n'.repeat(31), contact: 'shit shit' }, 400, 'TooLongUserName'],
    ['a profane name', person, person, { username: 'sh1t head', contact: 'shit shit' }, 400, 'ProfaneUserName'],
    ['a profane contact', person, person, { contact: 'shit shit' }, 400, 'ProfaneUserContact'],
    ['a pseudonym of another name', pseudonymous, pseudonymous, { username: 'another' }, 403, 'PseudonymousForbiddenRename'],
    ['a passkey without being a service', moderator, person, { generate_proxy_passkey: true }, 403, 'NonServiceForbidden'],
    ['to undelete who is not deleted, however much else is asked', horde.operatorKey, person, { kudos: 5, undelete: true, trusted: true }, 400, 'UserNotDeleted'],
    ['nothing', person, person, { filtered: true }, 400, 'NoUserModSelected'],
    ['the anonymous account', moderator, '0', { trusted: true }, 403, 'AnonForbiddenUserMod'],
  ])('refuses %s, and changes nothing', async (_what, caller, target, body, status, rc) => {
    const { answer, types } = await eventsOf(() => put(typeof target === 'string' ? target : target.id, asked(caller), body));
    expect([answer.status, answer.body.rc]).toEqual([status, rc]);
    expect(types).toEqual([]);
  });

  it('lets a moderator rename a pseudonym', async () => {
    expect((await put(pseudonymous.id, moderator.key, { username: 'renamed' })).body).toEqual({ username: 'renamed' });
  });
});

describe('GET /users', () => {
  it('lists the richest first or the oldest first, a page at a time, with everything that is public and null for the rest', async () => {
    await client.person('the richest', 1_000_000);
    await horde.caughtUp();
    const { status, body } = await client.get<readonly Fields[]>(`${V2}/users`);
    expect(status).toBe(200);
    expect(body[0]).toMatchObject({ kudos: 1_000_000, contact: null, suspicious: null, worker_ids: null, monthly_kudos: {}, active_generations: {} });
    const amounts = body.map(({ kudos }) => Number(kudos));
    expect(amounts).toEqual([...amounts].sort((a, b) => b - a));
    const byAge = (await client.get<readonly Fields[]>(`${V2}/users?sort=age&page=0`)).body;
    expect(byAge[0]).toMatchObject({ id: 1 });
    expect(byAge.length).toBeLessThanOrEqual(25);
    expect((await client.get(`${V2}/users?page=2`)).body).toEqual([]);
    expect((await client.get(`${V2}/users?page=10001`)).body).toEqual([]);
    expect(await client.get(`${V2}/users?page=x`)).toMatchObject({ status: 400, body: { errors: { page: expect.any(String) } } });
  });
});

describe('DELETE /users/{id}', () => {
  const del = (id: number | string, key?: string): Promise<Answer<Fields & Refusal>> => client.send('DELETE', `${V2}/users/${id}`, key === undefined ? {} : { key });
  const MONTH_MS = 30 * 24 * 60 * 60_000;

  it.each<[string, string | undefined, number | string, number, string | undefined]>([
    ['nobody of that id', undefined, 'x', 404, 'UserNotFound'], ['no key', undefined, person.id, 400, undefined], ['an unknown key', 'unknown', person.id, 401, 'InvalidAPIKey'],
    ['the anonymous caller', ANONYMOUS, moderator.id, 403, 'AnonForbiddenUser'], ['a moderator', stranger.key, moderator.id, 403, 'CannotDeleteMod'],
    ['a stranger', stranger.key, person.id, 403, 'NotUserOrMod'],
  ])('refuses %s', async (_what, key, id, status, rc) => {
    const { answer, types } = await eventsOf(() => del(id, key));
    expect([answer.status, answer.body.rc, types]).toEqual([status, rc, []]);
  });

  it('marks first, wipes a month after the last activity, and leaves nothing that tells who it was', async () => {
    const leaving = await client.person('leaving', 500);
    await client.popImage(leaving.key, { name: 'worker of who leaves' });
    await put(leaving.id, leaving.key, { contact: 'leaving@example.org' });
    const shared = (await client.send('PUT', `${V2}/sharedkeys`, { key: leaving.key, body: {} })).body['id'] as string;
    await horde.caughtUp();
    expect(await del(leaving.id, leaving.key)).toMatchObject({ status: 200, body: { message: 'OK' } });
    await horde.caughtUp();
    expect((await client.askImage(leaving.key)).body.rc).toBe('DeletedUser');
    expect(await del(leaving.id, leaving.key)).toMatchObject({ status: 403, body: { rc: 'CannotWipeActiveUser', message: expect.stringMatching(/\d{4}-\d\d-\d\d/) } });
    const back = await put(leaving.id, leaving.key, { undelete: true });
    expect(back.body).toEqual({ undeleted: true });
    expect(await seen(leaving.id, leaving.key, back)).toMatchObject({ deleted: false });
    await del(leaving.id, moderator.key);
    await horde.pass(MONTH_MS + 1_000);
    const { answer, types } = await eventsOf(() => del(leaving.id, leaving.key));
    expect(answer.status).toBe(200);
    expect(types).toEqual(['PersonalDataErased.v1', 'WorkerDeleted.v1', 'WorkerNameReleased.v1', 'SharedKeyDeleted.v1']);
    await horde.caughtUp();
    expect(await client.get(`${V2}/find_user`, leaving.key)).toMatchObject({ status: 404 });
    expect(await client.get(`${V2}/users/${leaving.id}`, moderator.key)).toMatchObject({ status: 404 });
    expect(await client.get(`${V2}/workers/name/worker%20of%20who%20leaves`)).toMatchObject({ status: 404 });
    expect((await client.get(`${V2}/sharedkeys/${shared}`)).status).toBe(401);
    expect((await client.transfer(person.key, leaving.alias, 1)).body.rc).toBe('InvalidTargetUsername');
    const { database } = horde.server.platform;
    expect(await database.query('SELECT name, contact, key_hash FROM rm.user WHERE id = $1', [leaving.id])).toEqual([{ name: null, contact: null, key_hash: null }]);
    expect(await database.query('SELECT wrapped FROM vault.subject_key WHERE subject = $1', [`user-${leaving.id}`])).toEqual([{ wrapped: null }]);
    expect(await put(leaving.id, moderator.key, { undelete: true })).toMatchObject({ status: 404 });
  });
});

describe('a process that dies between two appends', () => {
  const context = { actor: { kind: 'system' as const }, correlationId: '00000000-0000-4000-8000-000000000000' };
  const get = <Part>(part: abstract new (...args: never[]) => Part): Part => horde.server.app.get(part as never, { strict: false });

  it('leaves an entitlement whose credit comes later, once, however many rounds look', async () => {
    const patron = await client.person('patron of a dead process', 100);
    const grant = '00000000-0000-4000-8000-0000000000aa';
    await horde.command(new OnUser(patron.id, {
      type: 'ChangeUser', by: 1, at: '2026-11-01T00:00:00.000Z', roles: {}, settings: {}, undelete: false, resetSuspicion: false, monthly: { amount: kudos(70), grant },
    }, context));
    expect(await horde.kudosOf(patron)).toBe(100);
    for (let round = 0; round < 3; round++) await get(MonthlyGrants).round();
    expect(await horde.kudosOf(patron)).toBe(170);
    expect((await client.get(`${V2}/users/${patron.id}`)).body).toMatchObject({ kudos_details: { recurring: 70 } });
  });

  it('leaves a wiped user whose traces are erased later', async () => {
    const gone = await client.person('gone', 100);
    await client.popImage(gone.key, { name: 'worker of who is gone' });
    await client.send('PUT', `${V2}/sharedkeys`, { key: gone.key, body: {} });
    const deleteUser = { type: 'DeleteUser', by: gone.id, mayDelete: true, lastActiveAt: '2020-01-01T00:00:00.000Z', at: '2026-11-01T00:00:00.000Z' } as const;
    for (let call = 0; call < 2; call++) await horde.command(new OnUser(gone.id, deleteUser, context));
    await horde.caughtUp();
    const { events } = await horde.appendedBy(async () => {
      for (let round = 0; round < 3; round++) {
        await get(Erasures).round();
        await horde.caughtUp();
      }
    });
    expect(events.map(({ type }) => type)).toEqual(['WorkerDeleted.v1', 'WorkerNameReleased.v1', 'SharedKeyDeleted.v1']);
    expect(await horde.server.platform.database.query('SELECT wrapped FROM vault.subject_key WHERE subject = $1', [`user-${gone.id}`])).toEqual([{ wrapped: null }]);
  });
});

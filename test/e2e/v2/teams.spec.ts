import { describe, expect, it } from '@jest/globals';
import { OnTeam, OnTeamName } from '../../../src/teams/team.message.js';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, since, V2, type Answer, type Fields, type Person, type Refusal } from '../../support/client.js';

const horde = await startHorde('teams');
const { client } = horde;
const moderator = await client.person('moderator', 25, { moderator: true });
const maker = await client.person('maker', 1_000, { trusted: true });
const other = await client.person('other', 1_000, { trusted: true });
const untrusted = await client.person('untrusted', 1_000);
const payer = await client.person('payer', 100_000);
type Answered<Body = Fields> = Answer<Body & Refusal>;

const make = (key: string | undefined, body: unknown): Promise<Answered> => client.post(`${V2}/teams`, key, body);
const patch = (id: string, key: string | undefined, body: unknown): Promise<Answered> => client.send('PATCH', `${V2}/teams/${id}`, { ...(key === undefined ? {} : { key }), body });
const del = (id: string, key?: string): Promise<Answered> => client.send('DELETE', `${V2}/teams/${id}`, key === undefined ? {} : { key });
const join = (worker: string, key: string, team: string): Promise<Answered> => client.send('PUT', `${V2}/workers/${worker}`, { key, body: { team } });
const idOf = ({ body }: Answered): string => body['id'] as string;
const workerOf = async (person: Person, name: string, kind: 'image' | 'text' = 'image'): Promise<string> => {
  await (kind === 'image' ? client.popImage(person.key, { name, models: ['Deliberate', 'stable_diffusion'] }) : client.popText(person.key, { name }));
  await horde.caughtUp();
  return (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`)).body['id'] as string;
};
const team = async (id: string): Promise<Fields> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/teams/${id}`)).body;
};
/** One image by this worker. */
const work = async (person: Person, name: string): Promise<void> => {
  await client.askImage(payer.key, { models: ['Deliberate'] });
  const { body: { id } } = await client.popImage(person.key, { name, models: ['Deliberate', 'stable_diffusion'] });
  expect((await client.submitImage(person.key, id)).status).toBe(200);
};

const first = idOf(await make(maker.key, { name: 'The First', info: 'Those who came first' }));
const second = idOf(await make(other.key, { name: 'Second' }));
await horde.caughtUp();

describe('POST /teams', () => {
  it('makes a team of a trusted user, and says who made it', async () => {
    const { answer, events } = await horde.appendedBy(() => make(other.key, { name: ' <Night> & day  ', info: 'We <3 it' }));
    expect(answer).toMatchObject({ status: 200, body: { name: '&lt;Night&gt; &amp; day', info: 'We &lt;3 it' } });
    expect(Object.keys(answer.body).sort()).toEqual(['id', 'info', 'name']);
    expect(events.map(({ type }) => type)).toEqual(['TeamNameReserved.v1', 'TeamCreated.v1']);
    expect(JSON.stringify(events)).not.toMatch(/Night|We &lt;3/);
    expect((await client.get(`${V2}/teams/${idOf(answer)}`, undefined, since(answer))).body).toEqual({
      name: '&lt;Night&gt; &amp; day', id: idOf(answer), info: 'We &lt;3 it', requests_fulfilled: 0, kudos: 0, uptime: 0, creator: other.alias,
      worker_count: 0, workers: [], models: [], contributions: 0, speed: 0, performance: 0,
    });
    await del(idOf(answer), other.key);
  });

  it.each<[string, string | undefined, object, number, string | undefined]>([
    ['a bad body', undefined, { name: 'ab' }, 400, undefined], ['no key', undefined, { name: 'THE FIRST', info: 'shit' }, 400, undefined],
    ['an unknown key', 'unknown', { name: 'THE FIRST', info: 'shit' }, 401, 'InvalidAPIKey'], ['the anonymous user', ANONYMOUS, { name: 'THE FIRST', info: 'shit' }, 403, 'AnonForbidden'],
    ['whom nobody trusts', untrusted.key, { name: 'THE FIRST', info: 'shit' }, 403, 'UntrustedTeamCreation'], ['blanks', other.key, { name: '  a  ' }, 400, 'BadRequest'],
    ['a name that there is, in any case', other.key, { name: 'THE FIRST', info: 'shit' }, 400, 'TeamNameAlreadyExists'],
    ['a profane name', other.key, { name: 'the shit', info: 'shit' }, 400, 'ProfaneTeamName'], ['a profane info', other.key, { name: 'Third', info: 'shit' }, 400, 'ProfaneTeamInfo'],
  ])('refuses %s, and changes nothing', async (_what, key, body, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => make(key, body));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
  });

  it('gives a name to one of ten who want it at once', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, (_, index) => make(index % 2 === 0 ? maker.key : other.key, { name: index % 3 === 0 ? 'WANTED' : 'wanted' })));
    expect(made.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400, 400, 400, 400, 400]);
    const winner = made.find(({ status }) => status === 200)!;
    await horde.caughtUp();
    await Promise.all([del(idOf(winner), moderator.key)]);
  });

  it('makes the team of a maker who died before it was there, under the id that its name was reserved for', async () => {
    const nameHash = horde.server.platform.secrets.keyedHash('team-name', 'orphan');
    const context = { actor: { kind: 'system' as const }, correlationId: '00000000-0000-4000-8000-000000000000' };
    const at = new Date(horde.server.platform.clock.now()).toISOString();
    const orphan = 'aaaaaaaa-0000-4000-8000-000000000001';
    await horde.command(new OnTeamName(nameHash, { type: 'ReserveTeamName', team: orphan, owner: 1, at }, context));
    const made = await make(maker.key, { name: 'Orphan' });
    expect(made).toMatchObject({ status: 200, body: { id: orphan } });
    await horde.caughtUp();
    expect((await del(orphan, maker.key)).body).toEqual({ deleted_id: orphan, deleted_name: 'Orphan' });
  });
});

describe('the name of a team', () => {
  it('that was reserved for a rename which never came is free after a while', async () => {
    const nameHash = horde.server.platform.secrets.keyedHash('team-name', 'kept for nothing');
    const context = { actor: { kind: 'system' as const }, correlationId: '00000000-0000-4000-8000-000000000000' };
    const at = new Date(horde.server.platform.clock.now()).toISOString();
    await horde.command(new OnTeamName(nameHash, { type: 'ReserveTeamName', team: second, owner: other.id, at }, context));
    expect((await patch(first, maker.key, { name: 'kept for nothing' })).body.rc).toBe('TeamNameAlreadyExists');
    await horde.pass(61_000);
    expect((await patch(first, maker.key, { name: 'kept for nothing' })).status).toBe(200);
    await patch(first, maker.key, { name: 'The First' });
  });

  it('is borne by one when several give it at once, to one team or to two', async () => {
    const renamed = await Promise.all([first, first, second, second].map((id, index) => patch(id, index < 2 ? maker.key : other.key, { name: 'Contested' })));
    expect(renamed.map(({ status }) => status).filter((status) => ![200, 400, 503].includes(status))).toEqual([]);
    const latest = since(renamed.findLast(({ status }) => status === 200)!);
    const names = (await client.get<readonly Fields[]>(`${V2}/teams`, undefined, latest)).body.map(({ name }) => name);
    expect(names.filter((name) => name === 'Contested')).toHaveLength(1);
    expect((await make(other.key, { name: 'contested' })).body.rc).toBe('TeamNameAlreadyExists');
    expect((await patch(first, maker.key, { name: 'The First' })).status).toBe(200);
    expect((await patch(second, other.key, { name: 'Second' })).status).toBe(200);
    const again = await make(other.key, { name: 'contested' });
    expect(again.status).toBe(200);
    await horde.caughtUp();
    await del(idOf(again), other.key);
  });

  it('that a deletion did not come to release is free at once', async () => {
    const gone = await make(maker.key, { name: 'Gone' });
    const context = { actor: { kind: 'system' as const }, correlationId: '00000000-0000-4000-8000-000000000000' };
    await horde.command(new OnTeam(idOf(gone), { type: 'DeleteTeam', by: maker.id, at: new Date(horde.server.platform.clock.now()).toISOString() }, context));
    const again = await make(other.key, { name: 'gone' });
    expect(again.status).toBe(200);
    await horde.caughtUp();
    await del(idOf(again), other.key);
  });
});

describe('GET /teams', () => {
  it('shows all of them to everybody, and one of them to whoever sends no key or a moderator\'s', async () => {
    const latest = await patch(first, maker.key, { info: 'Those who came first' });
    const { body } = await client.get<readonly Fields[]>(`${V2}/teams`, undefined, since(latest));
    expect(body.map(({ id, name, creator }) => [id, name, creator])).toEqual([[first, 'The First', maker.alias], [second, 'Second', other.alias]]);
    expect((await client.get(`${V2}/teams/${first}`, moderator.key)).status).toBe(200);
    expect(await client.get(`${V2}/teams/${first}`, maker.key)).toMatchObject({ status: 403, body: { rc: 'NotModerator' } });
    expect(await client.get(`${V2}/teams/${first}`, 'unknown')).toMatchObject({ status: 401, body: { rc: 'InvalidAPIKey' } });
    for (const id of ['none', '5f2c0000-0000-4000-8000-000000000000']) expect(await client.get(`${V2}/teams/${id}`, 'unknown')).toMatchObject({ status: 404, body: { rc: 'TeamNotFound' } });
  });
});

describe('the list of teams', () => {
  it('is the same for everybody for ten seconds, but for whoever wants to see what was written since', async () => {
    const list = async (headers = {}): Promise<readonly unknown[]> => (await client.get<readonly Fields[]>(`${V2}/teams`, undefined, headers)).body.map(({ name }) => name);
    const before = await list();
    const made = await make(other.key, { name: 'Newcomers' });
    expect(await list()).toEqual(before);
    expect(await list(since(made))).toEqual([...before, 'Newcomers']);
    expect(await list()).toEqual([...before, 'Newcomers']);
    const gone = await del(idOf(made), other.key);
    expect(await list(since(gone))).toEqual(before);
  });
});

describe('PATCH /teams/{id}', () => {
  it('lets its maker and moderators change its name and what is said of it', async () => {
    const { answer, events } = await horde.appendedBy(() => patch(first, maker.key, { name: 'the FIRST', info: 'Still here' }));
    expect(answer).toMatchObject({ status: 200, body: { name: 'the FIRST', info: 'Still here' } });
    expect(events.map(({ type }) => type)).toEqual(['TeamChanged.v1']); // in another case it is the same name
    const renamed = await horde.appendedBy(() => patch(first, moderator.key, { name: 'Pioneers' }));
    expect(renamed.events.map(({ type }) => type)).toEqual(['TeamNameReserved.v1', 'TeamChanged.v1', 'TeamNameReleased.v1']);
    expect(await team(first)).toMatchObject({ name: 'Pioneers', info: 'Still here' });
    await patch(first, maker.key, { name: 'The First' });
    await horde.caughtUp();
  });

  it.each<[string, string | undefined, () => string, object, number, string | undefined]>([
    ['a bad body', undefined, () => 'x', { info: '' }, 400, undefined], ['nobody of that id', undefined, () => 'x', { name: 'Second' }, 404, 'TeamNotFound'],
    ['no key', undefined, () => first, { name: 'Second' }, 400, undefined], ['an unknown key', 'unknown', () => first, { name: 'Second' }, 401, 'InvalidAPIKey'],
    ['a stranger\'s info', other.key, () => first, { name: 'shit', info: 'shit' }, 403, 'NotOwner'], ['a stranger\'s name', other.key, () => first, { name: 'shit' }, 403, 'NotModerator'],
    ['a profane info', maker.key, () => first, { name: 'shit', info: 'shit' }, 400, 'ProfaneTeamInfo'], ['a profane name', maker.key, () => first, { name: 'shit', info: 'fine' }, 400, 'ProfaneTeamName'],
    ['a name that there is', maker.key, () => first, { name: 'SECOND', info: 'fine' }, 400, 'TeamNameAlreadyExists'], ['nothing', other.key, () => first, {}, 400, 'NoTeamModSelected'],
  ])('refuses %s, and changes nothing', async (_what, key, id, body, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => patch(id(), key, body));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
  });
});

describe('a worker in a team', () => {
  it('joins by its owner\'s word, works for it, and takes nothing along when it goes elsewhere', async () => {
    const [painter, scribe] = [await workerOf(untrusted, 'painter'), await workerOf(other, 'scribe', 'text')];
    await work(untrusted, 'painter'); // before it is in any
    const { answer, events } = await horde.appendedBy(() => join(painter, untrusted.key, first));
    expect(answer).toMatchObject({ status: 200, body: { team: 'The First' } });
    expect(events.map(({ type, stream }) => [type, stream])).toEqual([['TeamJoined.v1', `team-${first}`]]);
    expect((await client.get(`${V2}/workers/${painter}`, undefined, since(answer))).body['team']).toEqual({ name: 'The First', id: first });
    await work(untrusted, 'painter');
    await join(scribe, other.key, first);
    await client.askText(payer.key);
    const { body: { id: job } } = await client.popText(other.key, { name: 'scribe' });
    await client.submitText(other.key, job);
    const one = await team(first);
    expect(one).toMatchObject({
      requests_fulfilled: 1, uptime: 0, worker_count: 2, contributions: expect.any(Number), speed: expect.any(Number), performance: expect.any(Number),
      workers: [{ type: 'image', name: 'painter', id: painter, online: true }, { type: 'text', name: 'scribe', id: scribe, online: true }],
      models: [{ name: 'Deliberate', count: 1 }, { name: 'stable_diffusion', count: 1 }, { name: expect.any(String), count: 1 }],
    });
    const settled = (await horde.events()).filter(({ type }) => type === 'JobSettled.v1').map(({ data }) => data as { team?: string; kind: string; price: number });
    expect(settled.map(({ team: stamp, kind }) => [stamp, kind])).toEqual([[undefined, 'image'], [first, 'image'], [first, 'text']]);
    expect(one['kudos']).toBe(settled[1]!.price / 100);

    expect((await join(painter, moderator.key, second)).body).toEqual({ team: 'Second' });
    await work(untrusted, 'painter');
    expect(await team(first)).toMatchObject({ requests_fulfilled: 1, kudos: one['kudos'], worker_count: 1 });
    expect(await team(second)).toMatchObject({ requests_fulfilled: 1, worker_count: 1 });
    expect((await join(painter, untrusted.key, '')).body).toEqual({ team: 'None' });
    const left = await horde.appendedBy(() => join(painter, untrusted.key, ''));
    expect([left.answer.body, left.events]).toEqual([{ team: 'None' }, []]);
    expect((await client.get(`${V2}/workers/${painter}`, undefined)).body['team']).toEqual({ name: null, id: null });
    await work(untrusted, 'painter');
    expect(await team(second)).toMatchObject({ requests_fulfilled: 1, worker_count: 0 });
  });

  it('counts its time for the team, whatever its kind', async () => {
    const scribe = await workerOf(other, 'scribe', 'text');
    expect((await client.get(`${V2}/workers/${scribe}`)).body['team']).toEqual({ name: 'The First', id: first });
    for (let minute = 0; minute < 20; minute += 4) {
      await horde.pass(4 * 60_000);
      await client.popText(other.key, { name: 'scribe' });
    }
    expect(await team(first)).toMatchObject({ uptime: 600 });
  });

  it('is refused a team that is not there, and one that a stranger names', async () => {
    const scribe = await workerOf(other, 'scribe', 'text');
    for (const id of ['none', '5f2c0000-0000-4000-8000-000000000000']) {
      const { answer, events } = await horde.appendedBy(() => join(scribe, other.key, id));
      expect([answer.status, answer.body.rc, events]).toEqual([404, 'TeamNotFound', []]);
    }
    expect(await join(scribe, untrusted.key, second)).toMatchObject({ status: 403, body: { rc: 'NotModerator' } });
  });
});

describe('DELETE /teams/{id}', () => {
  it.each<[string, string | undefined, () => string, number, string | undefined]>([
    ['nobody of that id', undefined, () => 'x', 404, 'TeamNotFound'], ['no key', undefined, () => first, 400, undefined], ['an unknown key', 'unknown', () => first, 401, 'InvalidAPIKey'],
    ['a stranger', other.key, () => first, 403, 'NotModerator'], ['the anonymous user', ANONYMOUS, () => first, 403, 'NotModerator'],
  ])('refuses %s', async (_what, key, id, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => del(id(), key));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
  });

  it('leaves its workers without one, and its name to others', async () => {
    const scribe = await workerOf(other, 'scribe', 'text');
    const { answer, events } = await horde.appendedBy(() => del(first, maker.key));
    expect(answer).toMatchObject({ status: 200, body: { deleted_id: first, deleted_name: 'The First' } });
    expect(events.map(({ type }) => type)).toEqual(['TeamDeleted.v1', 'TeamNameReleased.v1']);
    await horde.caughtUp();
    expect((await client.get(`${V2}/workers/${scribe}`)).body['team']).toEqual({ name: null, id: null });
    expect(await client.get(`${V2}/teams/${first}`)).toMatchObject({ status: 404, body: { rc: 'TeamNotFound' } });
    expect(await del(first, maker.key)).toMatchObject({ status: 404 });
    await client.askText(payer.key);
    const { body: { id: job } } = await client.popText(other.key, { name: 'scribe' });
    await client.submitText(other.key, job);
    const settled = (await horde.events()).filter(({ type }) => type === 'JobSettled.v1').at(-1)!.data as { team?: string };
    expect(settled.team).toBeUndefined();
    expect(await make(other.key, { name: 'the first' })).toMatchObject({ status: 200 });
  });
});

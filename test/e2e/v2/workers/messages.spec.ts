import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, KOBOLD, since, TEXT_MODEL, V2, type Answer, type Fields, type Person, type Refusal } from '../../../support/client.js';

const horde = await startHorde('worker_messages');
const { client } = horde;
const moderator = await client.person('moderator', 25, { moderator: true });
const owner = await client.person('owner', 25);
const stranger = await client.person('stranger', 25);
const PATH = `${V2}/workers/messages`;
const HOUR_MS = 3_600_000;

type Message = Readonly<Record<'id' | 'message' | 'origin' | 'expiry' | 'user_id' | 'created', string>> & { readonly worker_id?: string };
type Answered = Answer<Message & Refusal>;
const post = (key: string | undefined, body: unknown): Promise<Answered> => client.post(PATH, key, body);
const list = async ({ key }: Pick<Person, 'key'>, query = '', after?: Answer<unknown>): Promise<readonly string[]> =>
  (await client.get<readonly Message[]>(`${PATH}${query}`, key, after && since(after))).body.map(({ message }) => message);
const workerOf = async (person: Person, name: string): Promise<string> => {
  await client.popImage(person.key, { name });
  await horde.caughtUp();
  return (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`)).body['id'] as string;
};
const mailOf = async (name: string, person = owner): Promise<readonly string[]> => {
  await horde.caughtUp();
  return ((await client.popImage(person.key, { name })).body as unknown as { messages: Message[] }).messages.map(({ message }) => message);
};

const worker = await workerOf(owner, 'a dreamer');
const foreign = await workerOf(stranger, 'a foreign one');

describe('a message', () => {
  it('to one worker comes with every pop until it expires', async () => {
    const { answer, events } = await horde.appendedBy(() => post(moderator.key, { message: 'Please <b>restart</b>', worker_id: worker, expiry: 2, origin: 'Night shift' }));
    expect(answer.status).toBe(200);
    const { id, expiry, created, ...rest } = answer.body;
    expect(rest).toEqual({ message: 'Please <b>restart</b>', origin: 'Night shift', worker_id: worker, user_id: String(moderator.id) });
    expect([expiry, created]).toEqual([expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d -0000$/), expect.stringMatching(/-0000$/)]);
    expect(events.map(({ type }) => type)).toEqual(['WorkerMessagePosted.v1']);
    expect(JSON.stringify(events)).not.toMatch(/restart|Night shift/);
    await horde.caughtUp();
    for (let pop = 0; pop < 2; pop++) {
      expect((await client.popImage(owner.key, { name: 'a dreamer' })).body).toMatchObject({ messages: [{ id, message: 'Please <b>restart</b>', origin: 'Night shift', expiry }] });
    }
    expect(await mailOf('a foreign one', stranger)).toEqual([]);
    await client.send('PUT', `${V2}/users/${owner.id}`, { key: owner.key, body: { public_workers: true } });
    await horde.caughtUp();
    expect((await client.get(`${V2}/workers/${worker}`)).body).toMatchObject({ messages: [rest] });
    await horde.pass(2 * HOUR_MS);
    expect(await mailOf('a dreamer')).toEqual([]);
    expect([await list(moderator), await list(moderator, '?validity=expired'), await list(moderator, '?validity=all')]).toEqual([[], ['Please <b>restart</b>'], ['Please <b>restart</b>']]);
  });

  it('to all comes to all of them, with their jobs as well', async () => {
    const { body: { id, worker_id: nobody, expiry } } = await post(moderator.key, { message: 'To all' });
    expect(nobody).toBeUndefined();
    expect(Math.round((Date.parse(expiry) - horde.server.platform.clock.now()) / HOUR_MS)).toBe(12);
    expect([await mailOf('a dreamer'), await mailOf('a foreign one', stranger)]).toEqual([['To all'], ['To all']]);
    expect((await client.popText(owner.key, { name: 'a scribe', models: [TEXT_MODEL], bridge_agent: KOBOLD })).body).toMatchObject({ id: null, messages: [{ id, origin: 'AI Horde Moderators' }] });
    await client.askImage(owner.key);
    const popped = await client.popImage(owner.key, { name: 'a dreamer' });
    expect(popped.body).toMatchObject({ id: expect.any(String), messages: [{ id }] });
    await client.submitImage(owner.key, popped.body.id);
    await client.send('DELETE', `${PATH}/${id}`, { key: moderator.key });
    expect(await mailOf('a dreamer')).toEqual([]);
  });

  it('is sent by owners to their own workers, under their own number', async () => {
    const { body } = await post(owner.key, { message: 'Note to myself', worker_id: worker, origin: 'AI Horde Moderators' });
    expect(body).toMatchObject({ origin: String(owner.id), user_id: String(owner.id) });
    expect(await mailOf('a dreamer')).toEqual(['Note to myself']);
    const second = await post(owner.key, { message: 'And another', worker_id: worker }); // within the same minute
    expect(await list(owner, '', second)).toEqual(['And another', 'Note to myself']);
    expect(await list(owner, `?user_id=${owner.id}&worker_id=${worker}`)).toEqual(['And another', 'Note to myself']);
    expect([await list(stranger), await list(moderator, `?user_id=${owner.id}`)]).toEqual([[], ['And another', 'Note to myself']]);
    expect([await list(owner, `?worker_id=${foreign}`), await list(moderator, '?worker_id=x'), await list(moderator, '?user_id=x'), await list(owner, '?page=2'), (await list(owner, '?page=0')).length]).toEqual([[], [], [], [], 2]);
  });

  it('to all is listed for everybody, and read by its number', async () => {
    const all = await post(moderator.key, { message: 'For everybody' });
    const own = await post(moderator.key, { message: 'For the owner', worker_id: worker });
    expect(await list(stranger, '', own)).toEqual(['For everybody']);
    for (const [key, id, status, rc] of [
      [stranger.key, all.body.id, 200, undefined], [owner.key, own.body.id, 200, undefined], [moderator.key, own.body.id, 200, undefined], [stranger.key, own.body.id, 403, 'Forbidden'],
      [owner.key, worker, 404, 'WorkermessageNotFound'], [owner.key, 'x', 404, 'WorkermessageNotFound'], ['unknown', own.body.id, 401, 'InvalidAPIKey'], [undefined, own.body.id, 400, undefined],
    ] as const) {
      const answer = await client.get<Message & Refusal>(`${PATH}/${id}`, key);
      expect([answer.status, answer.body.rc]).toEqual([status, rc]);
    }
    for (const [key, id, status, rc] of [[owner.key, own.body.id, 403, 'Forbidden'], [owner.key, worker, 404, 'WorkermessageNotFound'], [owner.key, 'x', 404, 'WorkermessageNotFound'], ['unknown', own.body.id, 401, 'InvalidAPIKey'], [moderator.key, own.body.id, 200, undefined], [moderator.key, own.body.id, 404, 'WorkermessageNotFound']] as const) {
      const answer = await client.send<Fields & Refusal>('DELETE', `${PATH}/${id}`, { key });
      expect([answer.status, answer.body.rc]).toEqual([status, rc]);
    }
  });

  it.each<[string, string | undefined, unknown, number, string | undefined]>([
    ['without words', owner.key, { message: '', worker_id: worker }, 400, undefined], ['for longer than a month', owner.key, { message: 'x', worker_id: worker, expiry: 721 }, 400, undefined],
    ['to something else than a number', owner.key, { message: 'x', worker_id: 'x' }, 400, undefined], ['without a key', undefined, { message: 'x', worker_id: worker }, 400, undefined],
    ['by nobody', 'unknown', { message: 'x', worker_id: foreign }, 401, 'InvalidAPIKey'], ['without an account', ANONYMOUS, { message: 'x', worker_id: PATH.padEnd(36).slice(0, 36) }, 403, 'AnonForbidden'],
    ['to no worker', owner.key, { message: 'x', worker_id: '00000000-0000-4000-8000-000000000000' }, 404, 'WorkerNotFound'],
    ['to somebody else\'s worker', owner.key, { message: 'x', worker_id: foreign }, 403, 'MessagesOnlyOwnWorkers'], ['to all, by a user', owner.key, { message: 'x' }, 403, 'MessagesOnlyOwnWorkers'],
  ])('is not sent %s', async (_what, key, body, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => post(key, body));
    expect([answer.status, answer.body.rc, events]).toEqual([status, rc, []]);
  });

  it('is not listed for those whom it does not concern', async () => {
    for (const [query, key, status, rc] of [['?user_id=1', owner.key, 403, 'Forbidden'], ['?validity=x', owner.key, 400, 'BadRequest'], ['?page=x', owner.key, 400, undefined], ['', 'unknown', 401, 'InvalidAPIKey']] as const) {
      const answer = await client.get<Refusal>(`${PATH}${query}`, key);
      expect([answer.status, answer.body.rc]).toEqual([status, rc]);
    }
  });

  it('of somebody who is wiped is read by nobody', async () => {
    const author = await client.person('short of breath', 25);
    const own = await workerOf(author, 'short of breath');
    const said = await post(author.key, { message: 'My last words', worker_id: own });
    expect(await list(moderator, `?user_id=${author.id}`, said)).toEqual(['My last words']);
    await client.send('DELETE', `${V2}/users/${author.id}`, { key: moderator.key });
    await horde.pass(31 * 24 * HOUR_MS);
    expect((await client.send('DELETE', `${V2}/users/${author.id}`, { key: moderator.key })).status).toBe(200);
    await horde.caughtUp();
    expect(await list(moderator, `?user_id=${author.id}&validity=all`)).toEqual([]);
  });
});

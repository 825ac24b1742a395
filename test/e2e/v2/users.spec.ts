import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, since, V2, type Fields } from '../../support/client.js';

const horde = await startHorde('users');
const { client } = horde;
const user = await client.register('anybody');
const owner = await client.person('with a worker', 1_000, { trusted: true });
const moderator = await client.person('moderator', 25, { moderator: true });
await client.popImage(owner.key, { name: 'users worker' });
await horde.caughtUp();

const PUBLIC = [
  'account_age', 'concurrency', 'contributions', 'customizer', 'deleted', 'education', 'flagged', 'id', 'kudos', 'kudos_details', 'moderator', 'pseudonymous',
  'records', 'service', 'styles', 'trusted', 'usage', 'username', 'worker_count', 'worker_invited',
];
const OWN = [...PUBLIC, 'sharedkey_ids', 'special', 'vpn', 'worker_ids'].sort();
const MODERATED = [...OWN, 'evaluating_kudos', 'monthly_kudos', 'suspicious'].sort();
const keysOf = (body: Fields): string[] => Object.keys(body).sort();
const seen = async (id: number | string, key?: string): Promise<Fields> => {
  const { status, body } = await client.get(`${V2}/users/${id}`, key);
  expect(status).toBe(200);
  return body;
};

describe('GET /users/{id}', () => {
  it('shows everybody what is public, with its types', async () => {
    const body = await seen(user.id);
    expect(keysOf(body)).toEqual(PUBLIC);
    expect(body).toMatchObject({
      username: user.alias, id: user.id, kudos: 14, concurrency: 30, worker_invited: 0, moderator: false, trusted: false, flagged: false, pseudonymous: true, service: false,
      education: false, customizer: false, deleted: false, worker_count: 0, account_age: expect.any(Number), styles: [],
      usage: { megapixelsteps: null, requests: null }, contributions: { megapixelsteps: null, fulfillments: null },
    });
    expect(keysOf(body['kudos_details'] as Fields)).toEqual(['accumulated', 'admin', 'awarded', 'donated', 'gifted', 'received', 'recurring', 'styled']);
    expect(Object.values(body['kudos_details'] as Fields).every((amount) => typeof amount === 'number')).toBe(true);
    const kinds = { image: 0, text: 0, interrogation: 0 };
    expect(body['records']).toEqual({
      usage: { megapixelsteps: 0, tokens: 0 }, contribution: { megapixelsteps: 0, tokens: 0 }, fulfillment: kinds, request: kinds, style: kinds,
    });
  });

  it('shows the owner more, and moderators the rest', async () => {
    expect(keysOf(await seen(owner.id, owner.key))).toEqual(OWN);
    expect(await seen(owner.id, owner.key)).toMatchObject({ worker_ids: [expect.any(String)], sharedkey_ids: [], trusted: true, worker_count: 1, pseudonymous: false });
    expect(keysOf(await seen(owner.id, moderator.key))).toEqual(MODERATED);
    expect(await seen(owner.id, moderator.key)).toMatchObject({ evaluating_kudos: 0, suspicious: 0, monthly_kudos: { amount: 0 } });
    for (const key of [user.key, ANONYMOUS, undefined]) expect(keysOf(await seen(owner.id, key))).toEqual(PUBLIC);
  });

  it('shows the anonymous user with nothing, and the operator as a moderator', async () => {
    expect(await seen(0)).toMatchObject({ username: 'Anonymous#0', id: 0, kudos: 0, concurrency: 500, pseudonymous: false });
    expect(await seen(0, ANONYMOUS)).toMatchObject({ id: 0 });
    expect(await seen(1)).toMatchObject({ id: 1, moderator: true, trusted: true });
    expect(keysOf(await seen(owner.id, horde.operatorKey))).toEqual(MODERATED);
  });

  // One for the request and one for its job: as clients know these records (horde-rules Q21).
  it('counts what was used and made, for the payer and for the worker\'s owner', async () => {
    const payer = await client.person('a payer', 1_000);
    await client.askImage(payer.key, { models: ['Deliberate'] });
    const popped = await client.popImage(owner.key, { name: 'users worker', models: ['Deliberate'] });
    const submitted = await client.submitImage(owner.key, popped.body.id);
    const [used, made] = await Promise.all([payer, owner].map(async ({ id }) => (await client.get(`${V2}/users/${id}`, undefined, since(submitted))).body));
    expect(used).toMatchObject({ records: { request: { image: 2 }, usage: { megapixelsteps: expect.any(Number) } } });
    expect(made).toMatchObject({ records: { fulfillment: { image: 1 }, contribution: { megapixelsteps: expect.any(Number) } }, kudos_details: { accumulated: submitted.body.reward } });
    expect((used as unknown as { records: { usage: { megapixelsteps: number } } }).records.usage.megapixelsteps).toBeGreaterThan(0);
  });

  it('lists active generations to their owner while there are any', async () => {
    const asked = await client.askImage(user.key, { models: ['Dreamshaper'] });
    await horde.caughtUp();
    expect(await seen(user.id, user.key)).toMatchObject({ active_generations: { image: [asked.body.id] } });
    expect(await seen(user.id)).not.toHaveProperty('active_generations');
    await client.cancel(asked.body.id);
  });

  it.each(['abc', '-1', '1.5', '99999999999', '2147483648', '2147483647', 'anybody%232'])('404 UserNotFound to %s', async (id) => {
    expect(await client.get(`${V2}/users/${id}`)).toMatchObject({ status: 404, body: { rc: 'UserNotFound' } });
  });

  it('401 to an unknown key, and nothing to an empty one', async () => {
    expect(await client.get(`${V2}/users/1`, 'unknown')).toMatchObject({ status: 401, body: { rc: 'InvalidAPIKey' } });
    expect((await client.get(`${V2}/users/1`, '')).status).toBe(200);
  });

  it('obeys masks', async () => {
    const { body } = await client.get(`${V2}/users/${user.id}`, undefined, { 'x-fields': '{id,kudos_details{gifted},nothing}' });
    expect(body).toEqual({ id: user.id, kudos_details: { gifted: 0 } });
  });
});

describe('GET /find_user', () => {
  it('shows the owner of the key', async () => {
    const { status, body } = await client.get(`${V2}/find_user`, owner.key);
    expect(status).toBe(200);
    expect(keysOf(body)).toEqual(OWN);
    expect(body).toMatchObject({ id: owner.id, username: owner.alias });
    expect((await client.get(`${V2}/find_user`, ANONYMOUS)).body).toMatchObject({ id: 0 });
  });

  it('401 without a key, 404 to an unknown one', async () => {
    expect(await client.get(`${V2}/find_user`)).toMatchObject({ status: 401, body: { rc: 'InvalidAPIKey' } });
    expect(await client.get(`${V2}/find_user`, '')).toMatchObject({ status: 401, body: { rc: 'InvalidAPIKey' } });
    expect(await client.get(`${V2}/find_user`, 'unknown')).toMatchObject({ status: 404, body: { rc: 'UserNotFound' } });
  });

  it('knows whoever has just registered, two hundred times in a row, and that with the opening kudos', async () => {
    const wrong: unknown[] = [];
    for (let round = 0; round < 200; round++) {
      const { key, id } = await client.register(`fresh ${round}`);
      const { status, body } = await client.get(`${V2}/find_user`, key);
      if (status !== 200 || body['id'] !== id || body['kudos'] !== 14) wrong.push([round, status, body['kudos']]);
    }
    expect(wrong).toEqual([]);
  });

  it('forgets a key the moment that a new one is issued', async () => {
    const before = await client.person('rekeyed', 25);
    expect((await client.get(`${V2}/find_user`, before.key)).status).toBe(200);
    for (let round = 0; round < 20; round++) {
      const old = round === 0 ? before : await client.person('rekeyed', 25);
      const fresh = await client.person('rekeyed', 25);
      expect([(await client.get(`${V2}/find_user`, fresh.key)).status, (await client.get(`${V2}/find_user`, old.key)).status]).toEqual([200, 404]);
    }
  });
});

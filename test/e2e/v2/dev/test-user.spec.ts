import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { V2, type Fields, type HeaderFields } from '../../../support/client.js';

const horde = await startHorde('test_user');
/** As behind a reverse proxy on the same machine. */
const proxied = await startHorde('test_user_proxied', { settings: { TRUST_PROXY_HOPS: '1' } });
const { client } = horde;
const PATH = `${V2}/dev/test-user`;

describe('POST /dev/test-user', () => {
  it('makes the default test user from nothing, and refreshes it with a new key', async () => {
    const made = await client.send('POST', PATH);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      api_key: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/), user_id: expect.stringMatching(/^\d+$/), username: 'test_user', alias: `test_user#${String(made.body['user_id'])}`,
      kudos: 10_000, trusted: true, moderator: true, created: true,
    });
    const again = await client.post(PATH, undefined, {});
    expect(again).toMatchObject({ status: 200, body: { user_id: made.body['user_id'], created: false, kudos: 10_000 } });
    expect(again.body['api_key']).not.toBe(made.body['api_key']);
    expect((await client.get(`${V2}/find_user`, made.body['api_key'] as string)).status).toBe(404);
    expect((await client.get(`${V2}/find_user`, again.body['api_key'] as string)).body).toMatchObject({ kudos: 10_000, moderator: true });
  });

  it('sets kudos up and down, and leaves them alone for null', async () => {
    const ask = (kudos: unknown) => client.post(PATH, undefined, { username: 'kudos', oauth_id: 'kudos', kudos, moderator: false, trusted: false });
    for (const [kudos, shown] of [[100, 100], [1_000, 1_000], [50, 50], [null, 50]] as const) {
      const answer = await ask(kudos);
      expect(answer.body).toMatchObject({ kudos: shown, trusted: false, moderator: false });
      expect(await client.kudosOf({ id: Number(answer.body['user_id']) }, answer)).toBe(shown);
    }
  });

  it('shows what it has really set: no account falls below its floor', async () => {
    const answer = await client.post(PATH, undefined, { username: 'floor', oauth_id: 'floor', kudos: 0 });
    expect(answer.body['kudos']).toBe(await client.kudosOf({ id: Number(answer.body['user_id']) }, answer));
  });

  it('makes one user of a sign-in subject that comes twenty times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.post(PATH, undefined, { username: 'twins', oauth_id: 'twins', kudos: 500 })));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 201)).toEqual([]);
    expect(new Set(answers.map(({ body }) => body['user_id'])).size).toBe(1);
    expect(await horde.kudosOf({ id: Number(answers[0]!.body['user_id']) })).toBe(500);
  });

  it.each<Fields>([
    { username: 5 }, { username: '' }, { username: ' ' }, { username: 'x'.repeat(31) }, { oauth_id: '' }, { oauth_id: [] }, { moderator: 'yes' }, { moderator: null }, { trusted: 1 },
    { kudos: -1 }, { kudos: 1.5 }, { kudos: '5' }, { kudos: 1e300 }, { kudos: true },
  ])('400 to %j, without an rc', async (body) => {
    const { answer, events } = await horde.appendedBy(() => client.post(PATH, undefined, body));
    expect({ status: answer.status, body: answer.body, events }).toEqual({ status: 400, body: { message: expect.any(String) }, events: [] });
  });
});

describe('the test route behind a proxy', () => {
  const tricks: readonly HeaderFields[] = [
    { 'x-forwarded-for': '203.0.113.7' }, { 'x-forwarded-for': '127.0.0.1' }, { 'x-forwarded-for': '203.0.113.7, 127.0.0.1' }, { 'x-forwarded-for': '::1' },
    { 'x-forwarded-for': '' }, { forwarded: 'for=127.0.0.1' }, { 'x-real-ip': '127.0.0.1' }, { via: '1.1 proxy' },
  ];
  it.each(tricks)('403 to whoever came through one: %j', async (headers) => {
    const { answer, events } = await proxied.appendedBy(() => proxied.client.post(PATH, undefined, {}, headers));
    expect({ status: answer.status, events }).toEqual({ status: 403, events: [] });
  });

  it('is not opened by the headers of anybody else either', async () => {
    expect((await client.post(PATH, undefined, { username: 'direct', oauth_id: 'direct' }, { 'x-forwarded-for': '127.0.0.1' })).status).toBe(403);
  });
});

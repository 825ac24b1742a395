import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../support/app.js';

const horde = await startHorde('register');
const { client } = horde;
const closed = await startHorde('register_closed', { settings: { REGISTRATION: 'off', ANONYMOUS: 'off', HORDE_TEST_APIKEYS: '0' } });

const post = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
  client.send('POST', '/register', { headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body: new URLSearchParams(fields).toString() });

describe('POST /register', () => {
  it('makes a pseudonymous account and shows its key once', async () => {
    const { answer, events } = await horde.appendedBy(() => post({ username: 'Ada' }, { accept: 'application/json' }));
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['api_key', 'id', 'username']);
    const { api_key: key, id } = answer.body;
    expect(key).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(id).toBe(2); // 1 is the operator's
    expect(answer.body['username']).toBe('Ada#2');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(events.map(({ type }) => type)).toEqual(['UserRegistered.v1', 'ApiKeyIssued.v1', 'AccountOpened.v1']);
    expect(JSON.stringify(events)).not.toContain(key);
    expect((await client.get('/api/v2/find_user', key as string)).body).toMatchObject({ id, kudos: 14, pseudonymous: true });
  });

  it('answers browsers with a page in which nothing of the name is markup', async () => {
    const { status, headers, body } = await post({ username: '<script>alert(1)</script>' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body).not.toContain('<script>');
    expect(body).toMatch(/<code>[A-Za-z0-9_-]{22}<\/code>/);
  });

  it('shows a name everywhere as text, its markup made harmless once', async () => {
    const { body } = await post({ username: '<b>R&D' }, { accept: 'application/json' });
    expect(body['username']).toBe(`&lt;b&gt;R&amp;D#${String(body['id'])}`);
    expect((await client.get('/api/v2/find_user', body['api_key'] as string)).body['username']).toBe(body['username']);
  });

  it('cuts a name to 30 characters', async () => {
    const { alias, id } = await client.register(`  ${'x'.repeat(40)}`);
    expect(alias).toBe(`${'x'.repeat(30)}#${id}`);
  });

  it.each([[{}], [{ username: '' }], [{ username: ' \t\n' }], [{ username: '\0' }], [{ user: 'x' }]])('400 to %j, and makes nobody', async (fields) => {
    const { answer, events } = await horde.appendedBy(() => post(fields as Record<string, string>));
    expect([answer.status, events]).toEqual([400, []]);
  });

  it('gives a hundred who come at once a hundred ids and keys', async () => {
    const people = await Promise.all(Array.from({ length: 100 }, (_, index) => client.register(`crowd ${index}`)));
    expect([new Set(people.map(({ id }) => id)).size, new Set(people.map(({ key }) => key)).size]).toEqual([100, 100]);
    const found = await Promise.all(people.map(({ key }) => client.get('/api/v2/find_user', key)));
    expect(found.map(({ body }) => body['username'])).toEqual(people.map(({ alias }) => alias));
  });
});

describe('a closed horde', () => {
  it('registers nobody, serves nobody without an account, and has no test route', async () => {
    const { answer, events } = await closed.appendedBy(async () => [
      await closed.client.send('POST', '/register', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'username=x' }),
      await closed.client.askImage('0000000000'), await closed.client.askText('0000000000'), await closed.client.post('/api/v2/dev/test-user', undefined, {}),
    ]);
    expect(answer.map(({ status, body }) => [status, (body as { rc?: string }).rc])).toEqual([[403, 'RegistrationClosed'], [403, 'AnonForbidden'], [403, 'AnonForbidden'], [404, undefined]]);
    expect(answer[3]!.body).toEqual({ message: 'Not Found' });
    expect(events).toEqual([]);
  });
});

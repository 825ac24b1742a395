import { beforeAll, describe, expect, it } from '@jest/globals';
import { jsonSchemaOf } from '../../src/platform/http/body/json-schema.js';
import { declaredRoutes, type DeclaredRoute } from '../../src/platform/http/http-app.js';
import { call, type Answer } from '../http/raw-http.fixture.js';
import { SOURCE } from '../support/alchemy.js';
import { startHorde } from '../support/app.js';
import { ANONYMOUS, since, type Fields, type Person } from '../support/client.js';
import { HOSTILE_BODIES, HOSTILE_QUERIES, HOSTILE_SEGMENTS, wrongMembers } from '../support/hostile.js';

const horde = await startHorde('malformed');
const { client, port } = horde;
/** A route that is added tomorrow is in here by itself. */
const routes = declaredRoutes(horde.server.app);
const named = ({ method, path }: DeclaredRoute): string => `${method} ${path}`;
const bodied = routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(method));
const checked = bodied.filter(({ spec }) => spec?.body);

const STYLE: Fields = { name: 'sound', info: 'a sound style', prompt: '{p}###{np}', models: ['stable_diffusion'], params: {} };
/** What every member-by-member test starts from: accepted as it is. Only members without which nothing is accepted. */
const SOUND: Readonly<Record<string, Fields>> = {
  'POST /api/v2/generate/async': { prompt: 'a lighthouse' },
  'POST /api/v2/generate/text/async': { prompt: 'once upon a time' },
  'POST /api/v2/generate/pop': { name: 'sound dreamer', models: ['stable_diffusion'] },
  'POST /api/v2/generate/text/pop': { name: 'sound scribe', models: ['some model'] },
  'POST /api/v2/generate/submit': { id: 'none', generation: 'R2', seed: 1 },
  'POST /api/v2/generate/text/submit': { id: 'none', generation: 'text', seed: 1 },
  'POST /api/v2/interrogate/async': { source_image: SOURCE, forms: [{ name: 'caption' }] },
  'POST /api/v2/interrogate/pop': { name: 'sound alchemist', forms: ['caption'] },
  'POST /api/v2/interrogate/submit': { id: 'none', result: {} },
  'POST /api/v2/kudos/transfer': { username: '1', amount: 1 },
  'POST /v1/ledger/transactions/:txId/reversal': {},
  'POST /v1/ledger/reconciliations': { account: 1, amount: 1, reference: 'a sound one' },
  'POST /v1/ledger/transfers': { transfers: [{ username: '1', amount: 1 }] },
  'POST /api/v2/kudos/award': { username: '1', amount: 1 },
  'POST /api/v2/generate/rate/:id': { best: 'none' },
  'PUT /api/v2/sharedkeys': {},
  'PATCH /api/v2/sharedkeys/:sharedkey_id': { name: 'another name' },
  'POST /api/v2/teams': { name: 'a sound team' },
  'PATCH /api/v2/teams/:team_id': { info: 'a sound one' },
  'POST /api/v2/styles/image': STYLE,
  'PATCH /api/v2/styles/image/:style_id': {},
  'POST /api/v2/styles/text': STYLE,
  'PATCH /api/v2/styles/text/:style_id': {},
  'POST /api/v2/styles/image/:style_id/example': { url: 'https://example.org/a.webp', primary: true },
  'PATCH /api/v2/styles/image/:style_id/example/:example_id': { url: 'https://example.org/a.webp', primary: true },
  'POST /api/v2/collections': { name: 'sound', styles: ['none'] },
  'PATCH /api/v2/collections/:collection_id': {},
  'PUT /api/v2/users/:user_id': { contact: 'long enough' },
  'PUT /api/v2/workers/:worker_id': { info: 'a sound one' },
  'PUT /api/v2/status/modes': { raid_mode: false },
  'POST /api/v2/operations/ipaddr': { ipaddr: '203.0.113.7', hours: 1 },
  'PUT /api/v2/operations/block_worker_ipaddr/:worker_id': { days: 1 },
  'PUT /api/v2/filters': { regex: 'a sound one', filter_type: 10 },
  'POST /api/v2/filters': { prompt: 'a lighthouse' },
  'PATCH /api/v2/filters/:filter_id': { description: 'a sound one' },
  'POST /api/v2/workers/messages': { message: 'a sound one' },
  'POST /register': { username: 'somebody' },
};
/** A body that a route ignores or does not insist on is no fault of its sender's. */
const TAKES_NOTHING = ['POST /api/v2/dev/test-user: nothing', 'PUT /api/v2/sharedkeys: nothing'];

const REFUSALS = [400, 401, 403, 404, 405, 413, 415, 422, 431];
const PATIENCE_MS = 120_000;
let person: Person;

beforeAll(async () => {
  person = await client.person('rich', 100_000, { trusted: true });
  await client.popImage(person.key, { name: 'online dreamer' }); // so that lists of workers are not empty
  await client.popText(person.key, { name: 'online scribe' });
});

/** What was answered, if that was no refusal in our shape. */
const fault = (method: string, { status, json, text }: Answer): string | undefined => {
  const { message, errors, detail } = (json ?? {}) as { message?: unknown; errors?: unknown; detail?: unknown };
  const says = typeof message === 'string' || typeof detail === 'string';
  const shaped = status === 431 || method === 'HEAD' || (says && (errors === undefined || typeof errors === 'object'));
  return REFUSALS.includes(status) && shaped ? undefined : `${status} ${text.slice(0, 200)}`;
};
const pathOf = ({ path }: DeclaredRoute): string => path.replace(/:\w+|\*/g, '00000000-0000-4000-8000-000000000000');

interface Try {
  readonly name: string;
  readonly send: () => Promise<Answer>;
}
/** Tries all of them, and lists what was not refused, and what was written. */
const allRefused = async (tries: readonly Try[]): Promise<void> => {
  const { answer, events } = await horde.appendedBy(async () => {
    const wrong: string[] = [];
    for (const { name, send } of tries) {
      const found = fault(name.split(' ')[0]!, await send());
      if (found && !TAKES_NOTHING.includes(name)) wrong.push(`${name}: ${found}`);
    }
    return wrong;
  });
  expect(answer).toEqual([]);
  expect(events.map(({ type, stream }) => `${type} in ${stream}`)).toEqual([]);
};

describe('a body that is no body of the API', () => {
  it.each(bodied.map((route) => [named(route), route] as const))('%s refuses it and writes nothing', async (name, route) => {
    const tries = HOSTILE_BODIES.filter((hostile) => !TAKES_NOTHING.includes(`${name}: ${hostile.name}`)).map((hostile): Try => ({
      name: `${name}: ${hostile.name}`,
      send: () => call(port, { method: route.method, path: pathOf(route), headers: { apikey: person.key, 'content-type': hostile.contentType ?? '' }, body: hostile.bytes }),
    }));
    await allRefused(tries.filter(({ name: each }) => !IGNORES.some((ignored) => each === ignored)));
  }, PATIENCE_MS);

  it('is refused without a content type, too', async () => {
    await allRefused(checked.map((route) => ({
      name: named(route), send: () => call(port, { method: route.method, path: pathOf(route), headers: { apikey: person.key }, body: '{"prompt":"a"}' }),
    })));
  });
});

/** C17.1: "JSON object or nothing"; of what it is called, and of members that it does not know, nothing is said. C5 has no member that must be there. */
const IGNORES = [
  ...['a lone surrogate', 'swapped surrogates', 'members of every prototype only', '100 levels'].map((what) => `PUT /api/v2/sharedkeys: ${what}`), ...['members of every prototype only', 'JSON as text', 'an invalid content type', '100 levels'].map((what) => `POST /api/v2/dev/test-user: ${what}`),
];

describe('a member that is not what its schema says', () => {
  it('is tried with every body of the API', () => {
    expect(checked.map(named).filter((name) => !SOUND[name])).toEqual([]);
  });

  it.each(checked.filter(({ spec }) => spec?.body?.mode === 'strict').map((route) => [named(route), route] as const))('%s names it', async (name, route) => {
    const wrong = wrongMembers(jsonSchemaOf(route.spec!.body!.type), SOUND[name]!);
    expect(wrong.length).toBeGreaterThan(4);
    const { answer: unnamed, events } = await horde.appendedBy(async () => {
      const found: string[] = [];
      for (const { path, name: what, text } of wrong) {
        const { status, json } = await call(port, { method: route.method, path: pathOf(route), headers: { apikey: person.key, 'content-type': 'application/json' }, body: text });
        const { errors, rc } = json as { errors?: Record<string, string> | readonly { readonly pointer: string }[]; rc?: string };
        const isProblem = Array.isArray(errors); // under /v1: problem+json, which points
        const members = isProblem ? (errors as readonly { readonly pointer: string }[]).map(({ pointer }) => pointer.slice(2).replaceAll('/', '.')) : Object.keys(errors ?? {});
        const names = members.some((each) => each === path || each.startsWith(`${path}.`));
        if (status !== (route.path.startsWith('/v1/') ? 422 : 400) || isProblem !== route.path.startsWith('/v1/') || !names || rc !== undefined) found.push(`${what}: ${status} ${JSON.stringify(json)}`);
      }
      return found;
    });
    expect(unnamed).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual([]);
  }, PATIENCE_MS);

  it.each(['true', '[]', '{}', 'null', '"x"', '1e309', '-1e309', '9'.repeat(400), '"1e3"', '""', '"٣"', '"0x10"', '9007199254740993', '-1', '0'])(
    'an amount of %s moves nothing', async (literal) => {
      await allRefused([{ name: literal, send: () => call(port, {
        method: 'POST', path: '/api/v2/kudos/transfer', headers: { apikey: person.key, 'content-type': 'application/json' }, body: `{"username":"1","amount":${literal}}`,
      }) }]);
    });
});

describe('a NUL character', () => {
  it.each([
    ['POST /api/v2/generate/async', { prompt: 'a\0b' }],
    ['POST /api/v2/generate/async', { prompt: 'a', models: ['a\0b'] }],
    ['POST /api/v2/generate/async', { prompt: 'a', params: { seed: '\0' } }],
    ['POST /api/v2/generate/text/async', { prompt: 'a\0b' }],
    ['POST /api/v2/generate/text/async', { prompt: 'a', softprompt: 'b\0' }],
    ['POST /api/v2/generate/text/async', { prompt: 'a', params: { stop_sequence: ['\0'] } }],
    ['POST /api/v2/generate/pop', { name: 'nul', models: ['stable_diffusion'], bridge_agent: 'a\0' }],
    ['POST /api/v2/generate/text/pop', { name: 'nul', models: ['a\0b'] }],
    ['POST /api/v2/generate/text/pop', { name: 'nul', models: ['abc'], softprompts: ['\0'] }],
    ['POST /api/v2/interrogate/async', { source_image: SOURCE, forms: [{ name: 'caption', payload: { words: 'a\0b' } }] }],
    ['POST /api/v2/interrogate/pop', { name: 'nul', bridge_agent: 'a\0' }],
    ['POST /api/v2/kudos/transfer', { username: '1\0', amount: 1 }],
  ])('%s refuses it in %j', async (name, body) => {
    const { answer, events } = await horde.appendedBy(() => client.post(name.split(' ')[1]!, person.key, body));
    expect(answer).toMatchObject({ status: 400, body: { rc: 'NulByteInPayload' } });
    expect(events).toEqual([]);
  });

  it('never reaches a user name by the test route', async () => {
    const { answer, events } = await horde.appendedBy(() => client.post('/api/v2/dev/test-user', undefined, { username: 'nul\0', oauth_id: 'nul' }));
    expect({ status: answer.status, events }).toEqual({ status: 400, events: [] });
  });
});

describe('text that is cut', () => {
  it('is not cut inside a character', async () => {
    const long = `${'a'.repeat(99)}🐴`;
    const popped = await client.popText(person.key, { name: long, softprompts: [long], models: ['cutting'] });
    expect(popped.status).toBe(200);
    const popsImages = await client.popImage(person.key, { name: 'cutter', blacklist: [`${'a'.repeat(14)}🐴`] });
    expect(popsImages.status).toBe(200);
    const registered = await client.register(`${'a'.repeat(29)}🐴`);
    expect(registered.alias).not.toMatch(/\p{Surrogate}/u);
    // The views have read what was stored, and none of them has choked on it.
    expect((await client.get('/api/v2/workers?type=text')).status).toBe(200);
    expect(JSON.stringify(await horde.events())).not.toMatch(/\\ud[89a-f]/i);
  });
});

describe('a path or query that names nothing', () => {
  /** A model that nobody knows is answered with an empty list (horde-api C10.6). */
  const ANSWERS_NOTHING = ['GET /api/v2/status/models/:model_name'];
  const parametric = routes.filter((route) => /[:*]/.test(route.path) && !ANSWERS_NOTHING.includes(named(route)));
  it.each(parametric.map((route) => [named(route), route] as const))('%s refuses every junk segment', async (name, route) => {
    await allRefused(HOSTILE_SEGMENTS.map((segment) => ({
      name: `${name}: ${segment.slice(0, 40)}`,
      send: () => call(port, { method: route.method, path: route.path.replace(/:\w+|\*/g, () => segment), headers: { apikey: ANONYMOUS } }),
    })));
  });

  it.each(routes.filter(({ method }) => method === 'GET').map((route) => [named(route), route] as const))('%s answers every junk query without failing', async (_name, route) => {
    const path = route.path.replace(':id/statement', `${person.id}/statement`).replace(':user_id', String(person.id));
    const { answer, events } = await horde.appendedBy(async () => {
      const failed: string[] = [];
      for (const query of HOSTILE_QUERIES) {
        const { status, text } = await call(port, { path: `${pathOf({ ...route, path })}?${query}`, headers: { apikey: person.key } });
        if (status >= 500) failed.push(`${query.slice(0, 40)}: ${status} ${text}`);
      }
      return failed;
    });
    expect(answer).toEqual([]);
    expect(events).toEqual([]);
  });

  it('is 404 where there is no route, and 405 with Allow where the method is wrong', async () => {
    expect(await client.get('/api/v2/nothing')).toMatchObject({ status: 404 });
    expect(await client.get('/api/v2/users/1/')).toMatchObject({ status: 404 });
    const onlyPosted = bodied.filter(({ method, path }) => method === 'POST' && routes.every((other) => other.path !== path || other.method === 'POST'));
    for (const route of onlyPosted) {
      const { status, headers, body } = await client.send('DELETE', pathOf(route));
      const says = typeof (route.path.startsWith('/v1/') ? body['detail'] : body['message']);
      expect({ path: route.path, status, allow: headers.get('allow'), says }).toEqual({ path: route.path, status: 405, allow: 'POST, OPTIONS', says: 'string' });
    }
  });
});

describe('headers', () => {
  it('asks for the key on every route that needs one, after the body', async () => {
    for (const route of checked.filter(({ spec, path }) => spec?.apiKey === 'required' && !path.startsWith('/v1/'))) {
      const without = await client.send(route.method, pathOf(route), { body: SOUND[named(route)]! });
      expect({ route: named(route), status: without.status, body: without.body }).toMatchObject({ status: 400, body: { errors: { apikey: expect.any(String) } } });
      const wrong = Object.fromEntries(Object.keys(jsonSchemaOf(route.spec!.body!.type)['properties'] as object).map((member) => [member, { none: [] }]));
      const both = await client.send(route.method, pathOf(route), { body: wrong });
      expect(both).toMatchObject({ status: 400 });
      expect(Object.keys(both.body['errors'] as object)).not.toContain('apikey');
    }
  });

  it.each([['é'.repeat(10)], ['a'.repeat(4_000)], ['{}'], ["' OR 1=1"], ['undefined'], ['__proto__']])('a key of %s is nobody\'s', async (key) => {
    const headers = { apikey: key };
    const { answer, events } = await horde.appendedBy(async () => [
      (await call(port, { path: '/api/v2/find_user', headers })).status,
      (await call(port, { path: '/api/v2/users/1', headers })).status,
      (await call(port, { path: '/api/v2/workers', headers })).status,
      (await call(port, { path: `/v1/ledger/accounts/${person.id}/statement`, headers })).status,
      (await call(port, { method: 'POST', path: '/api/v2/kudos/transfer', headers: { ...headers, 'content-type': 'application/json' }, body: '{"username":"1"}' })).status,
    ]);
    expect(answer).toEqual([404, 401, 200, 401, 401]);
    expect(events).toEqual([]);
  });

  it('refuses an Idempotency-Key of more than 255 characters', async () => {
    const { answer, events } = await horde.appendedBy(() => client.transfer(person.key, '1', 1, { 'idempotency-key': 'k'.repeat(256) }));
    expect(answer).toMatchObject({ status: 400, body: { errors: { 'Idempotency-Key': expect.any(String) } } });
    expect(events).toEqual([]);
  });

  it.each(['', 'x', 'k1.', 'k1.zz', 'k1.000000000000', '-1', '0'])('refuses the position %j', async (position) => {
    const answer = await client.get('/api/v2/users/1', undefined, { 'kudos-position': position });
    expect(answer).toMatchObject({ status: 400, body: { errors: { 'Kudos-Position': expect.any(String) } } });
  });

  it('says 425 to a position that nothing has reached yet', async () => {
    const { encodePosition } = await import('../../src/platform/http/kudos-position.js');
    const beyond = encodePosition(Number.MAX_SAFE_INTEGER);
    expect(await client.get('/api/v2/users/1', undefined, { 'kudos-position': beyond })).toMatchObject({ status: 425, body: { rc: 'PositionNotReached' } });
    const registered = await client.askImage(person.key);
    expect((await client.get('/api/v2/users/1', undefined, since(registered))).status).toBe(200);
  });

  it.each([['{', 'Mask parse error: '], ['id,,', 'Mask parse error: '], ['id{a}', 'Mask error: ']])('refuses the mask %s', async (mask, message) => {
    const { status, body } = await client.get('/api/v2/users/1', undefined, { 'x-fields': mask });
    expect({ status, body }).toEqual({ status: 400, body: { message: expect.stringContaining(message) } });
  });
});

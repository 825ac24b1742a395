import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '../../src/platform/telemetry/logger.js';
import { declaredRoutes } from '../../src/platform/http/http-app.js';
import { call, post, talk } from './raw-http.fixture.js';
import { HandClock, toyApp, type Toy } from './toy-app.fixture.js';

let toy: Toy;
beforeAll(async () => { toy = await toyApp({ rateLimits: { enabled: false } }); });
afterAll(() => toy.close());
const at = (path: string, method = 'GET', headers: Readonly<Record<string, string>> = {}) => call(toy.port, { path, method, headers });

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE, PATCH',
  'access-control-allow-headers': expect.stringMatching(/^Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, apikey, Client-Agent, X-Fields, X-Forwarded-For, Proxied-For, Proxy-Authorization, .*Idempotency-Key.*Kudos-Position/),
  'access-control-expose-headers': expect.stringMatching(/Retry-After.*X-RateLimit-.*Kudos-Position.*Idempotency-Replayed/),
  'horde-node': 'toy:7001:0.1',
};

describe('every answer', () => {
  it.each([
    ['a success', '/api/v2/toys/whole', 'GET', 200],
    ['HEAD', '/api/v2/toys/whole', 'HEAD', 200],
    ['a preflight', '/api/v2/toys/strict', 'OPTIONS', 200],
    ['an unknown path', '/api/v2/nothing', 'GET', 404],
    ['a preflight of an unknown path', '/api/v2/nothing', 'OPTIONS', 404],
    ['a trailing slash', '/api/v2/toys/whole/', 'GET', 404],
    ['an empty id', '/api/v2/toys/limited/', 'GET', 404],
    ['another case', '/api/v2/toys/Whole', 'GET', 404],
    ['an undecodable path', '/api/v2/toys/limited/%zz', 'GET', 404],
    ['an endless path', `/api/v2/toys/limited/${'x'.repeat(5_000)}`, 'GET', 404],
    ['a wrong method', '/api/v2/toys/strict', 'GET', 405],
    ['a method nobody serves', '/api/v2/toys/limited/1', 'PATCH', 405],
    ['a strange method', '/api/v2/toys/whole', 'PROPFIND', 405],
    ['a refusal', '/api/v2/toys/fail/refused', 'GET', 400],
    ['a bug', '/api/v2/toys/fail/bug', 'GET', 500],
  ])('%s carries CORS and the node: %s %s %d', async (_name, path, method, status) => {
    const answer = await at(path, method);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(CORS);
  });

  it('is JSON with a charset, errors too', async () => {
    for (const path of ['/api/v2/toys/whole', '/api/v2/nothing', '/api/v2/toys/fail/refused', '/api/v2/toys/limited/%zz']) {
      expect((await at(path)).headers['content-type']).toBe('application/json; charset=utf-8');
    }
  });
});

describe('methods and paths', () => {
  it('answers OPTIONS with the methods of the path and an empty body', async () => {
    const answer = await at('/api/v2/toys/limited/17?x=1', 'OPTIONS');
    expect(answer).toMatchObject({ status: 200, text: '', headers: { allow: 'DELETE, GET, HEAD, OPTIONS' } });
  });
  it('names the methods of a 405, before it looks at any body', async () => {
    const answer = await call(toy.port, { method: 'DELETE', path: '/api/v2/toys/strict', headers: { 'content-type': 'application/json' }, body: '{' });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST, OPTIONS' }, json: { message: expect.any(String) } });
    expect(Object.keys(answer.json as object)).toEqual(['message']);
  });
  it('serves HEAD without a body wherever it serves GET', async () => {
    expect(await at('/api/v2/toys/whole', 'HEAD')).toMatchObject({ status: 200, text: '', headers: { 'content-length': '23' } });
  });
  it('answers a problem document below /v1', async () => {
    expect(await at('/v1/nothing')).toMatchObject({ status: 404, headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) }, json: { title: 'Not Found', status: 404 } });
    expect(await at('/%761/toys/fail/gone')).toMatchObject({ status: 404, json: { title: 'Not Found', rc: 'Gone' } });
    expect(await at('/v1/toys', 'PUT')).toMatchObject({ status: 405, json: { title: 'Method Not Allowed', status: 405 } });
  });
  it('lists every route with what it declares, without those that Fastify adds', () => {
    const routes = declaredRoutes(toy.app);
    expect(routes).toHaveLength(16);
    expect(routes.every(({ callers, rateLimit }) => callers && rateLimit)).toBe(true);
    expect(routes).toContainEqual(expect.objectContaining({ method: 'POST', path: '/api/v2/toys/strict', callers: ['key'], rateLimit: 'RL-G' }));
    expect(routes.map(({ method }) => method)).not.toContain('HEAD');
  });
});

describe('errors', () => {
  it.each([
    ['refused', 400, { message: 'You are 3 kudos short.', rc: 'NotEnough' }],
    ['gone', 404, { message: 'It is gone.', rc: 'Gone' }],
    ['bug', 500, { message: 'Internal Server Error' }],
    ['log', 503, { message: expect.any(String), rc: 'ServiceUnavailable' }],
    ['unknown', 503, { message: expect.any(String), rc: 'ServiceUnavailable' }],
    ['later', 503, { message: expect.any(String), rc: 'ServiceUnavailable' }],
  ])('%s: %d', async (how, status, json) => {
    const answer = await at(`/api/v2/toys/fail/${how}`);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual(json);
  });

  it.each([['log', '2'], ['unknown', '2'], ['later', '7'], ['refused', undefined], ['bug', undefined]])(
    '%s: says when to come back only if that helps (%s)', async (how, seconds) => {
      expect((await at(`/api/v2/toys/fail/${how}`)).headers['retry-after']).toBe(seconds);
    });

  it('are problem documents below /v1, with the rc as a member', async () => {
    expect((await at('/v1/toys/fail/refused')).json).toEqual({ type: 'about:blank', title: 'Bad Request', status: 400, detail: 'You are 3 kudos short.', rc: 'NotEnough' });
    expect(await at('/v1/toys/fail/log')).toMatchObject({ status: 503, headers: { 'retry-after': '2' }, json: { rc: 'ServiceUnavailable' } });
    expect(await at('/v1/toys/fail/bug?page=x')).toMatchObject({ status: 400, json: { errors: [{ parameter: 'page', detail: expect.any(String) }] } });
  });

  it('are logged with frames and route when nobody expected them, and never with input or keys', async () => {
    toy.lines.length = 0;
    await call(toy.port, { path: '/api/v2/toys/fail/bug', headers: { apikey: 'supersecretsupersecret' } });
    const line = toy.lines.find((one) => one.includes('request failed')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ level: 'error', route: '/api/v2/toys/fail/:how', error: { name: 'TypeError', frames: expect.arrayContaining([expect.stringMatching(/^at /)]) } });
    expect(toy.lines.join('\n')).not.toMatch(/secret|abcdefghijklmnop/);
  });
});

describe('the request log', () => {
  it('says route, status and trace at debug, in one line', async () => {
    toy.lines.length = 0;
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await call(toy.port, { path: '/api/v2/toys/limited/private-id', headers: { traceparent, apikey: 'k', cookie: 'session=secret' } });
    // The line is written when the answer is out; a second request on the same loop comes after it.
    await at('/api/v2/toys/whole');
    const line = JSON.parse(toy.lines.find((one) => one.includes('toys/limited')) ?? '') as object;
    expect(line).toMatchObject({ level: 'debug', msg: 'request', method: 'GET', route: '/api/v2/toys/limited/:id', status: 200, traceparent, time: '2027-01-15T08:00:00.000Z' });
    expect(toy.lines.join('')).not.toMatch(/private-id|secret/);
  });

  it('hides secrets even from a careless line', () => {
    const lines: string[] = [];
    const log = createLog({ level: 'info', clock: new HandClock(0), destination: { write: (line: string) => { lines.push(line); } } });
    log.info({ apikey: 'a-secret', headers: { authorization: 'a-secret', cookie: 'a-secret' }, request: { headers: { apikey: 'a-secret' } } }, 'careless');
    expect(lines.join('')).not.toContain('a-secret');
  });
});

describe('what is hardly HTTP', () => {
  it.each([
    ['garbage', 'hello there\r\n\r\n', ' 400 '],
    ['two lengths', 'POST /api/v2/toys/strict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef', ' 400 '],
    ['length and chunks', 'POST /api/v2/toys/strict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', ' 400 '],
    ['endless headers', `GET /api/v2/toys/whole HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, ' 431 '],
  ])('%s: is answered with our headers and the connection closed', async (_name, bytes, status) => {
    const answer = await talk(toy.port, bytes);
    expect(answer).toContain(`HTTP/1.1${status}`);
    expect(answer).toContain('access-control-allow-origin: *');
    expect(answer).toContain('horde-node: toy:7001:0.1');
  });

  it('gives up on callers that drip their headers or their body', async () => {
    const hasty = await toyApp({ rateLimits: { enabled: false }, timeouts: { headersMs: 40, requestMs: 80, keepAliveMs: 1_000, checkEveryMs: 20 } });
    try {
      expect(await talk(hasty.port, 'GET /api/v2/toys/whole HTTP/1.1\r\nHost:')).toContain('HTTP/1.1 408 ');
      expect(await talk(hasty.port, 'POST /api/v2/toys/strict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"pro')).toMatch(/^(HTTP\/1\.1 408 |$)/);
    } finally {
      await hasty.close();
    }
  });

  it('survives callers that hang up in the middle of a body', async () => {
    toy.lines.length = 0;
    const { connect } = await import('node:net');
    await new Promise<void>((resolve) => {
      const socket = connect(toy.port, '127.0.0.1', () => {
        socket.write('POST /api/v2/toys/strict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"pro', () => socket.destroy());
      });
      socket.on('close', () => { resolve(); });
    });
    expect((await post(toy.port, '/api/v2/toys/strict', { prompt: 'x' })).status).toBe(202);
    expect(toy.lines.filter((line) => line.includes('request failed'))).toEqual([]);
  });
});

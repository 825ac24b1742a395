import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodePosition, encodePosition, POSITION_WAIT_MS, PositionWaiter } from '../../src/platform/http/kudos-position.js';
import { float, integer, rfc822, skipNone, text } from '../../src/platform/http/marshal.js';
import { call, post } from './raw-http.fixture.js';
import { toyApp, type Toy } from './toy-app.fixture.js';

class Waiter extends PositionWaiter {
  reached = 100;
  readonly asked: [number, number][] = [];
  override waitFor(position: number, timeoutMs: number): Promise<boolean> {
    this.asked.push([position, timeoutMs]);
    return Promise.resolve(position <= this.reached);
  }
}

let toy: Toy;
const waiter = new Waiter();
beforeAll(async () => { toy = await toyApp({ rateLimits: { enabled: false }, positions: () => waiter }); });
afterAll(() => toy.close());
const caller = (headers: Readonly<Record<string, string | readonly string[]>> = {}) => call(toy.port, { path: '/api/v2/toys/caller', headers });
const list = (query: string) => call(toy.port, { path: `/api/v2/toys/list${query}` });

describe('who calls', () => {
  it('is unknown unless it says so', async () => {
    expect((await caller()).json).toEqual({ apikey: null, agent: 'unknown:0:unknown', ip: '127.0.0.1', position: null, traceparent: null });
  });
  it('says so in headers', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect((await caller({ apikey: 'k', 'client-agent': 'Bot:1:me', traceparent })).json).toMatchObject({ apikey: 'k', agent: 'Bot:1:me', traceparent });
  });
  it.each(['', 'junk', '00-00000000000000000000000000000000-00f067aa0ba902b7-01', 'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'])(
    'has no trace context when it sends %j', async (traceparent) => {
      expect((await caller({ traceparent })).json).toMatchObject({ traceparent: null });
    });
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['6.6.6.6,  2001:DB8::1', '2001:db8::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['junk', '127.0.0.1'],
    ['203.0.113.9, <script>', '127.0.0.1'],
    ['', '127.0.0.1'],
  ])('with X-Forwarded-For %j is %s', async (forwarded, ip) => {
    expect((await caller({ 'x-forwarded-for': forwarded })).json).toMatchObject({ ip });
  });
  it('with two X-Forwarded-For headers is the last element of the last', async () => {
    expect((await caller({ 'x-forwarded-for': ['6.6.6.6', '7.7.7.7, 203.0.113.9'] })).json).toMatchObject({ ip: '203.0.113.9' });
  });
  it('is the socket itself when no proxy is expected', async () => {
    const direct = await toyApp({ proxyHops: 0, rateLimits: { enabled: false } });
    try {
      expect((await call(direct.port, { path: '/api/v2/toys/caller', headers: { 'x-forwarded-for': '6.6.6.6' } })).json).toMatchObject({ ip: '127.0.0.1' });
    } finally {
      await direct.close();
    }
  });
});

describe('an idempotency key', () => {
  const send = (key: string) => post(toy.port, '/api/v2/toys/loose', { username: 'a' }, { 'idempotency-key': key });
  it.each([['abc', 'abc'], [' abc ', 'abc'], ['x'.repeat(255), 'x'.repeat(255)], ['', null]])('%j reaches the handler as %j', async (key, expected) => {
    expect((await send(key)).json).toMatchObject({ key: expected });
  });
  it('is refused beyond 255 characters', async () => {
    expect(await send('x'.repeat(256))).toMatchObject({ status: 400, json: { errors: { 'Idempotency-Key': expect.any(String) } } });
  });
});

describe('query parameters', () => {
  it.each([
    ['', { page: 1, days: 7, sort: null, all: null }],
    ['?page=3&days=+5&sort=age&all=1&who=knows', { page: 3, days: 5, sort: 'age', all: true }],
    ['?page=2&page=9', { page: 2 }],
    ['?page=0', { page: 1 }],
    ['?page=-7', { page: 1 }],
  ])('%j are understood', async (query, expected) => {
    expect((await list(query)).json).toMatchObject(expected);
  });
  it.each([['?page=x', 'page'], ['?page=', 'page'], ['?page=1.5', 'page'], ['?page=1e3', 'page'], [`?page=${'9'.repeat(400)}`, 'page'], ['?days=91', 'days'], ['?sort=name', 'sort'], ['?all=maybe', 'all']])(
    '%j is refused at %s', async (query, name) => {
      expect(await list(query)).toMatchObject({ status: 400, json: { message: 'Input payload validation failed', errors: { [name]: expect.any(String) } } });
    });
  it('cannot reach a prototype', async () => {
    expect((await list('?__proto__[page]=5&constructor=1')).status).toBe(200);
  });
});

describe('a kudos position', () => {
  it('is read back as it was named, whatever it is', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (position) => decodePosition(encodePosition(position)) === position));
  });
  it('with one character changed is hardly ever taken for another', () => {
    const text = encodePosition(123_456_789);
    const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
    const taken = [...text.slice(3)].flatMap((_old, at) => [...digits].map((digit) => text.slice(0, 3 + at) + digit + text.slice(4 + at)))
      .filter((other) => other !== text && decodePosition(other) !== undefined);
    expect(taken).toEqual([]);
  });
  it('is named by a write', async () => {
    const answer = await post(toy.port, '/api/v2/toys/write', {});
    expect(answer.headers['kudos-position']).toBe(encodePosition(4711));
  });
  it('that is reached lets a read pass, having waited a second at most', async () => {
    waiter.asked.length = 0;
    expect(await caller({ 'kudos-position': encodePosition(100) })).toMatchObject({ status: 200, json: { position: 100 } });
    expect(waiter.asked).toEqual([[100, POSITION_WAIT_MS]]);
    expect(POSITION_WAIT_MS).toBeLessThanOrEqual(1_000);
  });
  it('that is not reached ends in 425', async () => {
    const answer = await caller({ 'kudos-position': encodePosition(101) });
    expect(answer).toMatchObject({ status: 425, json: { rc: 'PositionNotReached', message: expect.any(String) } });
    expect(answer.headers['retry-after']).toBeUndefined();
  });
  it.each(['', '12', 'k1.', 'k1.zzzzzzzzzzzzz', 'k1.01', 'K1.2S0', `${encodePosition(5)}x`])('%j was never ours', async (position) => {
    expect(await caller({ 'kudos-position': position })).toMatchObject({ status: 400, json: { errors: { 'Kudos-Position': expect.any(String) } } });
  });
  it('does not hold up a write', async () => {
    waiter.asked.length = 0;
    expect((await post(toy.port, '/api/v2/toys/write', {}, { 'kudos-position': encodePosition(999) })).status).toBe(200);
    expect(waiter.asked).toEqual([]);
  });
  it('cannot be promised where nobody waits', async () => {
    const alone = await toyApp({ rateLimits: { enabled: false } });
    try {
      expect((await call(alone.port, { path: '/api/v2/toys/caller', headers: { 'kudos-position': encodePosition(1) } })).status).toBe(425);
    } finally {
      await alone.close();
    }
  });
});

describe('values in answers', () => {
  it('show dates as RFC 822 with the offset -0000', () => {
    expect(rfc822(Date.UTC(2026, 10, 24, 0, 13, 25, 999))).toBe('Tue, 24 Nov 2026 00:13:25 -0000');
  });
  it('are numbers, text or null', () => {
    expect([float(2.5), float(-0), float(null), integer(2.9), integer(-2.9), integer(-0.5), text(5), text(undefined)]).toEqual([2.5, 0, null, 2, -2, 0, '5', null]);
    expect(() => float(Number.NaN)).toThrow(RangeError);
  });
  it('are left out by skip-none when they are nothing, and kept when they are empty', () => {
    expect(skipNone({ a: null, b: undefined, c: {}, d: [], e: 0, f: false, g: '' })).toEqual({ d: [], e: 0, f: false, g: '' });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { limitedAs } from '../../src/platform/http/limits/client-ip.js';
import { FixedWindows } from '../../src/platform/http/limits/fixed-windows.js';
import { call, post, type Answer } from './raw-http.fixture.js';
import { toyApp, type Toy } from './toy-app.fixture.js';

let toy: Toy;
beforeEach(async () => { toy = await toyApp({ rateLimits: { enabled: true, whitelist: new Set(['203.0.113.1']), proxiedFor: (address, passkey) => (passkey === 'known' ? address : undefined) } }); });
afterEach(() => toy.close());

const from = (ip: string) => ({ 'x-forwarded-for': ip });
const limited = (id = '1', headers = {}, method = 'GET') => call(toy.port, { path: `/api/v2/toys/limited/${id}`, method, headers });
const times = async (count: number, one: () => Promise<Answer>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let turn = 0; turn < count; turn++) statuses.push((await one()).status);
  return statuses;
};
const passed = async (count: number, one: () => Promise<Answer>): Promise<number> => (await times(count, one)).filter((status) => status < 400).length;

describe('a limit', () => {
  it('lets through what it says and then refuses without an rc, until its window is over', async () => {
    expect(await times(10, () => limited())).toEqual(Array(10).fill(200));
    const refused = await limited();
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1', 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0' } });
    expect(refused.json).toEqual({ message: '10 per 1 second' });
    toy.clock.ms += 1_000;
    expect((await limited()).status).toBe(200);
  });

  it('says in every answer what is left, and when to come back only in a refusal', async () => {
    const answer = await limited();
    expect(answer.headers).toMatchObject({ 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': '1800000001' });
    expect(answer.headers['retry-after']).toBeUndefined();
    expect(answer.headers['ratelimit']).toBeUndefined();
  });

  it('counts per method, full path and address where the table says so', async () => {
    await times(10, () => limited('1'));
    expect((await limited('1?x=1')).status).toBe(429);
    expect((await limited('2')).status).toBe(200);
    expect((await limited('1', {}, 'DELETE')).status).toBe(200);
    expect((await limited('1', from('203.0.113.7'))).status).toBe(200);
  });

  it('is not escaped by spelling the path in another way', async () => {
    await times(10, () => limited('1'));
    for (const path of ['/api/v2/toys/limited/%31', '/api/v2/toys/limite%64/1', '/api/v2/toys/limited/1?', 'http://elsewhere/api/v2/toys/limited/1']) {
      expect([path, (await call(toy.port, { path })).status]).toEqual([path, 429]);
    }
  });

  it('is shared by the methods of a rule where the table says so', async () => {
    const shared = (method: string) => call(toy.port, { path: '/api/v2/toys/shared', method });
    expect(await passed(20, () => shared('GET'))).toBe(20);
    expect(await passed(20, () => shared('PUT'))).toBe(10);
  });

  it('never holds for OPTIONS, unlimited routes, or when limits are off', async () => {
    expect(await passed(40, () => limited('1', {}, 'OPTIONS'))).toBe(40);
    expect(await passed(100, () => call(toy.port, { path: '/api/v2/toys/whole' }))).toBe(100);
    const free = await toyApp({ rateLimits: { enabled: false } });
    try {
      expect(await passed(40, () => call(free.port, { path: '/api/v2/toys/limited/1' }))).toBe(40);
    } finally {
      await free.close();
    }
  });

  it('comes before everything else: a refused caller learns nothing about his body', async () => {
    const bad = () => post(toy.port, '/api/v2/toys/loose', '{', { apikey: 'one' });
    expect(await times(2, bad)).toEqual([400, 429]);
  });

  it('counts a subscriber of IPv6 once, however many addresses he uses', async () => {
    let host = 0;
    expect(await passed(20, () => limited('1', from(`2001:db8:0:7::${(++host).toString(16)}`)))).toBe(10);
    expect((await limited('1', from('2001:db8:0:8::1'))).status).toBe(200);
  });
});

describe('several limits together (RL-G)', () => {
  const generate = (apikey: string, ip = '198.51.100.7') => post(toy.port, '/api/v2/toys/strict', { prompt: 'x' }, { apikey, ...from(ip) });

  it('are two a second per address and two a second per key', async () => {
    expect(await passed(5, () => generate('a'))).toBe(2);
    expect(await passed(5, () => generate('a', '198.51.100.8'))).toBe(0);
    expect(await passed(5, () => generate('b', '198.51.100.8'))).toBe(2);
  });
  it('let the anonymous key, which many share, through 60 times a second', async () => {
    let host = 0;
    expect(await passed(70, () => generate('0000000000', `198.51.100.${++host}`))).toBe(60);
  });
  it('are wider for whitelisted addresses', async () => {
    expect(await passed(15, () => generate('a', '203.0.113.1'))).toBe(10);
  });
  it('show the tightest', async () => {
    expect((await generate('a')).headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1' });
  });
  it('keep the longer one when the shorter is over', async () => {
    let total = 0;
    for (let second = 0; second < 50; second++) {
      total += await passed(3, () => generate('a'));
      toy.clock.ms += 1_000;
    }
    expect(total).toBe(90);
    expect(await generate('a')).toMatchObject({ status: 429, json: { message: '90 per 1 minute' }, headers: { 'retry-after': '10' } });
  });
});

describe('two exhausted limits (RL-K)', () => {
  it('send the caller away for as long as the longer one lasts', async () => {
    const give = () => post(toy.port, '/api/v2/toys/loose', { username: 'a' }, { apikey: 'k' });
    let given = 0;
    for (; given < 90; given++) {
      toy.clock.ms += 1_000;
      expect((await give()).status).toBe(200);
    }
    expect(await give()).toMatchObject({ status: 429, json: { message: '90 per 1 hour' }, headers: { 'retry-after': '3510' } });
  });
});

describe('a proxy', () => {
  const proxied = (passkey: string, address: string) => limited('1', { 'proxied-for': address, 'proxy-authorization': passkey });
  it('is believed with a known passkey only', async () => {
    await times(10, () => proxied('known', '192.0.2.1'));
    expect((await proxied('known', '192.0.2.1')).status).toBe(429);
    expect((await proxied('known', '192.0.2.2')).status).toBe(200);
    await times(10, () => proxied('unknown', '192.0.2.3'));
    expect((await proxied('unknown', '192.0.2.4')).status).toBe(429);
  });
});

describe('under /v1', () => {
  it('limits are also told in the standard headers, and refusals are problems', async () => {
    const exact = () => post(toy.port, '/v1/toys', { amount: 1 });
    expect((await exact()).headers).toMatchObject({ 'ratelimit-policy': '"default";q=90;w=60', ratelimit: '"default";r=89;t=60' });
    await times(89, exact);
    expect(await exact()).toMatchObject({ status: 429, json: { title: 'Too Many Requests', status: 429, detail: '90 per 1 minute' } });
  });
});

describe('fixed windows', () => {
  it('forget everything when a window is over, in whichever direction the clock went', () => {
    const windows = new FixedWindows(1_000);
    for (const key of ['a', 'b']) windows.add(key, 5_500);
    expect([windows.size, windows.count('a', 5_999), windows.count('a', 6_000), windows.size]).toEqual([2, 1, 0, 0]);
    windows.add('a', 6_000);
    expect(windows.count('a', 5_000)).toBe(0);
  });
  it('never hold more keys than they may', () => {
    const windows = new FixedWindows(1_000, 100);
    for (let key = 0; key < 10_000; key++) windows.add(`k${key}`, 0);
    expect([windows.size, windows.count('k9999', 0), windows.count('k0', 0)]).toEqual([100, 1, 0]);
  });
});

describe('one caller', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:0:7::1', '2001:0db8:0000:0007::/64'],
    ['2001:db8:0:7:1:2:3:4', '2001:0db8:0000:0007::/64'],
    ['::1', '0000:0000:0000:0000::/64'],
    ['2001:db8::', '2001:0db8:0000:0000::/64'],
    ['fe80::1:2:3:4:5', 'fe80:0000:0000:0001::/64'],
  ])('%s is counted as %s', (ip, expected) => { expect(limitedAs(ip)).toBe(expected); });
});

import { describe, expect, it } from '@jest/globals';
import { declaredRoutes } from '../../src/platform/http/http-app.js';
import { startHorde } from '../support/app.js';
import { V2 } from '../support/client.js';

const horde = await startHorde('limits', { settings: { HORDE_TEST_RATELIMIT_DISABLED: '0' } });
const { client } = horde;

describe('rate limits, as they are without the switch for tests', () => {
  it('one transfer a second for each key: the next is told when to come back, without an rc, and moves nothing', async () => {
    const [payer, receiver] = [await client.person('payer', 1_000), await client.person('receiver', 25)];
    const { answer, events } = await horde.appendedBy(async () => [await client.transfer(payer.key, receiver.alias, 1), await client.transfer(payer.key, receiver.alias, 1)]);
    expect(answer.map(({ status }) => status)).toEqual([200, 429]);
    const [, refused] = answer;
    expect(refused!.body).toEqual({ message: expect.stringMatching(/^\d+ per \d+ \w+$/) });
    expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(events).toHaveLength(1);
    expect((await client.transfer(receiver.key, '1', 1)).status).not.toBe(429); // another key, another window
  });

  it('every limited answer tells what is left', async () => {
    const { status, headers } = await client.get(`${V2}/users/1`);
    expect(status).toBe(200);
    for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) expect([name, Number(headers.get(name))]).toEqual([name, expect.any(Number)]);
    expect(headers.get('retry-after')).toBeNull();
  });

  it('five shared keys a minute for each address, however many accounts it has', async () => {
    const owners = await Promise.all(Array.from({ length: 3 }, (_, at) => client.person(`key owner ${at}`, 1_000)));
    const made = [];
    for (let at = 0; at < 6; at++) made.push(await client.send('PUT', `${V2}/sharedkeys`, { key: owners[at % 3]!.key }));
    expect(made.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(made.at(-1)!.body).toEqual({ message: expect.stringMatching(/^5 per 1 minute$/) });
  });

  it('heartbeats and health are never limited, and every other route says by which row', async () => {
    const beats = await Promise.all(Array.from({ length: 200 }, () => client.get(`${V2}/status/heartbeat`)));
    expect(new Set(beats.map(({ status }) => status))).toEqual(new Set([200]));
    const unlimited = declaredRoutes(horde.server.app).filter(({ path, rateLimit }) => (rateLimit ?? 'none') === 'none' && !path.startsWith('/blobs/'));
    expect(unlimited.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${V2}/status/style_contract`, `GET ${V2}/status/heartbeat`, 'GET /v1/health/live', 'GET /v1/health/ready']);
  });
});

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../test/support/ports.js';
import { parseNetwork } from '../platform/networks.js';
import { FetchOutbound } from '../platform/outbound/outbound.js';
import { AddressChecks, AddressScorer, type AddressVerdict } from './address-checks.message.js';
import { HttpAddressScorer } from './http-address-scorer.js';

const STRANGER = '203.0.113.7';

describe('a check of an address', () => {
  const clock = new SettableClock();
  const asked: string[] = [];
  let answer: AddressVerdict = 'unsafe';
  class Scorer extends AddressScorer {
    override verdict(ip: string): Promise<AddressVerdict> {
      asked.push(ip);
      return Promise.resolve(answer);
    }
  }
  const checks = new AddressChecks(new Scorer(), [parseNetwork('198.51.100.0/24')!], clock);
  const askedFor = async (ip: string): Promise<readonly [AddressVerdict, number]> => {
    const before = asked.length;
    return [await checks.verdict(ip), asked.length - before];
  };

  it('passes everybody where nobody is asked', async () => expect(await new AddressChecks(undefined, [], clock).verdict(STRANGER)).toBe('safe'));
  it.each(['127.0.0.1', '10.0.0.7', '::1', 'fd00::1', '198.51.100.9'])('does not ask about %s', async (ip) => expect(await askedFor(ip)).toEqual(['safe', 0]));

  it('is asked once in six hours, however many come at once', async () => {
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => checks.verdict(STRANGER)));
    expect([new Set(verdicts), asked.length]).toEqual([new Set(['unsafe']), 1]);
    clock.pass(6 * 3_600_000 - 1);
    expect(await askedFor(STRANGER)).toEqual(['unsafe', 0]);
    answer = 'unknown';
    clock.pass(1);
    expect(await askedFor(STRANGER)).toEqual(['unknown', 1]);
  });

  it('that came to nothing is tried again after a minute', async () => {
    expect(await askedFor(STRANGER)).toEqual(['unknown', 0]);
    answer = 'safe';
    clock.pass(60_000);
    expect(await askedFor(STRANGER)).toEqual(['safe', 1]);
  });
});

describe('a scorer over HTTP', () => {
  let listener: RequestListener = (_request, response) => { response.end('0'); };
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => { paths.push(request.url); listener(request, response); });
  const ready = new Promise<string>((resolve) => server.listen(0, '127.0.0.1', () => { resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); }));
  afterAll(() => { server.closeAllConnections(); server.close(); });
  const verdict = async (answer: RequestListener, ip = STRANGER): Promise<AddressVerdict> => {
    listener = answer;
    return new HttpAddressScorer(new FetchOutbound({ timeoutMs: 300, bytesMax: 1_024 }), `${await ready}/score?ip={ip}&format=json`).verdict(ip);
  };
  const says = (body: string, status = 200): RequestListener => (_request, response) => { response.writeHead(status, { 'content-type': 'application/json' }).end(body); };

  it('is asked about the address in its place', async () => {
    await verdict(says('0'), '2001:db8::1');
    expect(paths.at(-1)).toBe('/score?ip=2001%3Adb8%3A%3A1&format=json');
  });

  it.each<readonly [string, RequestListener, AddressVerdict]>([
    ['a score below the limit', says('0.92'), 'safe'], ['the limit', says('0.93'), 'unsafe'], ['an object with a result', says('{"status":"success","result":"0.99"}'), 'unsafe'],
    ['an object with a score', says('{"score":1}'), 'unsafe'], ['something without a score', says('{"status":"error"}'), 'safe'], ['something else than JSON', says('<html>'), 'safe'],
    ['a fault of its own', says('{}', 500), 'safe'], ['that it is asked too often', says('{}', 429), 'unknown'],
    ['nothing in time', () => undefined, 'unknown'], ['by hanging up', (request) => { request.destroy(); }, 'unknown'],
  ])('that answers %s: %s', async (_what, answer, expected) => expect(await verdict(answer)).toBe(expected));
});

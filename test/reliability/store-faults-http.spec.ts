import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Server } from '../../src/boot/server.js';
import { proveBooks, startOn } from '../support/app.js';
import { Client, type Person } from '../support/client.js';
import { FaultProxy, type Faults } from '../support/fault-proxy.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { clock, eventually } from './eventually.js';
import { LogProcess } from './log-process.js';
import { build, freePort } from './server-process.js';

/** The promise to every caller, whatever the line to the store does. */
const CALL_MAX_MS = 10_000;
const SEED = 5_077;
const CALLS_AT_ONCE = 12;
const PATIENCE_MS = 30_000;
const TEST_MS = 120_000;
const ALWAYS = (ms: number) => ({ least: ms, most: ms });

const FAULTS: readonly (readonly [name: string, faults: Faults | 'refuse' | 'drop'])[] = [
  ['answers that come two seconds late', { delayMs: { down: ALWAYS(2_000) } }],
  ['a kilobyte a second', { bytesPerSecond: 1_024 }],
  ['connections that are cut in the middle of a frame', { resetAfterBytes: { least: 200, most: 5_000 } }],
  ['answers that never come', { halfOpen: 'down' }],
  ['questions that never arrive', { halfOpen: 'up' }],
  ['a black hole', { blackHole: true }],
  ['a machine on which nobody listens', 'refuse'],
  ['connections that are cut once', 'drop'],
];

const home = mkdtempSync(join(tmpdir(), 'horde-store-faults-http-'));
const fatal: unknown[] = [];
const answers = new Map<string, Map<number, number>>();
let database: TestDatabase;
let log: LogProcess;
let proxy: FaultProxy;
let server: Server;
let client: Client;
let payer: Person;
let friend: Person;

beforeAll(async () => {
  build();
  database = await freshDatabase('store_faults_http');
  log = await LogProcess.start(home, await freePort());
  proxy = await FaultProxy.listen({ host: '127.0.0.1', port: Number(/:(\d+)\?/.exec(log.url)![1]) }, SEED);
  server = await startOn(join(home, 'api'), {
    PORT: String(await freePort()), DATABASE_URL: database.url, EVENTSTORE_URL: `esdb://127.0.0.1:${proxy.port}?tls=false`,
  }, { onFatal: (error) => void fatal.push(error) });
  client = new Client(server.url);
  [payer, friend] = [await client.person('payer', 100_000, { trusted: true }), await client.person('friend', 25)];
}, TEST_MS);

afterAll(async () => {
  await server.close();
  proxy.close();
  await log.end('SIGTERM');
  await database.close();
  rmSync(home, { recursive: true, force: true });
  const lines = [...answers].map(([name, statuses]) => `${name}: ${[...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`).join(', ')}`);
  process.stdout.write(`calls under faults of the line to the store, by answer:\n  ${lines.join('\n  ')}\n`);
}, TEST_MS);

/** One call of each kind that changes something or says "no", and how it was answered. */
const call = async (k: number, key: string): Promise<{ status: number; tookMs: number; retryAfter: string | null }> => {
  const begun = clock.monotonic();
  const calls = [
    () => client.transfer(payer.key, friend.alias, 1, { 'idempotency-key': key }),
    () => client.askImage(payer.key, {}),
    () => client.popImage(friend.key, { name: `worker ${k % 3}` }),
    () => client.get('/api/v2/generate/check/5e2b9d14-7a60-4f83-b1c9-2d8e4f6a0b73', undefined),
  ];
  const { status, headers } = await calls[k % calls.length]!();
  return { status, tookMs: clock.monotonic() - begun, retryAfter: headers.get('retry-after') };
};

const underFault = async (name: string, faults: Faults | 'refuse' | 'drop'): Promise<void> => {
  if (faults === 'refuse') {
    proxy.refuse();
    proxy.drop();
  } else if (faults === 'drop') proxy.drop();
  else proxy.set(faults);
  const results = await Promise.all(Array.from({ length: CALLS_AT_ONCE }, (_, k) => call(k, `${name} ${k}`)));
  const statuses = answers.get(name) ?? new Map<number, number>();
  answers.set(name, statuses);
  for (const { status } of results) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  expect(results.filter(({ tookMs }) => tookMs > CALL_MAX_MS)).toEqual([]);
  expect(results.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
  expect(results.filter(({ status, retryAfter }) => status === 503 && retryAfter === null)).toEqual([]);
};

describe('a call under faults of the line to the store', () => {
  it.each(FAULTS)('ends within ten seconds, done, refused or told to come back: %s', async (name, faults) => {
    await underFault(name, faults);
    await proxy.heal();
    const transfer = (): ReturnType<Client['transfer']> => client.transfer(payer.key, friend.alias, 1, { 'idempotency-key': `${name} 0` });
    await eventually('the same transfer is answered', PATIENCE_MS, async () => ((await transfer()).status === 200 ? true : undefined));
  }, TEST_MS);

  it('is done once, if at all: the books balance, and each transfer that was asked for again was made once', async () => {
    await proveBooks(server);
    const sent: string[] = [];
    for (let page = await server.platform.log.readAll({ limit: 4_096, types: new Set(['FundsTransferred.v1']) }); ; page = await server.platform.log.readAll({ from: page.position, limit: 4_096, types: new Set(['FundsTransferred.v1']) })) {
      sent.push(...page.events.map(({ data }) => (JSON.parse(data.toString()) as { ledger: { txId: string } }).ledger.txId));
      if (page.end) break;
    }
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent.length).toBeGreaterThanOrEqual(FAULTS.length); // the first of each fault was repeated until it was answered
    expect(fatal).toEqual([]);
  }, TEST_MS);
});

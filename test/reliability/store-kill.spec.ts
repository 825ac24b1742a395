import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refold } from '../../src/audit/refold.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { Seeded } from '../support/seeded.js';
import { clock, eventually, timers } from './eventually.js';
import { Journal } from './journal.js';
import { type Cast, castOf, Load } from './load.js';
import { LogProcess } from './log-process.js';
import { build, freePort, processesIn, ServerProcess } from './server-process.js';
import { audit, FAULTLESS, judge, Stored, withLog } from './stored.js';

const IS_LONG = process.env['HORDE_LONG_TESTS'] !== undefined;
const ROUNDS = IS_LONG ? 20 : 3;
const SEED = 20_261_122;
const CLIENTS = 12;
/** When the kill comes, after the load has begun; and how long the log is away then. */
const KILL_MS = { from: 300, to: 1_500 };
const AWAY_MS = { from: 500, to: 4_000 };
/** Normal again within this time after the log is back: generous, for the machine may be busy; the report says how long it took. */
const RECOVERY_MAX_MS = 10_000;
/** Writes that have to succeed one after the other before it counts as normal. */
const IN_A_ROW = 10;
const PATIENCE_MS = 30_000;
const DRAIN_MS = 90_000;
const TEST_MS = 180_000;

const random = new Seeded(SEED);
const journal = new Journal();
const firstWritesMs: number[] = [];
const lastRefusalsMs: number[] = [];
let home: string;
let database: TestDatabase;
let logPort: number;
let log: LogProcess;
let server: ServerProcess;
let cast: Cast;

const load = (): Load => new Load(server.client, cast, journal, random.bits());
const stored = (): Promise<Stored> => withLog(log.dataDir, (read) => Stored.of(read));

beforeAll(async () => {
  build();
  home = mkdtempSync(join(tmpdir(), 'horde-store-kill-'));
  database = await freshDatabase('store_kill');
  for (const name of ['log', 'api']) mkdirSync(join(home, name));
  logPort = await freePort();
  log = await LogProcess.start(join(home, 'log'), logPort);
  server = await ServerProcess.start(join(home, 'api'), await freePort(), { EVENTSTORE_URL: log.url, DATABASE_URL: database.url });
  if (!server.isRunning) throw new Error(`the server did not start: ${server.output}`);
  cast = await castOf(server.client);
}, TEST_MS);

afterAll(async () => {
  for (const process of [server, log]) if (process.isRunning) await process.end('SIGKILL');
  await eventually('no process is left', PATIENCE_MS, () => (processesIn(home).length === 0 ? true : undefined));
  await database.close();
  rmSync(home, { recursive: true, force: true });
}, TEST_MS);

/** Measured from the moment that the log was back. */
const untilNormal = async (backAt: number, running: Load): Promise<void> => {
  await eventually('a write succeeds', RECOVERY_MAX_MS, async () => ((await running.register()) ? true : undefined));
  firstWritesMs.push(clock.monotonic() - backAt);
  let inARow = 1;
  await eventually('writes succeed again and again', RECOVERY_MAX_MS, async () => {
    inARow = (await running.register()) ? inARow + 1 : 0;
    return inARow === IN_A_ROW ? true : undefined;
  });
  lastRefusalsMs.push(Math.max(0, journal.lastUnavailableAt - backAt));
};

/** The log dies under load, is away for a while, and comes back; nobody touches the server. */
const loseTheLog = async (): Promise<void> => {
  const running = load();
  const all = running.run(CLIENTS);
  await timers.sleep(random.between(KILL_MS.from, KILL_MS.to)); // the moments of the fault are the test's only choice of time
  await log.end('SIGKILL');
  await timers.sleep(random.between(AWAY_MS.from, AWAY_MS.to));
  log = await LogProcess.start(log.dataDir, logPort);
  await untilNormal(clock.monotonic(), running);
  running.stop();
  await all;
};

const proveNothingLost = async (): Promise<void> => {
  expect(judge(journal, await stored())).toEqual(FAULTLESS);
  await journal.resolve();
  expect(journal.faults).toEqual([]);
  expect(judge(journal, await stored())).toEqual(FAULTLESS);
  const { report, drift } = await audit(log.dataDir, PATIENCE_MS, database.url);
  expect({ violations: report.violations, drift }).toEqual({ violations: [], drift: [] });
};

describe('the log, killed under a server that runs on', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))('loses and doubles nothing that was acknowledged; callers are told to come back, and it passes by itself (round %i)', async () => {
    const { pid } = server;
    await loseTheLog();
    expect({ isRunning: server.isRunning, pid: server.pid }).toEqual({ isRunning: true, pid });
    await proveNothingLost();
    await eventually('it says that it is ready', PATIENCE_MS, async () => (await server.client.get('/v1/health/ready')).status === 200 || undefined);
  }, TEST_MS);

  it('says that it is not ready while the log is away, and that it lives', async () => {
    await log.end('SIGKILL');
    await eventually('it has noticed', PATIENCE_MS, async () => (await server.client.get('/v1/health/ready')).status === 503 || undefined);
    expect((await server.client.get('/v1/health/ready')).body).toMatchObject({ status: 'unready', missing: expect.arrayContaining(['the event log']), log: 'unreachable', database: 'reachable' });
    expect((await server.client.get('/v1/health/live')).status).toBe(200);
    log = await LogProcess.start(log.dataDir, logPort);
    await eventually('it is ready again', PATIENCE_MS, async () => (await server.client.get('/v1/health/ready')).status === 200 || undefined);
  }, TEST_MS);

  it('leaves nothing half done: every request comes to its end, and is paid once', async () => {
    expect(journal.unavailable).toBeGreaterThan(0); // or nothing of the above was tried
    const worker = load();
    await eventually('every request has come to its end', DRAIN_MS, async () => {
      const { pending } = await stored();
      journal.held.clear();
      await Promise.all([...pending.values()].map((job) => worker.bringBack('submitted', job, true)));
      for (const kind of ['image', 'text'] as const) await Promise.all(Array.from({ length: CLIENTS }, () => worker.pop(kind)));
      const { openRequests, openHolds, unsettledJobs } = await withLog(log.dataDir, (read) => refold(read));
      return openRequests + openHolds.length + unsettledJobs.length === 0 ? true : undefined;
    });
    await proveNothingLost();
    const said = (values: readonly number[]): string => [...values].sort((a, b) => a - b).map(Math.round).join(', ');
    process.stdout.write(`0 lost of ${journal.acknowledged.length} acknowledged over ${ROUNDS} kills of the log; ${journal.unavailable} calls were told to come back\n`);
    process.stdout.write(`ms from the log's return to the first write: ${said(firstWritesMs)}; to the last "come back": ${said(lastRefusalsMs)}\n`);
  }, TEST_MS);
});

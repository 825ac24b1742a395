import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refold } from '../../src/audit/refold.js';
import { readPostmaster } from '../../src/platform/postgres/postgres-orphan.js';
import { DELIVERED_TEXT, IMAGE_BASE64 } from '../support/client.js';
import { Seeded } from '../support/seeded.js';
import { eventually, timers } from './eventually.js';
import { Journal, nameOf } from './journal.js';
import { type Cast, castOf, Load } from './load.js';
import { build, freePort, processesIn, ServerProcess } from './server-process.js';
import { audit, FAULTLESS, judge, Stored, withLog } from './stored.js';

const ROUNDS = process.env['HORDE_LONG_TESTS'] ? 20 : 5;
const SEED = 20_260_719;
const CLIENTS = 16;
const REPEATED = 20;
/** When the kill comes, after the load has begun. */
const KILL_MS = { from: 300, to: 1_500 };
/** The longest that anything may take that the server does in its own time. */
const PATIENCE_MS = 30_000;
/** An authorization whose request never came is given back after 30 s, and a repair may need a round or two. */
const DRAIN_MS = 60_000;
const TEST_MS = 120_000;

const random = new Seeded(SEED);
const journal = new Journal();
const restartsMs: number[] = [];
let kills = 0;
let home: string;
let port: number;
let server: ServerProcess;
let cast: Cast;

const start = async (): Promise<void> => {
  server = await ServerProcess.start(home, port);
  if (!server.isRunning) throw new Error(`the server did not start: ${server.output}`);
  expect((await server.client.get('/api/v2/status/heartbeat')).body).toMatchObject({ message: 'OK' });
};
const restart = async (): Promise<void> => {
  await start();
  restartsMs.push(await server.readyMs());
  // The orphan of the life before is gone: one PostgreSQL, and one guard that would end it with us.
  const commands = processesIn(home).map((process) => process.replace(/^\d+ /, ''));
  expect({ postgres: commands.filter((command) => /postgres -D/.test(command)).length, guards: commands.filter((command) => command.startsWith('/bin/sh')).length })
    .toEqual({ postgres: 1, guards: 1 });
};
const load = (): Load => new Load(server.client, cast, journal, random.bits());
const stored = (): Promise<Stored> => withLog(home, (log) => Stored.of(log));

/** Load, and a moment in it. */
const underLoad = async (meanwhile: (running: Load) => Promise<void>): Promise<void> => {
  const running = load();
  const all = running.run(CLIENTS);
  await timers.sleep(random.between(KILL_MS.from, KILL_MS.to)); // the moment of the fault is the test's only choice of time
  await meanwhile(running);
  running.stop();
  await all;
};

/** Keys of transfers that were acknowledged long ago are used once more. */
const repeatTransfers = async (): Promise<void> => {
  const running = load();
  const done = journal.transfers.filter((transfer) => transfer.key !== undefined && journal.isAcknowledged('transferred', nameOf(transfer)));
  for (const transfer of done.slice(-REPEATED)) {
    const answer = await running.transfer(transfer);
    expect({ status: answer?.status, replayed: answer?.headers.get('idempotency-replayed') }).toEqual({ status: 200, replayed: 'true' });
  }
};

/** Everything acknowledged is there once, what was not answered happens once when it is asked again, and the books balance. */
const proveNothingLost = async (): Promise<void> => {
  expect(judge(journal, await stored())).toEqual(FAULTLESS);
  await journal.resolve();
  await repeatTransfers();
  expect(journal.faults).toEqual([]);
  expect(judge(journal, await stored())).toEqual(FAULTLESS);
  const { report, drift } = await audit(home, PATIENCE_MS);
  expect({ violations: report.violations, drift }).toEqual({ violations: [], drift: [] });
};

/** Every delivered job is among the results of its request. */
const proveFetchable = async (): Promise<void> => {
  const { requestOf } = await stored();
  const delivered = new Map<string, string[]>();
  for (const { act, id } of journal.acknowledged) if (act === 'submitted') delivered.set(requestOf.get(id)!, [...(delivered.get(requestOf.get(id)!) ?? []), id]);
  const missing: string[] = [];
  for (const [request, jobs] of delivered) {
    const { kind } = journal.requests.get(request) ?? { kind: undefined };
    if (!kind) continue; // its acknowledgement was lost with the server, and nobody knows its id
    const { body } = await server.client.status(request, kind);
    const whole = body.generations.filter(({ img, text }) => (kind === 'image' ? img === IMAGE_BASE64 : text === DELIVERED_TEXT));
    if (whole.length < jobs.length) missing.push(`${kind} ${request}: ${whole.length} of ${jobs.length}`);
  }
  expect(missing).toEqual([]);
};

beforeAll(async () => {
  build();
  home = mkdtempSync(join(tmpdir(), 'horde-kill-'));
  port = await freePort();
  await start();
  cast = await castOf(server.client);
}, TEST_MS);

afterAll(async () => {
  if (server.isRunning) await server.end('SIGKILL');
  await eventually('no process is left', PATIENCE_MS, () => (processesIn(home).length === 0 ? true : undefined));
  rmSync(home, { recursive: true, force: true });
}, TEST_MS);

describe('what was acknowledged', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))('survives a kill -9 in the middle of everything (round %i)', async () => {
    await underLoad(async () => { await server.end('SIGKILL'); });
    kills += 1;
    await restart();
    await proveNothingLost();
  }, TEST_MS);

  it('survives a kill -9 of PostgreSQL alone, which is answered by success or "try again" and passes by itself', async () => {
    const killed = readPostmaster(join(home, 'postgres'))!.pid;
    await underLoad(async () => {
      process.kill(killed, 'SIGKILL');
      await eventually('PostgreSQL is back', PATIENCE_MS, async () => {
        const { body } = await server.client.get('/api/v2/status/heartbeat');
        const leader = readPostmaster(join(home, 'postgres'))?.pid;
        return leader !== killed && body['db_connection'] === true ? true : undefined;
      });
    });
    kills += 1;
    expect(server.isRunning).toBe(true);
    await proveNothingLost();
  }, TEST_MS);

  it('survives a SIGTERM, which answers what is under way and ends at once', async () => {
    await underLoad(async () => {
      const { code, tookMs } = await server.end('SIGTERM');
      expect({ code, output: server.output.includes('Error') ? server.output : '' }).toEqual({ code: 0, output: '' });
      expect(tookMs).toBeLessThan(PATIENCE_MS);
      expect(processesIn(home)).toEqual([]);
      process.stdout.write(`SIGTERM under load: ended after ${Math.round(tookMs)} ms\n`);
    });
    await restart();
    await proveNothingLost();
  }, TEST_MS);
});

describe('what was accepted', () => {
  it('is served to the end, paid once, and can be fetched', async () => {
    const worker = load();
    await eventually('every request has come to its end', DRAIN_MS, async () => {
      const { pending } = await stored();
      journal.held.clear();
      await Promise.all([...pending.values()].map((job) => worker.bringBack('submitted', job, true)));
      for (const kind of ['image', 'text'] as const) await Promise.all(Array.from({ length: CLIENTS }, () => worker.pop(kind)));
      const { openRequests, openHolds, unsettledJobs } = await withLog(home, (log) => refold(log));
      return openRequests + openHolds.length + unsettledJobs.length === 0 ? true : undefined;
    });
    await proveNothingLost();
    await proveFetchable();
    const ordered = [...restartsMs].sort((a, b) => a - b).map(Math.round);
    process.stdout.write(`0 lost of ${journal.acknowledged.length} acknowledged over ${kills} kills, restart p50/max ${ordered[ordered.length >> 1]}/${ordered.at(-1)} ms\n`);
  }, TEST_MS);
});

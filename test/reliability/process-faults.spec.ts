import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { Journal } from './journal.js';
import { castOf, Load } from './load.js';
import { build, freePort, processesIn, ServerProcess } from './server-process.js';
import { audit, FAULTLESS, judge, Stored, withLog } from './stored.js';

const TEST_MS = 60_000;
const PATIENCE_MS = 30_000;
const CLIENTS = 8;
const SEED = 4_711;
const WRITES = 60;

/** Loaded before the server: from the moment a file appears, this machine's disk does not sync any more. */
const BREAKING_DISK = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { fdatasync, fdatasyncSync } = fs;
const isBroken = () => fs.existsSync(process.env.BROKEN_DISK);
const broken = () => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', syscall: 'fdatasync' });
fs.fdatasync = (descriptor, done) => { isBroken() ? process.nextTick(done, broken()) : fdatasync(descriptor, done); };
fs.fdatasyncSync = (descriptor) => { if (isBroken()) throw broken(); fdatasyncSync(descriptor); };
syncBuiltinESMExports();
`;

let home: string;
let journal: Journal;
const started: ServerProcess[] = [];

const start = async (settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => {
  const server = await ServerProcess.start(home, await freePort(), settings);
  started.push(server);
  return server;
};
const stored = (): Promise<Stored> => withLog(home, (log) => Stored.of(log));
const acknowledged = (count: number): Promise<true> => eventually(`${count} writes are acknowledged`, PATIENCE_MS, () => (journal.acknowledged.length >= count ? true : undefined));

beforeAll(build, TEST_MS);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'horde-faults-'));
  journal = new Journal();
});
afterEach(async () => {
  for (const server of started.splice(0)) if (server.isRunning) await server.end('SIGKILL');
  await eventually('no process is left', PATIENCE_MS, () => (processesIn(home).length === 0 ? true : undefined));
  rmSync(home, { recursive: true, force: true });
}, TEST_MS);

describe('a disk that fails to sync', () => {
  it('ends the process loudly, for nobody knows what it holds, and the next start goes on from what was acknowledged', async () => {
    const [preload, brokenDisk] = [join(home, 'breaking-disk.mjs'), join(home, 'broken')];
    writeFileSync(preload, BREAKING_DISK);
    const server = await start({ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`, BROKEN_DISK: brokenDisk });
    const cast = await castOf(server.client);
    const running = new Load(server.client, cast, journal, SEED).run(CLIENTS);
    await acknowledged(WRITES);
    writeFileSync(brokenDisk, '');
    const { code } = await server.ended;
    await running;
    expect({ code, output: server.output }).toEqual({ code: 1, output: expect.stringMatching(/The horde cannot go on: .*EIO/) });

    const next = await start();
    expect({ isRunning: next.isRunning, output: next.output }).toMatchObject({ isRunning: true });
    expect(judge(journal, await stored())).toEqual(FAULTLESS);
    const again = new Load(next.client, cast, journal, SEED + 1);
    const [before, ended] = [journal.acknowledged.length, again.run(CLIENTS)];
    await acknowledged(before + WRITES);
    again.stop();
    await ended;
    expect(journal.faults).toEqual([]);
    expect(judge(journal, await stored())).toEqual(FAULTLESS);
    const { report, drift } = await audit(home, PATIENCE_MS);
    expect({ violations: report.violations, drift }).toEqual({ violations: [], drift: [] });
  }, TEST_MS);
});

describe('a second server on the same data', () => {
  it('refuses to start, says who is there, and leaves the first one alone', async () => {
    const first = await start();
    const load = new Load(first.client, await castOf(first.client), journal, SEED);
    const running = load.run(CLIENTS);
    await acknowledged(WRITES);
    const second = await start();
    expect({ isRunning: second.isRunning, code: (await second.ended).code }).toEqual({ isRunning: false, code: 1 });
    expect(second.output).toMatch(new RegExp(`^Horde Ledger could not start: process ${first.pid} writes the event log .*stop it first.*\\n$`));
    await acknowledged(journal.acknowledged.length + WRITES);
    load.stop();
    await running;
    expect({ faults: journal.faults, unavailable: journal.unavailable, unanswered: journal.unanswered }).toEqual({ faults: [], unavailable: 0, unanswered: [] });
    expect(judge(journal, await stored())).toEqual(FAULTLESS);
  }, TEST_MS);

  it('started at the same moment on fresh data leaves exactly one', async () => {
    const both = await Promise.all([start(), start()]);
    const [running, refused] = [both.filter(({ isRunning }) => isRunning), both.filter(({ isRunning }) => !isRunning)];
    expect({ running: running.length, refused: await Promise.all(refused.map(async ({ ended }) => (await ended).code)) }).toEqual({ running: 1, refused: [1] });
    expect((await running[0]!.client.askText('0000000000')).status).toBe(202);
  }, TEST_MS);
});

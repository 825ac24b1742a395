import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './child-build.js';
import { Database } from '../../src/platform/postgres/database.js';
import { DatabaseUnavailable } from '../../src/platform/postgres/database-errors.js';
import { readPostmaster, serverProcesses, signalIfAlive, until } from '../../src/platform/postgres/postgres-orphan.js';
import { runningPostgresUrl, startPostgres, usePostgres, type RunningPostgres } from '../../src/platform/postgres/start-postgres.js';
import { SystemClock, SystemTimers } from '../../src/platform/system/system.js';

const clock = new SystemClock();
const timers = new SystemTimers();
const PATIENCE_MS = 20_000;
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;

let home: string;
let program: string;
const running: RunningPostgres[] = [];

const start = async (dataDirectory: string, log: string[] = []): Promise<RunningPostgres> => {
  const server = await startPostgres({ dataDirectory, log: (line) => log.push(line), clock, timers });
  running.push(server);
  return server;
};
const ask = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const database = new Database({ url, log: () => undefined, poolMax: 1 });
  try {
    return await database.query(sql);
  } finally {
    await database.close();
  }
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'horde-start-'));
  chmodSync(home, 0o755);
  program = await build(home, fileURLToPath(new URL('../../src', import.meta.url)));
}, 60_000);
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A child process that starts PostgreSQL and says its URL. */
const child = async (dataDirectory: string, uid?: number): Promise<{ url: string; kill: (signal: NodeJS.Signals) => Promise<void> }> => {
  const node = spawn(process.execPath, [program, dataDirectory], { stdio: ['ignore', 'pipe', 'pipe'], ...(uid === undefined ? {} : { uid, gid: uid }) });
  let said = '';
  node.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    node.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    node.on('exit', (code) => reject(new Error(`the child ended with ${code}: ${said}`)));
  });
  return {
    url,
    kill: async (signal) => {
      const gone = once(node, 'exit');
      node.kill(signal);
      await gone;
    },
  };
};

describe('the embedded PostgreSQL', () => {
  it('keeps what was written, over a stop and a start', async () => {
    const data = join(home, 'keeps');
    const first = await start(data);
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(serverProcesses(data)).toEqual([]);
    const second = await start(data);
    expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  }, 60_000);

  it('opens no port, writes durably, and lets in only who may enter its directory', async () => {
    const data = join(home, 'closed');
    const { url } = await start(data);
    expect(await ask(url, `SELECT current_setting('listen_addresses') AS port, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`))
      .toEqual([{ port: '', fsync: 'on', commit: 'on' }]);
    expect(statSync(data).mode & 0o077).toBe(0);
    if (asRoot) expect(statSync(data).uid).not.toBe(0);
  }, 60_000);

  it('finds a place for its socket when the path of its directory is too long for one', async () => {
    const data = join(home, 'long'.repeat(30), 'data');
    const server = await start(data);
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const sockets = readPostmaster(data)!.socketDirectory!;
    expect(statSync(sockets).mode & 0o077).toBe(0);
    expect(runningPostgresUrl(data)).toBe(server.url);
    await server.stop();
    expect(existsSync(sockets)).toBe(false);
    expect(runningPostgresUrl(data)).toBeUndefined();
  }, 60_000);

  it('is refused to a second process while the first one lives', async () => {
    const data = join(home, 'contended');
    await start(data);
    await expect(start(data)).rejects.toThrow(/in use by process \d+/);
  }, 60_000);

  it('is stopped when the process that started it is killed', async () => {
    const data = join(home, 'guarded');
    const owner = await child(data);
    expect(serverProcesses(data).length).toBeGreaterThan(0);
    await owner.kill('SIGKILL');
    expect(await until(() => serverProcesses(data).length === 0, PATIENCE_MS, { clock, timers })).toBe(true);
  }, 60_000);

  it('replaces an orphan whose guard was killed with its owner', async () => {
    const data = join(home, 'orphan');
    const owner = await child(data);
    await ask(owner.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    const orphan = readPostmaster(data)!.pid;
    process.kill(orphan, 'SIGSTOP'); // deaf to its guard
    await owner.kill('SIGKILL');
    process.kill(orphan, 'SIGCONT');
    const log: string[] = [];
    const server = await start(data, log);
    expect(await ask(server.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
    expect(readPostmaster(data)!.pid).not.toBe(orphan);
  }, 60_000);

  it('starts although postmaster.pid names a process that is another program', async () => {
    const data = join(home, 'stale');
    await (await start(data)).stop();
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n5432\n.\n\n\nready\n`);
    const server = await start(data);
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 60_000);

  it('starts again by itself when PostgreSQL alone is killed', async () => {
    const data = join(home, 'phoenix');
    const server = await start(data);
    await ask(server.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    const killed = readPostmaster(data)!.pid;
    signalIfAlive(killed, 'SIGKILL');
    const isBack = (): boolean => {
      const leader = readPostmaster(data)?.pid;
      return leader !== undefined && leader !== killed && /ready/.test(readFileSync(join(data, 'postmaster.pid'), 'utf8'));
    };
    expect(await until(isBack, PATIENCE_MS, { clock, timers })).toBe(true);
    expect(await ask(server.url, 'SELECT seven FROM kept')).toEqual([{ seven: 7 }]);
  }, 60_000);

  it('says in words why it does not start', async () => {
    const data = join(home, 'old');
    await (await start(data)).stop();
    writeFileSync(join(data, 'PG_VERSION'), '12\n');
    await expect(start(data)).rejects.toThrow(/was made by PostgreSQL 12/);
    writeFileSync(join(data, 'PG_VERSION'), '18\n');
    rmSync(join(data, 'global'), { recursive: true });
    await expect(start(data)).rejects.toThrow(/PostgreSQL did not start .*could not find the database system/);
  }, 60_000);

  it('leaves a server that others run alone', async () => {
    const other = usePostgres('postgresql://somebody@somewhere/else');
    await other.stop();
    expect(other.url).toBe('postgresql://somebody@somewhere/else');
  });

  (asRoot ? it : it.skip)('runs for an ordinary user as that user', async () => {
    const folder = join(home, 'ordinary');
    mkdirSync(folder);
    chownSync(folder, NOBODY, NOBODY);
    const owner = await child(join(folder, 'data'), NOBODY);
    expect(await ask(owner.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(statSync(join(folder, 'data')).uid).toBe(NOBODY);
    await owner.kill('SIGTERM');
    const asRootNow = await start(join(folder, 'data')); // root hands it to its owner
    expect(await ask(asRootNow.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 60_000);

  (asRoot ? it : it.skip)('runs for root below a folder that only root may enter', async () => {
    const folder = join(home, 'closed-to-others');
    mkdirSync(folder, { mode: 0o700 });
    const data = join(folder, 'data');
    const first = await start(data);
    await ask(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    await first.stop();
    const second = await start(data);
    expect(await ask(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  }, 60_000);
});

describe('the door to PostgreSQL', () => {
  it('says that the database is away, and works again when it is back', async () => {
    const data = join(home, 'away');
    const first = await start(data);
    const database = new Database({ url: first.url, log: () => undefined });
    await database.query('SELECT 1');
    await first.stop();
    await expect(database.query('SELECT 1')).rejects.toThrow(DatabaseUnavailable);
    await expect(database.transaction((queries) => queries.query('SELECT 1'), { durable: true })).rejects.toThrow(DatabaseUnavailable);
    await start(data);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.close();
  }, 60_000);

  it('reads int8 as a number and refuses what is no safe integer', async () => {
    const { url } = await start(join(home, 'closed'));
    expect(await ask(url, 'SELECT 9007199254740991::int8 AS most')).toEqual([{ most: 9007199254740991 }]);
    await expect(ask(url, 'SELECT 9007199254740992::int8 AS more')).rejects.toThrow(/no safe integer/);
  }, 60_000);
});

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/platform/postgres/database.js';
import { processIdentity } from '../../src/platform/postgres/process-identity.js';
import { startPostgres } from '../../src/platform/postgres/start-postgres.js';
import { SystemClock, SystemTimers } from '../../src/platform/system/system.js';

/** Of this user: what another one has left is not ours to remove. */
const PREFIX = `horde-test-postgres-${process.getuid?.() ?? 0}-`;
/** Pids come again; the identity tells this process from one that had its pid before. */
const nameOf = (pid: number): string => {
  const identity = createHash('sha256').update(processIdentity(pid) ?? 'gone').digest('hex').slice(0, 12);
  return `${PREFIX}${pid}-${identity}`;
};
const home = join(tmpdir(), nameOf(process.pid));

/**
 * URL of a real PostgreSQL that all spec files of this Jest worker share. Spec files have no memory in common, so a file
 * holds it; the server ends with the worker. `TEST_DATABASE_URL` is not read here: the suite runs the binaries we ship.
 */
const serverUrl = async (): Promise<string> => {
  const note = join(home, 'url');
  if (existsSync(note)) return readFileSync(note, 'utf8');
  sweep();
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const { url } = await startPostgres({
    dataDirectory: join(home, 'data'),
    log: () => undefined,
    clock: new SystemClock(),
    timers: new SystemTimers(),
    settings: { fsync: 'off', full_page_writes: 'off', shared_buffers: '64MB', max_connections: '200' },
  });
  writeFileSync(note, url);
  return url;
};

/** Removes what workers that are gone have left. */
const sweep = (): void => {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    if (processIdentity(pid) === undefined || name !== nameOf(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
};

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** A further client of the same database. The caller closes it. */
  connect(): Database;
  close(): Promise<void>;
}

/** An empty database of its own for a spec file; `name` in lower-case letters and underscores, one per file. */
export const freshDatabase = async (name: string): Promise<TestDatabase> => {
  const url = await serverUrl();
  const admin = new Database({ url, log: () => undefined, poolMax: 1 });
  await admin.script(`DROP DATABASE IF EXISTS test_${name} WITH (FORCE)`);
  await admin.script(`CREATE DATABASE test_${name} TEMPLATE template0`);
  await admin.close();
  const own = url.replace(/\/postgres$/, `/test_${name}`);
  const connect = (): Database => new Database({ url: own, log: () => undefined });
  const database = connect();
  return { url: own, database, connect, close: () => database.close() };
};

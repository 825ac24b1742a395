import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock, Timers } from '../../kernel/clock.js';
import { type Binaries, findBinaries, nameOfDataDirectory, POSTGRES_ENVIRONMENT, type RunAs, runToEnd, whoRuns } from './postgres-binaries.js';
import { claim, clearOrphan, readPostmaster, serverProcesses, signalIfAlive } from './postgres-orphan.js';
import { POSTGRES_SETTINGS } from './postgres-settings.js';

export interface StartPostgresOptions {
  /** Created when it does not exist; its parent must be writable. */
  readonly dataDirectory: string;
  readonly log: (line: string) => void;
  readonly onProgress?: (step: string) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Over POSTGRES_SETTINGS; tests switch fsync off. */
  readonly settings?: Readonly<Record<string, string>>;
}
export interface RunningPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** A server that somebody else runs: same interface, nothing to stop. */
export const usePostgres = (url: string): RunningPostgres => ({ url, stop: () => Promise.resolve() });

/**
 * Starts PostgreSQL as a child of ours in `dataDirectory`, reachable through a Unix socket in a 0700 directory and in no
 * other way. It ends with our process, however that ends, and is started again should it die alone.
 * @throws Error with a sentence for the operator
 */
export const startPostgres = async (options: StartPostgresOptions): Promise<RunningPostgres> => {
  const dataDirectory = resolve(options.dataDirectory);
  mkdirSync(dirname(dataDirectory), { recursive: true });
  const runAs = whoRuns(dataDirectory);
  const binaries = findBinaries(runAs);
  const release = claim(dataDirectory);
  try {
    forgetSocketDirectory(dataDirectory);
    await clearOrphan(dataDirectory, options);
    if (!existsSync(dataDirectory)) await initialise(dataDirectory, binaries, runAs, options);
    refuseOtherVersion(dataDirectory, binaries);
    const server = new Server({ ...options, dataDirectory, runAs, binaries, socketDirectory: chooseSocketDirectory(dataDirectory, runAs) });
    await server.start();
    return {
      url: urlOf(server.socketDirectory),
      stop: async () => {
        await server.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
};

/** URL of the server that runs on this data directory now, for a second process on this machine (the command line). */
export const runningPostgresUrl = (dataDirectory: string): string | undefined => {
  const directory = resolve(dataDirectory);
  const postmaster = readPostmaster(directory);
  if (!postmaster?.socketDirectory || !serverProcesses(directory).includes(postmaster.pid)) return undefined;
  return urlOf(isAbsolute(postmaster.socketDirectory) ? postmaster.socketDirectory : directory);
};

const urlOf = (socketDirectory: string): string => `postgresql://horde@${encodeURIComponent(socketDirectory)}/postgres`;

/** A crash half way leaves a draft, never half a database. Ordering is by code point: the same everywhere, for ever. */
const initialise = async (dataDirectory: string, { initdb }: Binaries, runAs: RunAs | undefined, { onProgress }: StartPostgresOptions): Promise<void> => {
  onProgress?.('creating the database');
  const draft = `${dataDirectory}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (runAs) chownSync(draft, runAs.uid, runAs.gid);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  await runToEnd(initdb, ['-D', nameOfDataDirectory(draft, runAs), '-U', 'horde', '--auth=trust', '--no-instructions', ...locale], { cwd: draft, runAs });
  renameSync(draft, dataDirectory);
};

const refuseOtherVersion = (dataDirectory: string, { major }: Binaries): void => {
  const theirs = readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim();
  if (theirs !== major)
    throw new Error(`${dataDirectory} was made by PostgreSQL ${theirs}, this is PostgreSQL ${major}: move it with pg_upgrade or a dump, or start the former release`);
};

/** sun_path holds 104 bytes on some systems, and the name of the socket takes 14. */
const SOCKET_DIRECTORY_BYTES_MAX = 88;
const SOCKET_DIRECTORY_PREFIX = 'horde-pg-';

/** The data directory itself (0700 by PostgreSQL's own rule) or, when its path is too long, a fresh 0700 directory. */
const chooseSocketDirectory = (dataDirectory: string, runAs: RunAs | undefined): string => {
  if (Buffer.byteLength(dataDirectory) <= SOCKET_DIRECTORY_BYTES_MAX) return dataDirectory;
  const directory = mkdtempSync(join(tmpdir(), SOCKET_DIRECTORY_PREFIX)); // never a name that others could guess and take
  if (runAs) chownSync(directory, runAs.uid, runAs.gid);
  return directory;
};

/** Removes the temporary socket directory of a run that was killed. */
const forgetSocketDirectory = (dataDirectory: string): void => {
  const left = readPostmaster(dataDirectory)?.socketDirectory;
  if (!left?.startsWith(join(tmpdir(), SOCKET_DIRECTORY_PREFIX)) || serverProcesses(dataDirectory).length > 0) return;
  if (existsSync(left) && lstatSync(left).uid === lstatSync(dataDirectory).uid) rmSync(left, { recursive: true, force: true });
};

interface ServerOptions extends StartPostgresOptions {
  readonly runAs: RunAs | undefined;
  readonly binaries: Binaries;
  readonly socketDirectory: string;
}

const READY = 'database system is ready to accept connections';
const LAST_WORDS = 20;
const RESTART_AFTER_MS = 200;
const RESTART_AFTER_MS_MAX = 10_000;
/** Fast shutdown waits for a last checkpoint; a slow disk may need long, an immediate shutdown loses nothing but time. */
const STOP_PATIENCE_MS = 20_000;

class Server {
  #child: ChildProcessByStdio<null, null, Readable> | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stopping = false;
  #failures = 0;

  constructor(private readonly options: ServerOptions) {}

  get socketDirectory(): string {
    return this.options.socketDirectory;
  }

  async start(): Promise<void> {
    const { dataDirectory, runAs, binaries, log, settings, socketDirectory } = this.options;
    const sockets = socketDirectory === dataDirectory ? '.' : socketDirectory; // relative: its account may not be able to walk there
    const flags = Object.entries({ ...POSTGRES_SETTINGS, unix_socket_directories: sockets, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(binaries.postgres, ['-D', nameOfDataDirectory(dataDirectory, runAs), ...flags], {
      ...runAs,
      cwd: dataDirectory,
      env: POSTGRES_ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true, // Ctrl-C in a terminal reaches a whole group; we still need the database to finish what is under way
    });
    this.#child = child;
    const lastWords: string[] = [];
    const ready = new Promise<void>((resolveReady, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        lastWords.push(line);
        if (lastWords.length > LAST_WORDS) lastWords.shift();
        if (line.includes(READY)) resolveReady();
        else log(line);
      });
      child.on('error', (error) => reject(new Error(`PostgreSQL could not be started: ${error.message}`)));
      child.on('close', (code, signal) => reject(new Error(`PostgreSQL did not start (${signal ?? `code ${code}`}): ${explain(lastWords)}`)));
    });
    this.#exited = new Promise((resolveExit) => child.once('close', () => resolveExit()).once('error', () => resolveExit()));
    await ready;
    this.#failures = 0;
    this.#guard(child);
  }

  /**
   * A second child holds the reading end of a pipe whose writing end only we have. However we end, kill -9 included, the
   * pipe closes and it asks PostgreSQL to shut down.
   */
  #guard(child: ChildProcessByStdio<null, null, Readable>): void {
    const { dataDirectory, runAs, log } = this.options;
    const script = 'read -r nothing; read -r pid < postmaster.pid && [ "$pid" = "$1" ] && kill -INT "$1"';
    const guard = spawn('/bin/sh', ['-c', script, 'sh', String(child.pid)], {
      ...runAs, cwd: dataDirectory, env: POSTGRES_ENVIRONMENT, stdio: ['pipe', 'ignore', 'ignore'], detached: true,
    });
    guard.on('error', (error) => log(`PostgreSQL has no guard and would outlive a kill -9: ${error.message}`));
    child.once('close', (code, signal) => {
      guard.kill('SIGKILL');
      if (!this.#stopping) this.#restart(`PostgreSQL ended unexpectedly (${signal ?? `code ${code}`})`);
    });
    for (const handle of [guard, guard.stdin, child, child.stderr]) (handle as { unref?: () => void }).unref?.();
  }

  #restart(reason: string): void {
    const { log, timers, dataDirectory } = this.options;
    const waitMs = Math.min(RESTART_AFTER_MS * 2 ** this.#failures++, RESTART_AFTER_MS_MAX);
    log(`${reason}; starting it again in ${waitMs} ms`);
    const again = async (): Promise<void> => {
      await timers.sleep(waitMs);
      if (this.#stopping) return;
      await clearOrphan(dataDirectory, this.options);
      await this.start();
    };
    again().catch((error: unknown) => this.#stopping || this.#restart(String(error)));
  }

  async stop(): Promise<void> {
    if (this.#stopping) return this.#exited;
    this.#stopping = true;
    const { dataDirectory, socketDirectory, timers } = this.options;
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.ref();
      signalIfAlive(child.pid, 'SIGINT');
      const patience = new AbortController();
      const tooLong = timers.sleep(STOP_PATIENCE_MS, patience.signal).then(() => signalIfAlive(child.pid!, 'SIGQUIT'), () => undefined);
      await Promise.race([this.#exited, tooLong]);
      await this.#exited;
      patience.abort();
    }
    if (socketDirectory !== dataDirectory) rmSync(socketDirectory, { recursive: true, force: true });
  }
}

/** The server's own last words, with what to do about the usual ones. */
const explain = (lines: readonly string[]): string => {
  const text = lines.filter((line) => /FATAL|PANIC|HINT|DETAIL|error while loading/.test(line)).join(' ') || lines.join(' ') || 'it said nothing';
  if (/No space left/.test(text)) return `${text} – the disk is full`;
  if (/could not create shared memory|Cannot allocate memory/.test(text)) return `${text} – too little memory is free`;
  return text;
};

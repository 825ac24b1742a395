import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timers } from '../../kernel/clock.js';
import { codeOf, isGone, processIdentity } from './process-identity.js';

/** What `postmaster.pid` says: line 1 the process, line 5 the directory of its socket. */
export interface Postmaster {
  readonly pid: number;
  readonly socketDirectory: string | undefined;
}

export const readPostmaster = (dataDirectory: string): Postmaster | undefined => {
  try {
    const lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number.parseInt(lines[0] ?? '', 10);
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, socketDirectory: lines[4]?.trim() || undefined } : undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

/** Every process of a server of this data directory: each of them works inside it. */
export const serverProcesses = (dataDirectory: string): readonly number[] => {
  if (process.platform !== 'linux') return serverProcessByPs(dataDirectory);
  const directory = realpathSync(dataDirectory);
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => isServer(pid, directory));
};

const isServer = (pid: number, directory: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === directory;
  } catch (error) {
    if (isGone(error) || codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM') return false; // gone, or somebody else's
    throw error;
  }
};

const serverProcessByPs = (dataDirectory: string): readonly number[] => {
  const pid = readPostmaster(dataDirectory)?.pid;
  if (pid === undefined || processIdentity(pid) === undefined) return [];
  const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return command.includes('postgres') && command.includes(dataDirectory) ? [pid] : [];
};

/** Politely first (sessions end, everything is checkpointed), then at once (it recovers at the next start). */
const SIGNALS = [['SIGINT', 15_000], ['SIGQUIT', 5_000]] as const;
const POLL_MS = 20;

/**
 * After a kill -9 of ours its PostgreSQL may live on. Ends whatever server still runs on our data directory, and only
 * that, and removes a `postmaster.pid` whose number now belongs to another program.
 */
export const clearOrphan = async (dataDirectory: string, time: { readonly clock: Clock; readonly timers: Timers; readonly log: (line: string) => void }): Promise<void> => {
  if (!existsSync(dataDirectory)) return;
  for (const [signal, patienceMs] of SIGNALS) {
    const processes = serverProcesses(dataDirectory);
    if (processes.length === 0) break;
    const leader = readPostmaster(dataDirectory)?.pid;
    const targets = processes.filter((pid) => pid === leader);
    time.log(`PostgreSQL of an earlier run is still alive (process ${processes.join(', ')}): stopping it with ${signal}`);
    for (const pid of targets.length > 0 ? targets : processes) signalIfAlive(pid, signal);
    await until(() => serverProcesses(dataDirectory).length === 0, patienceMs, time);
  }
  const survivors = serverProcesses(dataDirectory);
  if (survivors.length > 0) throw new Error(`an earlier PostgreSQL (process ${survivors.join(', ')}) holds ${dataDirectory} and does not stop: end it by hand`);
  const stale = readPostmaster(dataDirectory);
  if (stale && processIdentity(stale.pid) !== undefined) rmSync(join(dataDirectory, 'postmaster.pid'), { force: true });
};

export const signalIfAlive = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
};

/** Waits until it is so. Our timers never keep a process alive, and here nothing else might. */
export const until = async (isSo: () => boolean, timeoutMs: number, { clock, timers }: { readonly clock: Clock; readonly timers: Timers }): Promise<boolean> => {
  const hold = new MessageChannel().port1;
  hold.ref();
  try {
    const deadline = clock.monotonic() + timeoutMs;
    while (!isSo()) {
      if (clock.monotonic() >= deadline) return false;
      await timers.sleep(POLL_MS);
    }
    return true;
  } finally {
    hold.close();
  }
};

interface Owner {
  readonly pid: number;
  readonly identity: string;
}

/** Another process runs this PostgreSQL, and goes on running it. */
export class PostgresInUse extends Error {
  override readonly name = 'PostgresInUse';
}

/** Says beside the data directory that it is ours. Throws when a live process, which is no orphan's, says so already. */
export const claim = (dataDirectory: string): (() => void) => {
  const file = `${dataDirectory}.owner`;
  const mine: Owner = { pid: process.pid, identity: processIdentity(process.pid) ?? 'unknown' };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const owner = readOwner(file);
      if (owner && processIdentity(owner.pid) === owner.identity)
        throw new PostgresInUse(`${dataDirectory} is in use by process ${owner.pid}: only one process can run this PostgreSQL`);
      rmSync(file, { force: true });
    }
  }
  throw new Error(`${file} is being fought over by two processes: start only one`);
};

const readOwner = (file: string): Owner | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch (error) {
    if (isGone(error) || error instanceof SyntaxError) return undefined; // torn by a crash: nobody's
    throw error;
  }
};

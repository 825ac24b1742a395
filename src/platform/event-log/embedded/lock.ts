import { readFileSync } from 'node:fs';
import { LogLocked } from './errors.js';
import { codeOf, readWhole, type Files } from './files.js';

/** Who runs: the same pid is another process when it started at another time or in another boot (or container). */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in whatever unit the system has. */
  readonly started: string;
  readonly boot: string;
}
/** What the lock must know about processes; replaced in tests. */
export interface ProcessTable {
  readonly self: ProcessIdentity;
  /** When the process with this pid started, or undefined when there is none. */
  startedAt(pid: number): string | undefined;
}

const LOCK_NAME = 'writer.lock';
/** A dead holder's lock is taken away once; whoever loses that race twice has met live competitors. */
const ATTEMPTS_MAX = 3;

interface Holder extends ProcessIdentity {
  readonly token: string;
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * One writer a directory. The holder is named by pid, start time and boot, so a dead process never holds it, however its
 * pid is used since. Throws LogLocked while another process (or another log in this one) holds it.
 */
export const lockDirectory = async (files: Files, directory: string, processes: ProcessTable, token: string): Promise<DirectoryLock> => {
  const path = `${directory}/${LOCK_NAME}`;
  const mine = Buffer.from(JSON.stringify({ ...processes.self, token } satisfies Holder));
  await files.makeDirectory(directory);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    if (await take(files, path, mine)) return { release: () => release(files, path, mine) };
    await removeIfDead({ files, path, processes, token });
  }
  throw new LogLocked(`other processes are opening the event log in ${directory} at this moment`);
};

const take = async (files: Files, path: string, content: Buffer): Promise<boolean> => {
  try {
    const file = await files.open(path, 'create');
    try {
      file.write(content, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  return (await readWhole(files, path))?.equals(content) ?? false;
};

const release = async (files: Files, path: string, mine: Buffer): Promise<void> => {
  if ((await readWhole(files, path))?.equals(mine)) await files.remove(path);
};

interface Attempt {
  readonly files: Files;
  readonly path: string;
  readonly processes: ProcessTable;
  readonly token: string;
}

const removeIfDead = async ({ files, path, processes, token }: Attempt): Promise<void> => {
  const content = await readWhole(files, path);
  if (content === undefined) return;
  const holder = parseHolder(content);
  if (holder && isAlive(holder, processes)) {
    throw new LogLocked(`process ${holder.pid} writes the event log (${path}); stop it first, or open the log read-only`);
  }
  const aside = `${path}.${token}`; // a rename has one winner: two starters cannot both remove "the dead one"
  try {
    await files.rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readWhole(files, aside);
  if (moved?.equals(content)) await files.remove(aside);
  else await files.rename(aside, path); // somebody was faster, and what we moved is a live lock: put it back
};

/** Undefined for a lock whose content never reached the disk before the power went: nobody who lives wrote it. */
const parseHolder = (content: Buffer): Holder | undefined => {
  if (content.length === 0 || content.every((byte) => byte === 0)) return undefined;
  try {
    return JSON.parse(content.toString()) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isAlive = ({ pid, started, boot }: Holder, processes: ProcessTable): boolean =>
  boot === processes.self.boot && processes.startedAt(pid) === started;

/** The processes of this machine: from /proc on Linux; elsewhere a pid that answers counts as alive. */
export class SystemProcesses implements ProcessTable {
  readonly self: ProcessIdentity = {
    pid: process.pid,
    started: this.startedAt(process.pid) ?? '',
    boot: readOrEmpty('/proc/sys/kernel/random/boot_id').trim(),
  };

  startedAt(pid: number): string | undefined {
    const stat = readOrEmpty(`/proc/${pid}/stat`);
    if (stat !== '') return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_FIELD];
    if (readOrEmpty('/proc/self/stat') !== '') return undefined;
    return answers(pid) ? '' : undefined;
  }
}
/** Field 22 of proc_pid_stat(5), counted from behind the name, which may hold spaces. */
const START_TIME_FIELD = 19;

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(codeOf(error) ?? '')) return '';
    throw error;
  }
};

const answers = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

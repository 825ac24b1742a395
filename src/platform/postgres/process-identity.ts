import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells a live process from a later one that got the same pid: boot id and start time (pids repeat, in containers
 * at every start). Undefined when no such process runs.
 */
export const processIdentity = (pid: number): string | undefined => {
  if (process.platform !== 'linux') return identityByPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the command's name may itself hold spaces and brackets
    if (fields[0] === 'Z') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

const identityByPs = (pid: number): string | undefined => {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch (error) {
    if ((error as { status?: unknown }).status === 1) return undefined; // how ps says "no such process"
    throw error;
  }
};

/** ENOENT, or ESRCH for a process that ended while its file was read. */
export const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '');
export const codeOf = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code;

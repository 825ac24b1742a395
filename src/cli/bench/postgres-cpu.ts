import { readFileSync } from 'node:fs';
import { readPostmaster, serverProcesses } from '../../platform/postgres/postgres-orphan.js';

/** USER_HZ is 100 on every Linux of the last twenty years (proc_pid_stat(5)). */
const MS_A_TICK = 10;
/** Fields 14 to 17 of proc_pid_stat(5), counted from behind the name: user, system, and those of children that have ended. */
const USER_FIELD = 11;

/** CPU of all processes of the PostgreSQL on this data directory since it started, in ms; undefined where there is no /proc. */
export const postgresCpuMs = (dataDirectory: string): number | undefined => {
  if (process.platform !== 'linux') return undefined;
  const postmaster = readPostmaster(dataDirectory)?.pid;
  let ticks = 0;
  for (const pid of serverProcesses(dataDirectory)) {
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = statOf(pid);
    ticks += user + system + (pid === postmaster ? childUser + childSystem : 0);
  }
  return ticks * MS_A_TICK;
};

const statOf = (pid: number): readonly number[] => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(USER_FIELD, USER_FIELD + 4).map(Number);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as { code?: string }).code ?? '')) return []; // ended since it was listed
    throw error;
  }
};

import { centikudos, type Kudos } from '../../src/kernel/kudos.js';
import type { Declaration, WorkerKind } from '../../src/workers/worker.events.js';
import { firstOf, ms, num, rowsOf, text, textOrNull, type Queries, type Row } from '../rows.js';

export interface Worker {
  readonly id: string;
  readonly kind: WorkerKind;
  readonly owner: number;
  /** Null once erased. */
  readonly name: string | null;
  readonly nameHash: string;
  /** Null until its first pop was recorded. */
  readonly declaration: Declaration | null;
  readonly maintenance: boolean;
  readonly maintenanceMessage: string | null;
  readonly paused: boolean;
  readonly suspicions: number;
  readonly info: string | null;
  /** Its id. */
  readonly team: string | null;
  /** Ms since 1970. */
  readonly registeredAt: number;
  readonly fulfilled: number;
  readonly kudosGenerated: Kudos;
  /** Pixelsteps or tokens. */
  readonly things: number;
  readonly uncompletedJobs: number;
  readonly uptimeMs: number;
  readonly uptimeKudos: Kudos;
  /** Ms since 1970: its uptime is counted up to here. */
  readonly uptimeThrough: number;
  /** Things per second, one decimal each: the last 20 at most, oldest first. */
  readonly samples: readonly number[];
  /** Mean of the samples; undefined before the first (horde-rules §7.6 names the baselines). */
  readonly speed: number | undefined;
}

/** A worker of whom nobody ever thought ill has no standing. */
const WORKERS = `SELECT w.*, coalesce(s.paused, false) AS paused, coalesce(s.suspicions, 0) AS suspicions, greatest(w.uptime_through, s.paused_at) AS counted_through
  FROM rm.worker w LEFT JOIN rm.worker_standing s ON s.worker = w.id`;

export const findWorker = async (db: Queries, id: string): Promise<Worker | undefined> => {
  const row = await firstOf(db, `${WORKERS} WHERE w.id = $1`, [id]);
  return row && workerOf(row);
};

/** Exact and case-sensitive (horde-api C6.2). */
export const findWorkerByName = async (db: Queries, name: string): Promise<Worker | undefined> => {
  const row = await firstOf(db, `${WORKERS} WHERE w.name = $1 ORDER BY w.registered_at LIMIT 1`, [name]);
  return row && workerOf(row);
};

/** By the keyed hash of the lower-case name: whatever the case. */
export const findWorkerByNameHash = async (db: Queries, nameHash: string): Promise<Worker | undefined> => {
  const row = await firstOf(db, `${WORKERS} WHERE w.name_hash = $1 ORDER BY w.registered_at LIMIT 1`, [nameHash]);
  return row && workerOf(row);
};

/** In the order of their ids; unknown ones are left out. */
export const findWorkers = async (db: Queries, ids: readonly string[]): Promise<Worker[]> =>
  ids.length === 0 ? [] : (await rowsOf(db, `${WORKERS} WHERE w.id = ANY($1::uuid[]) ORDER BY w.id`, [ids])).map(workerOf);

/** Of those that are there and have one. */
export const namesOfWorkers = async (db: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const rows = await rowsOf(db, 'SELECT id, name FROM rm.worker WHERE id = ANY($1::uuid[]) AND name IS NOT NULL', [ids]);
  return new Map(rows.map((row) => [text(row['id']), text(row['name'])]));
};

/** Workers in the order of their ids, a page at a time: start `after` the last id of the page before. */
export const workerPage = async (db: Queries, after: string | null, limit: number): Promise<Worker[]> => {
  const rows = await rowsOf(db, `${WORKERS} WHERE $1::uuid IS NULL OR w.id > $1::uuid ORDER BY w.id LIMIT $2`, [after, limit]);
  return rows.map(workerOf);
};

export const workersOf = async (db: Queries, owner: number): Promise<Worker[]> =>
  (await rowsOf(db, `${WORKERS} WHERE w.owner = $1 ORDER BY w.registered_at, w.id`, [owner])).map(workerOf);

/** Jobs that are at the worker now. */
export const jobsAtWorker = async (db: Queries, worker: string): Promise<number> =>
  num((await firstOf(db, 'SELECT count(*) AS jobs FROM rm.worker_assignment WHERE worker = $1', [worker]))?.['jobs']);

export interface AssignmentRow {
  readonly job: string;
  /** Ms since 1970. */
  readonly assignedAt: number;
}
/** Jobs at workers and when each was handed out, in the order of their ids, a page at a time. */
export const assignmentPage = async (db: Queries, after: string | null, limit: number): Promise<AssignmentRow[]> => {
  const rows = await rowsOf(db, 'SELECT job, assigned_at FROM rm.worker_assignment WHERE $1::uuid IS NULL OR job > $1::uuid ORDER BY job LIMIT $2', [after, limit]);
  return rows.map((row) => ({ job: text(row['job']), assignedAt: ms(row['assigned_at']) }));
};

export interface AbortRow {
  readonly job: string;
  readonly worker: string;
  /** Ms since 1970. */
  readonly abortedAt: number;
}
/** Jobs that workers gave back or lost lately, oldest first. */
export const recentAborts = async (db: Queries): Promise<AbortRow[]> => {
  const rows = await rowsOf(db, 'SELECT job, worker, aborted_at FROM rm.worker_abort ORDER BY position');
  return rows.map((row) => ({ job: text(row['job']), worker: text(row['worker']), abortedAt: ms(row['aborted_at']) }));
};

/** Jobs delivered too fast, of which their worker is not suspected yet. */
export const fastJobs = async (db: Queries): Promise<{ job: string; worker: string; owner: number }[]> => {
  const rows = await rowsOf(db, 'SELECT job, worker, owner FROM rm.worker_fast_job');
  return rows.map((row) => ({ job: text(row['job']), worker: text(row['worker']), owner: num(row['owner']) }));
};

const workerOf = (row: Row): Worker => {
  const samples = (row['samples'] as unknown[]).map((tenths) => num(tenths) / 10);
  return {
    id: text(row['id']), kind: row['kind'] as WorkerKind, owner: num(row['owner']), name: textOrNull(row['name']),
    nameHash: text(row['name_hash']), declaration: (row['declaration'] ?? null) as Declaration | null,
    maintenance: row['maintenance'] as boolean, maintenanceMessage: textOrNull(row['maintenance_message']), paused: row['paused'] as boolean,
    suspicions: num(row['suspicions']), info: textOrNull(row['info']), team: textOrNull(row['team']),
    registeredAt: ms(row['registered_at']), fulfilled: num(row['fulfilled']), kudosGenerated: centikudos(num(row['kudos_generated'])),
    things: num(row['things']), uncompletedJobs: num(row['uncompleted_jobs']),
    uptimeMs: num(row['uptime_ms']), uptimeKudos: centikudos(num(row['uptime_kudos'])), uptimeThrough: ms(row['counted_through']),
    samples, speed: samples.length > 0 ? samples.reduce((sum, sample) => sum + sample, 0) / samples.length : undefined,
  };
};

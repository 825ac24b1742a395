import { centikudos, type Kudos } from '../../src/kernel/kudos.js';
import type { WorkerKind } from '../../src/workers/worker.events.js';
import { firstOf, num, rowsOf, text, textOrNull, type Queries, type Row } from '../rows.js';

export interface TeamRow {
  readonly id: string;
  readonly owner: number;
  readonly name: string;
  readonly nameHash: string;
  readonly info: string | null;
  /** Of image workers. */
  readonly fulfilled: number;
  readonly kudos: Kudos;
  /** Pixelsteps. */
  readonly things: number;
  readonly uptimeS: number;
  /** Those who are in it, the oldest first. */
  readonly workers: readonly { readonly id: string; readonly kind: WorkerKind; readonly name: string | null }[];
}

/** Nobody finds a team whose maker was erased: its name went with that person. */
const TEAMS = `SELECT t.*, coalesce(
    (SELECT json_agg(json_build_object('id', w.id, 'kind', w.kind, 'name', w.name) ORDER BY w.registered_at, w.id) FROM rm.worker w WHERE w.team = t.id), '[]') AS workers
  FROM rm.team t WHERE t.name IS NOT NULL`;

export const allTeams = async (db: Queries): Promise<TeamRow[]> => (await rowsOf(db, `${TEAMS} ORDER BY t.position`)).map(teamOf);

export const findTeam = async (db: Queries, id: string): Promise<TeamRow | undefined> => {
  const row = await firstOf(db, `${TEAMS} AND t.id = $1`, [id]);
  return row && teamOf(row);
};

export interface TeamName {
  readonly id: string;
  readonly name: string;
}
/** The teams of workers that are in one, by worker; `unknown` when the read model of teams, or that of workers, has not come to one of them. */
export const teamsOfWorkers = async (db: Queries, workers: readonly string[]): Promise<ReadonlyMap<string, TeamName | 'unknown'>> => {
  if (workers.length === 0) return new Map();
  const rows = await rowsOf(db, `
    SELECT w.id AS worker, t.id, t.name FROM rm.worker w LEFT JOIN rm.team t ON t.id = w.team
    WHERE w.id = ANY($1::uuid[]) AND w.team IS NOT NULL AND (t.id IS NULL OR t.name IS NOT NULL)`, [workers]);
  return new Map(rows.map((row) => [text(row['worker']), row['id'] === null ? 'unknown' : { id: text(row['id']), name: text(row['name']) }]));
};

const teamOf = (row: Row): TeamRow => ({
  id: text(row['id']), owner: num(row['owner']), name: text(row['name']), nameHash: text(row['name_hash']), info: textOrNull(row['info']),
  fulfilled: num(row['fulfilled']), kudos: centikudos(num(row['kudos'])), things: num(row['things']), uptimeS: num(row['uptime_s']),
  workers: row['workers'] as TeamRow['workers'],
});

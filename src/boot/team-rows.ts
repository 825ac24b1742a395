import { allTeams, findTeam, teamsOfWorkers, type TeamName } from '../../projections/teams/queries.js';
import type { Worker } from '../../projections/workers/queries.js';
import type { EventLog } from '../platform/event-log/event-log.js';
import { RetryLater } from '../platform/retry-later.js';
import { TeamRows } from '../teams/teams.message.js';
import type { WorkerFigures } from '../workers/worker-view.js';
import type { Platform } from './platform.js';

type Rows = Pick<Platform, 'database' | 'readModels'> & { readonly log: Pick<EventLog, 'head'> };

export class PostgresTeamRows extends TeamRows {
  constructor(private readonly platform: Rows) {
    super();
  }
  all() {
    return allTeams(this.platform.database);
  }
  byId(id: string) {
    return findTeam(this.platform.database, id);
  }
  async ofWorker(worker: string) {
    return (await teamsOf(this.platform, [worker])).get(worker);
  }
  waitFor(position: number, timeoutMs: number): Promise<boolean> {
    return this.platform.readModels.waitFor(position, timeoutMs, BOTH);
  }
}

const BOTH = ['teams', 'workers'];
const CATCH_UP_MAX_MS = 1_000;

/**
 * Who is in which team stands in the read model of workers, what it is called in that of teams, and each goes on by itself: when one names
 * what the other does not know, both are asked again once they show all that was written before.
 */
const teamsOf = async ({ database, readModels, log }: Rows, workers: readonly string[]): Promise<ReadonlyMap<string, TeamName>> => {
  const early = await teamsOfWorkers(database, workers);
  const isBehind = [...early.values()].includes('unknown');
  if (isBehind && !(await readModels.waitFor(await log.head(), CATCH_UP_MAX_MS, BOTH))) throw new RetryLater('the list of teams is catching up with the log');
  const teams = isBehind ? await teamsOfWorkers(database, workers) : early;
  return new Map([...teams].flatMap(([worker, team]) => (team === 'unknown' ? [] : [[worker, team] as const])));
};

/** Few workers are in a team: theirs are asked for by themselves. @throws RetryLater */
export const withTeams = async (rows: Rows, workers: readonly Worker[]): Promise<WorkerFigures[]> => {
  const teams = await teamsOf(rows, workers.filter(({ team }) => team !== null).map(({ id }) => id));
  return workers.map((worker) => ({ ...worker, team: teams.get(worker.id) ?? null }));
};

import { allTeams, findTeam, teamsOfWorkers } from '../../projections/teams/queries.js';
import type { Worker } from '../../projections/workers/queries.js';
import { TeamRows } from '../teams/teams.message.js';
import type { WorkerFigures } from '../workers/worker-view.js';
import type { Platform } from './platform.js';

export class PostgresTeamRows extends TeamRows {
  constructor(private readonly platform: Platform) {
    super();
  }
  all() {
    return allTeams(this.platform.database);
  }
  byId(id: string) {
    return findTeam(this.platform.database, id);
  }
  async ofWorker(worker: string) {
    return (await teamsOfWorkers(this.platform.database, [worker])).get(worker);
  }
  waitFor(position: number, timeoutMs: number): Promise<boolean> {
    return this.platform.readModels.waitFor(position, timeoutMs, ['teams', 'workers']);
  }
}

/** Few workers are in a team: theirs are asked for by themselves. */
export const withTeams = async ({ database }: Platform, workers: readonly Worker[]): Promise<WorkerFigures[]> => {
  const teams = await teamsOfWorkers(database, workers.filter(({ team }) => team !== null).map(({ id }) => id));
  return workers.map((worker) => ({ ...worker, team: teams.get(worker.id) ?? null }));
};

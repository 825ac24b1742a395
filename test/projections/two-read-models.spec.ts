import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { requests } from '../../projections/requests/project.js';
import { teams } from '../../projections/teams/project.js';
import { workers } from '../../projections/workers/project.js';
import { findWorkers } from '../../projections/workers/queries.js';
import { PostgresStatusRows } from '../../src/boot/status-rows.js';
import { PostgresTeamRows, withTeams } from '../../src/boot/team-rows.js';
import { personal, type Recorded } from '../../src/kernel/event.js';
import type { Projection } from '../../src/kernel/projection.js';
import { Freshness } from '../../src/platform/projecting/freshness.js';
import { RetryLater } from '../../src/platform/retry-later.js';
import { accepted, assigned, OWNER, REQUEST, submitted, WORKER } from '../support/a-request.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { declaration } from '../support/request-facts.js';
import { deliver, emptied, stands } from './delivery.js';

const AT = '2026-03-01T12:00:00.000Z';
const TEAM = '00000000-0000-4000-8000-000000000001';
const [LATE_JOB, JOB] = ['00000000-0000-4000-8000-000000000011', '00000000-0000-4000-8000-000000000012'];
const secret = (plain: string) => personal(`user-${OWNER}`, plain);
const recorded = (events: readonly { readonly type: string; readonly data: object }[]): Recorded[] => events.map(({ type, data }, index) => ({
  stream: 'any-1', revision: index, position: index * 10, id: String(index), type, data,
  metadata: { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'test' },
}));

const HISTORY = recorded([
  accepted(2),
  { type: 'WorkerRegistered.v1', data: { worker: WORKER, kind: 'image', owner: OWNER, name: secret('Dreamer'), nameHash: 'dreamer', registeredAt: AT } },
  { type: 'WorkerDeclared.v1', data: { worker: WORKER, declaration: declaration(), declaredAt: AT } },
  assigned(JOB), submitted(JOB), assigned(LATE_JOB),
  { type: 'TeamCreated.v1', data: { team: TEAM, owner: OWNER, name: secret('Team'), nameHash: 'team', info: null, createdAt: AT } },
  { type: 'TeamJoined.v1', data: { team: TEAM, worker: WORKER, by: OWNER, joinedAt: AT } },
]);
const DELETED = recorded([...HISTORY, { type: 'WorkerDeleted.v1', data: { worker: WORKER, deletedAt: AT } }]);

describe('an answer out of two read models', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('two_read_models')), 60_000);
  afterAll(() => test.close());
  beforeEach(() => emptied(test.database, [requests, workers, teams]));

  /** Has come so far, and comes to all that there is when somebody waits for it; or never. */
  class Lagging extends Freshness {
    waits = 0;
    constructor(private readonly projection: Projection, private readonly behind: readonly Recorded[], private readonly isStuck = false) {
      super();
    }
    async waitFor(): Promise<boolean> {
      this.waits += 1;
      if (!this.isStuck && this.waits === 1) await bring(this.projection, this.behind);
      return !this.isStuck;
    }
  }
  const bring = async (projection: Projection, events: readonly Recorded[]): Promise<void> => {
    await deliver(test.database, projection, { events, sizes: [] });
    await stands(test.database, projection, events.at(-1)?.position ?? -1);
  };
  const statusRows = (readModels: Freshness): PostgresStatusRows => new PostgresStatusRows({ database: test.database, readModels });
  const log = { head: () => Promise.resolve(HISTORY.at(-1)!.position) };

  const NAMED = { atWork: [{ id: LATE_JOB, worker: WORKER, workerName: 'Dreamer' }] };

  it.each([['nothing', 0], ['the acceptance', 1]])(
    'waits for the name of a worker while its read model shows %s', async (_what, count) => {
      const readModels = new Lagging(workers, HISTORY.slice(count));
      await bring(requests, HISTORY);
      await bring(workers, HISTORY.slice(0, count));
      const rows = statusRows(readModels);
      expect(await rows.progress(REQUEST)).toMatchObject(NAMED);
      expect(await rows.status(REQUEST)).toMatchObject({ request: NAMED, delivered: [{ id: JOB, workerName: 'Dreamer' }] });
      expect(await rows.forms(REQUEST)).toMatchObject({ request: NAMED });
      expect(readModels.waits).toBe(1);
    });

  it('asks no other read model when every worker is known, or is gone', async () => {
    await bring(requests, DELETED);
    for (const [events, workerName] of [[HISTORY, 'Dreamer'], [DELETED, null]] as const) {
      await emptied(test.database, [workers]);
      await bring(workers, events);
      const readModels = new Lagging(workers, [], true);
      expect(await statusRows(readModels).status(REQUEST)).toMatchObject({ request: { atWork: [{ workerName }] }, delivered: [{ workerName }] });
      expect(readModels.waits).toBe(0);
    }
  });

  it('is believed when the worker is unknown although everything was read: its checkpoint is written later', async () => {
    await bring(requests, HISTORY);
    const readModels = new Lagging(workers, []);
    await bring(workers, []);
    expect(await statusRows(readModels).status(REQUEST)).toMatchObject({ request: { atWork: [{ workerName: null }] }, delivered: [{ workerName: null }] });
    expect(readModels.waits).toBe(1);
  });

  it('is no answer as long as the other one does not go on', async () => {
    await bring(requests, HISTORY);
    const rows = statusRows(new Lagging(workers, [], true));
    for (const ask of [() => rows.progress(REQUEST), () => rows.status(REQUEST), () => rows.forms(REQUEST)]) await expect(ask()).rejects.toThrow(RetryLater);
    expect(await rows.progress(TEAM)).toBeUndefined();
  });

  it('waits for the team of a worker, and shows what it is called', async () => {
    await bring(workers, HISTORY);
    const behind = new Lagging(teams, HISTORY);
    expect(await new PostgresTeamRows({ database: test.database, readModels: behind, log }).ofWorker(WORKER)).toEqual({ id: TEAM, name: 'Team' });
    expect(await withTeams({ database: test.database, readModels: behind, log }, await findWorkers(test.database, [WORKER]))).toMatchObject([{ id: WORKER, team: { id: TEAM, name: 'Team' } }]);
    expect(behind.waits).toBe(1);
    await emptied(test.database, [teams]);
    await expect(new PostgresTeamRows({ database: test.database, readModels: new Lagging(teams, [], true), log }).ofWorker(WORKER)).rejects.toThrow(RetryLater);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { teams } from '../../projections/teams/project.js';
import { allTeams, findTeam, teamsOfWorkers } from '../../projections/teams/queries.js';
import { workers } from '../../projections/workers/project.js';
import { findWorker } from '../../projections/workers/queries.js';
import { personal, type Recorded } from '../../src/kernel/event.js';
import { kudos } from '../../src/kernel/kudos.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { declaration } from '../support/request-facts.js';
import { deliver, emptied } from './delivery.js';

const AT = '2026-01-01T00:00:00.000Z';
const MAKER = 7;
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const text = (plain: string) => personal('user-7', plain);
const [ONE, TWO, GONE, ERASED] = [id(1), id(2), id(3), id(4)];

const recorded = (facts: readonly (readonly [type: string, data: object])[]): Recorded[] => facts.map(([type, data], index) => ({
  stream: 'any-1', revision: index, position: index * 10, id: String(index), type, data,
  metadata: { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'test' },
}));
const made = (team: string, owner = MAKER) => ['TeamCreated.v1', { team, owner, name: text(`Team ${team.at(-1)}`), nameHash: `hash ${team}`, info: null, createdAt: AT }] as const;
const worker = (number: number, kind = 'image') => [
  ['WorkerRegistered.v1', { worker: id(number), kind, owner: MAKER, name: text(`worker ${number}`), nameHash: `worker ${number}`, registeredAt: AT }],
  ['WorkerDeclared.v1', { worker: id(number), declaration: declaration(), declaredAt: AT }],
] as const;
const joined = (team: string, number: number) => ['TeamJoined.v1', { team, worker: id(number), by: MAKER, joinedAt: AT }] as const;
const settled = (team: string | undefined, kind = 'image') => ['JobSettled.v1', { worker: id(21), kind, price: kudos(9), things: 1_000_000.4, ...(team === undefined ? {} : { team }) }] as const;
const rewarded = (team: string, kind = 'image') => ['UptimeRewarded.v1', { worker: id(21), kind, amount: kudos(50), team }] as const;

const HISTORY = recorded([
  ...worker(21), ...worker(22, 'text'), ...worker(23), ...worker(24), made(ONE), made(TWO), made(GONE), made(ERASED, 9),
  joined(ONE, 21), joined(ONE, 22), joined(GONE, 23), joined(TWO, 24), joined(ERASED, 24),
  settled(ONE), settled(undefined), settled(ONE, 'text'), settled(ONE, 'alchemy'), settled(GONE), ['JobSettled.v1', { ...settled(ONE)[1], selfTest: true }], rewarded(ONE), rewarded(ONE, 'text'), rewarded(GONE),
  joined(TWO, 21), settled(TWO), settled(TWO), ['TeamLeft.v1', { team: ONE, worker: id(21), by: MAKER, leftAt: AT }], // it is in the other one already
  ['TeamLeft.v1', { team: ONE, worker: id(22), by: MAKER, leftAt: AT }], joined(ONE, 22),
  ['TeamChanged.v1', { team: ONE, by: MAKER, name: text('renamed'), nameHash: 'other', changedAt: AT }], ['TeamChanged.v1', { team: ONE, by: MAKER, info: text('About'), changedAt: AT }],
  ['TeamDeleted.v1', { team: GONE, by: MAKER, nameHash: 'x', deletedAt: AT }], settled(GONE), ['PersonalDataErased.v1', { user: 9, erasedAt: AT }],
]);

describe('the read model of teams', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('teams')), 60_000);
  afterAll(() => test.close());

  describe.each([[[]], [HISTORY.map(() => 1)], [[9, 7, 3, 5]]])('in batches of %j', (sizes) => {
    beforeAll(async () => {
      await emptied(test.database, [teams, workers]);
      for (const projection of [teams, workers]) await deliver(test.database, projection, { events: HISTORY, sizes });
    });

    it('counts for a team what is stamped with it: jobs of image workers alone, and everybody\'s time', async () => {
      expect(await findTeam(test.database, ONE)).toEqual({
        id: ONE, owner: MAKER, name: 'renamed', nameHash: 'other', info: 'About', fulfilled: 1, kudos: kudos(9), things: 1_000_000, uptimeS: 1_200,
        workers: [{ id: id(22), kind: 'text', name: 'worker 22' }],
      });
    });

    it('counts nothing anew when a worker goes to another one', async () => {
      expect(await findTeam(test.database, TWO)).toMatchObject({ fulfilled: 2, kudos: kudos(18), things: 2_000_000, uptimeS: 0, workers: [{ id: id(21) }] });
      expect((await findWorker(test.database, id(21)))?.team).toBe(TWO);
    });

    it('knows those that are there, in the order in which they were made, and whose worker is in which', async () => {
      expect((await allTeams(test.database)).map((team) => team.id)).toEqual([ONE, TWO]);
      expect(await findTeam(test.database, GONE)).toBeUndefined();
      expect([...(await teamsOfWorkers(test.database, [21, 22, 23, 24].map(id)))].sort()).toEqual([[id(21), { id: TWO, name: 'Team 2' }], [id(22), { id: ONE, name: 'renamed' }]]);
      expect((await findWorker(test.database, id(23)))?.team).toBeNull();
    });

    it('says of which worker it does not know the team, and nothing of a team without a name', async () => {
      await emptied(test.database, [teams]);
      await deliver(test.database, teams, { events: HISTORY.filter(({ data }) => (data as { team?: string }).team !== ONE), sizes });
      expect([...(await teamsOfWorkers(test.database, [21, 22, 23, 24].map(id)))].sort()).toEqual([[id(21), { id: TWO, name: 'Team 2' }], [id(22), 'unknown']]);
    });
  });
});

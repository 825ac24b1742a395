import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projections } from '../../projections/index.js';
import { refold } from '../../src/audit/refold.js';
import type { AppendFigures, CommandFigures } from '../../src/platform/commanding/command-counts.js';
import { since } from '../support/client.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { clock, eventually } from './eventually.js';
import { Journal } from './journal.js';
import { castOf, Load } from './load.js';
import { LogProcess } from './log-process.js';
import { type NodesCast, NodesLoad } from './nodes-load.js';
import { build, freePort, processesIn, ServerProcess } from './server-process.js';
import { audit, FAULTLESS, judge, Stored, withLog } from './stored.js';

const IS_LONG = process.env['HORDE_LONG_TESTS'] !== undefined;
const JOBS = IS_LONG ? 10_000 : 600;
const CLIENTS = 9;
const WORKERS = 8;
const PAYERS = 4;
const SEED = 20_261_121;
const KUDOS = 10_000_000;
const OWNER_KUDOS = 25;
const PATIENCE_MS = 60_000;
const TEST_MS = IS_LONG ? 1_800_000 : 240_000;
const NODES = ['north', 'east', 'west'] as const;

const journal = new Journal();
let home: string;
let database: TestDatabase;
let log: LogProcess;
const nodes: ServerProcess[] = [];

const startNode = async (name: string, settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => {
  const dataDir = join(home, name);
  mkdirSync(dataDir, { recursive: true });
  const node = await ServerProcess.start(dataDir, await freePort(), {
    EVENTSTORE_URL: log.url, DATABASE_URL: database.url, HORDE_MASTER_KEY: 'cd'.repeat(32), BLOBS_DIR: join(home, 'blobs'), NODE_NAME: name, LOG_LEVEL: 'info', ...settings,
  });
  if (!node.isRunning) throw new Error(`${name} did not start: ${node.output}`);
  nodes.push(node);
  return node;
};
const quantile = (sorted: readonly number[], share: number): string => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(0);

beforeAll(async () => {
  build();
  home = mkdtempSync(join(tmpdir(), 'horde-nodes-'));
  database = await freshDatabase('nodes');
  mkdirSync(join(home, 'log'));
  log = await LogProcess.start(join(home, 'log'), await freePort());
}, TEST_MS);

afterAll(async () => {
  for (const process of [...nodes, log]) if (process.isRunning) await process.end('SIGKILL');
  await eventually('no process is left', PATIENCE_MS, () => (processesIn(home).length === 0 ? true : undefined));
  await database.close();
  rmSync(home, { recursive: true, force: true });
}, TEST_MS);

/** What the nodes say when they stop, added up. */
const figuresOf = (stopped: readonly ServerProcess[]): { readonly commands: readonly CommandFigures[]; readonly appends: readonly AppendFigures[] } => {
  const said = stopped.map(({ output }) => JSON.parse(output.split('\n').find((line) => line.includes('how often others were faster'))!) as ReturnType<typeof figuresOf>);
  return { commands: said.flatMap(({ commands }) => commands), appends: said.flatMap(({ appends }) => appends) };
};
const total = <Figures>(figures: readonly Figures[], of: (each: Figures) => number): number => figures.reduce((sum, each) => sum + of(each), 0);
const share = (part: number, whole: number): string => `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(2)} %)`;

const report = (load: NodesLoad, tookMs: number): void => {
  const { commands, appends } = figuresOf(nodes);
  const claims = commands.filter(({ command }) => command === 'request AssignJobs');
  const sorted = [...load.callMs].sort((a, b) => a - b);
  const byCategory = [...new Set(appends.map(({ category }) => category))].map((category) => {
    const own = appends.filter((each) => each.category === category);
    return `${category} ${share(total(own, ({ conflicts }) => conflicts), total(own, (each) => each.appends))}`;
  });
  process.stdout.write([
    `${load.delivered} jobs over ${nodes.length} nodes in ${(tookMs / 1000).toFixed(1)} s: ${((1000 * load.delivered) / tookMs).toFixed(0)} jobs/s; calls p50/p99 ${quantile(sorted, 0.5)}/${quantile(sorted, 0.99)} ms`,
    `claims: conflicts ${share(total(claims, ({ conflicts }) => conflicts), total(claims, ({ appended, refused }) => appended + refused))}, lost to another node ${share(total(claims, ({ refused }) => refused), total(claims, ({ appended, refused }) => appended + refused))}`,
    `appends: conflicts ${share(total(appends, ({ conflicts }) => conflicts), total(appends, (each) => each.appends))}: ${byCategory.join(', ')}`, '',
  ].join('\n'));
};

describe('three nodes on one log and one PostgreSQL', () => {
  it('start at the same moment on nothing, and serve one horde', async () => {
    await Promise.all(NODES.map((name) => startNode(name)));
    for (const { client } of nodes) expect((await client.get('/v1/health/ready')).body).toMatchObject({ status: 'ready', missing: [] });
    const told = (): number => nodes.filter(({ output }) => output.includes('The operator\'s API key')).length;
    await eventually('one of them has told the operator their key', PATIENCE_MS, () => (told() > 0 ? true : undefined)); // said after the welcome
    expect(told()).toBe(1);
  }, TEST_MS);

  it(`do ${JOBS} jobs that are asked for, taken, handed in and watched at any of them: each once, paid once, and none lost`, async () => {
    const clients = nodes.map(({ client }) => client);
    const cast: NodesCast = {
      payers: await Promise.all(Array.from({ length: PAYERS }, (_, k) => clients[k % clients.length]!.person(`payer ${k}`, KUDOS, { trusted: true }))),
      owner: await clients[0]!.person('owner', OWNER_KUDOS, { trusted: true }),
    };
    const load = new NodesLoad(clients, cast, journal, { jobs: JOBS, seed: SEED });
    const begun = clock.monotonic();
    await load.run(CLIENTS, WORKERS);
    const tookMs = clock.monotonic() - begun;
    expect(load.faults).toEqual([]);
    expect(load.delivered).toBe(JOBS);

    await eventually('every request has come to its end', PATIENCE_MS, async () => {
      const { openRequests, openHolds, unsettledJobs } = await withLog(log.dataDir, (read) => refold(read));
      return openRequests + openHolds.length + unsettledJobs.length === 0 ? true : undefined;
    });
    const stored = await withLog(log.dataDir, (read) => Stored.of(read));
    expect(judge(journal, stored)).toEqual(FAULTLESS);
    expect([...stored.pending]).toEqual([]);
    const { report: books, drift } = await audit(log.dataDir, PATIENCE_MS, database.url);
    expect({ violations: books.violations, drift }).toEqual({ violations: [], drift: [] });
    const last = await clients[0]!.transfer(cast.payers[0]!.key, cast.payers[1]!.alias, 1); // names a position after everything
    for (const client of clients) expect((await client.get(`/api/v2/users/${cast.owner.id}`, undefined, since(last))).body['kudos']).toBeCloseTo(OWNER_KUDOS + load.earned, 2);

    for (const node of nodes) expect(await node.end('SIGTERM')).toMatchObject({ code: 0 });
    report(load, tookMs);
  }, TEST_MS);
});

describe('two projectors beside one API process', () => {
  const statesOf = async (keeper: ServerProcess): Promise<readonly string[]> =>
    ((await keeper.client.get('/v1/health/ready')).body['readModels'] as readonly { readonly state: string }[]).map(({ state }) => state);

  it('hand over within seconds when the one that writes is killed, and nothing is written twice', async () => {
    for (const node of nodes) if (node.isRunning) await node.end('SIGTERM');
    const keepers = [await startNode('keeper one', { ROLES: 'projector' }), await startNode('keeper two', { ROLES: 'projector' })];
    const api = await startNode('api', { ROLES: 'api' });
    const own = new Journal();
    const load = new Load(api.client, await castOf(api.client), own, SEED);
    const before = await withLog(log.dataDir, (read) => Stored.of(read));
    const running = load.run(CLIENTS);
    const [busier, other] = await eventually('each read model is written by one', PATIENCE_MS, async () => {
      const [one, two] = (await Promise.all(keepers.map(statesOf))).map((states) => states.filter((state) => state === 'standby').length) as [number, number];
      if (one + two !== projections.length) return undefined;
      return one < two ? keepers : [...keepers].reverse();
    });
    await busier!.end('SIGKILL');
    const killedAt = clock.monotonic();
    await eventually('the other writes all of them', PATIENCE_MS, async () => ((await statesOf(other!)).every((state) => state === 'live') ? true : undefined));
    const tookMs = clock.monotonic() - killedAt;
    load.stop();
    await running;
    expect(own.faults).toEqual([]);
    await own.resolve();
    expect(judge(own, await withLog(log.dataDir, (read) => Stored.of(read)), before)).toEqual(FAULTLESS);
    const { report: books, drift } = await audit(log.dataDir, PATIENCE_MS, database.url);
    expect({ violations: books.violations, drift }).toEqual({ violations: [], drift: [] });
    process.stdout.write(`read models were taken over ${Math.round(tookMs)} ms after the kill; ${own.acknowledged.length} writes, ${own.unavailable} calls told to come back\n`);
  }, TEST_MS);
});

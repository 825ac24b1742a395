import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LiveNodes } from '../../src/dispatch/live-nodes.js';
import { LiveQueue } from '../../src/dispatch/live-queue.message.js';
import { Reaper } from '../../src/dispatch/reaper.js';
import type { Recorded } from '../../src/kernel/event.js';
import { Serving } from '../../src/outages/serving.message.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { WorkerPresence } from '../../src/workers/presence.js';
import { speedOf, WorkerRegistry } from '../../src/workers/registry.message.js';
import { proveBooks } from '../support/app.js';
import type { Client } from '../support/client.js';
import { clock as realClock } from './eventually.js';
import { HeldClock } from './held-clock.js';
import { type NodeOfMany, SharedLog } from './shared-log.js';
import { TwoNodesLoad } from './two-nodes-load.js';

const IS_LONG = process.env['HORDE_LONG_TESTS'] !== undefined;
const JOBS = IS_LONG ? 10_000 : 500;
const WAVE = IS_LONG ? 500 : 100;
const SEED = 20_261_122;
const PAYERS = 6;
const KUDOS = 10_000_000;
/** The least time that a job has (horde-rules §6.8), and then some. */
const PAST_TTL_MS = 160_000;
/** So that what workers gave up in one wave counts no more against them in the next (horde-rules §7.5). */
const PAST_ABORTS_MS = 3_700_000;
const SHIFTS_MAX = 40;
const TEST_MS = IS_LONG ? 1_800_000 : 120_000;
const CONFLICTS_A_CLAIM_MAX = 0.1;

const clock = new HeldClock();
let shared: SharedLog;
let nodes: NodeOfMany[];

beforeAll(async () => {
  shared = await SharedLog.make('two_nodes');
  nodes = [await shared.start('north', {}, { clock }), await shared.start('south', {}, { clock })];
  await each(LiveNodes, (live) => live.round());
  expect(await each(LiveNodes, (live) => live.round())).toEqual([2, 2]);
}, TEST_MS);
afterAll(async () => {
  expect(shared.fatal).toEqual([]);
  await shared.remove();
}, TEST_MS);

const each = <Part, Result>(type: abstract new (...args: never[]) => Part, ask: (part: Part) => Promise<Result> | Result): Promise<Result[]> =>
  Promise.all(nodes.map(({ server: { app } }) => ask(app.get(type as never, { strict: false }))));
const caughtUp = async (): Promise<void> => {
  const head = await shared.log.head();
  await Promise.all(nodes.map(({ server: { platform } }) => platform.feed.waitFor(head)));
};
/** Time passes on both nodes, and both take away what is late at the same moment. */
const pass = async (ms: number): Promise<void> => {
  await each(Serving, (serving) => serving.confirm());
  clock.pass(ms);
  await each(Reaper, (reaper) => reaper.round());
  await caughtUp();
};
const unfinished = async (): Promise<number> => {
  const totals = await each(LiveQueue, (queue) => queue.totals('image').requests + queue.totals('text').requests);
  return Math.max(...totals);
};

const work = async (load: TwoNodesLoad): Promise<void> => {
  for (let left = JOBS; left > 0; left -= WAVE) {
    await load.wave(Math.min(WAVE, left));
    await caughtUp();
    for (let shift = 0; shift < SHIFTS_MAX && (shift === 0 || (await unfinished()) > 0); shift += 1) {
      if (shift > 0) await pass(PAST_TTL_MS);
      await load.shift();
      await caughtUp();
    }
    await load.handInLate();
    await pass(PAST_ABORTS_MS);
  }
};

const eventsOf = async (type: string): Promise<readonly Recorded[]> => {
  const found: Recorded[] = [];
  for (let from = -1; ;) {
    const { events, position, end } = await shared.log.readAll({ from, limit: 4_096 });
    found.push(...events.map(decode).filter((event) => event.type === type));
    if (end) return found;
    from = position;
  }
};
const jobsOf = async (...types: readonly string[]): Promise<string[]> =>
  (await Promise.all(types.map(eventsOf))).flat().map(({ data }) => (data as { job: string }).job).sort();

const report = (load: TwoNodesLoad, lost: number, tookMs: number): number => {
  const claims = nodes.flatMap(({ server }) => server.platform.commanding.counts.figures.commands).filter(({ command }) => command === 'request AssignJobs');
  const total = (of: (each: (typeof claims)[number]) => number): number => claims.reduce((sum, claim) => sum + of(claim), 0);
  const [made, conflicts, refused] = [total(({ appended, refused: no }) => appended + no), total((claim) => claim.conflicts), total((claim) => claim.refused)];
  process.stdout.write(`${JOBS} jobs over two nodes in ${(tookMs / 1_000).toFixed(1)} s: ${load.delivered} delivered, ${load.faulted} given up, ${lost} taken away; `
    + `${made} claims, ${conflicts} conflicts (${(conflicts / made).toFixed(3)} a claim), ${refused} lost to the other node\n`);
  return conflicts / made;
};

describe('workers that poll two nodes, give up some jobs and forget others', () => {
  it(`are paid once for each of ${JOBS} jobs, none is stuck, and no node disowns what another has given out`, async () => {
    const { client } = nodes[0]!;
    const payers = await Promise.all(Array.from({ length: PAYERS }, (_, k) => client.person(`payer ${k}`, KUDOS, { trusted: true })));
    const load = new TwoNodesLoad(nodes.map((node): Client => node.client), { payers, owner: await client.person('owner', 25, { trusted: true }) }, { seed: SEED, faulted: 0.05, stale: 0.02 });
    const begun = realClock.monotonic();
    await work(load);
    expect(load.surprises).toEqual([]);
    expect(await unfinished()).toBe(0);

    const [assigned, delivered, taken, settled] = [await jobsOf('JobAssigned.v1'), await jobsOf('JobSubmitted.v1'), await jobsOf('JobFaulted.v1', 'JobExpired.v1'), await jobsOf('JobSettled.v1')];
    expect(new Set(assigned).size).toBe(assigned.length);
    expect([...delivered, ...taken].sort()).toEqual(assigned); // each ended, in one way
    expect(settled).toEqual(delivered); // each paid, once
    expect(delivered).toHaveLength(load.delivered);
    expect((await eventsOf('RequestCompleted.v1')).map(({ data }) => (data as { request: string }).request).sort()).toEqual(load.requests.map(({ id }) => id).sort());
    const faulted = await eventsOf('RequestFaulted.v1');
    const withdrawn = faulted.reduce((sum, { data }) => sum + (data as { withdrawn: number }).withdrawn, 0);
    const faultedAt = new Map(faulted.map(({ data, position }) => [(data as { request: string }).request, position]));
    const lost = (await Promise.all(['JobFaulted.v1', 'JobExpired.v1'].map(eventsOf))).flat();
    const tooLate = lost.filter(({ data, position }) => position > (faultedAt.get((data as { request: string }).request) ?? Infinity)); // they do not come back to the queue
    expect(load.delivered + withdrawn + tooLate.length).toBe(JOBS);
    expect(report(load, (await eventsOf('JobExpired.v1')).length, realClock.monotonic() - begun)).toBeLessThanOrEqual(CONFLICTS_A_CLAIM_MAX);
    await proveBooks(nodes[0]!.server);
  }, TEST_MS);

  it('are as fast, as present and as trusted on either node, and on one that starts later', async () => {
    await each(WorkerPresence, (presence) => presence.round());
    await each(WorkerPresence, (presence) => presence.round());
    nodes.push(await shared.start('late', {}, { clock }));
    await caughtUp();
    const seen = await each(WorkerRegistry, (registry) => (['image', 'text'] as const).flatMap((kind) =>
      registry.online(kind, clock.now()).map((worker) => ({ id: worker.id, speed: speedOf(worker), lastSeenMs: worker.lastSeenMs, ownerTrusted: worker.ownerTrusted }))
        .sort((a, b) => (a.id < b.id ? -1 : 1))));
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    await each(LiveNodes, (live) => live.round());
    expect(await each(LiveNodes, (live) => live.round())).toEqual([3, 3, 3]);
  }, TEST_MS);
});

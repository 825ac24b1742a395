import { describe, expect, it } from '@jest/globals';
import { lineOf, reproOf } from './cli.js';
import { Coverage } from './coverage.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { shrink } from './shrink.js';
import { operationsOf } from './operations.js';
import { simulate, Simulation } from './simulation.js';

const isLong = process.env['HORDE_LONG_TESTS'] === '1';
/** spec/ledger.md §3.5, T1: at every push, and at night. */
const SEEDS = isLong ? 100_000 : 2_000;
/** Processor time, which a busy machine does not shorten: nobody waits longer than this for a machine that is too slow for all. */
const BOX_MS = (isLong ? 20 * 60 : 300) * 1_000;
/** So many are played however slow the machine is: together they reach every point that is listed. */
const SEEDS_LEAST = 700;
const TIMEOUT_MS = 60 * 60_000;
const FIRST_SEED = 1;

const coverage = new Coverage();
const processorMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
};

describe('the economy', () => {
  it(`keeps every invariant for ${SEEDS} seeds, or as many as the time allows`, async () => {
    const since = process.cpuUsage();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS && (seed < FIRST_SEED + SEEDS_LEAST || processorMs(since) < BOX_MS); seed++) {
      const result = await simulate({ seed });
      coverage.add(result);
      if (!result.wrong) continue;
      const { operations, last } = await shrink(result);
      throw new Error(`${lineOf(result)}\nrepeat it with: ${reproOf(seed)}\nshrunk to ${operations.length} operations: ${operations.map(({ kind }) => kind).join(', ')}\n${lineOf(last)}`);
    }
    console.log(`${coverage.seeds} of ${SEEDS} seeds in ${Math.round(processorMs(since) / 1_000)} s of processor time\n${coverage.table()}`);
    expect(coverage.operations).toBeGreaterThanOrEqual(coverage.seeds * 500);
  }, TIMEOUT_MS);

  it('dies and is refused at every point that is listed', () => expect(coverage.missing).toEqual({ crashPoints: [], refusals: [] }));

  it('has the same history for the same seed, byte for byte, and another one for another', async () => {
    const [one, again, other] = [await simulate({ seed: 7 }), await simulate({ seed: 7 }), await simulate({ seed: 8 })];
    expect(again).toEqual(one);
    expect(other.hash).not.toBe(one.hash);
  });

  it('starts again from snapshots, and some of them are older than the log', async () => {
    const simulation = new Simulation({ seed: 7 });
    await simulation.run();
    expect(simulation.world.snapshotsFound).toBeGreaterThan(0);
  });
});

describe('a seed that fails', () => {
  const { wiring } = PLANTED_BUGS.find(({ name }) => name === 'the floor forgives on credits that lag')!;

  it('shrinks to the few operations that break the invariant, which break it every time', async () => {
    let failed = await simulate({ seed: FIRST_SEED, wiring });
    for (let seed = FIRST_SEED + 1; !failed.wrong && seed < FIRST_SEED + 20; seed++) failed = await simulate({ seed, wiring });
    expect(failed.wrong).toBeDefined();
    const { operations, last } = await shrink(failed, { wiring });
    expect(operations.length).toBeLessThan(failed.at);
    expect(operations.length).toBeLessThanOrEqual(60);
    const again = await simulate({ seed: failed.seed, operations, wiring });
    expect(again).toEqual(last);
    expect(again.wrong?.invariant).toBe(failed.wrong?.invariant);
  }, TIMEOUT_MS);

  it('loses nothing of its meaning when operations are left out: each carries its own luck', () => {
    const [all, fewer] = [operationsOf(3, 520), operationsOf(3, 100)];
    expect(all.slice(0, 100)).toEqual(fewer);
  });
});


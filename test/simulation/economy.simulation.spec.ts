import { describe, expect, it } from '@jest/globals';
import { simulatedApart } from './apart.js';
import type { Summary } from './cli.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { shrink } from './shrink.js';
import { operationsOf } from './operations.js';
import { simulate, Simulation } from './simulation.js';

const isLong = process.env['HORDE_LONG_TESTS'] === '1';
/** spec/ledger.md §3.5, T1: at every push, and at night. */
const SEEDS = isLong ? 100_000 : 2_000;
/** Processor time, which a busy machine does not shorten: nobody waits longer than this for a machine that is too slow for all. */
const BOX_S = isLong ? 20 * 60 : 300;
/** So many are played however slow the machine is: together they reach every point that is listed. */
const SEEDS_LEAST = 700;
const TIMEOUT_MS = 60 * 60_000;
const FIRST_SEED = 1;

describe('the economy', () => {
  it(`keeps every invariant for ${SEEDS} seeds, or as many as the time allows, and dies and is refused at every point that is listed`, async () => {
    const args = ['--seed', FIRST_SEED, '--seeds', SEEDS, '--box', BOX_S, '--least', SEEDS_LEAST, '--table'].map(String);
    const { exitCode, printed, summary: { seeds, operations, processorS, missing } } = await simulatedApart<Summary>(args);
    if (exitCode !== 0) throw new Error(printed);
    console.log(`${seeds} of ${SEEDS} seeds in ${processorS} s of processor time\n${printed}`);
    expect(operations).toBeGreaterThanOrEqual(seeds * 500);
    expect(missing).toEqual({ crashPoints: [], refusals: [] });
  }, TIMEOUT_MS);

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


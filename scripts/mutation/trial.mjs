// A process of run-mutants.mjs: loads spec files, sees what each of their tests runs, and then runs those tests once more for each change.
// Tells its parent what it is about to try and what came of it; a change that never ends is ended with the process.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { load, run, tests } from './harness.mjs';
import { BUILT } from './instrument.mjs';

/** @type {{ ids: readonly string[], specs: readonly string[] }} */
const { ids, specs } = JSON.parse(process.env['HORDE_MUTATION_TRIAL'] ?? '{}');
/** A change that keeps a loop from ending is met so often there, and nowhere else. */
const HITS_MAX = 20_000_000;

/**
 * Where the switches in the code look (@stryker-mutator/instrumenter).
 * @type {{ mutantCoverage: { static: Record<string, number>, perTest: Record<string, Record<string, number>> }, currentTestId?: string | undefined, activeMutant?: string | undefined }}
 */
const switches = { mutantCoverage: { static: {}, perTest: {} } };
Object.assign(globalThis, { __stryker__: switches });
// As scripts/lib/seeded-fast-check.mjs; and laws stop early, because every change has to be tried against them.
fc.configureGlobal({ seed: 20_261_121, interruptAfterTimeLimit: 2_000, endOnFailure: true });

const tell = (/** @type {object} */ message) => process.send?.(message);

/** @param {readonly import('./harness.mjs').Test[]} some @returns {Promise<string | undefined>} the first that fails */
const firstFailing = async (some) => {
  for (const test of some) {
    try {
      await run(test);
    } catch (error) {
      return `${test.id}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
};

/** Every test as it is, with what it runs and how long it takes. @returns {Promise<Map<string, import('./harness.mjs').Test[]>>} by change */
const rehearse = async () => {
  /** @type {Map<string, import('./harness.mjs').Test[]>} */
  const covering = new Map();
  for (const test of tests) {
    switches.currentTestId = test.id;
    const begunAt = performance.now();
    const failure = await firstFailing([test]);
    if (failure) throw new Error(`fails without any change: ${failure}`);
    test.ms = performance.now() - begunAt;
    const again = await firstFailing([test]);
    if (again) throw new Error(`fails when it is run again in the same process, as it has to be for each change: ${again}`);
    for (const id of Object.keys(switches.mutantCoverage.perTest[test.id] ?? {})) covering.set(id, [...(covering.get(id) ?? []), test]);
  }
  switches.currentTestId = undefined;
  for (const some of covering.values()) some.sort((one, other) => one.ms - other.ms);
  return covering;
};

for (const spec of specs) await load(pathToFileURL(join(BUILT, spec.replace(/\.ts$/, '.js'))).href);
const covering = await rehearse();
const { static: atLoad } = switches.mutantCoverage;
for (const id of ids) {
  const able = covering.get(id) ?? [];
  tell({ trying: id });
  Object.assign(switches, { activeMutant: id, hitCount: 0, hitLimit: HITS_MAX });
  const failure = await firstFailing(able);
  switches.activeMutant = undefined;
  if (able.length === 0) tell({ id, status: atLoad[id] ? 'Ignored' : 'NoCoverage' });
  else tell({ id, status: failure ? 'Killed' : 'Survived' });
}
// Modules live on from one change to the next: had one left something behind, those after it would have been judged by that.
const leftBehind = await firstFailing(tests);
if (leftBehind) throw new Error(`a change has left something behind: ${leftBehind}`);
process.send?.({}, () => process.exit(0)); // everything told before has then arrived; tests may have left timers

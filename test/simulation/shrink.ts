import type { Wiring } from './node.js';
import { operationsOf, type Operation } from './operations.js';
import { OPERATIONS_DEFAULT, simulate, type Simulated } from './simulation.js';

export interface Shrunk {
  readonly operations: readonly Operation[];
  readonly last: Simulated;
  /** Simulations that it took. */
  readonly runs: number;
}

/** Enough for a list of five hundred; a smaller one is nice to have, and nobody waits for it longer. */
const RUNS_MAX = 400;

/** The shortest list of operations, by leaving out more and more of them, that breaks the same invariant (delta debugging). */
export const shrink = async (failed: Simulated, { count = OPERATIONS_DEFAULT, wiring = {} }: { readonly count?: number; readonly wiring?: Wiring } = {}): Promise<Shrunk> => {
  let operations: readonly Operation[] = operationsOf(failed.seed, count).slice(0, failed.at);
  let last = failed;
  let runs = 0;
  const fails = async (candidate: readonly Operation[]): Promise<boolean> => {
    runs += 1;
    const result = await simulate({ seed: failed.seed, operations: candidate, wiring });
    if (result.wrong?.invariant !== failed.wrong?.invariant) return false;
    operations = candidate.slice(0, result.at);
    last = result;
    return true;
  };
  for (let size = Math.ceil(operations.length / 2); size >= 1 && runs < RUNS_MAX; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < operations.length && runs < RUNS_MAX;) {
      const without = [...operations.slice(0, at), ...operations.slice(at + size)];
      if (!(await fails(without))) at += size;
    }
  }
  return { operations, last, runs };
};

import { parseArgs } from 'node:util';
import { Coverage } from './coverage.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { shrink } from './shrink.js';
import { OPERATIONS_DEFAULT, simulate, type Simulated } from './simulation.js';
import type { Wiring } from './node.js';

const USAGE = `npm run simulate -- [options]
  --seed N    the first seed (1)
  --seeds M   how many, one after the other (1)
  --ops K     operations a seed (${OPERATIONS_DEFAULT})
  --bug WORDS with the planted bug whose name contains these words
  --table     what was reached, at the end
  --help      this text`;

interface Asked {
  readonly first: number;
  readonly seeds: number;
  readonly operations: number;
  readonly wiring: Wiring;
  readonly table: boolean;
}

/** What a person reads of one seed. */
export const lineOf = ({ seed, at, events, calls, hash, wrong }: Simulated): string =>
  `seed ${seed}: ${at} operations, ${calls} calls, ${events} events, history ${hash.slice(0, 16)}${wrong ? `, BROKEN ${wrong.invariant}: ${wrong.text}` : ', all invariants hold'}`;

/** The command that repeats a seed. */
export const reproOf = (seed: number, operations = OPERATIONS_DEFAULT): string => `npm run simulate -- --seed ${seed} --ops ${operations}`;

/** Simulates, and answers with the exit code: 1 when an invariant was broken. */
export const runSimulations = async (args: readonly string[]): Promise<number> => {
  const asked = askedOf(args);
  if (!asked) {
    console.log(USAGE);
    return 0;
  }
  const { first, seeds, operations, wiring, table } = asked;
  const coverage = new Coverage();
  let failed: Simulated | undefined;
  for (let seed = first; seed < first + seeds && !failed; seed++) {
    const result = await simulate({ seed, operations, wiring });
    coverage.add(result);
    if (result.wrong) failed = result;
    if (seeds === 1 || result.wrong || seed === first + seeds - 1 || coverage.seeds % 100 === 0) console.log(lineOf(result));
  }
  if (table || seeds === 1) console.log(coverage.table());
  if (!failed) return 0;
  const { operations: left, last, runs } = await shrink(failed, { count: operations, wiring });
  console.log(`\n${reproOf(failed.seed, operations)}\nleft of its operations after ${runs} tries: ${left.map(({ kind }) => kind).join(', ')}\n${lineOf(last)}`);
  return 1;
};

const askedOf = (args: readonly string[]): Asked | undefined => {
  const { values } = parseArgs({ args: [...args], options: {
    seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' }, ops: { type: 'string', default: String(OPERATIONS_DEFAULT) },
    bug: { type: 'string' }, table: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  } });
  if (values.help) return undefined;
  const { bug } = values;
  const planted = bug === undefined ? undefined : PLANTED_BUGS.find(({ name }) => name.includes(bug));
  if (bug !== undefined && !planted) throw new Error(`no planted bug is called "${bug}"; there are:\n${PLANTED_BUGS.map(({ name }) => name).join('\n')}`);
  return { first: numberOf('seed', values.seed), seeds: numberOf('seeds', values.seeds), operations: numberOf('ops', values.ops), wiring: planted?.wiring ?? {}, table: values.table };
};

const numberOf = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not "${text}"`);
  return value;
};

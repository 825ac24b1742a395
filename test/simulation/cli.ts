import { parseArgs } from 'node:util';
import { Coverage } from './coverage.js';
import { findBug, scoresOf, type FoundBug } from './find-bugs.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { shrink } from './shrink.js';
import { OPERATIONS_DEFAULT, simulate, type Simulated } from './simulation.js';
import type { Wiring } from './node.js';

const USAGE = `npm run simulate -- [options]
  --seed N    the first seed (1)
  --seeds M   how many, one after the other (1)
  --ops K     operations a seed (${OPERATIONS_DEFAULT})
  --bug WORDS with the planted bug whose name contains these words
  --bugs      each planted bug by itself, until it is found
  --table     what was reached, at the end
  --box S     no more seeds after S seconds of processor time
  --least M   but so many in any case (0), and as many more as it takes to reach every point that is listed
  --json      the last line says it to programs
  --help      this text`;

interface Asked {
  readonly first: number;
  readonly seeds: number;
  readonly operations: number;
  readonly wiring: Wiring;
  readonly bugs: boolean;
  readonly table: boolean;
  readonly boxS: number;
  readonly least: number;
  readonly json: boolean;
}

/** What `--json` says of many seeds. */
export interface Summary {
  readonly seeds: number;
  readonly operations: number;
  readonly processorS: number;
  readonly missing: Coverage['missing'];
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
  if (asked.bugs) return findAll(asked);
  const coverage = new Coverage();
  const failed = await firstFailing(asked, coverage);
  if (asked.table || asked.seeds === 1) console.log(coverage.table());
  if (failed) {
    const { operations, wiring } = asked;
    const { operations: left, last, runs } = await shrink(failed, { count: operations, wiring });
    console.log(`\n${reproOf(failed.seed, operations)}\nleft of its operations after ${runs} tries: ${left.map(({ kind }) => kind).join(', ')}\n${lineOf(last)}`);
  }
  const { seeds, operations, missing } = coverage;
  if (asked.json) console.log(JSON.stringify({ seeds, operations, processorS: processorS(), missing } satisfies Summary));
  return failed ? 1 : 0;
};

/** Stops at the first seed that breaks an invariant, or when the time is over and every point that is listed was reached: how fast the machine is decides neither. */
const firstFailing = async ({ first, seeds, operations, wiring, boxS, least }: Asked, coverage: Coverage): Promise<Simulated | undefined> => {
  const isEnough = (): boolean => coverage.seeds >= least && processorS() >= boxS && isComplete(coverage.missing);
  for (let seed = first; seed < first + seeds && !isEnough(); seed++) {
    const result = await simulate({ seed, operations, wiring });
    coverage.add(result);
    if (seeds === 1 || result.wrong || seed === first + seeds - 1 || coverage.seeds % 100 === 0) console.log(lineOf(result));
    if (result.wrong) return result;
  }
  return undefined;
};

const isComplete = ({ crashPoints, refusals }: Coverage['missing']): boolean => crashPoints.length === 0 && refusals.length === 0;

const findAll = async ({ json }: Asked): Promise<number> => {
  const bugs: FoundBug[] = [];
  for (const bug of PLANTED_BUGS) bugs.push(await findBug(bug));
  console.log(scoresOf(bugs));
  if (json) console.log(JSON.stringify({ bugs }));
  return bugs.every(({ seeds }) => seeds !== undefined) ? 0 : 1;
};

/** Of this process, which a busy machine does not shorten. */
const processorS = (): number => {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1_000_000);
};

const askedOf = (args: readonly string[]): Asked | undefined => {
  const { values } = parseArgs({ args: [...args], options: {
    seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' }, ops: { type: 'string', default: String(OPERATIONS_DEFAULT) },
    bug: { type: 'string' }, bugs: { type: 'boolean', default: false }, table: { type: 'boolean', default: false }, box: { type: 'string' }, least: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  } });
  if (values.help) return undefined;
  const { bug } = values;
  const planted = bug === undefined ? undefined : PLANTED_BUGS.find(({ name }) => name.includes(bug));
  if (bug !== undefined && !planted) throw new Error(`no planted bug is called "${bug}"; there are:\n${PLANTED_BUGS.map(({ name }) => name).join('\n')}`);
  const { bugs, table, json } = values;
  return {
    first: numberOf('seed', values.seed), seeds: numberOf('seeds', values.seeds), operations: numberOf('ops', values.ops), wiring: planted?.wiring ?? {},
    bugs, table, json, boxS: values.box === undefined ? Number.POSITIVE_INFINITY : numberOf('box', values.box), least: numberOf('least', values.least),
  };
};

const numberOf = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not "${text}"`);
  return value;
};

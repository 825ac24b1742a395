import { parseArgs } from 'node:util';
import { figuresOf, tablesOf } from './figures.js';

const USAGE = `npm run simulate:fairness -- [options]
  --seeds M   how many seeds, from 1 on (1)
  --help      this text`;

/** Prints the figures of docs/fairness.md; answers with the exit code. */
export const printFairness = (args: readonly string[]): number => {
  const { values } = parseArgs({ args: [...args], options: { seeds: { type: 'string', default: '1' }, help: { type: 'boolean', default: false } } });
  const seeds = Number(values.seeds);
  if (!Number.isSafeInteger(seeds) || seeds < 1) throw new Error(`--seeds must be a whole number from 1, not "${values.seeds}"`);
  console.log(values.help ? USAGE : tablesOf(figuresOf(seeds)));
  return 0;
};

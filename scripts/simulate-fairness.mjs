// `npm run simulate:fairness -- --seeds N`: the saturated horde of test/fairness, from a clone and without a build.
import { register } from 'node:module';

register('./lib/typescript-loader.mjs', import.meta.url);
/** @type {{ printFairness(args: readonly string[]): number }} */
const { printFairness } = await import(new URL('../test/fairness/cli.ts', import.meta.url).href);
process.exitCode = printFairness(process.argv.slice(2));

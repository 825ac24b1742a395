// `npm run simulate -- --seed N`: the seeded economy of test/simulation, from a clone and without a build.
import { register } from 'node:module';

register('./lib/typescript-loader.mjs', import.meta.url);
/** @type {{ runSimulations(args: readonly string[]): Promise<number> }} */
const { runSimulations } = await import(new URL('../test/simulation/cli.ts', import.meta.url).href);
process.exitCode = await runSimulations(process.argv.slice(2));

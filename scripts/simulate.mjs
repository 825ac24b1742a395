// `npm run simulate -- --seed N`: the seeded economy of test/simulation, from a clone and without a build.
import { register } from 'node:module';

register('./lib/typescript-loader.mjs', import.meta.url);
const { runSimulations } = await import('../test/simulation/cli.ts');
process.exitCode = await runSimulations(process.argv.slice(2));

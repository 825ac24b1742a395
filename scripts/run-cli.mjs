// `npm run horde -- <command>` and its short forms (`npm run demo`): builds when something changed, then is the command line.
import { runBuilt } from './lib/run-built.mjs';

await runBuilt('src/cli/main.js', process.argv.slice(2));

// `npm start`: builds when something changed, then is the server.
import { runBuilt } from './lib/run-built.mjs';

await runBuilt('src/main.js', process.argv.slice(2));

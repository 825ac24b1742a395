// `npm run generate` writes what can be derived from the code and is worth reviewing when it changes: docs/generated/**, the
// index of decisions, and a fixture for every stored event that has none yet. With `-- --check` it writes nothing and fails
// when anything differs. To add a document, write scripts/generate/<thing>.mjs and list it here.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildIfStale, root } from './lib/build.mjs';
import { decisionsIndex } from './generate/decisions-index.mjs';
import { eventFixtures } from './generate/event-fixtures.mjs';
import { events } from './generate/events.mjs';
import { kudosFlow } from './generate/kudos-flow.mjs';
import { returnCodes } from './generate/return-codes.mjs';

/**
 * @typedef {object} Output
 * @property {string} path relative to the root
 * @property {string} text
 * @property {boolean} [once] written when missing and never again: yesterday's bytes are the point of a fixture
 */
/** @type {readonly (() => Output[] | Promise<Output[]>)[]} */
const GENERATORS = [events, kudosFlow, returnCodes, decisionsIndex, eventFixtures];
/** Everything in here comes from a generator; what no generator claims is left over from something removed. */
const GENERATED = 'docs/generated';

const check = process.argv.includes('--check');
buildIfStale();

/** @type {string[]} */
const drift = [];
/** @type {Set<string>} */
const claimed = new Set();
for (const generate of GENERATORS) {
  for (const { path, text, once = false } of await generate()) {
    claimed.add(path);
    const file = join(root, path);
    const fresh = existsSync(file) && (once || readFileSync(file, 'utf8') === text);
    if (fresh) continue;
    drift.push(path);
    if (check) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
for (const path of leftOver()) {
  drift.push(path);
  if (!check) rmSync(join(root, path));
}

for (const path of drift) console.log(`${check ? 'not fresh' : 'wrote'}: ${path}`);
if (check && drift.length > 0) {
  console.error('Run `npm run generate` and review the difference.');
  process.exitCode = 1;
}

function leftOver() {
  const folder = join(root, GENERATED);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(GENERATED, entry.parentPath.slice(folder.length), entry.name))
    .filter((path) => !claimed.has(path));
}

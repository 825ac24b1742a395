// `npm run test:mutation`: changes what money depends on, one operator at a time, and sees whether a test notices
// (spec/ledger.md T22). Fails below the threshold, and when something survives that scripts/mutation/survivors.json does not explain.
// `-- kernel prices` tries some groups only; `-- --write` adds what is not explained to that file, for somebody to fill in the reason.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/build.mjs';
import { GROUPS } from './mutation/groups.mjs';
import { filesOf, instrument } from './mutation/instrument.mjs';
import { isAlive, runMutants } from './mutation/run-mutants.mjs';

/** spec/ledger.md §3.5: at least so many of a hundred are killed, in every group. */
const KILLED_PERCENT_MIN = 85;
const SURVIVORS = join(root, 'scripts/mutation/survivors.json');

/** @typedef {{ file: string, line: string, becomes: string, reason: string }} Survivor */
/** @typedef {import('./mutation/run-mutants.mjs').Tried} Tried */

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const groups = GROUPS.filter(({ name }) => names.length === 0 || names.includes(name));
const mutants = await instrument(filesOf(groups.flatMap(({ mutate }) => mutate)).filter((file) => !file.endsWith('.spec.ts')));
/** @type {Tried[]} */
const settled = [];
let isBelow = false;
for (const { name, mutate, tests } of groups) {
  const begunAt = performance.now();
  const files = new Set(filesOf(mutate));
  const tried = await runMutants(mutants.filter(({ fileName }) => files.has(fileName)), filesOf(tests));
  const { killed, ignored, score } = countsOf(tried);
  isBelow ||= score < KILLED_PERCENT_MIN;
  settled.push(...tried);
  console.log(`${name}: ${killed} killed, ${tried.filter(isAlive).length} survived: ${score.toFixed(1)} % (${ignored} of constants that are made at load were not tried), ${Math.round((performance.now() - begunAt) / 1_000)} s`);
}

/** @param {Tried[]} tried */
function countsOf(tried) {
  const killed = tried.filter(({ status }) => status === 'Killed' || status === 'Timeout').length;
  return { killed, ignored: tried.filter(({ status }) => status === 'Ignored').length, score: (100 * killed) / (killed + tried.filter(isAlive).length) };
}

/** @type {Survivor[]} */
const explained = JSON.parse(readFileSync(SURVIVORS, 'utf8'));
const survivors = settled.filter(isAlive).map(survivorOf);

/** By the text of the line: its number changes whenever something above it does. @param {Tried} tried @returns {Survivor} */
function survivorOf({ file, source, mutant: { replacement, location: { start, end } } }) {
  const lines = source.split('\n');
  const line = lines[start.line] ?? '';
  const rest = start.line === end.line ? line.slice(end.column) : ' …';
  return { file, line: line.trim(), becomes: `${line.slice(0, start.column)}${replacement.split('\n')[0]}${rest}`.trim(), reason: '' };
}

/** @param {Survivor} one @param {Survivor} other */
const isSame = (one, other) => one.file === other.file && one.line === other.line && one.becomes === other.becomes;
const { killed, score } = countsOf(settled);
console.log(`\n${killed} mutants killed, ${survivors.length} survived: ${score.toFixed(1)} %.`);
const unexplained = [];
for (const survivor of survivors) {
  const reason = explained.find((each) => isSame(each, survivor))?.reason;
  if (!reason) unexplained.push(survivor);
  console.log(`${survivor.file}\n  - ${survivor.line}\n  + ${survivor.becomes}\n  ${reason ?? 'NOT EXPLAINED'}`);
}
if (args.includes('--write')) {
  const files = new Set(settled.map(({ file }) => file));
  const kept = explained.filter((each) => !files.has(each.file) || survivors.some((survivor) => isSame(survivor, each)));
  writeFileSync(SURVIVORS, `${JSON.stringify([...kept, ...unexplained], null, 2)}\n`);
}
if (isBelow || unexplained.length > 0) {
  console.error(`\n${unexplained.length} survivors are not explained in scripts/mutation/survivors.json; ${KILLED_PERCENT_MIN} % must be killed in every group.`);
  process.exitCode = 1;
}

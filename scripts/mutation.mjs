// `npm run test:mutation`: changes what money depends on, one operator at a time, and sees whether a test notices
// (spec/ledger.md T22). Fails below the threshold, and when something survives that test/mutation/survivors.json does not explain.
// `-- --write` adds what is not explained to that file, for somebody to fill in the reason.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/build.mjs';

/** spec/ledger.md §3.5: at least so many of a hundred are killed. */
const KILLED_PERCENT_MIN = 85;
const SURVIVORS = join(root, 'test/mutation/survivors.json');
const REPORT = join(root, '.mutation/report.json');

/** @typedef {{ file: string, line: string, becomes: string, reason: string }} Survivor */
/** @typedef {{ mutatorName: string, replacement: string, status: string, location: { start: { line: number, column: number }, end: { line: number, column: number } } }} Mutant */

const args = process.argv.slice(2);
const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const { status } = spawnSync(process.execPath, [stryker, 'run', 'test/mutation/stryker.config.mjs', ...args.filter((arg) => arg !== '--write')], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

/** @type {{ files: Record<string, { source: string, mutants: Mutant[] }> }} */
const report = JSON.parse(readFileSync(REPORT, 'utf8'));
/** @type {Survivor[]} */
const explained = JSON.parse(readFileSync(SURVIVORS, 'utf8'));

const KILLED = new Set(['Killed', 'Timeout']);
const ALIVE = new Set(['Survived', 'NoCoverage']);
let killed = 0;
let ignored = 0;
/** @type {Survivor[]} */
const survivors = [];
for (const [file, { source, mutants }] of Object.entries(report.files)) {
  const lines = source.split('\n');
  for (const mutant of mutants) {
    if (KILLED.has(mutant.status)) killed += 1;
    else if (mutant.status === 'Ignored') ignored += 1;
    else if (ALIVE.has(mutant.status)) survivors.push(survivorOf(file, lines, mutant));
  }
}

/** By the text of the line: its number changes whenever something above it does. @param {string} file @param {string[]} lines @param {Mutant} mutant @returns {Survivor} */
function survivorOf(file, lines, { replacement, location: { start, end } }) {
  const line = lines[start.line - 1] ?? '';
  const rest = start.line === end.line ? line.slice(end.column - 1) : ' …';
  return { file, line: line.trim(), becomes: `${line.slice(0, start.column - 1)}${replacement.split('\n')[0]}${rest}`.trim(), reason: '' };
}

/** @param {Survivor} one @param {Survivor} other */
const isSame = (one, other) => one.file === other.file && one.line === other.line && one.becomes === other.becomes;
const score = (100 * killed) / (killed + survivors.length);
console.log(`\n${killed} mutants killed, ${survivors.length} survived: ${score.toFixed(1)} % (${ignored} of constants that are made at load were not tried).`);
const unexplained = [];
for (const survivor of survivors) {
  const reason = explained.find((each) => isSame(each, survivor))?.reason;
  if (!reason) unexplained.push(survivor);
  console.log(`${survivor.file}\n  - ${survivor.line}\n  + ${survivor.becomes}\n  ${reason ?? 'NOT EXPLAINED'}`);
}
if (args.includes('--write')) {
  const kept = explained.filter((each) => survivors.some((survivor) => isSame(survivor, each)));
  writeFileSync(SURVIVORS, `${JSON.stringify([...kept, ...unexplained], null, 2)}\n`);
}
if (score < KILLED_PERCENT_MIN || unexplained.length > 0) {
  console.error(`\n${unexplained.length} survivors are not explained in test/mutation/survivors.json; ${KILLED_PERCENT_MIN} % must be killed.`);
  process.exitCode = 1;
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/build.mjs';

/** @typedef {{ line: number, column: number }} Place */
/** @typedef {{ mutatorName: string, replacement: string, status: string, location: { start: Place, end: Place } }} Mutant */
/** @typedef {{ file: string, source: string, mutant: Mutant }} Tried */

const STRYKER = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const CONFIG = 'scripts/mutation/stryker.config.mjs';
const CHANGED_ALIVE = new Set(['Survived', 'NoCoverage']);

/** Whether no test noticed. @param {Tried} tried */
export const isAlive = ({ mutant }) => CHANGED_ALIVE.has(mutant.status);

/**
 * Changes what is named, one operator at a time, and runs the tests of some folders for each change.
 * @param {string} name of the run
 * @param {readonly string[]} mutate patterns of files, `file:first-last` for some lines of one
 * @param {readonly string[]} tests folders
 * @returns {Tried[]}
 */
export const runMutants = (name, mutate, tests) => {
  const report = `.mutation/${name}.json`;
  console.log(`\n${name}: changes in ${mutate.length > 4 ? `${mutate.length} places` : mutate.join(', ')}, tried by the tests of ${tests.join(', ')}`);
  const env = { ...process.env, HORDE_MUTATION_RUN: JSON.stringify({ mutate, tests, report }) };
  const { status } = spawnSync(process.execPath, [STRYKER, 'run', CONFIG], { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
  /** @type {{ files: Record<string, { source: string, mutants: Mutant[] }> }} */
  const { files } = JSON.parse(readFileSync(join(root, report), 'utf8'));
  return Object.entries(files).flatMap(([file, { source, mutants }]) => mutants.map((mutant) => ({ file, source, mutant })));
};

/** One and the same change in two runs. @param {Tried} tried */
export const identityOf = ({ file, mutant: { mutatorName, replacement, location } }) => JSON.stringify([file, mutatorName, replacement, location]);

/** The lines that they change, as patterns. @param {readonly Tried[]} some */
export const placesOf = (some) => [...new Set(some.map(({ file, mutant: { location: { start, end } } }) => `${file}:${start.line}-${end.line}`))];

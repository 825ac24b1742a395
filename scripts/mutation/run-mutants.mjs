import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/build.mjs';

/** @typedef {import('./instrument.mjs').Mutant} Mutant */
/** @typedef {{ file: string, source: string, mutant: Mutant, status: string }} Tried */

const TRIAL = new URL('trial.mjs', import.meta.url);
/** Loading and rehearsing take seconds, a trial mostly milliseconds: a change that takes so long does not end. */
const REHEARSAL_MS_MAX = 300_000;
const TRIAL_MS_MAX = 30_000;
const CHANGED_ALIVE = new Set(['Survived', 'NoCoverage']);

/** Whether no test noticed. @param {Tried} tried */
export const isAlive = ({ status }) => CHANGED_ALIVE.has(status);

/**
 * Tries each change by the tests of some spec files.
 * @param {readonly Mutant[]} mutants
 * @param {readonly string[]} specs
 * @returns {Promise<Tried[]>}
 */
export const runMutants = async (mutants, specs) => {
  /** @type {Map<string, string>} */
  const results = new Map();
  for (let left = mutants; left.length > 0; left = mutants.filter(({ id }) => !results.has(id))) await tryThem(left.map(({ id }) => id), specs, results);
  return mutants.map((mutant) => ({ file: mutant.fileName, source: readFileSync(join(root, mutant.fileName), 'utf8'), mutant, status: results.get(mutant.id) ?? '' }));
};

/** In one process, up to the first that does not end. @param {readonly string[]} ids @param {readonly string[]} specs @param {Map<string, string>} results */
const tryThem = (ids, specs, results) => new Promise((resolve, reject) => {
  const child = fork(TRIAL, { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, HORDE_MUTATION_TRIAL: JSON.stringify({ ids, specs }) } });
  /** @type {string | undefined} */
  let trying;
  let isStuck = false;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const within = (/** @type {number} */ ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => { isStuck = child.kill('SIGKILL'); }, ms);
  };
  within(REHEARSAL_MS_MAX);
  child.on('message', (/** @type {{ trying?: string, id?: string, status?: string }} */ told) => {
    if (told.trying) trying = told.trying;
    if (told.id && told.status) results.set(told.id, told.status);
    within(told.trying ? TRIAL_MS_MAX : REHEARSAL_MS_MAX);
  });
  child.on('exit', (code) => {
    clearTimeout(timer);
    if (isStuck && trying && !results.has(trying)) results.set(trying, 'Timeout');
    else if (code !== 0) reject(new Error(`a trial ended with ${code}`));
    resolve(undefined);
  });
});

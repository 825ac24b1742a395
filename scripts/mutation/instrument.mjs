import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { transformSync } from '@swc/core';
import { common } from '../../jest.config.js';
import { root } from '../lib/build.mjs';

/** @typedef {{ line: number, column: number }} Place counted from 0 */
/** @typedef {{ id: string, fileName: string, replacement: string, location: { start: Place, end: Place } }} Mutant */

/** Below the repository, so that packages and the folder `reference` are found from there as from here. */
export const BUILT = join(root, '.mutation/build');
/** What tests import, and what that imports. */
const SOURCES = ['src', 'projections', 'test/support'];
const HARNESS = new URL('harness.mjs', import.meta.url).href;
const [, settings] = common.transform['^.+\\.ts$'];
const no = () => false;
const nothing = () => {};
const silent = {
  isTraceEnabled: no, isDebugEnabled: no, isInfoEnabled: no, isWarnEnabled: no, isErrorEnabled: no, isFatalEnabled: no,
  trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing,
};

/**
 * Translates everything once, as Jest would, with all changes of the named files in it, each behind a switch; tests find the harness
 * where they import Jest.
 * @param {readonly string[]} changed
 * @returns {Promise<readonly Mutant[]>}
 */
export const instrument = async (changed) => {
  const files = changed.map((name) => ({ name, mutate: true, content: readFileSync(join(root, name), 'utf8') }));
  const result = await new Instrumenter(silent).instrument(files, { ignorers: [], excludedMutations: [], plugins: null });
  const switched = new Map(result.files.map(({ name, content }) => [name, content]));
  rmSync(BUILT, { recursive: true, force: true });
  for (const name of sourceFiles()) {
    const to = join(BUILT, name);
    mkdirSync(dirname(to), { recursive: true });
    if (name.endsWith('.ts')) writeFileSync(to.replace(/\.ts$/, '.js'), translated(name, switched.get(name) ?? readFileSync(join(root, name), 'utf8')));
    else cpSync(join(root, name), to);
  }
  return result.mutants;
};

/** @param {string} name @param {string} source */
const translated = (name, source) =>
  transformSync(source, { .../** @type {object} */ (settings), sourceMaps: false, filename: join(root, name) }).code.replaceAll(/from ["']@jest\/globals["']/g, `from ${JSON.stringify(HARNESS)}`);

/** By their paths inside the repository. */
const sourceFiles = () => SOURCES.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(root.length)));

/**
 * The files that patterns with `*` and `{a,b}` name.
 * @param {readonly string[]} patterns
 */
export const filesOf = (patterns) => {
  const named = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*').replaceAll('{', '(').replaceAll('}', ')').replaceAll(',', '|')}$`));
  return sourceFiles().filter((name) => named.some((each) => each.test(name))).sort();
};

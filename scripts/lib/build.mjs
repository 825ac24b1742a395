import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const SOURCES = ['src', 'projections'];
/** What else decides the output: the compiler's settings, and its version by way of the lockfile. */
const SETTINGS = ['.swcrc', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const STAMP = join(root, 'dist/.built-from');
const LOCK = join(root, 'dist/.building');
/** Longer than any build of a loaded machine; a builder that died is noticed by its process id, not by this. */
const WAIT_MS_MAX = 120_000;

/**
 * Builds `dist` unless it was built from exactly these sources. `nest build` costs seconds, mostly its own start-up; to
 * hash the sources costs milliseconds, and unlike times of modification a hash survives checkouts and copies.
 * Says nothing on standard output, which belongs to the command that follows.
 */
export const buildIfStale = () => {
  if (isFresh()) return;
  mkdirSync(join(root, 'dist'), { recursive: true });
  lock();
  try {
    if (isFresh() || build()) return; // fresh: somebody else built it while we waited
  } finally {
    rmSync(LOCK, { force: true });
  }
  process.exit(1); // the compiler has said why
};

const isFresh = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest();

/** @returns {boolean} whether the compiler was content */
const build = () => {
  process.stderr.write('Building…\n');
  const builtFrom = digest();
  rmSync(STAMP, { force: true }); // a build that dies half-way is never taken for a finished one
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    return false;
  }
  removeOrphans();
  writeFileSync(STAMP, builtFrom);
  return true;
};

const digest = () => {
  const hash = createHash('sha256').update(process.version.split('.')[0] ?? '');
  for (const path of [...SETTINGS, ...SOURCES.flatMap(sourcesUnder)]) {
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
};

/** @param {string} folder @returns {string[]} paths relative to the root, in a stable order */
const filesUnder = (folder) => {
  const top = join(root, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.parentPath.slice(top.length), entry.name))
    .sort();
};
/** @param {string} folder */
const sourcesUnder = (folder) => filesUnder(folder).filter((path) => !path.endsWith('.spec.ts'));

/** An output whose source is gone would still be found by a glob, or by an import that should fail. */
const removeOrphans = () => {
  const expected = new Set(SOURCES.flatMap(sourcesUnder).flatMap(outputsOf));
  for (const path of SOURCES.flatMap((folder) => filesUnder(join('dist', folder)))) {
    if (!expected.has(path)) rmSync(join(root, path));
  }
};
/** @param {string} source */
const outputsOf = (source) => {
  const output = join('dist', source);
  if (!source.endsWith('.ts')) return [output];
  const script = output.replace(/\.ts$/, '.js');
  return [script, `${script}.map`];
};

/** Two processes (a test and a start, say) never build at once. */
const lock = () => {
  for (const waitedFrom = Date.now(); ; pause(100)) {
    try {
      const file = openSync(LOCK, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (!isHeld()) rmSync(LOCK, { force: true });
    else if (Date.now() - waitedFrom > WAIT_MS_MAX) throw new Error(`another process has been building for too long: ${LOCK}`);
  }
};

const isHeld = () => {
  try {
    const holder = Number(readFileSync(LOCK, 'utf8'));
    if (holder === 0) return true; // created a moment ago, its process id not yet written
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
};

/** @param {number} ms */
const pause = (ms) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

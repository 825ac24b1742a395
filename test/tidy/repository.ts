import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** Starting a compiler or a linter on a busy machine of two cores takes its time; nothing is asserted about it. */
export const TOOL_TIMEOUT_MS = 180_000;

const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);

/** Every file that is, or would be, committed: relative to the root, with forward slashes. Without git, what git would see. */
export const files: readonly string[] = (() => {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const listed = status === 0 ? stdout.split('\0').filter((path) => path !== '') : walk(root);
  return listed.filter((path) => existsSync(join(root, path))).sort();
})();

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : walk(path);
    return [relative(root, path).replaceAll('\\', '/')];
  });
}

export const exists = (path: string): boolean => existsSync(join(root, path));
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');
export const bytesOf = (path: string): number => statSync(join(root, path)).size;
export const matching = (pattern: RegExp): readonly string[] => files.filter((path) => pattern.test(path));

/** `path:line: text` of every line that matches, so that a failing test says where to look. */
export const linesMatching = (paths: readonly string[], pattern: RegExp): readonly string[] =>
  paths.flatMap((path) => read(path).split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
/** Runs a script of Node's and waits. Its own process, because linters and compilers do not live well inside Jest's module loader. */
export const runNode = (args: readonly string[], options: { readonly cwd?: string; readonly input?: string } = {}): Ran => {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });
  if (error) throw error;
  return { code: status, stdout, stderr };
};

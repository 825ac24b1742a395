// `npm test [-- <jest's arguments>]`: builds when something changed, because some tests start the real server as a process
// of its own, then runs Jest. `--long` adds the tests that take minutes, and mutation testing after them.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildIfStale, root } from './lib/build.mjs';

const args = process.argv.slice(2);
const long = args[0] === '--long';

buildIfStale();
// Nest 12 is published as ES modules only, which Jest loads through this flag of Node's.
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = join(root, 'node_modules/jest/bin/jest.js');
const child = spawn(process.execPath, [...flags, jest, ...(long ? args.slice(1) : args)], {
  cwd: root,
  stdio: 'inherit',
  env: long ? { ...process.env, HORDE_LONG_TESTS: '1' } : process.env,
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  const whole = long && args.length === 1; // whoever names a file wants that file
  if (whole && code === 0) process.exitCode = spawnSync(process.execPath, [join(root, 'scripts/mutation.mjs')], { stdio: 'inherit' }).status ?? 1;
});

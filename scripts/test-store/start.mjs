// Jest's global set-up of the project `eventstoredb`: the store that EVENTSTORE_URL names, or our front of the embedded log in
// a process of its own. The workers find it in the environment, which they inherit.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../lib/build.mjs';

/** Jest loads its two hooks each by itself: what one has to tell the other goes through the process. */
/** @typedef {{ stopTestStore?: () => Promise<void> }} Shared */

export default async () => {
  process.env['HORDE_TEST_EVENTSTORE_URL'] = process.env['EVENTSTORE_URL'] ?? (await serve());
};

/** @returns {Promise<string>} its connection string */
const serve = async () => {
  const home = mkdtempSync(join(tmpdir(), 'horde-test-store-'));
  const child = spawn(process.execPath, [join(root, 'dist/src/cli/main.js'), 'log', 'serve', '--writable', '--listen', '127.0.0.1:0'], {
    env: { ...process.env, DATA_DIR: home }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  /** @type {Shared} */ (globalThis).stopTestStore = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(home, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = /esdb:\/\/\S+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the front of the event log has not started; it has said why above');
};

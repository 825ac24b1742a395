import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HORDE = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Where the hordes of the project `eventstoredb` find their store; set for the workers, which inherit the environment. */
const STORE_URL = 'HORDE_TEST_EVENTSTORE_URL';

/** Jest loads its hooks each by itself: what one of them has to tell the other goes through the process. */
interface Shared {
  stopServing?: () => Promise<void>;
}

/** Jest's global set-up of the project `eventstoredb`: the store that EVENTSTORE_URL names, or our front in a process of its own. */
export default async (): Promise<void> => {
  const given = process.env['EVENTSTORE_URL'];
  process.env[STORE_URL] = given ?? (await serve());
};

const serve = async (): Promise<string> => {
  const home = mkdtempSync(join(tmpdir(), 'horde-test-front-'));
  const child = spawn(process.execPath, [HORDE, 'log', 'serve', '--writable', '--listen', '127.0.0.1:0'], {
    env: { ...process.env, DATA_DIR: home }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  (globalThis as Shared).stopServing = () => stop(child, home);
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = /esdb:\/\/\S+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the front of the event log has not started; it has said why above');
};

const stop = async (child: ChildProcess, home: string): Promise<void> => {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
  rmSync(home, { recursive: true, force: true });
};

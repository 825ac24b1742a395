import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../src/cli/free-port.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A first start makes a database, on a machine that does other things as well. */
const START_MS_MAX = 120_000;
const WALK_MS_MAX = 120_000;

/** What a process printed until it ended, or until it printed `awaited`. */
const outputOf = (child: ChildProcess, awaited?: RegExp): Promise<string> => new Promise((resolve, reject) => {
  let text = '';
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
    if (awaited?.test(text)) resolve(text);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  child.on('error', reject).on('close', () => (awaited ? reject(new Error(`ended too early:\n${text}`)) : resolve(text)));
});

const walkThrough = (): string => {
  const block = /<!-- walk-through:[^>]*-->\n\n```bash\n([\s\S]*?)\n```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1];
  if (block === undefined) throw new Error('README.md has lost the mark of its walk-through');
  return block;
};

describe('the walk-through of README.md', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'horde-readme-'));
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    server = spawn(process.execPath, ['scripts/start.mjs'], {
      cwd: root, stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'warn', HORDE_TEST_APIKEYS: '1' },
    });
    await outputOf(server, /serves the horde at/);
  }, START_MS_MAX);

  afterAll(async () => {
    const ended = outputOf(server);
    server.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }, START_MS_MAX);

  it('runs as it is written, with the rate limits on, and comes to the amounts that the text names', async () => {
    const shell = spawn('bash', ['-c', walkThrough()], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], HORDE: `http://127.0.0.1:${port}` } });
    const lines = (await outputOf(shell)).trim().split('\n').map((line) => line.trimEnd());
    const [check, ...said] = lines;
    expect(JSON.parse(check!)).toMatchObject({ finished: 0, waiting: 1, done: false, faulted: false, queue_position: 1 });
    expect(said).toEqual([
      '{"reward":7.69}',
      'Ada has her picture.',
      '{"reward":0.65}',
      ' there was a ledger that always balanced.',
      'ada#2 has 985.66 kudos',
      'grace#3 has 1008.34 kudos',
      '{"transferred":50}',
      '{"transferred":50}',
      'idempotency-replayed: true',
      'AccountOpened.v1              25      25',
      'BalanceAdjusted.v1           975    1000',
      'AuthorizationOpened.v1        -3     997',
      'JobSettled.v1              -8.69  988.31',
      'AuthorizationOpened.v1        -1  987.31',
      'JobSettled.v1              -1.65  985.66',
      'FundsTransferred.v1          -50  935.66',
    ]);
  }, WALK_MS_MAX);

  it('names another way to register that works too', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/register`, {
      method: 'POST', headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }, body: 'username=alan',
    });
    const made = await answer.json() as { username: string; api_key: string };
    expect(made.username).toMatch(/^alan#\d+$/);
    expect(made.api_key).toHaveLength(22);
  });
});

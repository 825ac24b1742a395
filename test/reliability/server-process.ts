import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client } from '../support/client.js';
import { clock } from './eventually.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = `${root}dist/src/main.js`;
/** Said on standard output once the server listens. */
const WELCOME = 'serves the horde at';
/** Characters of its output that are kept for the message of a failed test. */
const LAST_WORDS = 20_000;

/** `dist` is what users start. In a process of its own: the build ends its process when the compiler complains. */
export const build = (): void => {
  const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/build-if-stale.mjs`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the server could not be built: ${stderr}`);
};

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
}

/** The server as a user starts it: the built program, a process of its own, everything embedded in one data directory. */
export class ServerProcess {
  readonly client: Client;
  #output = '';
  #readyMs = Number.NaN;

  private constructor(private readonly child: ChildProcess, port: number) {
    this.client = new Client(`http://127.0.0.1:${port}`);
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => { this.#output = (this.#output + chunk.toString()).slice(-LAST_WORDS); });
    }
  }

  /** Starts it and waits until it listens, or until it has ended. */
  static async start(dataDir: string, port: number, settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const begun = clock.monotonic();
    const child = spawn(process.execPath, [MAIN], {
      cwd: dataDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'warn', NODE_NAME: 'reliability',
        HORDE_TEST_APIKEYS: '1', HORDE_TEST_RATELIMIT_DISABLED: '1', ...settings,
      },
    });
    const server = new ServerProcess(child, port);
    const listens = new Promise<void>((resolve) => {
      child.stdout.on('data', () => { if (server.#output.includes(WELCOME)) resolve(); });
    });
    await Promise.race([listens, server.ended]);
    server.#readyMs = clock.monotonic() - begun;
    return server;
  }

  readonly ended: Promise<Ended> = this.#end();

  /** From the start of the process until it listened. */
  get readyMs(): number {
    return this.#readyMs;
  }
  get pid(): number {
    return this.child.pid!;
  }
  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
  get output(): string {
    return this.#output;
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ended> {
    const sent = clock.monotonic();
    this.child.kill(signal);
    const ended = await this.ended;
    return { ...ended, tookMs: clock.monotonic() - sent };
  }

  async #end(): Promise<Ended> {
    const [code, signal] = (await once(this.child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, tookMs: 0 };
  }
}

/** Every process that works in this directory or below, or was started for it. Only on Linux, which has /proc. */
export const processesIn = (directory: string): readonly string[] => {
  const read = (path: string, how: (path: string) => string): string => {
    try {
      return how(path);
    } catch {
      return ''; // gone meanwhile, or somebody else's
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid)).flatMap((pid) => {
    const cwd = read(`/proc/${pid}/cwd`, (path) => readlinkSync(path));
    const command = read(`/proc/${pid}/cmdline`, (path) => readFileSync(path, 'utf8')).replaceAll('\0', ' ').trim();
    return cwd.startsWith(directory) || command.includes(directory) ? [`${pid} ${command}`] : [];
  });
};

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

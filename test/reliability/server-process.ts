import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { Client } from '../support/client.js';
import { ChildProgram, root } from './child-program.js';

/** Said on standard output once the server listens. */
const WELCOME = /serves the horde at|how it is stands at/;

/** `dist` is what users start. In a process of its own: the build ends its process when the compiler complains. */
export const build = (): void => {
  const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/build-if-stale.mjs`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the server could not be built: ${stderr}`);
};

/** The server as a user starts it: the built program, a process of its own, everything embedded in one data directory. */
export class ServerProcess extends ChildProgram {
  readonly client: Client;

  private constructor(dataDir: string, port: number, settings: Readonly<Record<string, string>>) {
    super({
      script: 'main.js', cwd: dataDir, ready: WELCOME,
      env: {
        DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'warn', NODE_NAME: 'reliability', HORDE_TEST_APIKEYS: '1', HORDE_TEST_RATELIMIT_DISABLED: '1', HORDE_TEST_SPEEDLIMIT_DISABLED: '1', ...settings,
      },
    });
    this.client = new Client(`http://127.0.0.1:${port}`);
  }

  /** Starts it and waits until it listens, or until it has ended. */
  static async start(dataDir: string, port: number, settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = new ServerProcess(dataDir, port, settings);
    await server.readyMs();
    return server;
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

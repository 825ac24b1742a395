import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../reliability/child-program.js';

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
/** Part of the line that it says once it accepts connections. */
const WELCOME = 'esdb://';
const LAST_WORDS = 20_000;

/** `horde log serve --writable` as an operator starts it: the built program, a process of its own, the log in a directory. */
export class FrontProcess {
  #output = '';
  readonly ended: Promise<Ended> = this.#end();

  private constructor(private readonly child: ChildProcess, readonly home: string, readonly port: number) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => { this.#output = (this.#output + chunk.toString()).slice(-LAST_WORDS); });
    }
  }

  /** Starts it and waits until it accepts connections. */
  static async start(dataDir: string, port: number): Promise<FrontProcess> {
    const child = spawn(process.execPath, [CLI, 'log', 'serve', '--writable', '--listen', `127.0.0.1:${port}`], {
      cwd: dataDir, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir },
    });
    const front = new FrontProcess(child, dataDir, port);
    const listens = new Promise<void>((resolve) => {
      child.stdout.on('data', () => { if (front.#output.includes(WELCOME)) resolve(); });
    });
    await Promise.race([listens, front.ended]);
    if (!front.isRunning) throw new Error(`the front did not start: ${front.#output}`);
    return front;
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }
  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
  get output(): string {
    return this.#output;
  }

  async end(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  async #end(): Promise<Ended> {
    const [code, signal] = (await once(this.child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, tookMs: 0 };
  }
}

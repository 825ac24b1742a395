import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { clock } from './eventually.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** Characters of its output that are kept for the message of a failed test. */
const LAST_WORDS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
}
export interface Invocation {
  /** Below `dist`. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Found in its output once it is ready. */
  readonly ready: RegExp;
}

/** One of our built programs, as a user starts it: a process of its own. */
export class ChildProgram {
  #output = '';
  readonly #begun = clock.monotonic();
  readonly #ready: Promise<number>;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor({ script, args = [], cwd, env, ready }: Invocation) {
    const child = spawn(process.execPath, [`${root}dist/src/${script}`, ...args], {
      cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    this.#child = child;
    this.ended = this.#end();
    this.#ready = new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          this.#output = (this.#output + chunk.toString()).slice(-LAST_WORDS);
          if (ready.test(this.#output)) resolve(clock.monotonic() - this.#begun);
        });
      }
    });
  }

  /** Milliseconds until it was ready, or until it had ended. */
  readyMs(): Promise<number> {
    return Promise.race([this.#ready, this.ended.then(() => clock.monotonic() - this.#begun)]);
  }
  get pid(): number {
    return this.#child.pid!;
  }
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
  get output(): string {
    return this.#output;
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ended> {
    const sent = clock.monotonic();
    this.#child.kill(signal);
    const ended = await this.ended;
    return { ...ended, tookMs: clock.monotonic() - sent };
  }

  async #end(): Promise<Ended> {
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, tookMs: 0 };
  }
}

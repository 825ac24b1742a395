import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.js';
import { postgresCpuMs } from './postgres-cpu.js';
import type { Answers, Asked, ChildMessage, ParentMessage, Usage } from './child-messages.js';

const PROGRAM = fileURLToPath(new URL('./server-child.js', import.meta.url));

export interface BenchServerOptions {
  readonly dataDir: string;
  /** Over those that every bench has. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the child writes a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
}
/** CPU since the start, in ms, and memory. */
export interface Consumption extends Usage {
  /** Undefined where the system does not tell (only Linux does). */
  readonly postgresCpuMs: number | undefined;
}

/** A whole server in a child process, with rate limits off and test users on. */
export class BenchServer {
  #asked = 0;
  readonly #waiting = new Map<number, (answer: never) => void>();
  #fail: (error: Error) => void = () => undefined;
  #isStopping = false;

  private constructor(private readonly child: ChildProcess, private readonly dataDir: string, readonly url: string, readonly startMs: number) {
    child.on('message', (message: ChildMessage) => {
      if (message.type !== 'answer') return;
      this.#waiting.get(message.id)?.(message.answer as never);
      this.#waiting.delete(message.id);
    });
  }

  static async start({ dataDir, profileDir, settings = {} }: BenchServerOptions): Promise<BenchServer> {
    const execArgv = ['--enable-source-maps', ...(profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`])];
    const child = fork(PROGRAM, [], { execArgv, stdio: ['ignore', 2, 2, 'ipc'] });
    const port = await freePort();
    const ready = new Promise<{ url: string; startMs: number }>((resolve, reject) => {
      child.once('message', (message: ChildMessage) => message.type === 'ready' && resolve(message));
      child.once('exit', (code, signal) => reject(new Error(`the bench's server did not start (${signal ?? `code ${code}`}); it has said why above`)));
    });
    send(child, { type: 'start', settings: { ...settingsOf(dataDir, port), ...settings } });
    const { url, startMs } = await ready;
    return new BenchServer(child, dataDir, url, startMs);
  }

  /** Rejects should the server end before it is stopped. */
  died(): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#fail = reject;
      this.child.once('exit', (code, signal) => this.#isStopping || this.#fail(new Error(`the bench's server ended on its own (${signal ?? `code ${code}`})`)));
    });
  }

  ask<Ask extends keyof Answers>(ask: Ask): Promise<Answers[Ask]> {
    const id = this.#asked++;
    send(this.child, { type: 'ask', id, ask } satisfies Asked);
    return new Promise<Answers[Ask]>((resolve) => this.#waiting.set(id, resolve));
  }

  async consumption(): Promise<Consumption> {
    return { ...(await this.ask('usage')), postgresCpuMs: postgresCpuMs(join(this.dataDir, 'postgres')) };
  }

  /** In order, as an operator would. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    send(this.child, { type: 'stop' });
    await exited;
  }
}

const send = (child: ChildProcess, message: ParentMessage): void => void child.send(message);

/** The same for every bench; only the data directory and the port vary. */
export const settingsOf = (dataDir: string, port: number): Readonly<Record<string, string>> => ({
  PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'error', NODE_NAME: 'bench', HORDE_TEST_APIKEYS: '1', HORDE_TEST_RATELIMIT_DISABLED: '1', HORDE_TEST_SPEEDLIMIT_DISABLED: '1',
});

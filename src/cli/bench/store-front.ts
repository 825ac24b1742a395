import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HORDE = fileURLToPath(new URL('../main.js', import.meta.url));

export interface Front {
  readonly url: string;
  stop(): Promise<void>;
}

/** Our front of the embedded log in a process of its own, as `horde log serve --writable` starts it; its log is in `dataDir`. */
export const startFront = async (dataDir: string): Promise<Front> => {
  const child = spawn(process.execPath, [HORDE, 'log', 'serve', '--writable', '--listen', '127.0.0.1:0'], {
    env: { DATA_DIR: dataDir }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = /esdb:\/\/\S+/.exec(line) ?? [];
    if (url === undefined) continue;
    return {
      url,
      stop: async () => {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
  throw new Error('the front of the event log did not start; it has said why above');
};

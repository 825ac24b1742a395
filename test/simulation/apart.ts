import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/simulate.mjs', import.meta.url));
/** Thousands of failing seeds' words; what one seed says is a few lines. */
const OUTPUT_BYTES_MAX = 64 * 2 ** 20;

export interface Apart<Summary> {
  readonly exitCode: number;
  readonly printed: string;
  /** The last line, with `--json`. */
  readonly summary: Summary;
}

/**
 * `npm run simulate -- <arguments>` in a process of its own, as a person runs it. Under Jest a seed takes half as long again:
 * its contexts look up each global by a call, and what it remembers of the running test follows every promise.
 */
export const simulatedApart = <Summary>(args: readonly string[]): Promise<Apart<Summary>> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [SCRIPT, ...args, '--json'], { maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      const lines = stdout.trimEnd().split('\n');
      const summary = lines.pop();
      if (!summary?.startsWith('{')) return reject(new Error(`the simulation did not end:\n${stdout}${stderr}`, { cause: error }));
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, printed: lines.join('\n'), summary: JSON.parse(summary) as Summary });
    });
  });

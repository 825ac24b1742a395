import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Logger } from 'pino';
import type { Loaded, Snapshots } from './load-stream.js';

/** A load then folds at most this many events (spec/ledger.md §4.11). */
const EVENTS_BETWEEN_SNAPSHOTS = 200;

interface Stored {
  readonly stream: string;
  readonly stateVersion: number;
  readonly state: unknown;
  readonly revision: number;
  readonly tip: string;
}

/** Snapshots as local files: disposable, verified by the leaf hash of their revision, never needed for correctness. */
export class FileSnapshots implements Snapshots {
  readonly #saved = new Map<string, number>();
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly directory: string, private readonly logger: Pick<Logger, 'warn'>) {}

  async find(stream: string, stateVersion: number): Promise<Stored | undefined> {
    try {
      const stored = deserialize(await readFile(this.#path(stream))) as Stored;
      if (stored.stream !== stream || stored.stateVersion !== stateVersion) return undefined;
      this.#saved.set(stream, stored.revision);
      return stored;
    } catch {
      return undefined; // absent or damaged: the stream is folded from its beginning instead
    }
  }

  consider(_category: string, { stream, stateVersion, state, revision, tip }: Loaded<unknown>): void {
    if (revision === 'no_stream' || tip === null) return;
    if (revision - (this.#saved.get(stream) ?? 0) < EVENTS_BETWEEN_SNAPSHOTS) return;
    this.#saved.set(stream, revision);
    const bytes = serialize({ stream, stateVersion, state, revision, tip } satisfies Stored); // now: the state moves on in place
    this.#saving = this.#saving.then(() => this.#write(stream, bytes));
  }

  async close(): Promise<void> {
    await this.#saving;
  }

  async #write(stream: string, bytes: Buffer): Promise<void> {
    try {
      const path = this.#path(stream);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(`${path}.tmp`, bytes);
      await rename(`${path}.tmp`, path);
    } catch (error) {
      this.logger.warn({ err: error, stream }, 'an account snapshot could not be written; the next load reads more events');
    }
  }

  #path(stream: string): string {
    const name = createHash('sha256').update(stream).digest('hex');
    return join(this.directory, name.slice(0, 2), `${name.slice(2, 34)}.snapshot`);
  }
}

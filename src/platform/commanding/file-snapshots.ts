import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Logger } from 'pino';
import type { Loaded, Snapshots } from './load-stream.js';

/** A load then folds at most this many events (spec/ledger.md §4.11). */
const EVENTS_BETWEEN_SNAPSHOTS = 200;

const DIGEST_BYTES = 32;
const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

interface Stored {
  readonly stream: string;
  readonly stateVersion: number;
  readonly state: unknown;
  readonly revision: number;
  readonly tip: string;
}

/**
 * Snapshots as local files: disposable, never needed for correctness. The leaf hash of their revision shows one that belongs
 * to another log; a digest of the bytes shows one that a disk or a power loss has damaged, which may still be well formed.
 */
export class FileSnapshots implements Snapshots {
  readonly #saved = new Map<string, number>();
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly directory: string, private readonly logger: Pick<Logger, 'warn'>) {}

  async find(stream: string, stateVersion: number): Promise<Stored | undefined> {
    try {
      const file = await readFile(this.#path(stream));
      const bytes = file.subarray(DIGEST_BYTES);
      if (!digestOf(bytes).equals(file.subarray(0, DIGEST_BYTES))) return undefined;
      const stored = deserialize(bytes) as Stored;
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
      await writeFile(`${path}.tmp`, Buffer.concat([digestOf(bytes), bytes]));
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

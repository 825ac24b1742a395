import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import type { Secrets } from '../vault/secrets.js';
import { BLOB_BYTES_MAX, BlobStore, BlobTooLarge, InvalidBlobKey, isBlobKey } from './blob-store.js';
import { UrlSigner } from './url-signer.js';

export interface LocalBlobStoreOptions {
  /** `DATA_DIR/blobs`. */
  readonly directory: string;
  /** What clients call this server, without a trailing slash. */
  readonly publicUrl: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly bytesMax?: number;
}
export interface OpenBlob {
  readonly handle: FileHandle;
  readonly size: number;
}

/** Blobs as files `<ab>/<cd>/<key>`, spread by the key's hash. A file is there whole or not at all, also after a power loss. */
export class LocalBlobStore extends BlobStore {
  readonly #directory: string;
  readonly bytesMax: number;
  readonly signer: UrlSigner;

  constructor(private readonly options: LocalBlobStoreOptions) {
    super();
    this.#directory = options.directory;
    this.bytesMax = options.bytesMax ?? BLOB_BYTES_MAX;
    this.signer = new UrlSigner(options.publicUrl, options.secrets.keyFor('blob-url'), options.clock);
  }

  override uploadUrl(key: string): string {
    return this.signer.sign('PUT', key);
  }
  override downloadUrl(key: string): string {
    return this.signer.sign('GET', key);
  }

  override async put(key: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const target = this.#pathOf(key);
    const draft = join(this.#directory, 'tmp', this.options.ids.uuid()); // several nodes write here, and in containers all have one pid
    await mkdir(dirname(draft), { recursive: true });
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await this.#write(file, bytes instanceof Uint8Array ? [bytes] : bytes, key);
        await file.sync();
      } finally {
        await file.close();
      }
      const now = this.options.clock.now() / 1000;
      await utimes(draft, now, now); // our clock decides when it is old
      const created = await mkdir(dirname(target), { recursive: true });
      await rename(draft, target);
      await syncDirectories(dirname(target), created === undefined ? dirname(target) : this.#directory);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async #write(file: FileHandle, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, key: string): Promise<void> {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      if (size > this.bytesMax) throw new BlobTooLarge(`${key} has more than ${this.bytesMax} bytes`);
      await file.writeFile(chunk); // writes on from where the file stands, and all of it
    }
  }

  override async get(key: string): Promise<Buffer | undefined> {
    return orUndefined(() => readFile(this.#pathOf(key)));
  }

  /** For streaming. The caller closes the handle. */
  async open(key: string): Promise<OpenBlob | undefined> {
    const handle = await orUndefined(() => open(this.#pathOf(key), 'r'));
    return handle && { handle, size: (await handle.stat()).size };
  }

  override async exists(key: string): Promise<boolean> {
    return (await orUndefined(() => stat(this.#pathOf(key)))) !== undefined;
  }

  override async delete(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  override async deleteOlderThan(time: number, isMeant: (key: string) => boolean = () => true): Promise<number> {
    let deleted = 0;
    for (const entry of (await orUndefined(() => readdir(this.#directory, { recursive: true, withFileTypes: true }))) ?? []) {
      if (!entry.isFile() || !isMeant(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const found = await orUndefined(() => stat(path));
      if (!found || found.mtimeMs >= time) continue;
      await rm(path, { force: true }); // drafts of processes that died are among them
      deleted++;
    }
    return deleted;
  }

  #pathOf(key: string): string {
    if (!isBlobKey(key)) throw new InvalidBlobKey(`${JSON.stringify(key)} is no name for a blob`);
    const spread = createHash('sha256').update(key).digest('hex');
    return join(this.#directory, spread.slice(0, 2), spread.slice(2, 4), key);
  }
}

/** A new name survives a power loss once the directory that holds it is synced, up to the first that was there before. */
const syncDirectories = async (from: string, upTo: string): Promise<void> => {
  for (let directory = from; ; directory = dirname(directory)) {
    const handle = await open(directory, 'r');
    await handle.sync().finally(() => handle.close());
    if (directory === upTo) return;
  }
};

const orUndefined = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await read();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
};

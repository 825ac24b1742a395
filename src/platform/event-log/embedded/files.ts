import { types } from 'node:util';

const { isNativeError } = types;

/**
 * The few things that the log asks of a file system, so that tests can put one below it that loses power, tears writes
 * and runs full. What is written is durable only after `sync`; names (created, renamed, removed) only after `syncDirectory`.
 */
export abstract class Files {
  /** Creates the directory and its parents; fine when it exists. */
  abstract makeDirectory(path: string): Promise<void>;
  /** Names in the directory; none when it does not exist. */
  abstract list(directory: string): Promise<readonly string[]>;
  /** `create` fails with EEXIST when the name is taken; the other two fail with ENOENT when it is not. */
  abstract open(path: string, mode: 'read' | 'write' | 'create'): Promise<LogFile>;
  abstract rename(from: string, to: string): Promise<void>;
  /** Fine when the name does not exist. */
  abstract remove(path: string): Promise<void>;
  abstract syncDirectory(path: string): Promise<void>;
}

export interface LogFile {
  /** Writes all bytes into the cache of the system, in the calling thread: microseconds. When it throws, some may be written. */
  write(bytes: Uint8Array, offset: number): void;
  /** Reads until `into` is full or the file ends; answers the number of bytes. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** fdatasync in a thread of the pool. */
  sync(): Promise<void>;
  /** fdatasync in the calling thread: lower latency, but nothing else runs meanwhile. */
  syncNow(): void;
  /** Cuts the file, or extends it with zeros that take no room. */
  truncate(size: number): void;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** What was thrown, as an Error. (`instanceof` does not know errors of another realm, such as a test's sandbox.) */
export const asError = (thrown: unknown): Error => (isNativeError(thrown) ? thrown : new Error(String(thrown)));

/** The code of a system error (`ENOSPC`), or undefined for anything else that was thrown. */
export const codeOf = (error: unknown): string | undefined => {
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
};

/** The disk or the quota is full: it passes when somebody makes room. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');

/** The whole content of a file, or undefined when it does not exist. */
export const readWhole = async (files: Files, path: string): Promise<Buffer | undefined> => {
  let file: LogFile;
  try {
    file = await files.open(path, 'read');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.allocUnsafeSlow(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
};

/** Written, or summed up, in one go: well below a millisecond. */
const SLICE_BYTES = 262_144;

/** Long parts in short slices, so that others can run in between. */
export function* slicesOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) for (let at = 0; at < part.length; at += SLICE_BYTES) yield part.subarray(at, at + SLICE_BYTES);
}

/** The next turn of the event loop: whatever waits runs first. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Makes a file appear under its name whole and durable, or not at all: temporary name, sync, rename, sync of the directory. */
export const writeWhole = async (files: Files, directory: string, name: string, parts: readonly Uint8Array[]): Promise<void> => {
  const temporary = `${directory}/${name}${TEMPORARY_SUFFIX}`;
  await files.remove(temporary);
  try {
    const file = await files.open(temporary, 'create');
    try {
      let offset = 0;
      for (const slice of slicesOf(parts)) {
        if (offset > 0) await nextTurn();
        file.write(slice, offset);
        offset += slice.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await files.remove(temporary); // half a file is of no use, and on a full disk its room is
    throw error;
  }
  await files.rename(temporary, `${directory}/${name}`);
  await files.syncDirectory(directory);
};

export const TEMPORARY_SUFFIX = '.tmp';

/**
 * The port to images and other large bytes (horde-api D.9). Keys are `<job id>.webp`, `<request id>_src.webp` and the like.
 * URLs are valid for 1800 s, for one method, and already percent-encoded.
 */
export abstract class BlobStore {
  /** Where a worker puts the bytes, with a plain HTTP PUT that is answered 200. */
  abstract uploadUrl(key: string): string;
  abstract downloadUrl(key: string): string;
  /** Durable before it resolves; replaces what was there. @throws BlobTooLarge, InvalidBlobKey */
  abstract put(key: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  abstract get(key: string): Promise<Buffer | undefined>;
  abstract exists(key: string): Promise<boolean>;
  /** Once is as good as twice. */
  abstract delete(key: string): Promise<void>;
  /** Removes what was put before `time` (ms since 1970) and is meant, all unless told; returns how many. */
  abstract deleteOlderThan(time: number, isMeant?: (key: string) => boolean): Promise<number>;
}

export const BLOB_URL_LIFE_S = 1_800;
/** Four times the largest image that the public workers make. */
export const BLOB_BYTES_MAX = 20 * 1_048_576;

export class BlobTooLarge extends Error {
  override readonly name = 'BlobTooLarge';
}
export class InvalidBlobKey extends Error {
  override readonly name = 'InvalidBlobKey';
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;
/** Letters, digits, `_`, `-` and single dots: such a key is no path, and needs no encoding in a URL. */
export const isBlobKey = (key: string): boolean => KEY.test(key) && !key.includes('..');

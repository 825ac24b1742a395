import { createHmac } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { constantTimeEqual } from '../vault/secrets.js';
import { BLOB_URL_LIFE_S, InvalidBlobKey, isBlobKey } from './blob-store.js';

export type BlobMethod = 'PUT' | 'GET';
export interface BlobUrlParts {
  readonly key: string;
  readonly method: BlobMethod;
}
/** The path below which blobs are served. */
export const BLOBS_PATH = '/blobs/';

/** Makes and checks `/blobs/{key}?m=PUT|GET&e=<unix>&s=<hmac>`: who has the URL may do that one thing until then. */
export class UrlSigner {
  /** @param publicUrl what clients call this server, without a trailing slash */
  constructor(private readonly publicUrl: string, private readonly signingKey: Buffer, private readonly clock: Clock) {}

  sign(method: BlobMethod, key: string): string {
    if (!isBlobKey(key)) throw new InvalidBlobKey(`${JSON.stringify(key)} is no name for a blob`);
    const expires = Math.floor(this.clock.now() / 1000) + BLOB_URL_LIFE_S;
    return `${this.publicUrl}${BLOBS_PATH}${key}?m=${method}&e=${expires}&s=${this.#signature(method, key, expires)}`;
  }

  /** What a URL (path and query) allows, or undefined: whatever is wrong with it, the answer is the same. */
  verify(url: string): BlobUrlParts | undefined {
    const [path = '', query = ''] = url.split('?', 2);
    const key = path.startsWith(BLOBS_PATH) ? path.slice(BLOBS_PATH.length) : '';
    const parameters = new URLSearchParams(query);
    const [method, expires, signature] = ['m', 'e', 's'].map((name) => parameters.get(name) ?? '');
    if (!isBlobKey(key) || (method !== 'PUT' && method !== 'GET') || !/^\d{1,12}$/.test(expires!)) return undefined;
    if (!constantTimeEqual(this.#signature(method, key, Number(expires)), signature!)) return undefined;
    return this.clock.now() < Number(expires) * 1000 ? { key, method } : undefined;
  }

  #signature(method: BlobMethod, key: string, expires: number): string {
    return createHmac('sha256', this.signingKey).update(`${method}\n${key}\n${expires}`).digest('base64url');
  }
}

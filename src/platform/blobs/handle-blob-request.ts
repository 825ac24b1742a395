import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BlobTooLarge } from './blob-store.js';
import type { LocalBlobStore } from './local-blob-store.js';

export interface BlobRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly contentLength?: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}
export interface BlobAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Readable | string;
}

/**
 * One request to `/blobs/…`, whatever the web framework. An upload is answered exactly 200, for workers take anything else
 * for a failure (horde-api D.9); a URL that is not ours, or no longer, gets 403 without a word on why.
 */
export const handleBlobRequest = (blobs: LocalBlobStore, request: BlobRequest): Promise<BlobAnswer> => {
  if (!['PUT', 'GET', 'HEAD'].includes(request.method)) return Promise.resolve({ ...said(405, 'The method is not allowed for the requested URL.'), headers: { ...TEXT, allow: 'GET, HEAD, PUT' } });
  const allowed = blobs.signer.verify(request.url);
  const wanted = request.method === 'HEAD' ? 'GET' : request.method;
  if (allowed?.method !== wanted) return Promise.resolve(said(403, 'This URL is not valid, or not any more.'));
  return wanted === 'PUT' ? upload(blobs, allowed.key, request) : download(blobs, allowed.key, request.method === 'HEAD');
};

const upload = async (blobs: LocalBlobStore, key: string, { body, contentLength }: BlobRequest): Promise<BlobAnswer> => {
  if (contentLength === 0) return said(400, 'The body is empty.');
  if (contentLength !== undefined && contentLength > blobs.bytesMax) return tooLarge(blobs);
  try {
    await blobs.put(key, body);
    return { status: 200, headers: { 'content-length': '0' } };
  } catch (error) {
    if (error instanceof BlobTooLarge) return tooLarge(blobs);
    const code = (error as { code?: string }).code ?? '';
    if (code === 'ECONNRESET') return said(400, 'The upload broke off.'); // nobody hears it, and nobody has to look into it
    if (DISK_IS_FULL.has(code)) return { ...said(503, 'There is no room for it now.'), headers: { ...TEXT, 'retry-after': '30' } };
    throw error;
  }
};

const DISK_IS_FULL = new Set(['ENOSPC', 'EDQUOT']);

const download = async (blobs: LocalBlobStore, key: string, headOnly: boolean): Promise<BlobAnswer> => {
  const blob = await blobs.open(key);
  if (!blob) return said(404, 'There is no such blob (any more).');
  const { handle, size } = blob;
  const headers = {
    'content-type': await typeOf(handle),
    'content-length': String(size),
    'cache-control': 'private',
    // What a worker uploads is hostile until proven otherwise: no browser may take it for a page of ours.
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
  if (!headOnly) return { status: 200, headers, body: handle.createReadStream({ start: 0 }) }; // closes the handle at its end
  await handle.close();
  return { status: 200, headers };
};

const SNIFF_BYTES = 12;
/** By its first bytes: what the uploader called it counts for nothing. */
const typeOf = async (handle: FileHandle): Promise<string> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
  const start = buffer.subarray(0, bytesRead).toString('latin1');
  if (start.startsWith('RIFF') && start.slice(8) === 'WEBP') return 'image/webp';
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  return 'application/octet-stream';
};

const TEXT = { 'content-type': 'application/json' };
const said = (status: number, message: string): BlobAnswer => ({ status, headers: TEXT, body: JSON.stringify({ message }) });
/** The rest of the body is not read, so the connection cannot be used again. */
const tooLarge = (blobs: LocalBlobStore): BlobAnswer => ({ ...said(413, `A blob has at most ${blobs.bytesMax} bytes.`), headers: { ...TEXT, connection: 'close' } });

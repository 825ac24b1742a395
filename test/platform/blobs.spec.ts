import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from '../../src/kernel/clock.js';
import { BLOB_URL_LIFE_S, BlobTooLarge, InvalidBlobKey } from '../../src/platform/blobs/blob-store.js';
import { registerBlobRoutes } from '../../src/platform/blobs/blob-routes.js';
import { LocalBlobStore } from '../../src/platform/blobs/local-blob-store.js';
import { UrlSigner } from '../../src/platform/blobs/url-signer.js';
import { SystemIds } from '../../src/platform/system/system.js';
import { Secrets } from '../../src/platform/vault/secrets.js';

class HandClock extends Clock {
  time = 1_700_000_000_000;
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
}
const WEBP = Buffer.concat([Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'), Buffer.from([1, 2, 3])]);
const KEY = '6f1a0c52-b1f8-4c0e-9d0a-6d6c65646772.webp';
const [SECOND, THIRD] = [KEY.replace('6f', '7f'), KEY.replace('6f', '8f')];

let home: string;
let directory: string;
let clock: HandClock;
let blobs: LocalBlobStore;
let server: FastifyInstance;
let base: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'horde-blobs-'));
});
beforeEach(async () => {
  clock = new HandClock();
  directory = join(mkdtempSync(join(home, 'store-')), 'blobs');
  blobs = new LocalBlobStore({ directory, publicUrl: '', secrets: new Secrets(Buffer.alloc(32, 1)), clock, ids: new SystemIds(), bytesMax: 100_000 });
  server = fastify();
  await registerBlobRoutes(server, blobs);
  base = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => server.close());
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Sends a path exactly as it is given: fetch would tidy it up first. */
const send = (method: string, path: string, body?: Buffer, headers: Record<string, string> = {}): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(base);
    const call = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    call.on('error', reject);
    call.end(body);
  });

describe('a blob', () => {
  it.each([{}, { 'content-type': 'image/webp' }, { 'content-type': 'application/json' }, { 'content-type': 'nonsense' }, { 'transfer-encoding': 'chunked' }])(
    'is uploaded with exactly 200 whatever it is called: %j', async (headers) => {
      expect((await send('PUT', blobs.uploadUrl(KEY), WEBP, headers)).status).toBe(200);
      const got = await send('GET', blobs.downloadUrl(KEY));
      expect(got).toMatchObject({ status: 200, body: WEBP });
      expect(got.headers).toMatchObject({ 'content-type': 'image/webp', 'cache-control': 'private', 'content-length': String(WEBP.length) });
    });

  it('is not in the way of another that another node puts there at the same moment', async () => {
    const other = new LocalBlobStore({ directory, publicUrl: '', secrets: new Secrets(Buffer.alloc(32, 1)), clock, ids: new SystemIds(), bytesMax: 100_000 });
    await Promise.all([blobs.put(KEY, WEBP), other.put(SECOND, WEBP), blobs.put(THIRD, WEBP), other.put(KEY, WEBP)]);
    for (const key of [KEY, SECOND, THIRD]) expect(await blobs.get(key)).toEqual(WEBP);
  });

  it('is described without being sent', async () => {
    await blobs.put(KEY, Buffer.from('<script>'));
    const head = await send('HEAD', blobs.downloadUrl(KEY));
    expect(head).toMatchObject({ status: 200, headers: { 'content-type': 'application/octet-stream', 'content-length': '8', 'x-content-type-options': 'nosniff' } });
    expect(head.body.length).toBe(0);
  });

  it('is replaced whole, and gone when deleted', async () => {
    await blobs.put(KEY, WEBP);
    await blobs.put(KEY, Buffer.from('second'));
    expect((await blobs.get(KEY))!.toString()).toBe('second');
    expect(await blobs.exists(KEY)).toBe(true);
    await blobs.delete(KEY);
    await blobs.delete(KEY);
    expect([await blobs.get(KEY), await blobs.exists(KEY), (await send('GET', blobs.downloadUrl(KEY))).status]).toEqual([undefined, false, 404]);
  });

  it('is not there at all when its upload breaks off or is too large', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(WEBP);
      throw new Error('connection lost');
    }
    await expect(blobs.put(KEY, breaking())).rejects.toThrow('connection lost');
    await expect(blobs.put(KEY, Buffer.alloc(100_001))).rejects.toThrow(BlobTooLarge);
    expect(await blobs.exists(KEY)).toBe(false);
    expect(readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  });

  it.each([['with its length', {}], ['without', { 'transfer-encoding': 'chunked' }]] as const)('too large is refused with 413, sent %s', async (_how, headers) => {
    const outcome = await send('PUT', blobs.uploadUrl(KEY), Buffer.alloc(100_001), headers).catch(() => ({ status: 413 })); // the server may hang up first
    expect(outcome.status).toBe(413);
    expect(await blobs.exists(KEY)).toBe(false);
  });

  it('disappears when it is old', async () => {
    await blobs.put('old.webp', WEBP);
    clock.time += 60_000;
    await blobs.put('young.webp', WEBP);
    expect(await blobs.deleteOlderThan(clock.time, () => false)).toBe(0);
    expect(await blobs.deleteOlderThan(clock.time)).toBe(1);
    expect([await blobs.exists('old.webp'), await blobs.exists('young.webp')]).toEqual([false, true]);
  });
});

describe('an upload', () => {
  it('that breaks off on the wire leaves nothing', async () => {
    const { port } = new URL(base);
    const call = httpRequest({ host: '127.0.0.1', port, method: 'PUT', path: blobs.uploadUrl(KEY), headers: { 'content-length': '1000' }, agent: false });
    const closed = new Promise((resolve) => call.on('close', resolve).on('error', () => undefined));
    const arrived = new Promise((resolve) => server.server.once('request', resolve));
    call.write(WEBP);
    await arrived;
    call.destroy();
    await closed;
    await server.close(); // waits for what is under way
    expect(await blobs.exists(KEY)).toBe(false);
  });
});

describe('a signed URL', () => {
  const flipped = (url: string): string => url.slice(0, -2) + (url.at(-2) === 'A' ? 'B' : 'A') + url.at(-1)!;
  it.each<[string, string, () => string]>([
    ['a download URL used to upload', 'PUT', () => blobs.downloadUrl(KEY)],
    ['an upload URL used to download', 'GET', () => blobs.uploadUrl(KEY)],
    ['an upload URL used to look', 'HEAD', () => blobs.uploadUrl(KEY)],
    ['its method exchanged', 'PUT', () => blobs.downloadUrl(KEY).replace('m=GET', 'm=PUT')],
    ['another key', 'GET', () => blobs.downloadUrl(KEY).replace('6f1a', '6f1b')],
    ['a longer life', 'GET', () => blobs.downloadUrl(KEY).replace(/e=(\d+)/, (_all, e: string) => `e=${Number(e) + 1}`)],
    ['a changed signature', 'GET', () => flipped(blobs.downloadUrl(KEY))],
    ['a shortened signature', 'GET', () => blobs.downloadUrl(KEY).slice(0, -1)],
    ['no signature', 'GET', () => `/blobs/${KEY}`],
    ['an empty signature', 'GET', () => blobs.downloadUrl(KEY).replace(/s=.*/, 's=')],
    ['an expiry that is no number', 'GET', () => blobs.downloadUrl(KEY).replace(/e=\d+/, 'e=Infinity')],
    ['two methods', 'PUT', () => `${blobs.downloadUrl(KEY)}&m=PUT`],
    ['a signature of another server', 'GET', () => new UrlSigner('', Buffer.alloc(32, 2), clock).sign('GET', KEY)],
  ])('is refused with %s', async (_what, method, url) => {
    await blobs.put(KEY, WEBP);
    expect((await send(method, url(), method === 'PUT' ? Buffer.from('evil') : undefined)).status).toBe(403);
    expect(await blobs.get(KEY)).toEqual(WEBP);
  });

  it('ends after 1800 seconds', async () => {
    await blobs.put(KEY, WEBP);
    const url = blobs.downloadUrl(KEY);
    clock.time += (BLOB_URL_LIFE_S - 1) * 1000;
    expect((await send('GET', url)).status).toBe(200);
    clock.time += 1000;
    expect((await send('GET', url)).status).toBe(403);
  });

  it.each(['/blobs/..%2f..%2fmaster.key?m=GET&e=9&s=x', '/blobs/../../master.key', '/blobs/%2e%2e/master.key?m=GET', '/blobs//etc/passwd', '/blobs/a%00b?m=GET'])(
    'never leads out of its directory: %s', async (path) => {
      writeFileSync(join(home, 'master.key'), 'secret');
      const answer = await send('GET', path);
      expect([400, 403, 404]).toContain(answer.status);
      expect(answer.body.toString()).not.toContain('secret');
    });

  it.each(['..', 'a/b', 'a\\b', '', '.hidden', 'a..b', 'a\0', 'ü', 'x'.repeat(201)])('is not made for %j, nor is anything stored', async (key) => {
    expect(() => blobs.uploadUrl(key)).toThrow(InvalidBlobKey);
    await expect(blobs.put(key, WEBP)).rejects.toThrow(InvalidBlobKey);
    await expect(blobs.get(key)).rejects.toThrow(InvalidBlobKey);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { runCli } from '../../src/cli/program.js';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { SystemClock, SystemIds } from '../../src/platform/system/system.js';
import { rejection } from '../contract/contract-run.js';
import { horde } from './terminal.fixture.js';

jest.setTimeout(60_000);

/** `horde log serve`, running in this process until it is interrupted. */
class Serving {
  readonly said: string[] = [];
  readonly complained: string[] = [];
  readonly code: Promise<number>;
  private readonly announced: Promise<void>;
  interrupt: () => void = () => undefined;

  constructor(dataDir: string, ...args: readonly string[]) {
    const interrupted = new Promise<void>((resolve) => (this.interrupt = resolve));
    let announce: () => void;
    this.announced = new Promise((resolve) => (announce = resolve));
    this.code = runCli(['log', 'serve', '--listen', '127.0.0.1:0', ...args], {
      say: (line) => {
        this.said.push(line);
        announce();
      },
      complain: (line) => void this.complained.push(line), interrupted, progress: { write: () => undefined }, environment: { DATA_DIR: dataDir },
    });
  }

  /** The connection string that it prints once it accepts connections. */
  async url(): Promise<string> {
    await Promise.race([this.announced, this.code.then((code) => Promise.reject(new Error(`ended with ${code}: ${this.complained.join('\n')}`)))]);
    return /esdb:\S+/.exec(this.said[0]!)![0];
  }
}

describe('horde log serve', () => {
  const home = mkdtempSync(join(tmpdir(), 'horde-serve-'));
  const tls = join(import.meta.dirname, '../fixtures/tls');
  const append = (client: EventStoreDBClient, stream: string) => client.appendToStream(stream, jsonEvent({ type: 'T', data: {} }), { expectedRevision: NO_STREAM });
  beforeAll(async () => {
    const log = await EmbeddedLog.open({ directory: join(home, 'log'), mode: 'write', clock: new SystemClock(), ids: new SystemIds() });
    await log.append('first', 'no_stream', [{ id: new SystemIds().uuid(), type: 'T', data: Buffer.from('{}'), metadata: Buffer.from('{}') }]);
    await log.close();
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('prints one line with the connection string, takes appends with --writable, and ends when it is interrupted', async () => {
    const serving = new Serving(home, '--writable');
    const url = await serving.url();
    expect(serving.said).toHaveLength(1);
    expect(url).toMatch(/^esdb:\/\/127\.0\.0\.1:\d+\?tls=false$/);
    const client = EventStoreDBClient.connectionString(url);
    expect(await append(client, 'second')).toMatchObject({ success: true });
    expect((await horde({ DATA_DIR: home }, 'log', 'serve', '--writable', '--listen', '127.0.0.1:0')).complained).toContain('--writable needs the server stopped');
    serving.interrupt();
    expect(await serving.code).toBe(130);
    await client.dispose();
    const again = new Serving(home, '--writable'); // the lock is free, and what was appended is there
    const next = EventStoreDBClient.connectionString(await again.url());
    expect(await rejection(append(next, 'second'))).toMatchObject({ type: 'wrong-expected-version', actualVersion: 0n });
    again.interrupt();
    await again.code;
    await next.dispose();
  });

  it('is for reading without it', async () => {
    const serving = new Serving(home);
    const client = EventStoreDBClient.connectionString(await serving.url());
    const seen: string[] = [];
    for await (const { event } of client.readAll()) seen.push(event!.streamId);
    expect(seen[0]).toBe('first');
    expect(await rejection(append(client, 'third'))).toMatchObject({ type: 'access-denied' });
    serving.interrupt();
    await serving.code;
    await client.dispose();
  });

  it('serves with TLS those who are in the credentials file', async () => {
    const credentials = join(home, 'credentials');
    writeFileSync(credentials, 'auditor:correct:horse\n');
    const serving = new Serving(home, '--tls-cert', join(tls, 'cert.pem'), '--tls-key', join(tls, 'key.pem'), '--credentials-file', credentials);
    const url = await serving.url();
    expect(url).not.toContain('?');
    expect(url).not.toContain('horse'); // a password is not for the screen
    const client = EventStoreDBClient.connectionString(`${url.replace('//', '//auditor:correct%3Ahorse@')}?tls=true&tlsCAFile=${encodeURIComponent(join(tls, 'cert.pem'))}`);
    const seen: string[] = [];
    for await (const { event } of client.readAll({ maxCount: 1 })) seen.push(event!.streamId);
    expect(seen).toEqual(['first']);
    serving.interrupt();
    await serving.code;
    await client.dispose();
  });

  it.each([
    ['an address that is not loopback, without TLS and credentials', ['--listen', '0.0.0.0:0'], 'without TLS and credentials'],
    ['a certificate without its key', ['--tls-cert', join(tls, 'cert.pem')], 'go together'],
    ['a file that is not there', ['--credentials-file', '/nowhere/at/all'], 'Cannot read /nowhere/at/all'],
    ['credentials that are none', ['--credentials-file', join(tls, 'cert.pem')], 'has to be one line: user:password'],
    ['an address that is none', ['--listen', '2113'], 'is not an address such as 127.0.0.1:2113'],
    ['a port that is none', ['--listen', '127.0.0.1:99999'], 'is not an address'],
  ])('answers %s with 2 and a sentence', async (_what, args, sentence) => {
    const { code, complained, said } = await horde({ DATA_DIR: home }, 'log', 'serve', ...args);
    expect({ code, said }).toEqual({ code: 2, said: '' });
    expect(complained).toContain(sentence);
    expect(complained).not.toMatch(/^\s+at /m);
  });

  it('does not make a log where there is none to read', async () => {
    const { code, complained } = await horde({ DATA_DIR: join(home, 'nothing') }, 'log', 'serve');
    expect(code).toBe(2);
    expect(complained).toContain('There is no event log in');
  });
});

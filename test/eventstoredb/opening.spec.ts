import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import { EventStoreDbLog } from '../../src/platform/event-log/eventstoredb/eventstoredb-log.js';
import { SystemIds } from '../../src/platform/system/system.js';
import { rejection } from '../contract/contract-run.js';
import { Served } from '../grpc/served.js';
import { accessDenied } from './answers.js';
import { hurried, opened, real, Said, tidyUp, undoing } from './scene.js';
import { ScriptedServer } from './scripted-server.js';

afterEach(tidyUp);

const { status } = grpc;
const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name);
const certificate = `tls=true&tlsCAFile=${encodeURIComponent(fixture('cert.pem'))}`;
const tls = { cert: readFileSync(fixture('cert.pem')), key: readFileSync(fixture('key.pem')) };
const PASSWORD = 'correct:horse';
const credentials = { user: 'ledger', password: PASSWORD };
/** Nobody has waited for a store that may still come. */
const AT_ONCE_MS = 5_000;

const refusal = async (url: string, options: Parameters<typeof opened>[1] = {}): Promise<{ message: string; tookMs: number }> => {
  const begunAt = hurried.clock.monotonic();
  const error = await rejection(EventStoreDbLog.open({ url, ...hurried, ids: new SystemIds(), ...options }));
  expect(error).toMatchObject({ name: 'LogUnavailable' });
  return { message: (error as Error).message, tookMs: hurried.clock.monotonic() - begunAt };
};
const scripted = async (): Promise<ScriptedServer> => undoing(await ScriptedServer.start(), (server) => server.stop());
/** What the client says on the console while we do something. */
const overheard = async (what: () => Promise<unknown>): Promise<string> => {
  const said: unknown[] = [];
  const before = { warn: console.warn, log: console.log, error: console.error };
  const listen = (...words: unknown[]): void => void said.push(...words);
  Object.assign(console, { warn: listen, log: listen, error: listen });
  try {
    await what();
  } finally {
    Object.assign(console, before);
  }
  return said.map(String).join('\n');
};

describe('TLS and a password in the connection string', () => {
  const served = async (): Promise<Served> => undoing(await Served.start({ tls, credentials }), (front) => front.stop());

  it('open the log when they are right', async () => {
    const front = await served();
    const log = await opened(`esdb://ledger:${encodeURIComponent(PASSWORD)}@${front.address}?${certificate}`);
    const event = front.run.event();
    expect((await log.append('s-1', 'no_stream', [event])).revision).toBe(0);
    expect((await log.readStream('s-1')).events[0]!.id).toBe(event.id);
    for await (const { events } of log.follow({ after: -1 })) if (events.some(({ id }) => id === event.id)) break;
  });

  it.each([['another password', 'ledger:wr0ng%3Asecret@'], ['another user', 'nobody:wr0ng%3Asecret@'], ['none', '']])('refuse at once with %s, and quote neither', async (_what, user) => {
    const front = await served();
    const url = `esdb://${user}${front.address}?${certificate}`;
    const { message, tookMs } = await refusal(url);
    expect(message).toMatch(/Bad credentials|Access Denied/);
    expect(message).not.toMatch(/wr0ng|secret|esdb:/);
    expect(tookMs).toBeLessThan(AT_ONCE_MS);
  });
});

describe('a connection string that is no good', () => {
  it.each([
    ['no protocol', 'http://ledger:s3cret@127.0.0.1:1'],
    ['no host', 'esdb://ledger:s3cret@?tls=false'],
    ['a port that is none', 'esdb://ledger:s3cret@127.0.0.1:port?tls=false'],
    ['a value that is none', 'esdb://ledger:s3cret@127.0.0.1:1?tls=s3cret'],
    ['half a pair', 'esdb://ledger:s3cret@127.0.0.1:1?tls'],
    ['an option that does not exist', 'esdb://ledger:s3cret@127.0.0.1:1?tls=false&keepAlive=s3cret'],
    ['a password with signs of its own', 'esdb://ledger:s3cret?s3cret=s3cret&s3cret@127.0.0.1:1?tls=perhaps'],
    ['a certificate that is not checked', 'esdb://ledger:s3cret@127.0.0.1:1?tls_verify_cert=false'],
    ['a certificate that is not there', 'esdb://ledger:s3cret@127.0.0.1:1?tlsCAFile=%2Fno%2Fsuch%2Fcert.pem'],
    ['a certificate without its key', `esdb://ledger:s3cret@127.0.0.1:1?userCertFile=${encodeURIComponent(fixture('cert.pem'))}`],
  ])('with %s is refused in words that do not quote it', async (_what, url) => {
    const said = await overheard(async () => {
      const { message, tookMs } = await refusal(url);
      expect(message).not.toContain('s3cret');
      expect(message).toMatch(/connection string|tlsCAFile/);
      expect(tookMs).toBeLessThan(AT_ONCE_MS);
    });
    expect(said).toBe('');
  });

  it('says which option does not exist, and that a file is not there', async () => {
    expect((await refusal('esdb://127.0.0.1:1?keepAlive=5')).message).toContain('keepAlive');
    expect((await refusal('esdb://127.0.0.1:1?tlsCAFile=none.pem')).message).toContain('File was not found');
  });

  it('in another spelling is none: options are named as one likes', async () => {
    const server = await scripted();
    await opened(server.url.replace('tls=false', 'TLS=false&keep_alive-interval=10000&node-preference=leader'));
  });
});

describe('the clocks of the store and of this machine', () => {
  const dated = async (aheadMs: number): Promise<{ url: string; said: Said }> => {
    const server = await scripted();
    server.date = new Date(real.clock.now() + aheadMs).toUTCString();
    return { url: server.url, said: new Said() };
  };

  it.each([10_000, -10_000])('%d ms apart are worth a warning', async (aheadMs) => {
    const { url, said } = await dated(aheadMs);
    await opened(url, { logger: said.logger });
    expect(said.warnings).toEqual([expect.stringMatching(/^this machine says 20.*, the event store's says 20.*: keep both by NTP$/)]);
  });

  it.each([120_000, -120_000])('%d ms apart are refused', async (aheadMs) => {
    const { url } = await dated(aheadMs);
    const { message, tookMs } = await refusal(url);
    expect(message).toMatch(/^the clocks are too far apart: this machine says .*: keep both by NTP$/);
    expect(tookMs).toBeLessThan(AT_ONCE_MS);
  });

  it('are not compared when the store does not tell', async () => {
    const server = await scripted();
    const said = new Said();
    for (const date of ['', 'yesterday']) {
      server.date = date;
      await opened(server.url, { logger: said.logger });
    }
    expect(said.warnings).toEqual([]);
  });

  it('are compared with the header that a web server puts by itself', async () => {
    const server = await scripted();
    const said = new Said();
    await opened(server.url, { logger: said.logger });
    expect(said.warnings).toEqual([]);
  });
});

describe('a store that is not ready when we come', () => {
  it('is waited for, and not asked without a pause', async () => {
    const server = await scripted();
    const state = { reads: 0 };
    server.onRead = (read) => {
      state.reads += 1;
      if (state.reads <= 6) read.fail({ code: status.UNKNOWN, details: 'No leader info available in response' });
      else if (state.reads <= 9) read.fail({ code: status.UNAVAILABLE, details: 'Server Is Not Ready' });
      else read.serve();
    };
    const begunAt = real.clock.monotonic();
    const log = await opened(server.url);
    expect(real.clock.monotonic() - begunAt).toBeGreaterThan(200);
    expect(log.storeId).toBe(server.store.stream('ledger')![0]!.id);
  });

  it('and does not come, or cannot be trusted, is given up with the reason', async () => {
    const front = undoing(await Served.start({ tls, credentials }), (each) => each.stop());
    const [nobody, stranger] = await Promise.all([refusal('esdb://127.0.0.1:1?tls=false'), refusal(`esdb://ledger:s3cret@${front.address}?tls=true`)]);
    expect(nobody.message).toMatch(/^the event store cannot be used: .*ECONNREFUSED/);
    expect(stranger.message).toMatch(/^the event store cannot be used: .*certificate/);
    for (const { message, tookMs } of [nobody, stranger]) {
      expect(message).not.toContain('s3cret');
      expect(tookMs).toBeLessThan(45_000);
    }
  }, 20_000);
});

describe('a ledger that cannot be opened', () => {
  it('because there is none is said at once to those who only look', async () => {
    const server = await scripted();
    const { message, tookMs } = await refusal(server.url, { readOnly: true });
    expect(message).toContain('there is no ledger in this event store');
    expect(tookMs).toBeLessThan(AT_ONCE_MS);
    expect(server.appends).toEqual([]);
  });

  it('because this user may not append, or not read, is said at once', async () => {
    const server = await scripted();
    server.script.push((append) => append.refuse(accessDenied()));
    const append = await refusal(server.url);
    expect(append.message).toContain('does not let this user append');
    expect(append.tookMs).toBeLessThan(AT_ONCE_MS);
    server.onRead = (read) => (read.stream === undefined ? read.serve() : read.fail({ code: status.PERMISSION_DENIED, details: 'Access Denied' }));
    const read = await refusal(server.url);
    expect(read.message).toContain('Access Denied');
    expect(read.tookMs).toBeLessThan(AT_ONCE_MS);
  });

  it('is founded once, whoever comes first', async () => {
    const server = await scripted();
    const logs = await Promise.all(Array.from({ length: 8 }, () => opened(server.url)));
    expect(new Set(logs.map(({ storeId }) => storeId)).size).toBe(1);
    expect(server.store.stream('ledger')).toHaveLength(1);
  });

  it('is founded once, also when the answer to that is lost', async () => {
    const server = await scripted();
    server.script.push((append) => {
      append.write();
      append.breakCall({ code: status.INTERNAL, details: 'Received RST_STREAM with code 2' });
    });
    const log = await opened(server.url);
    expect(server.store.stream('ledger')!.map(({ id }) => id)).toEqual([log.storeId]);
  });
});

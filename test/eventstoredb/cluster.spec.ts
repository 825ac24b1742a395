import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { BEGINNING } from '../../src/platform/event-log/event-log.js';
import { LogFront, type FrontOptions } from '../../src/platform/event-log/grpc/log-front.js';
import { SystemIds } from '../../src/platform/system/system.js';
import { ContractRun, idsOf, range, rejection } from '../contract/contract-run.js';
import { eventually } from '../reliability/eventually.js';
import { Follower, hurried, opened, real, tidyUp, undoing } from './scene.js';
import { ScriptedServer, type CallError } from './scripted-server.js';

afterEach(tidyUp);

const SEED = 20_260_817;
const PATIENCE_MS = 10_000;
const ids = new SystemIds();
const { status } = grpc;

/** The nodes of one cluster: the same log behind each of them. */
const storage = async (): Promise<EmbeddedLog> => {
  const home = undoing(mkdtempSync(join(tmpdir(), 'horde-cluster-')), (directory) => rmSync(directory, { recursive: true, force: true }));
  return undoing(await EmbeddedLog.open({ directory: home, mode: 'write', clock: real.clock, ids }), (log) => log.close());
};
const node = async (log: EmbeddedLog, options: Partial<FrontOptions> = {}): Promise<LogFront> => (
  undoing(await LogFront.listen({ log, host: '127.0.0.1', port: 0, writable: true, ...real, ids, ...options }), (front) => front.close())
);
const address = ({ port }: LogFront): { host: string; port: number } => ({ host: '127.0.0.1', port });

describe('a node that leads no more', () => {
  it('sends us to the one that does, back and forth, without an error to anybody', async () => {
    const stored = await storage();
    const nodes: LogFront[] = [];
    let leader = 0;
    for (const k of [0, 1]) nodes.push(await node(stored, { notLeader: () => (leader === k ? undefined : address(nodes[leader]!)) }));
    const log = await opened(nodes[0]!.url);
    const run = new ContractRun(SEED);
    const follower = Follower.of(log, { after: await log.head() });
    const written: string[] = [];
    for (const k of range(0, 40)) {
      if (k % 8 === 7) leader = 1 - leader;
      const [stream, events] = [run.stream(), run.events(3)];
      const [appended, head] = await Promise.all([log.append(stream, 'no_stream', events), log.head()]);
      written.push(...idsOf(events));
      expect(appended.revision).toBe(2);
      expect(head).toBeLessThanOrEqual(await log.head());
      expect(idsOf((await log.readStream(stream)).events)).toEqual(idsOf(events));
    }
    await eventually('everything has come', PATIENCE_MS, () => (follower.ids.length === written.length ? true : undefined));
    expect(follower.ids).toEqual(written);
  });

  it('is left by who opens the log there', async () => {
    const stored = await storage();
    const leader = await node(stored);
    const other = await node(stored, { notLeader: () => address(leader) });
    const log = await opened(other.url);
    expect((await log.append('s-1', 'no_stream', new ContractRun(SEED).events(1))).revision).toBe(0);
  });

  const notLeader = ({ port }: ScriptedServer): CallError => ({
    code: status.NOT_FOUND, details: 'Leader info available', trailers: { exception: 'not-leader', 'leader-endpoint-host': '127.0.0.1', 'leader-endpoint-port': String(port) },
  });
  /** Two scripted nodes on one store; the log is open at the first. */
  const pair = async () => {
    const first = undoing(await ScriptedServer.start(), (server) => server.stop());
    const second = undoing(await ScriptedServer.start(first.store), (server) => server.stop());
    const run = new ContractRun(SEED);
    return { first, second, run, log: await opened(first.url) };
  };

  it('may say so to an append, a read or a subscription: each goes on at the other', async () => {
    const { first, second, run, log } = await pair();
    const follower = Follower.of(log, { after: await log.head() });
    await eventually('subscribed', PATIENCE_MS, () => (first.subscriptions.size === 1 ? true : undefined));
    first.onAppend = (append) => append.breakCall(notLeader(second));
    first.onRead = (read) => read.fail(notLeader(second));
    const events = run.events(2);
    await log.append(run.stream(), 'no_stream', events); // the append is the first to hear of it
    expect(second.appends).toHaveLength(1);
    [...first.subscriptions][0]!.fail(notLeader(second));
    await eventually('subscribed', PATIENCE_MS, () => (second.subscriptions.size === 1 ? true : undefined));
    await eventually('everything has come', PATIENCE_MS, () => (follower.ids.length === 2 ? true : undefined));
    expect(follower.ids).toEqual(idsOf(events));
  });

  it('may say so to a read first', async () => {
    const { first, second, run, log } = await pair();
    const events = run.events(2);
    await log.append('s-1', 'no_stream', events);
    first.onRead = (read) => read.fail(notLeader(second));
    expect(idsOf((await log.readStream('s-1')).events)).toEqual(idsOf(events));
    expect((await log.append('s-1', 1, run.events(1))).revision).toBe(2); // the call for appends lives on where it was
  });

  it('may say so to a subscription first', async () => {
    const { first, second, run, log } = await pair();
    first.onSubscribe = (subscription) => subscription.fail(notLeader(second));
    const follower = Follower.of(log, { after: await log.head() });
    await eventually('subscribed', PATIENCE_MS, () => (second.subscriptions.size === 1 ? true : undefined));
    const events = run.events(3);
    await log.append(run.stream(), 'no_stream', events);
    await eventually('everything has come', PATIENCE_MS, () => (follower.ids.length === 3 ? true : undefined));
    expect(follower.ids).toEqual(idsOf(events));
  });

  // Jest fails a test during which a rejection is not handled.
  it('and names none is asked again until it does', async () => {
    const { first, second, log } = await pair();
    const state = { answers: 0 };
    first.onRead = (read) => {
      state.answers += 1;
      read.fail(state.answers > 3 ? notLeader(second) : { ...notLeader(second), trailers: { exception: 'not-leader' } });
    };
    expect((await log.readStream('ledger')).events.map(({ id }) => id)).toEqual([log.storeId]);
    expect(state.answers).toBeGreaterThan(3);
  });
});

describe('a cluster that is found by gossip', () => {
  const quick = 'tls=false&maxDiscoverAttempts=2&discoveryInterval=10';

  it.each<[string, (port: number) => string]>([
    ['one name', (port) => `esdb+discover://127.0.0.1:${port}?${quick}`],
    ['several nodes, some of which are away', (port) => `esdb://127.0.0.1:1,127.0.0.1:${port},127.0.0.1:2?${quick}`],
  ])('from %s is used, and found again after an outage', async (_what, url) => {
    const stored = await storage();
    const first = await node(stored);
    const log = await opened(url(first.port), hurried);
    const run = new ContractRun(SEED);
    const follower = Follower.of(log, { after: await log.head() });
    const appended = async (): Promise<string[]> => {
      const events = run.events(2);
      await log.append(run.stream(), 'no_stream', events);
      return idsOf(events);
    };
    const written = await appended();
    await eventually('everything has come', PATIENCE_MS, () => (follower.ids.length === written.length ? true : undefined));

    await first.close();
    const refusals = await Promise.all(range(0, 5).map(() => rejection(appended())));
    for (const { name } of refusals as Error[]) expect(['LogUnavailable', 'OutcomeUnknown']).toContain(name);
    await real.timers.sleep(1_000); // discovery gives up, several times: nobody is told by an unhandled rejection
    expect(await rejection(log.head())).toMatchObject({ name: 'LogUnavailable' });

    await node(stored, { port: first.port });
    const again = await eventually('the store is back', PATIENCE_MS, () => appended().catch(() => undefined));
    await eventually('everything has come', PATIENCE_MS, () => (follower.ids.includes(again.at(-1)!) ? true : undefined));
    expect(follower.ids.filter((id) => [...written, ...again].includes(id))).toEqual([...written, ...again]);
    expect(new Set(follower.ids).size).toBe(follower.ids.length);
  });

  it('may be lost while it is looked for', async () => {
    const server = undoing(await ScriptedServer.start(), (each) => each.stop());
    const log = await opened(`esdb+discover://127.0.0.1:${server.port}?${quick}`, hurried);
    const run = new ContractRun(SEED);
    const follower = Follower.of(log, { after: await log.head() });
    await eventually('subscribed', PATIENCE_MS, () => (server.subscriptions.size === 1 ? true : undefined));
    const gone: CallError = { code: status.UNAVAILABLE, details: 'Connection dropped' };
    const state = { asked: 0 };
    server.onGossip = (answer, fail) => {
      state.asked += 1;
      if (state.asked > 2) return answer();
      for (const subscription of server.subscriptions) subscription.fail(gone); // its connection is looked for already
      void real.timers.sleep(50).then(() => fail(gone));
    };
    server.script.push((append) => append.breakCall(gone));
    const events = run.events(2);
    await log.append(run.stream(), 'no_stream', events);
    await eventually('everything has come', PATIENCE_MS, () => (follower.ids.length === 2 ? true : undefined));
    expect(state.asked).toBeGreaterThan(2);
  });

  it('with TLS and a password works the same', async () => {
    const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name);
    const tls = { cert: readFileSync(fixture('cert.pem')), key: readFileSync(fixture('key.pem')) };
    const front = await node(await storage(), { tls, credentials: { user: 'ledger', password: 'correct:horse' } });
    const log = await opened(`esdb+discover://ledger:correct%3Ahorse@127.0.0.1:${front.port}?tls=true&tlsCAFile=${encodeURIComponent(fixture('cert.pem'))}`);
    expect((await log.append('s-1', 'no_stream', new ContractRun(SEED).events(2))).revision).toBe(1);
    expect(await log.head()).toBeGreaterThan(BEGINNING);
  });
});

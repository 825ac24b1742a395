import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jsonEvent, NO_STREAM } from '@eventstore/db-client';
import grpc from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { LogFront, UnsafeListener } from '../../src/platform/event-log/grpc/log-front.js';
import { SystemClock, SystemIds, SystemTimers } from '../../src/platform/system/system.js';
import { rejection } from '../contract/contract-run.js';
import { allOptions, errorOf, fragment, metadataOf, RawStreams } from './raw.js';
import { Served } from './served.js';

const { status } = grpc;
const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name);
const tls = { cert: readFileSync(fixture('cert.pem')), key: readFileSync(fixture('key.pem')) };
const credentials = { user: 'auditor', password: 'correct:horse' };
const event = () => jsonEvent({ type: 'T', data: {} });
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

/** One event through the call that takes one append. */
const appendAlone = (raw: RawStreams, stream: string, headers: Readonly<Record<string, string>> = {}): Promise<grpc.ServiceError | undefined> => (
  new Promise((resolve) => {
    const call = raw.stub.append(metadataOf(headers), (error) => resolve(error ?? undefined));
    const options = fragment({ correlation: '', stream }).getOptions()!;
    call.write(new streams.AppendReq().setOptions(new streams.AppendReq.Options().setStreamIdentifier(options.getStreamIdentifier()).setRevision('0')));
    call.end();
  })
);

describe('a front that is for reading', () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start({ writable: false });
    await served.run.written(3);
  });
  afterAll(() => served.stop());

  it.each([['in batches', {}], ['in a call of its own', { credentials: { username: 'a', password: 'b' } }]])('denies an append %s', async (_path, options) => {
    const stream = served.run.stream();
    expect(await rejection(served.client.appendToStream(stream, event(), { expectedRevision: NO_STREAM, ...options }))).toMatchObject({ type: 'access-denied' });
    expect((await served.log.readStream(stream)).exists).toBe(false);
  });

  it('says so as EventStoreDB does', async () => {
    const batch = served.raw.batch();
    const answer = await batch.ask(fragment({ correlation: served.run.id(), stream: 's', events: [served.run.event()] }));
    expect(errorOf(answer)).toEqual({ code: status.PERMISSION_DENIED, message: 'AccessDenied', type: 'event_store.client.AccessDenied' });
    batch.call.cancel();
    const error = await appendAlone(served.raw, 's');
    expect(error).toMatchObject({ code: status.PERMISSION_DENIED, details: 'Access Denied' });
    expect(error!.metadata.get('exception')).toEqual(['access-denied']);
  });

  it('shows everything', async () => {
    expect(await served.raw.messages(allOptions())).toHaveLength(3);
  });
});

describe('a front with TLS and credentials', () => {
  let served: Served;
  let raw: RawStreams;
  const ca = `tls=true&tlsCAFile=${encodeURIComponent(fixture('cert.pem'))}`;
  beforeAll(async () => {
    served = await Served.start({ tls, credentials });
    raw = new RawStreams(served.address, grpc.credentials.createSsl(tls.cert));
    await served.run.written(3);
  });
  afterAll(async () => {
    raw.close();
    await served.stop();
  });

  it('serves who has them, by its connection string', async () => {
    const client = served.connect(ca, 'auditor:correct%3Ahorse@');
    const stream = served.run.stream();
    expect(await client.appendToStream(stream, event(), { expectedRevision: NO_STREAM })).toMatchObject({ success: true });
    const seen: string[] = [];
    for await (const { event: read } of client.readStream(stream)) seen.push(read!.type);
    expect(seen).toEqual(['T']);
    await client.dispose();
  });

  it('serves who sends them with a call, by the other append too', async () => {
    const client = served.connect(ca);
    const mine = { credentials: { username: credentials.user, password: credentials.password } };
    expect(await client.appendToStream(served.run.stream(), event(), { expectedRevision: NO_STREAM, ...mine })).toMatchObject({ success: true });
    for await (const read of client.readAll({ ...mine, maxCount: 1 })) expect(read.event).toBeDefined();
    await client.dispose();
  });

  it.each([
    ['another password', 'auditor:wrong%3Ahorse@'],
    ['another user', 'nobody:correct%3Ahorse@'],
    ['a password that begins with the right one', 'auditor:correct%3Ahorses@'],
  ])('denies %s', async (_what, user) => {
    const client = served.connect(ca, user);
    expect(await rejection((async () => { for await (const _ of client.readAll()); })())).toMatchObject({ type: 'access-denied', code: status.UNAUTHENTICATED });
    expect(await rejection(client.appendToStream('s', event(), { expectedRevision: NO_STREAM }))).toMatchObject({ type: 'access-denied' });
    await client.dispose();
  });

  it('denies who has none: reads, appends and subscriptions', async () => {
    const client = served.connect(ca);
    expect(await rejection((async () => { for await (const _ of client.readAll()); })())).toMatchObject({ type: 'access-denied', code: status.PERMISSION_DENIED });
    expect(await rejection((async () => { for await (const _ of client.subscribeToAll()); })())).toMatchObject({ type: 'access-denied' });
    expect(await rejection(client.appendToStream('s', event(), { expectedRevision: NO_STREAM }))).toMatchObject({ type: 'access-denied' });
    await client.dispose();
  });

  it.each(['', 'Bearer abc', 'Basic', basic('auditor'), 'Basic !!!'])('denies the header "%s"', async (authorization) => {
    expect(await rejection(drained(raw.read(allOptions(), { authorization })))).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(await appendAlone(raw, 's', { authorization })).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(await raw.batch({ authorization }).ended).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it('reads the scheme in any case', async () => {
    const authorization = basic(`${credentials.user}:${credentials.password}`).replace('Basic', 'basic');
    expect(await drained(raw.read(allOptions('1'), { authorization }))).toBe(1);
  });

  it('does not talk to who does not encrypt', async () => {
    expect(await rejection(drained(served.raw.read(allOptions())))).toMatchObject({ code: status.UNAVAILABLE });
  });
});

describe('where a front listens', () => {
  const ports = { log: undefined as never, port: 0, writable: false, clock: new SystemClock(), ids: new SystemIds(), timers: new SystemTimers() };
  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.org', '127.0.0.1.example.org', 'localhost.example.org'])('is not %s without TLS and credentials', async (host) => {
    for (const given of [{}, { tls }, { credentials }]) {
      const error = await rejection(LogFront.listen({ ...ports, host, ...given }));
      expect(error).toBeInstanceOf(UnsafeListener);
      expect((error as Error).message).toContain('without TLS and credentials');
    }
  });
  it('may be anywhere with both', async () => {
    const front = await LogFront.listen({ ...ports, host: '0.0.0.0', tls, credentials });
    expect(front.port).toBeGreaterThan(0);
    await front.close();
  });
  it.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1'])('may be %s without', async (host) => {
    const front = await LogFront.listen({ ...ports, host });
    await front.close();
  });
  it('is one place: a port that is taken is an error', async () => {
    const front = await LogFront.listen({ ...ports, host: '127.0.0.1' });
    expect(await rejection(LogFront.listen({ ...ports, host: '127.0.0.1', port: front.port }))).toBeInstanceOf(Error);
    await front.close();
  });
});

describe('a node that does not lead', () => {
  let served: Served;
  let leader: Served;
  beforeAll(async () => {
    leader = await Served.start();
    served = await Served.start({ notLeader: () => ({ host: '127.0.0.1', port: leader.front.port }) });
    await served.run.written(1);
  });
  afterAll(async () => {
    await served.stop();
    await leader.stop();
  });
  const wanting = { 'requires-leader': 'true' };

  it('names the leader to who insists on it, on every path', async () => {
    const batch = served.raw.batch(wanting);
    batch.send(fragment({ correlation: served.run.id(), stream: 's', events: [served.run.event()] }));
    for (const error of [await batch.ended, await appendAlone(served.raw, 's', wanting), await rejection(drained(served.raw.read(allOptions(), wanting)))]) {
      expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'Leader info available' });
      const { metadata } = error as grpc.ServiceError;
      expect(['exception', 'leader-endpoint-host', 'leader-endpoint-port'].map((key) => metadata.get(key)[0])).toEqual(['not-leader', '127.0.0.1', String(leader.front.port)]);
    }
  });

  it('serves who does not', async () => {
    expect(await served.raw.messages(allOptions())).toHaveLength(1);
    expect(await drained(served.raw.read(allOptions(), { 'requires-leader': 'false' }))).toBe(1);
  });

  it('sends the official client to the leader', async () => {
    const client = served.connect();
    const stream = served.run.stream();
    const insisting = { expectedRevision: NO_STREAM, requiresLeader: true } as const;
    expect(await rejection(client.appendToStream(stream, event(), insisting))).toMatchObject({ type: 'not-leader', leader: { address: '127.0.0.1', port: leader.front.port } });
    expect(await client.appendToStream(stream, event(), insisting)).toMatchObject({ success: true });
    expect((await leader.log.readStream(stream)).exists).toBe(true);
    await client.dispose();
  });
});

describe('a node that is not ready', () => {
  let served: Served;
  let isReady = false;
  beforeAll(async () => {
    served = await Served.start({ isReady: () => isReady });
  });
  afterEach(() => {
    isReady = false;
  });
  afterAll(() => served.stop());

  it('says so, and nothing is stored', async () => {
    const batch = served.raw.batch();
    const stream = served.run.stream();
    const answer = await batch.ask(fragment({ correlation: served.run.id(), stream, events: [served.run.event()] }));
    expect(errorOf(answer)).toEqual({ code: 0, message: 'Server Is Not Ready', type: 'google.protobuf.Empty' });
    batch.call.cancel();
    const wanted = { code: status.UNAVAILABLE, details: 'Server Is Not Ready' };
    expect(await appendAlone(served.raw, stream)).toMatchObject(wanted);
    expect(await rejection(served.raw.messages(allOptions()))).toMatchObject(wanted);
    expect((await served.log.readStream(stream)).exists).toBe(false);
  });

  it('is what the official client cannot recognise in a batch', async () => {
    const error = await rejection(served.client.appendToStream('s', event(), { expectedRevision: NO_STREAM }));
    expect(error).toMatchObject({ type: 'unknown', message: 'Could not recognize Server Is Not Ready' });
  });

  it('serves as soon as it is', async () => {
    isReady = true;
    expect(await served.client.appendToStream(served.run.stream(), event(), { expectedRevision: NO_STREAM })).toMatchObject({ success: true });
  });
});

const drained = async (read: AsyncIterable<unknown>): Promise<number> => {
  let count = 0;
  for await (const _ of read) count += 1;
  return count;
};

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANY, binaryEvent, jsonEvent, NO_STREAM, STREAM_EXISTS, type AppendToStreamOptions, type EventData } from '@eventstore/db-client';
import { APPEND_BYTES_MAX } from '../../src/platform/event-log/event-log.js';
import { idsOf, range, rejection } from '../contract/contract-run.js';
import { Served } from './served.js';

/** The client takes the unary call for an append with credentials of its own (and then drops them where there is no TLS). */
const PATHS = [['in batches', {}], ['in a call of its own', { credentials: { username: 'somebody', password: 'something' } }]] as const;

describe.each(PATHS)('an append %s, through the official client', (_path, path: Partial<AppendToStreamOptions>) => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(() => served.stop());

  const events = (count: number, data: Record<string, unknown> = { n: 1 }): EventData[] => (
    range(0, count).map(() => jsonEvent({ id: served.run.id(), type: 'Served.v1', data, metadata: { schema: 1 } }))
  );
  const append = (stream: string, expectedRevision: AppendToStreamOptions['expectedRevision'], what: EventData | EventData[]) => (
    served.client.appendToStream(stream, what, { ...path, expectedRevision: expectedRevision! })
  );

  it('answers the revision and the position of its last event', async () => {
    const stream = served.run.stream();
    const { success, nextExpectedRevision, position } = await append(stream, NO_STREAM, events(3));
    const stored = (await served.log.readStream(stream)).events;
    expect({ success, nextExpectedRevision }).toEqual({ success: true, nextExpectedRevision: 2n });
    expect(position).toEqual({ commit: BigInt(stored[2]!.position), prepare: BigInt(stored[2]!.position) });
  });

  it('stores what was sent', async () => {
    const stream = served.run.stream();
    const id = served.run.id();
    await append(stream, NO_STREAM, jsonEvent({ id, type: 'Ünï.v1', data: { text: 'kudos ❤ 𝒳' }, metadata: { m: [1] } }));
    const [event] = (await served.log.readStream(stream)).events;
    expect(event).toMatchObject({ id, type: 'Ünï.v1', data: Buffer.from('{"text":"kudos ❤ 𝒳"}'), metadata: Buffer.from('{"m":[1]}') });
  });

  it('continues at an exact revision', async () => {
    const stream = served.run.stream();
    await append(stream, NO_STREAM, events(2));
    expect((await append(stream, 1n, events(1))).nextExpectedRevision).toBe(2n);
  });

  it('conflicts with the true revision, whatever was expected', async () => {
    const stream = served.run.stream();
    await append(stream, NO_STREAM, events(8));
    expect(await rejection(append(stream, 3n, events(1)))).toMatchObject({ type: 'wrong-expected-version', streamName: stream, expectedVersion: 3n, actualVersion: 7n });
    expect(await rejection(append(stream, 99n, events(1)))).toMatchObject({ type: 'wrong-expected-version', expectedVersion: 99n, actualVersion: 7n });
    expect(await rejection(append(stream, NO_STREAM, events(1)))).toMatchObject({ type: 'wrong-expected-version', expectedVersion: 'no_stream', actualVersion: 7n });
  });

  it('conflicts with no_stream where there is none', async () => {
    expect(await rejection(append(served.run.stream(), 0n, events(1)))).toMatchObject({ type: 'wrong-expected-version', actualVersion: 'no_stream' });
  });

  it('conflicts at a revision beyond all that can be', async () => {
    const stream = served.run.stream();
    await append(stream, NO_STREAM, events(1));
    expect(await rejection(append(stream, 2n ** 63n - 1n, events(1)))).toMatchObject({ type: 'wrong-expected-version', actualVersion: 0n });
  });

  it('again, with the same ids at the same revision, answers the original revision and position and stores nothing', async () => {
    const stream = served.run.stream();
    const what = events(2);
    const first = await append(stream, NO_STREAM, what);
    await append(stream, 1n, events(5));
    expect(await append(stream, NO_STREAM, what)).toEqual(first);
    expect((await served.log.readStream(stream)).events).toHaveLength(7);
  });

  it('of stored events and a new one conflicts', async () => {
    const stream = served.run.stream();
    const what = events(2);
    await append(stream, NO_STREAM, what);
    expect(await rejection(append(stream, NO_STREAM, [...what, ...events(1)]))).toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n });
  });

  it('of no events succeeds at revision 0, without a position, and creates nothing', async () => {
    const stream = served.run.stream();
    expect(await append(stream, NO_STREAM, [])).toEqual({ success: true, nextExpectedRevision: 0n, position: undefined });
    expect((await served.log.readStream(stream)).exists).toBe(false);
  });

  it('of no events is held to its revision', async () => {
    expect(await rejection(append(served.run.stream(), 4n, []))).toMatchObject({ type: 'wrong-expected-version', actualVersion: 'no_stream' });
  });

  it('above 1,048,576 bytes is too large, and the stream is unharmed', async () => {
    const stream = served.run.stream();
    await append(stream, NO_STREAM, events(1));
    const error = await rejection(append(stream, 0n, events(1, { x: 'x'.repeat(APPEND_BYTES_MAX) })));
    expect(error).toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1_048_576 });
    expect((await append(stream, 0n, events(1))).nextExpectedRevision).toBe(1n);
  });

  it('of events that are too large together is too large, and stores none of them', async () => {
    const stream = served.run.stream();
    const error = await rejection(append(stream, NO_STREAM, events(3, { x: 'x'.repeat(400_000) })));
    expect(error).toMatchObject({ type: 'maximum-append-size-exceeded' });
    expect((await served.log.readStream(stream)).exists).toBe(false);
  });

  it('counts bytes as EventStoreDB does: data, metadata, and two for each character of the type', async () => {
    const ofBytes = (bytes: number): EventData => (
      binaryEvent({ id: served.run.id(), type: 'T'.repeat(50), data: Buffer.alloc(bytes - 100 - 20, 1), metadata: Uint8Array.from(Buffer.alloc(20)) })
    );
    expect(await append(served.run.stream(), NO_STREAM, ofBytes(APPEND_BYTES_MAX))).toMatchObject({ success: true });
    expect(await rejection(append(served.run.stream(), NO_STREAM, ofBytes(APPEND_BYTES_MAX + 1)))).toMatchObject({ type: 'maximum-append-size-exceeded' });
  });

  it('of many events that fit is one append', async () => {
    const stream = served.run.stream();
    const what = events(1_000);
    expect((await append(stream, NO_STREAM, what)).nextExpectedRevision).toBe(999n);
    expect(idsOf((await served.log.readStream(stream, { limit: 1_000 })).events)).toEqual(what.map(({ id }) => id));
  });

  it.each([['any', ANY], ['stream_exists', STREAM_EXISTS]] as const)('at %s is not served, and says so', async (_name, expected) => {
    const stream = served.run.stream();
    const error = await rejection(append(stream, expected, events(1)));
    expect(error).toMatchObject({ type: 'unknown' });
    expect((error as Error).message).toContain('any and stream_exists are not served');
    expect((await served.log.readStream(stream)).exists).toBe(false);
  });

  it.each(['$$stream', '$settings', ''])('to the stream "%s", which is none of a ledger, is refused', async (stream) => {
    expect(await rejection(append(stream, NO_STREAM, events(1)))).toMatchObject({ type: 'unknown' });
  });

  it('of an event without a type is refused, and those after it are served', async () => {
    const stream = served.run.stream();
    expect(await rejection(append(stream, NO_STREAM, jsonEvent({ type: '', data: {} })))).toMatchObject({ type: 'unknown' });
    expect(await append(stream, NO_STREAM, events(1))).toMatchObject({ success: true });
  });

  it('under an id that is no UUID is refused, and those after it are served', async () => {
    const stream = served.run.stream();
    expect(await rejection(append(stream, NO_STREAM, jsonEvent({ id: 'not-a-uuid', type: 'T', data: {} })))).toMatchObject({ type: 'unknown' });
    expect(await append(stream, NO_STREAM, events(1))).toMatchObject({ success: true });
  });

  it('many at once to one stream lets one through at each revision', async () => {
    const stream = served.run.stream();
    const outcomes = await Promise.allSettled(range(0, 16).map(() => append(stream, NO_STREAM, events(1))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await served.log.readStream(stream)).events).toHaveLength(1);
  });

  it('many at once to many streams are all answered with their own results', async () => {
    const streams = range(0, 200).map(() => served.run.stream());
    const results = await Promise.all(streams.map((stream, k) => append(stream, NO_STREAM, events(1 + (k % 3)))));
    expect(results.map(({ nextExpectedRevision }) => Number(nextExpectedRevision))).toEqual(streams.map((_, k) => k % 3));
  });
});

describe('the official client', () => {
  it('sees the version that the batch answers wrongly when it does not throw, as with a real server', async () => {
    const served = await Served.start();
    const lenient = served.connect('tls=false&throwOnAppendFailure=false');
    const stream = served.run.stream();
    const event = () => jsonEvent({ type: 'T', data: {} });
    await lenient.appendToStream(stream, [event(), event(), event()], { expectedRevision: NO_STREAM });
    expect(await lenient.appendToStream(stream, event(), { expectedRevision: 9n })).toMatchObject({ success: false, nextExpectedRevision: 1n });
    expect(await lenient.appendToStream(stream, event(), { expectedRevision: 9n, credentials: { username: 'a', password: 'b' } }))
      .toMatchObject({ success: false, nextExpectedRevision: 2n });
    await lenient.dispose();
    await served.stop();
  });
});

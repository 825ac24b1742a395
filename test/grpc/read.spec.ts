import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { binaryEvent, jsonEvent, NO_STREAM, type AllStreamResolvedEvent, type ReadAllOptions, type ReadStreamOptions, type ResolvedEvent } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import grpc from '@grpc/grpc-js';
import type { RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { json, range, rejection } from '../contract/contract-run.js';
import { allOptions, streamId } from './raw.js';
import { Served } from './served.js';

describe('reads', () => {
  let served: Served;
  let events: readonly RecordedEvent[];
  beforeAll(async () => {
    served = await Served.start();
    for (const count of [1, 3, 600, 1, 7]) await served.run.written(count);
    events = await served.everything();
  });
  afterAll(() => served.stop());

  const ofStream = async (stream: string, options: ReadStreamOptions = {}): Promise<ResolvedEvent[]> => collect(served.client.readStream(stream, options));
  const ofAll = async (options: ReadAllOptions = {}): Promise<AllStreamResolvedEvent[]> => collect(served.client.readAll(options));
  const positionsOf = (found: readonly AllStreamResolvedEvent[]): number[] => found.map(({ event }) => Number(event!.position.commit));
  const revisionsOf = (found: readonly ResolvedEvent[]): number[] => found.map(({ event }) => Number(event!.revision));
  const at = (position: number): { commit: bigint; prepare: bigint } => ({ commit: BigInt(position), prepare: BigInt(position) });

  describe('of a stream', () => {
    const long = (): string => events[4]!.stream;

    it('shows an event as it was appended', async () => {
      const stream = served.run.stream();
      const id = served.run.id();
      await served.client.appendToStream(stream, jsonEvent({ id, type: 'Shown.v1', data: { a: [1, 'ü'] }, metadata: { m: true } }), { expectedRevision: NO_STREAM });
      const stored = (await served.log.readStream(stream)).events[0]!;
      const [found] = await ofStream(stream);
      expect(found!.event).toEqual({
        streamId: stream, id, revision: 0n, type: 'Shown.v1', data: { a: [1, 'ü'] }, metadata: { m: true }, isJson: true,
        created: new Date(stored.created), position: at(stored.position),
      });
      expect(found).toMatchObject({ commitPosition: BigInt(stored.position) });
      expect(found!.link).toBeUndefined();
    });

    it('goes forwards over all its pages', async () => {
      expect(revisionsOf(await ofStream(long()))).toEqual(range(0, 600));
    });
    it('goes backwards over all its pages', async () => {
      expect(revisionsOf(await ofStream(long(), { direction: 'backwards', fromRevision: 'end' }))).toEqual(range(0, 600).reverse());
    });
    it('begins at a revision, which belongs to it, both ways', async () => {
      expect(revisionsOf(await ofStream(long(), { fromRevision: 590n }))).toEqual(range(590, 600));
      expect(revisionsOf(await ofStream(long(), { fromRevision: 3n, direction: 'backwards' }))).toEqual([3, 2, 1, 0]);
    });
    it('stops at its count, also beyond a page', async () => {
      expect(revisionsOf(await ofStream(long(), { maxCount: 520 }))).toEqual(range(0, 520));
      expect(revisionsOf(await ofStream(long(), { maxCount: 2, direction: 'backwards', fromRevision: 'end' }))).toEqual([599, 598]);
    });
    it('is empty beyond the end', async () => {
      expect(await ofStream(long(), { fromRevision: 600n })).toEqual([]);
      expect(await ofStream(long(), { fromRevision: 2n ** 63n - 1n })).toEqual([]);
      expect(await ofStream(long(), { fromRevision: 'end' })).toEqual([]);
    });
    it('begins at the last event when it goes backwards from beyond it', async () => {
      expect(revisionsOf(await ofStream(long(), { fromRevision: 2n ** 62n, direction: 'backwards', maxCount: 1 }))).toEqual([599]);
    });
    it('is the first event only when it goes backwards from the start', async () => {
      expect(revisionsOf(await ofStream(long(), { fromRevision: 'start', direction: 'backwards' }))).toEqual([0]);
    });
    it.each(['forwards', 'backwards'] as const)('%s says that there is none, in the answer', async (direction) => {
      const stream = served.run.stream();
      expect(await rejection(ofStream(stream, { direction, fromRevision: direction === 'forwards' ? 'start' : 'end' }))).toMatchObject({ type: 'stream-not-found', streamName: stream });
      const options = allOptions().setStream(new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(streamId(stream)).setStart(new shared.Empty()));
      const [message, ...more] = await served.raw.messages(options);
      expect(message!.hasStreamNotFound()).toBe(true);
      expect(more).toEqual([]);
    });
    it('of the store itself says that there is none', async () => {
      expect(await served.client.getStreamMetadata(long())).toEqual({ streamName: long() });
    });
  });

  describe('of everything', () => {
    it('goes forwards over all its pages', async () => {
      expect(positionsOf(await ofAll()).slice(0, events.length)).toEqual(events.map(({ position }) => position));
    });
    it('goes backwards over all its pages', async () => {
      const all = (await served.everything()).map(({ position }) => position);
      expect(positionsOf(await ofAll({ direction: 'backwards', fromPosition: 'end' }))).toEqual(all.reverse());
    });
    it('begins forwards at a position, which belongs to it', async () => {
      expect(positionsOf(await ofAll({ fromPosition: at(events[5]!.position), maxCount: 2 }))).toEqual([events[5]!.position, events[6]!.position]);
    });
    it('begins backwards before a position', async () => {
      expect(positionsOf(await ofAll({ fromPosition: at(events[5]!.position), direction: 'backwards', maxCount: 2 }))).toEqual([events[4]!.position, events[3]!.position]);
    });
    it('goes on where another stopped, with one event twice', async () => {
      const first = positionsOf(await ofAll({ maxCount: 100 }));
      const next = positionsOf(await ofAll({ fromPosition: at(first[99]!), maxCount: 100 }));
      expect([...first, ...next.slice(1)]).toEqual(events.slice(0, 199).map(({ position }) => position));
    });
    it('looks at the commit position only', async () => {
      expect(positionsOf(await ofAll({ fromPosition: { commit: BigInt(events[5]!.position), prepare: 0n }, maxCount: 1 }))).toEqual([events[5]!.position]);
    });
    it.each(['forwards', 'backwards'] as const)('%s from a position that never was is an unknown error', async (direction) => {
      const gap = events.findIndex(({ position }, k) => k > 0 && position - events[k - 1]!.position > 1);
      const error = await rejection(ofAll({ direction, fromPosition: at(events[gap]!.position - 1) }));
      expect(error).toMatchObject({ type: 'unknown', code: grpc.status.UNKNOWN });
    });
    it('from position 0 begins at the start', async () => {
      expect(positionsOf(await ofAll({ fromPosition: { commit: 0n, prepare: 0n }, maxCount: 1 }))).toEqual([events[0]!.position]);
    });
    it('is empty forwards from the end, backwards from the start, and beyond the head', async () => {
      expect(await ofAll({ fromPosition: 'end' })).toEqual([]);
      expect(await ofAll({ fromPosition: 'start', direction: 'backwards' })).toEqual([]);
      expect(await ofAll({ fromPosition: at(2 ** 50) })).toEqual([]);
    });
    it('can be left in the middle', async () => {
      const found: unknown[] = [];
      for await (const event of served.client.readAll()) if (found.push(event) === 10) break;
      expect(found).toHaveLength(10);
    });
  });

  it.each(['stream', '$all'])('of %s with a count of 0 are an error', async (which) => {
    const error = which === 'stream' ? await rejection(ofStream(events[0]!.stream, { maxCount: 0 })) : await rejection(ofAll({ maxCount: 0 }));
    expect(error).toMatchObject({ type: 'unknown' });
  });

  it('give ids as two numbers to who does not ask for text', async () => {
    const bare = allOptions('1');
    bare.clearUuidOption();
    for (const asked of [bare, allOptions('1').setUuidOption(new streams.ReadReq.Options.UUIDOption().setStructured(new shared.Empty()))]) {
      const [message] = await served.raw.messages(asked);
      const structured = message!.getEvent()!.getEvent()!.getId()!.getStructured()!;
      const bytes = Buffer.alloc(16);
      bytes.writeBigInt64BE(BigInt(structured.getMostSignificantBits()), 0);
      bytes.writeBigInt64BE(BigInt(structured.getLeastSignificantBits()), 8);
      expect(bytes.toString('hex')).toBe(events[0]!.id.replaceAll('-', ''));
    }
  });

  it.each([
    ['no count', (options: ReadReq.Options) => options.clearCount()],
    ['neither a stream nor $all', (options: ReadReq.Options) => options.clearAll()],
  ])('with %s are an error', async (_what, spoil) => {
    const options = allOptions('1');
    spoil(options);
    expect(await rejection(served.raw.messages(options))).toMatchObject({ code: grpc.status.UNKNOWN });
  });

  describe('with a filter, which newer clients send', () => {
    const filtered = async (direction: 'FORWARDS' | 'BACKWARDS', count: string, expression: ReadReq.Options.FilterOptions.Expression): Promise<number[]> => {
      const place = new streams.ReadReq.Options.AllOptions();
      const options = allOptions(count)
        .setAll(direction === 'FORWARDS' ? place.setStart(new shared.Empty()) : place.setEnd(new shared.Empty()))
        .setReadDirection(streams.ReadReq.Options.ReadDirection[direction])
        .setFilter(new streams.ReadReq.Options.FilterOptions().setEventType(expression).setMax(32).setCheckpointintervalmultiplier(1));
      return (await served.raw.messages(options)).map((message) => Number(message.getEvent()!.getEvent()!.getCommitPosition()));
    };
    it('show what matches, both ways, up to their count', async () => {
      const type = served.run.type();
      for (const _ of range(0, 3)) {
        await served.run.written(700);
        await served.run.written(2, { type });
      }
      const expected = (await served.everything()).filter((event) => event.type === type).map(({ position }) => position);
      expect(expected).toHaveLength(6);
      const prefix = new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList([type]);
      expect(await filtered('FORWARDS', '100', prefix)).toEqual(expected);
      expect(await filtered('BACKWARDS', '100', prefix)).toEqual([...expected].reverse());
      expect(await filtered('FORWARDS', '5', prefix)).toEqual(expected.slice(0, 5));
      expect(await filtered('BACKWARDS', '1', new streams.ReadReq.Options.FilterOptions.Expression().setRegex(`^${type}$`))).toEqual(expected.slice(5));
    });
    it('are empty when nothing matches', async () => {
      expect(await filtered('FORWARDS', '100', new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList(['Nothing']))).toEqual([]);
    });
  });

  it('say what time it is here, for clients compare their clock', async () => {
    const read = served.raw.read(allOptions('1'));
    const headers = await new Promise<grpc.Metadata>((resolve) => read.resume().once('metadata', resolve));
    expect(Math.abs(Date.parse(headers.get('date')[0]!.toString()) - Date.now())).toBeLessThan(60_000);
  });

  it('ignore that links are to be resolved, for there are none', async () => {
    expect(await ofAll({ resolveLinkTos: true, maxCount: 3 })).toHaveLength(3);
  });

  describe('content types', () => {
    const typeOf = async (data: Buffer): Promise<boolean> => {
      const { stream } = await served.run.written(1, { data });
      return (await ofStream(stream))[0]!.event!.isJson;
    };
    it.each(['{"a":1}', '[]', '"text"', '""', 'null', 'true', '-1.5e3'])('%s is JSON', async (text) => {
      expect(await typeOf(Buffer.from(text))).toBe(true);
    });
    it.each(['', '"', '{', 'text', '{"a":1', String.fromCharCode(0, 1, 2)])('%j is not', async (text) => {
      expect(await typeOf(Buffer.from(text))).toBe(false);
    });
    it('do not change what a client wrote as bytes', async () => {
      const stream = served.run.stream();
      const data = Uint8Array.from(Buffer.from('ff00fe01', 'hex'));
      await served.client.appendToStream(stream, binaryEvent({ type: 'Bytes', data }), { expectedRevision: NO_STREAM });
      const [found] = await ofStream(stream);
      expect(Buffer.from(found!.event!.data as Uint8Array)).toEqual(Buffer.from(data));
    });
  });

  it('are served beside each other', async () => {
    await served.run.written(1_000, { data: json({ fill: 'x'.repeat(1_000) }) });
    const all = await served.everything();
    const found = await Promise.all([ofAll(), ofAll(), ofAll({ direction: 'backwards', fromPosition: 'end' })]);
    expect(found.map((each) => each.length)).toEqual([all.length, all.length, all.length]);
  });
});

const collect = async <Event>(read: AsyncIterable<Event>): Promise<Event[]> => {
  const found: Event[] = [];
  for await (const event of read) found.push(event);
  return found;
};

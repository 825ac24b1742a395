import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32, crc32InCode } from '../../src/platform/event-log/embedded/crc32.js';
import { encodeFrame, eventsOfFrame, frameLengthAt, recordedOf, sealFrame } from '../../src/platform/event-log/embedded/frame.js';
import { HotTail } from '../../src/platform/event-log/embedded/hot-tail.js';
import { StreamIndex } from '../../src/platform/event-log/embedded/stream-index.js';
import type { FeedBatch, RecordedEvent } from '../../src/platform/event-log/event-log.js';
import { range, revisionsOf } from '../contract/contract-run.js';
import { SimDisk } from './sim-disk.js';
import { eventOf, everything, openOn, SimIds } from './sim-log.js';

const ids = new SimIds(41);
const small = (position: number): RecordedEvent => ({
  stream: 's', revision: 0, position, id: ids.uuid(), type: 't', data: Buffer.alloc(10), metadata: Buffer.alloc(0), created: 0,
});

describe('the hot tail', () => {
  it('keeps the newest events up to its number', () => {
    const tail = new HotTail(100, { eventsMax: 10, bytesMax: 1_000_000 });
    for (const k of range(0, 25)) tail.push(small(k));
    expect([tail.first, tail.end, tail.get(114), tail.get(115)?.position, tail.get(124)?.position, tail.get(125)]).toEqual([115, 125, undefined, 15, 24, undefined]);
  });

  it('keeps the newest events up to its bytes', () => {
    const tail = new HotTail(0, { eventsMax: 1_000, bytesMax: 2_100 });
    for (const k of range(0, 50)) tail.push(small(k));
    expect(tail.end - tail.first).toBe(5); // 411 bytes each
  });

  it('is handed to every follower as the same objects', async () => {
    const log = await openOn(new SimDisk());
    const next = (feed: AsyncIterable<FeedBatch>): Promise<FeedBatch> => feed[Symbol.asyncIterator]().next().then(({ value }) => value as FeedBatch);
    const feeds = Promise.all([next(log.follow({ after: -1 })), next(log.follow({ after: -1, types: new Set(['Simulated.v1']) }))]);
    await log.append('hot-1', 'no_stream', [eventOf(ids, 10)]);
    const [one, two] = await feeds;
    expect(one.events[0]).toBe(two.events[0]);
    expect((await log.readStream('hot-1')).events[0]).toBe(one.events[0]);
  });
});

describe('the index', () => {
  it('finds what a plain model finds, whatever was appended', () => {
    const appends = fc.array(fc.record({ stream: fc.integer({ min: 0, max: 6 }), events: fc.integer({ min: 1, max: 90 }) }), { maxLength: 60 });
    fc.assert(fc.property(appends, fc.nat(), fc.nat(), (all, one, other) => {
      const index = new StreamIndex();
      const model = new Map<string, number[]>();
      let position = 64;
      for (const { stream, events } of all) {
        const name = `account-${stream}`;
        const number = index.numberOf(name);
        for (const k of range(0, events)) {
          const known = model.get(name) ?? [];
          model.set(name, [...known, index.events]);
          index.add(number, position + k, k === 0);
        }
        position += 100 * events;
      }
      for (const [name, ordinals] of model) {
        const [from, to] = [one % ordinals.length, other % ordinals.length].sort((a, b) => a - b) as [number, number];
        expect(index.head(name)).toBe(ordinals.length - 1);
        expect(index.ordinalsOf(name, from, to)).toEqual(ordinals.slice(from, to + 1));
      }
      expect(index.streams).toBe(model.size);
      if (index.events > 0) expect(index.ordinalAfter(index.positionAt(one % index.events))).toBe((one % index.events) + 1);
    }));
  });

  it('walks no further than a waypoint in a long stream', () => {
    const index = new StreamIndex();
    const number = index.numberOf('hot-1');
    for (const k of range(0, 100_000)) index.add(number, k * 10, true);
    for (const revision of [0, 1, 255, 256, 257, 70_000, 99_999]) expect(index.ordinalsOf('hot-1', revision, revision)).toEqual([revision]);
  });
});

describe('a frame', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((name) => !/[\uD800-\uDFFF]/u.test(name));
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  const event = fc.record({ id: fc.uuid(), type: text, data: bytes, metadata: bytes });

  it('holds what was put into it, and the writer sees the same as a reader', () => {
    fc.assert(fc.property(text, fc.nat(), fc.array(event, { minLength: 1, maxLength: 5 }), (stream, revision, events) => {
      const frame = encodeFrame(stream, revision, events);
      sealFrame(frame, { position: 4_096, durable: 64, created: 1_700_000_000_000, seed: 9 });
      expect(frameLengthAt(frame, 0, 9)).toBe(frame.length);
      const decoded = eventsOfFrame(frame, 0);
      expect(decoded).toEqual(recordedOf(frame, stream, events));
      expect(decoded.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))).toEqual(events);
      expect(decoded.map((one) => [one.stream, one.revision, one.position])).toEqual(events.map((_, k) => [stream, revision + k, 4_096 + k]));
    }));
  });

  it('is not valid with any bit changed, nor in another log', () => {
    fc.assert(fc.property(fc.array(event, { minLength: 1, maxLength: 3 }), fc.nat(), (events, place) => {
      const frame = encodeFrame('account-1', 0, events);
      sealFrame(frame, { position: 64, durable: 64, created: 1, seed: 9 });
      expect(frameLengthAt(frame, 0, 8)).toBe(0);
      const bit = place % (frame.length * 8);
      frame[bit >> 3] = frame[bit >> 3]! ^ (1 << (bit & 7));
      expect(frameLengthAt(frame, 0, 9) ?? 0).toBe(0);
    }));
  });

  it('has the same checksum where zlib has none to offer', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat({ max: 0xffffffff }), (array, seed) => {
      expect(crc32InCode(array, seed)).toBe(crc32(array, seed));
    }));
  });
});

describe('segments', () => {
  it('follow each other, and are one log', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk, { segmentBytes: 3_000 });
    for (const k of range(0, 60)) await log.append('rotated-1', k === 0 ? 'no_stream' : k - 1, [eventOf(ids, 200)]);
    await log.close();
    const sizes = disk.paths('.log').map((path) => ({ base: Number(path.slice(-20, -4)), size: disk.bytesOf(path).length }));
    expect(sizes.length).toBeGreaterThan(5);
    expect(sizes.every(({ base }, k) => k === 0 ? base === 0 : base === sizes[k - 1]!.base + sizes[k - 1]!.size)).toBe(true);
    expect(sizes.every(({ size }) => size <= 3_000)).toBe(true);
    expect(revisionsOf(await everything(await openOn(disk)))).toEqual(range(0, 60));
  });

  it('take an append that is longer than a segment', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk, { segmentBytes: 3_000 });
    for (const k of range(0, 4)) await log.append(`long-${k}`, 'no_stream', [eventOf(ids, 9_000)]);
    expect(await everything(await openOn(disk.afterKill()))).toHaveLength(4);
  });

  it('keep the identity of the log', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk, { segmentBytes: 1_000 });
    for (const k of range(0, 10)) await log.append(`id-${k}`, 'no_stream', [eventOf(ids, 200)]);
    await log.close();
    expect((await openOn(disk, { ids: new SimIds(77) })).storeId).toBe(log.storeId);
  });

  it('are read beyond the number of files that may be open', async () => {
    const disk = new SimDisk();
    const log = await openOn(disk, { segmentBytes: 400 });
    for (const k of range(0, 300)) await log.append(`many-${k}`, 'no_stream', [eventOf(ids, 150)]);
    expect(disk.paths('.log').length).toBeGreaterThan(250);
    expect(await everything(log)).toHaveLength(300);
    expect((await log.readStream('many-3')).events).toHaveLength(1);
  });
});

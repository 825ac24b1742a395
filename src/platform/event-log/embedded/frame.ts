import type { NewEvent, RecordedEvent } from '../event-log.js';
import { crc32 } from './crc32.js';

/**
 * One append is one frame, so an append is in the log whole or not at all. Little-endian:
 *
 *   0 magic u32 · 4 CRC-32 of the rest u32, seeded with the log's id · 8 length u32 · 12 bytes of the stream's name u16
 *   14 events u16 · 16 position f64 · 24 durable f64 · 32 first revision f64 · 40 created f64 · 48 stream
 *   then for each event: data length u32 · metadata length u32 · type length u16 · id (36 ASCII) · type · data · metadata
 *   then zeros up to a multiple of 8
 *
 * `position` is the frame's own offset in the log; event k of the frame has position + k (a frame is longer than its
 * events are many, so positions rise strictly). `durable` is the offset below which all was durable when the frame was
 * written: what recovery needs to tell a torn tail from damage. f64 is exact for the safe integers that positions are.
 */
export const FRAME_MAGIC = 0x31464c48; // "HLF1"
export const FRAME_HEADER_BYTES = 48;
const EVENT_HEADER_BYTES = 46;
const ID_BYTES = 36;
/** 1 MiB of events, the headers of 4,096 events and a longest name stay below it; anything longer is not a frame. */
export const FRAME_BYTES_MAX = 4 * 1_048_576;

export interface FrameHeader {
  readonly length: number;
  readonly events: number;
  readonly position: number;
  readonly durable: number;
  readonly revision: number;
  readonly stream: string;
}

/** The frame of an append, complete but for what only the moment of writing knows (`sealFrame`). */
export const encodeFrame = (stream: string, revision: number, events: readonly NewEvent[]): Buffer => {
  const nameBytes = Buffer.byteLength(stream);
  const typeBytes = events.map(({ type }) => Buffer.byteLength(type));
  let bytes = FRAME_HEADER_BYTES + nameBytes;
  events.forEach(({ data, metadata }, k) => (bytes += EVENT_HEADER_BYTES + typeBytes[k]! + data.length + metadata.length));
  const length = Math.ceil(bytes / 8) * 8;
  const frame = roomFor(length);
  frame.writeUInt32LE(FRAME_MAGIC, 0);
  frame.writeUInt32LE(length, 8);
  frame.writeUInt16LE(nameBytes, 12);
  frame.writeUInt16LE(events.length, 14);
  frame.writeDoubleLE(revision, 32);
  let at = FRAME_HEADER_BYTES + frame.write(stream, FRAME_HEADER_BYTES, 'utf8');
  for (let k = 0; k < events.length; k++) at = encodeEvent(frame, at, events[k]!, typeBytes[k]!);
  frame.fill(0, at);
  return frame;
};

/**
 * Frames stay in memory one beside the other and leave it in order (`hot-tail.ts`). In Node's common pool each would keep alive whatever
 * came between: three times its own bytes, measured.
 */
const SLAB_BYTES = 64 * 1_024;
let slab = Buffer.alloc(0);

const roomFor = (bytes: number): Buffer => {
  if (bytes > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(bytes);
  if (bytes > slab.length) slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  const room = slab.subarray(0, bytes);
  slab = slab.subarray(bytes);
  return room;
};

const encodeEvent = (frame: Buffer, start: number, { id, type, data, metadata }: NewEvent, typeBytes: number): number => {
  frame.writeUInt32LE(data.length, start);
  frame.writeUInt32LE(metadata.length, start + 4);
  frame.writeUInt16LE(typeBytes, start + 8);
  frame.write(id, start + 10, ID_BYTES, 'latin1');
  let at = start + EVENT_HEADER_BYTES;
  at += frame.write(type, at, 'utf8');
  frame.set(data, at);
  frame.set(metadata, at + data.length);
  return at + data.length + metadata.length;
};

export interface Moment {
  readonly position: number;
  readonly durable: number;
  readonly created: number;
  readonly seed: number;
}
/** Fills in place and time, and signs with the checksum. May be done again when the frame is written elsewhere. */
export const sealFrame = (frame: Buffer, { position, durable, created, seed }: Moment): void => {
  frame.writeDoubleLE(position, 16);
  frame.writeDoubleLE(durable, 24);
  frame.writeDoubleLE(created, 40);
  frame.writeUInt32LE(crc32(frame.subarray(8), seed), 4);
};

/** The length of the whole and intact frame at `at`, 0 when there is none, undefined when `buffer` is too short to tell. */
export const frameLengthAt = (buffer: Buffer, at: number, seed: number): number | undefined => {
  if (buffer.length - at < FRAME_HEADER_BYTES) return undefined;
  if (buffer.readUInt32LE(at) !== FRAME_MAGIC) return 0;
  const length = buffer.readUInt32LE(at + 8);
  if (length < FRAME_HEADER_BYTES || length > FRAME_BYTES_MAX || length % 8 !== 0) return 0;
  if (buffer.length - at < length) return undefined;
  return crc32(buffer.subarray(at + 8, at + length), seed) === buffer.readUInt32LE(at + 4) ? length : 0;
};

/** Only for frames that `frameLengthAt` found intact. */
export const frameHeaderAt = (buffer: Buffer, at: number): FrameHeader => ({
  length: buffer.readUInt32LE(at + 8),
  events: buffer.readUInt16LE(at + 14),
  position: buffer.readDoubleLE(at + 16),
  durable: buffer.readDoubleLE(at + 24),
  revision: buffer.readDoubleLE(at + 32),
  stream: buffer.toString('utf8', at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + buffer.readUInt16LE(at + 12)),
});

/** The events of an intact frame; their data and metadata share the memory of `buffer`. */
export const eventsOfFrame = (buffer: Buffer, start: number): RecordedEvent[] => {
  const { stream, events, position, revision } = frameHeaderAt(buffer, start);
  const created = buffer.readDoubleLE(start + 40);
  const recorded: RecordedEvent[] = [];
  let at = start + FRAME_HEADER_BYTES + buffer.readUInt16LE(start + 12);
  for (let k = 0; k < events; k++) {
    const typeAt = at + EVENT_HEADER_BYTES;
    const dataAt = typeAt + buffer.readUInt16LE(at + 8);
    const metadataAt = dataAt + buffer.readUInt32LE(at);
    const end = metadataAt + buffer.readUInt32LE(at + 4);
    recorded.push({
      stream, revision: revision + k, position: position + k,
      id: buffer.toString('latin1', at + 10, at + 10 + ID_BYTES), type: buffer.toString('utf8', typeAt, dataAt),
      data: buffer.subarray(dataAt, metadataAt), metadata: buffer.subarray(metadataAt, end), created,
    });
    at = end;
  }
  return recorded;
};

/** The same events as `eventsOfFrame`, for the writer, who still has their texts at hand. */
export const recordedOf = (frame: Buffer, stream: string, events: readonly Pick<NewEvent, 'id' | 'type'>[]): RecordedEvent[] => {
  const position = frame.readDoubleLE(16);
  const revision = frame.readDoubleLE(32);
  const created = frame.readDoubleLE(40);
  let at = FRAME_HEADER_BYTES + frame.readUInt16LE(12);
  return events.map(({ id, type }, k) => {
    const dataAt = at + EVENT_HEADER_BYTES + frame.readUInt16LE(at + 8);
    const metadataAt = dataAt + frame.readUInt32LE(at);
    at = metadataAt + frame.readUInt32LE(at + 4);
    const data = frame.subarray(dataAt, metadataAt);
    return { stream, revision: revision + k, position: position + k, id, type, data, metadata: frame.subarray(metadataAt, at), created };
  });
};

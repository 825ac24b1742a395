import { crc32 } from './crc32.js';
import { nextTurn, readWhole, slicesOf, writeWhole, type Files } from './files.js';
import type { FrameHeader } from './frame.js';
import { GrowingArray } from './growing-array.js';
import { indexName } from './segment-header.js';
import type { StreamIndex } from './stream-index.js';

/**
 * Beside each segment lies what the index knows about it, so that a start reads that instead of every event. The newest
 * segment's file is written anew every so often; a sealed segment's never again. Missing, foreign or damaged: ignored, and
 * the segment is scanned. Little-endian: 0 magic u32 · 4 CRC-32 of the rest u32 · 8 version u32 · 12 id of the log ·
 * 48 base · 56 end · 64 events before · 72 events · 80 streams before · 88 streams · 96 bytes of names (all f64) ·
 * at 128 the positions (f64 each), stream numbers (u32 each, top bit: first of its frame), new streams' names (u16 length).
 */
const INDEX_MAGIC = 0x31494c48; // "HLI1"
const INDEX_VERSION = 1;
const HEADER_BYTES = 128;
const FIRST_OF_FRAME = 0x80000000;
const ORDINAL_MASK = 0x7fffffff;
const NAMES_SLAB_BYTES = 65_536;

/** What has been added to the index since the segment at `base` began, in the form in which it is stored. */
export class IndexSection {
  private readonly events = GrowingArray.of32();
  private readonly slabs: Buffer[] = [];
  private slab = Buffer.alloc(0);
  private slabUsed = 0;
  private streams = 0;
  /** How many of the events the stored file has. */
  stored = 0;
  private readonly eventsBefore: number;
  private readonly streamsBefore: number;

  constructor(readonly base: number, private readonly index: StreamIndex) {
    this.eventsBefore = index.events;
    this.streamsBefore = index.streams;
  }

  /** Adds the events of one frame to the index, and remembers them for the snapshot. */
  add({ stream, position, events }: Pick<FrameHeader, 'stream' | 'position' | 'events'>): void {
    const known = this.index.streams;
    const number = this.index.numberOf(stream);
    if (number >= known) this.addName(stream);
    for (let k = 0; k < events; k++) {
      this.index.add(number, position + k, k === 0);
      this.events.push(k === 0 ? (number | FIRST_OF_FRAME) >>> 0 : number);
    }
  }

  private addName(stream: string): void {
    const bytes = Buffer.byteLength(stream);
    if (this.slabUsed + 2 + bytes > this.slab.length) {
      if (this.slabUsed > 0) this.slabs.push(this.slab.subarray(0, this.slabUsed));
      this.slab = Buffer.allocUnsafeSlow(Math.max(NAMES_SLAB_BYTES, 2 + bytes));
      this.slabUsed = 0;
    }
    this.slab.writeUInt16LE(bytes, this.slabUsed);
    this.slabUsed += 2 + this.slab.write(stream, this.slabUsed + 2, 'utf8');
    this.streams += 1;
  }

  /** Number of events of this segment so far. */
  get length(): number {
    return this.events.length;
  }

  /** The section as a file's parts but for the checksum; copies, so appends may go on while they are written. */
  encode(storeId: string, end: number): SectionParts {
    const count = this.events.length;
    const positions = this.index.positionBytes(this.eventsBefore, this.eventsBefore + count);
    const names = [...this.slabs, Buffer.from(this.slab.subarray(0, this.slabUsed))];
    const nameBytes = names.reduce((sum, part) => sum + part.length, 0);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(INDEX_MAGIC, 0);
    header.writeUInt32LE(INDEX_VERSION, 8);
    header.write(storeId, 12, 36, 'latin1');
    const numbers = [this.base, end, this.eventsBefore, count, this.streamsBefore, this.streams, nameBytes];
    numbers.forEach((value, k) => header.writeDoubleLE(value, 48 + 8 * k));
    return [header, positions, this.events.bytes(0, count), ...names];
  }

  /** Takes over a stored section. Answers where it ends, or undefined if it is not exactly about this place of this log. */
  restore(bytes: Buffer, storeId: string): number | undefined {
    if (!isIndex(bytes, storeId)) return undefined;
    const [base, end, eventsBefore, count, streamsBefore, streams, nameBytes] = Array.from({ length: 7 }, (_, k) => bytes.readDoubleLE(48 + 8 * k)) as Sizes;
    if (base !== this.base || eventsBefore !== this.eventsBefore || streamsBefore !== this.streamsBefore) return undefined;
    const namesAt = HEADER_BYTES + 12 * count;
    if (bytes.length !== namesAt + nameBytes) return undefined;
    this.restoreNames(bytes.subarray(namesAt), streams);
    const positions = new Float64Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, count);
    const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES + 8 * count, count);
    for (let k = 0; k < count; k++) {
      const number = numbers[k]!;
      this.index.add(number & ORDINAL_MASK, positions[k]!, number > ORDINAL_MASK);
      this.events.push(number);
    }
    this.stored = count;
    return end;
  }

  private restoreNames(bytes: Buffer, count: number): void {
    let at = 0;
    for (let k = 0; k < count; k++) {
      const length = bytes.readUInt16LE(at);
      this.index.numberOf(bytes.toString('utf8', at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.slabs.push(Buffer.from(bytes));
    this.streams += count;
  }
}

type Sizes = [base: number, end: number, eventsBefore: number, events: number, streamsBefore: number, streams: number, nameBytes: number];

const isIndex = (bytes: Buffer, storeId: string): boolean =>
  bytes.length >= HEADER_BYTES &&
  bytes.readUInt32LE(0) === INDEX_MAGIC &&
  bytes.readUInt32LE(8) === INDEX_VERSION &&
  bytes.toString('latin1', 12, 48) === storeId &&
  crc32(bytes.subarray(CHECKED_FROM)) === bytes.readUInt32LE(4);

type SectionParts = readonly [header: Buffer, ...rest: Uint8Array[]];

/** Over everything behind the checksum itself. */
const CHECKED_FROM = 8;

/** Stores a section beside its segment. Millions of events are written in slices: nobody waits for them. */
export const writeSnapshot = async (files: Files, directory: string, base: number, parts: SectionParts): Promise<void> => {
  const [header, ...rest] = parts;
  let checksum = 0;
  for (const slice of slicesOf([header.subarray(CHECKED_FROM), ...rest])) {
    checksum = crc32(slice, checksum);
    await nextTurn();
  }
  header.writeUInt32LE(checksum, 4);
  await writeWhole(files, directory, indexName(base), parts);
};

export const readSnapshot = (files: Files, directory: string, base: number): Promise<Buffer | undefined> =>
  readWhole(files, `${directory}/${indexName(base)}`);

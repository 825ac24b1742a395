import { crc32 } from './crc32.js';

/**
 * First bytes of each segment: 0 magic u32 · 4 CRC-32 of the rest u32 · 8 version u32 · 12 id of the log (36 ASCII) ·
 * 48 base f64 (position of this header in the log) · zeros. The first frame follows at 64.
 */
export const SEGMENT_HEADER_BYTES = 64;
const SEGMENT_MAGIC = 0x31534c48; // "HLS1"
const FORMAT_VERSION = 1;

export interface SegmentHeader {
  readonly storeId: string;
  readonly base: number;
}

export const encodeSegmentHeader = ({ storeId, base }: SegmentHeader): Buffer => {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.writeUInt32LE(SEGMENT_MAGIC, 0);
  header.writeUInt32LE(FORMAT_VERSION, 8);
  header.write(storeId, 12, 36, 'latin1');
  header.writeDoubleLE(base, 48);
  header.writeUInt32LE(crc32(header.subarray(8)), 4);
  return header;
};

/** Undefined when the bytes are not a header, or damaged. */
export const decodeSegmentHeader = (bytes: Buffer): SegmentHeader | undefined => {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32LE(0) !== SEGMENT_MAGIC) return undefined;
  if (crc32(bytes.subarray(8, SEGMENT_HEADER_BYTES)) !== bytes.readUInt32LE(4)) return undefined;
  if (bytes.readUInt32LE(8) !== FORMAT_VERSION) return undefined;
  return { storeId: bytes.toString('latin1', 12, 48), base: bytes.readDoubleLE(48) };
};

const SEGMENT_NAME = /^(\d{16})\.log$/;
const digits = (base: number): string => String(base).padStart(16, '0');
export const segmentName = (base: number): string => `${digits(base)}.log`;
export const indexName = (base: number): string => `${digits(base)}.index`;
/** The base that a segment's name says, or undefined for any other file. */
export const baseOfSegmentName = (name: string): number | undefined => {
  const match = SEGMENT_NAME.exec(name);
  return match ? Number(match[1]) : undefined;
};

/** Checksums of frames start from here, so a frame of another log is never taken for one of ours. */
export const frameSeed = (storeId: string): number => crc32(Buffer.from(storeId, 'latin1'));

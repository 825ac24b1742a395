/** What the first bytes of an image say of it. */
export interface ImageHeader {
  readonly format: 'png' | 'jpeg' | 'webp' | 'gif';
  readonly width: number;
  readonly height: number;
  /** It can hold transparent pixels: such an image needs no mask to be painted in. */
  readonly alpha: boolean;
}

type Read = (bytes: Buffer) => ImageHeader | undefined;

/**
 * Size and kind of an image, from its header alone: nothing is decoded, and no byte beyond the end is looked at, so that
 * hostile bytes cost nothing. Undefined for what is no image that workers open.
 */
export const imageHeader = (bytes: Uint8Array): ImageHeader | undefined => {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const read of [png, jpeg, webp, gif]) {
    const found = read(view);
    if (found) return found.width > 0 && found.height > 0 ? found : undefined;
  }
  return undefined;
};

/** Whether something begins as one of these images does, whatever follows. */
export const beginsAsImage = (bytes: Buffer): boolean =>
  text(bytes, 0, 8) === PNG_SIGNATURE || text(bytes, 0, 2) === '\xff\xd8' || /^GIF8[79]a/.test(text(bytes, 0, 6)) || /^RIFF.{4}WEBP/s.test(text(bytes, 0, 12));

const text = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, Math.min(to, bytes.length));

const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';
const PNG_HEADER_BYTES = 33;
/** Grey and colour with an alpha channel. */
const PNG_ALPHA_TYPES: ReadonlySet<number> = new Set([4, 6]);

const png: Read = (bytes) => {
  if (bytes.length < PNG_HEADER_BYTES || text(bytes, 0, 8) !== PNG_SIGNATURE || text(bytes, 12, 16) !== 'IHDR') return undefined;
  const alpha = PNG_ALPHA_TYPES.has(bytes.readUInt8(25)) || hasTransparentColour(bytes);
  return { format: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), alpha };
};

/** Chunks before the pixels are few; more than these are not looked through. */
const PNG_CHUNKS_MAX = 64;
const PNG_CHUNK_FRAME_BYTES = 12;
const hasTransparentColour = (bytes: Buffer): boolean => {
  let at = PNG_HEADER_BYTES;
  for (let chunk = 0; chunk < PNG_CHUNKS_MAX && at + 8 <= bytes.length; chunk++) {
    const name = text(bytes, at + 4, at + 8);
    if (name === 'tRNS') return true;
    if (name === 'IDAT') return false;
    at += bytes.readUInt32BE(at) + PNG_CHUNK_FRAME_BYTES;
  }
  return false;
};

/** Segments before the frame's header; photographs with colour profiles have a few dozen. */
const JPEG_SEGMENTS_MAX = 512;
const JPEG_NO_FRAME: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && !JPEG_NO_FRAME.has(marker);

const jpeg: Read = (bytes) => {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let at = 2;
  for (let segment = 0; segment < JPEG_SEGMENTS_MAX && at + 9 <= bytes.length; segment++) {
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) at += 1; // fill bytes may stand before a marker
    else if (isFrame(marker)) return { format: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7), alpha: false };
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
};

const WEBP_HEADER_BYTES = 30;
const WEBP_SIDE_BITS = 0x3fff;
const WEBP_ALPHA_FLAG = 0x10;
const LOSSLESS_HEADER_BYTES = 25;

const webp: Read = (bytes) => {
  if (bytes.length < LOSSLESS_HEADER_BYTES || text(bytes, 0, 4) !== 'RIFF' || text(bytes, 8, 12) !== 'WEBP') return undefined;
  const kind = text(bytes, 12, 16);
  if (kind === 'VP8L') return lossless(bytes);
  if (bytes.length < WEBP_HEADER_BYTES) return undefined;
  if (kind === 'VP8 ') return lossy(bytes);
  return kind === 'VP8X' ? extended(bytes) : undefined;
};
const lossy: Read = (bytes) =>
  text(bytes, 23, 26) !== '\x9d\x01\x2a' ? undefined
    : { format: 'webp', width: bytes.readUInt16LE(26) & WEBP_SIDE_BITS, height: bytes.readUInt16LE(28) & WEBP_SIDE_BITS, alpha: false };
const lossless: Read = (bytes) => {
  if (bytes.readUInt8(20) !== 0x2f) return undefined;
  const bits = bytes.readUInt32LE(21);
  return { format: 'webp', width: (bits & WEBP_SIDE_BITS) + 1, height: ((bits >>> 14) & WEBP_SIDE_BITS) + 1, alpha: ((bits >>> 28) & 1) === 1 };
};
const extended: Read = (bytes) =>
  ({ format: 'webp', width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1, alpha: (bytes.readUInt8(20) & WEBP_ALPHA_FLAG) !== 0 });

const gif: Read = (bytes) =>
  bytes.length < 10 || !/^GIF8[79]a$/.test(text(bytes, 0, 6)) ? undefined
    : { format: 'gif', width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), alpha: false };

/** Headers of images, as the formats prescribe them, and hardly a pixel behind: what tests send as images. */
const chunk = (name: string, data: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(name, 'latin1'), data, Buffer.alloc(4)]);
};

export const pngOf = (width: number, height: number, { colourType = 2, transparentColour = false } = {}): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  header.writeUInt8(colourType, 9);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('gAMA', Buffer.alloc(4)),
    ...(transparentColour ? [chunk('tRNS', Buffer.alloc(6))] : []), chunk('IDAT', Buffer.alloc(16)), chunk('IEND', Buffer.alloc(0)),
  ]);
};

export const jpegOf = (width: number, height: number): Buffer => {
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  const application = Buffer.concat([Buffer.from([0xff, 0xe0, 0, 16]), Buffer.from('JFIF\0', 'latin1'), Buffer.alloc(9)]);
  const table = Buffer.concat([Buffer.from([0xff, 0xff, 0xc4, 0, 5]), Buffer.alloc(3)]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), application, table, frame, Buffer.from([0xff, 0xd9])]);
};

export const webpOf = (kind: 'VP8 ' | 'VP8L' | 'VP8X', width: number, height: number, alpha = false): Buffer => {
  const data = { 'VP8 ': lossy, VP8L: lossless, VP8X: extended }[kind](width, height, alpha);
  const head = Buffer.alloc(20);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(12 + data.length, 4);
  head.write(`WEBP${kind}`, 8, 'latin1');
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, data]);
};
const lossy = (width: number, height: number): Buffer => {
  const data = Buffer.alloc(16);
  data.set([0x30, 1, 0, 0x9d, 0x01, 0x2a]);
  data.writeUInt16LE(width, 6);
  data.writeUInt16LE(height, 8);
  return data;
};
const lossless = (width: number, height: number, alpha: boolean): Buffer => {
  const data = Buffer.alloc(12);
  data.writeUInt8(0x2f, 0);
  data.writeUInt32LE(((width - 1) | ((height - 1) << 14) | (alpha ? 1 << 28 : 0)) >>> 0, 1);
  return data;
};
const extended = (width: number, height: number, alpha: boolean): Buffer => {
  const data = Buffer.alloc(10);
  data.writeUInt8(alpha ? 0x10 : 0, 0);
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return data;
};

export const gifOf = (width: number, height: number): Buffer => {
  const data = Buffer.alloc(13);
  data.write('GIF89a', 0, 'latin1');
  data.writeUInt16LE(width, 6);
  data.writeUInt16LE(height, 8);
  return data;
};

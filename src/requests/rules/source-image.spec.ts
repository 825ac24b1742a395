import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { imageHeader, type ImageHeader } from './image-header.js';
import { gifOf, jpegOf, pngOf, webpOf } from '../../../test/support/images.js';
import { isSourceKey, readSourceImage, readSources, SOURCE_PIXELS_MAX, storedSources, urlsOf } from './source-image.js';

const REQUEST = '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10';
const base64 = (bytes: Buffer): string => bytes.toString('base64');

describe('the header of an image', () => {
  it.each<readonly [string, Buffer, ImageHeader]>([
    ['a PNG', pngOf(640, 480), { format: 'png', width: 640, height: 480, alpha: false }],
    ['a PNG with an alpha channel', pngOf(1, 2, { colourType: 6 }), { format: 'png', width: 1, height: 2, alpha: true }],
    ['a PNG with a transparent colour', pngOf(1, 2, { transparentColour: true }), { format: 'png', width: 1, height: 2, alpha: true }],
    ['a JPEG', jpegOf(640, 480), { format: 'jpeg', width: 640, height: 480, alpha: false }],
    ['a lossy WebP', webpOf('VP8 ', 640, 480), { format: 'webp', width: 640, height: 480, alpha: false }],
    ['a lossless WebP', webpOf('VP8L', 640, 480, true), { format: 'webp', width: 640, height: 480, alpha: true }],
    ['an extended WebP', webpOf('VP8X', 16_000, 480, true), { format: 'webp', width: 16_000, height: 480, alpha: true }],
    ['an extended WebP without alpha', webpOf('VP8X', 640, 480), { format: 'webp', width: 640, height: 480, alpha: false }],
    ['a GIF', gifOf(640, 480), { format: 'gif', width: 640, height: 480, alpha: false }],
  ])('is read from %s', (_kind, bytes, header) => expect(imageHeader(bytes)).toEqual(header));

  it('is not found in anything else, nor in one that is cut off', () => {
    for (const image of [pngOf(5, 5), jpegOf(5, 5), webpOf('VP8 ', 5, 5), webpOf('VP8L', 5, 5), webpOf('VP8X', 5, 5), gifOf(5, 5)]) {
      for (let length = 0; length < image.length; length++) {
        const found = imageHeader(image.subarray(0, length));
        if (found) expect([found.width, found.height]).toEqual([5, 5]); // what follows its size may be missing
      }
    }
    expect(imageHeader(Buffer.from('<svg width="5"/>'))).toBeUndefined();
    expect(imageHeader(pngOf(0, 5))).toBeUndefined();
  });

  it('never throws, whatever the bytes, and names sides that are there', () => {
    const starts = [Buffer.alloc(0), pngOf(5, 5), jpegOf(5, 5), webpOf('VP8X', 5, 5).subarray(0, 16), Buffer.from('RIFF\0\0\0\0WEBPVP8L')];
    fc.assert(fc.property(fc.constantFrom(...starts), fc.nat(60), fc.uint8Array({ maxLength: 200 }), (start, keep, bytes) => {
      const header = imageHeader(Buffer.concat([start.subarray(0, keep), bytes]));
      if (header) expect(header.width * header.height).toBeGreaterThan(0);
    }), { seed: 9, numRuns: 2_000 });
  });
});

describe('a source image', () => {
  it.each([
    ['a URL from which nothing was fetched', 'https://example.com/cat.png', 'ImageValidationFailed'], ['nothing', '', 'ImageValidationFailed'],
    ['base64 of no image', base64(Buffer.from('hello')), 'ImageValidationFailed'], ['no base64', '§§§', 'ImageValidationFailed'],
    ['too many pixels', base64(pngOf(3_072, 3_073)), 'SourceImageResolutionExceeded'],
  ])('is refused when it is %s', (_what, text, rc) => expect(readSourceImage(text)).toEqual({ rc }));

  it('is taken up to the limit, with or without the prefix of a browser', () => {
    const image = pngOf(3_072, 3_072);
    for (const text of [base64(image), `data:image/png;base64,${base64(image)}`, `${base64(image)}\n`]) {
      expect(readSourceImage(text)).toEqual({ image: { bytes: image, header: { format: 'png', width: 3_072, height: 3_072, alpha: false } } });
    }
    expect(SOURCE_PIXELS_MAX).toBe(9_437_184);
  });

  it.each<readonly [string, Buffer | 'SourceImageSizeExceeded', string]>([
    ['no image', Buffer.from('<html>'), 'SourceImageUrlInvalid'], ['nothing', Buffer.alloc(0), 'SourceImageUrlInvalid'],
    ...[pngOf(8, 8), jpegOf(8, 8), webpOf('VP8 ', 8, 8), gifOf(8, 8)].map((image) => ['an image that is cut off', image.subarray(0, image.length < 20 ? 8 : 16), 'SourceImageUnreadable'] as const),
    ['too many pixels', pngOf(3_072, 3_073), 'SourceImageResolutionExceeded'], ['what could not be fetched', 'SourceImageSizeExceeded', 'SourceImageSizeExceeded'],
  ])('is refused when its URL leads to %s', (_what, found, rc) => {
    const url = 'https://example.com/cat.png';
    expect(readSourceImage(url, new Map([[url, found]]))).toEqual({ rc });
  });

  it('is taken from its URL as from base64', () => {
    const [here, there, image] = ['https://example.com/a.png', 'HTTPS://example.com/b.png', pngOf(8, 8)];
    const sent = { image: here, mask: base64(image), processing: 'inpainting', extra: [{ image: there, strength: 1 }, { image: here, strength: 0.5 }] } as const;
    expect(urlsOf(sent)).toEqual([here, there, here]);
    expect(readSources(sent, new Map([[here, image], [there, image]]))).toMatchObject({ sources: { image: { bytes: image }, extra: [{ image: { bytes: image } }, { strength: 0.5 }] } });
    expect(readSources(sent, new Map([[here, image]]))).toEqual({ rc: 'ImageValidationFailed' });
  });

  it('is not fetched when another one is wrong already', () => {
    const [url, good, bad] = ['https://example.com/a.png', base64(pngOf(8, 8)), 'x'];
    const sent = (image: string, mask: string) => urlsOf({ image, mask, processing: 'inpainting', extra: [] });
    expect([sent(url, good), sent(url, bad), sent(good, good), sent(bad, url)]).toEqual([[url], [], [], []]);
  });

  it('needs a mask to be painted in, unless it can be transparent', () => {
    const [opaque, clear] = [base64(pngOf(8, 8)), base64(pngOf(8, 8, { colourType: 6 }))];
    const painting = (image: string, mask?: string) => readSources({ image, ...(mask !== undefined && { mask }), processing: 'inpainting', extra: [] });
    expect(painting(opaque)).toEqual({ rc: 'InpaintingMissingMask' });
    expect(painting(clear)).toHaveProperty('sources.image');
    expect(painting(opaque, opaque)).toHaveProperty('sources.mask');
    expect(readSources({ image: opaque, processing: 'outpainting', extra: [] })).toHaveProperty('sources.image');
  });

  it('is refused by the first that is wrong: the source, its mask, the extra ones', () => {
    const [good, large] = [base64(pngOf(8, 8)), base64(pngOf(4_000, 4_000))];
    const read = (image: string, mask: string, extra: string) => readSources({ image, mask, processing: 'inpainting', extra: [{ image: extra, strength: 1 }] });
    expect(read(large, 'x', 'x')).toEqual({ rc: 'SourceImageResolutionExceeded' });
    expect(read(good, large, 'x')).toEqual({ rc: 'SourceImageResolutionExceeded' });
    expect(read(good, good, 'x')).toEqual({ rc: 'ImageValidationFailed' });
    expect(read(good, good, good)).toHaveProperty('sources');
  });

  it('has a place that says what it is, apart from results', () => {
    const image = { bytes: pngOf(8, 8), header: imageHeader(pngOf(8, 8))! };
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    const stored = storedSources(REQUEST, { processing: 'remix', image, mask: image, extra: [{ image, strength: 0.5 }, { image, strength: 1 }] });
    expect(stored).toEqual({
      processing: 'remix', image: { key: `${REQUEST}_src.webp`, sha256 }, mask: { key: `${REQUEST}_msk.webp`, sha256 },
      extra: [{ key: `${REQUEST}_exra_src_0.webp`, sha256, strength: 0.5 }, { key: `${REQUEST}_exra_src_1.webp`, sha256, strength: 1 }],
    });
    expect([stored.image!, stored.mask!, ...stored.extra].every(({ key }) => isSourceKey(key))).toBe(true);
    expect(isSourceKey(`${REQUEST}.webp`)).toBe(false);
  });
});

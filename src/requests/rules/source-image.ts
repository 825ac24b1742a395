import { createHash } from 'node:crypto';
import type { SourceProcessing } from '../../pricing/job-features.js';
import { defined } from './defined.js';
import { imageHeader, type ImageHeader } from './image-header.js';
import type { ImageSources } from './image-request.js';

/** What is wrong with an image that came with a request (horde-api C1.1, rows 55 to 59). */
export type SourceImageRc = 'ImageValidationFailed' | 'SourceImageResolutionExceeded' | 'SourceImageSizeExceeded' | 'InpaintingMissingMask';

export interface SourceImage {
  readonly bytes: Buffer;
  readonly header: ImageHeader;
}
export type ReadSource = { readonly image: SourceImage } | { readonly rc: SourceImageRc };

/** horde-api C1.1, row 56: pixels of a source image. */
export const SOURCE_PIXELS_MAX = 3_072 * 3_072;

const BASE64 = /^[A-Za-z0-9+/\s_-]+={0,2}\s*$/;
/** Some clients send what a browser gave them. */
const DATA_URL = /^data:image\/[a-z+.-]{1,20};base64,/;

/** A source image as it came: base64. URLs are refused with the rest, because nothing here fetches from strangers' addresses. */
export const readSourceImage = (text: string): ReadSource => {
  const base64 = text.replace(DATA_URL, '');
  const bytes = BASE64.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0);
  const header = imageHeader(bytes);
  if (!header) return { rc: 'ImageValidationFailed' };
  return header.width * header.height > SOURCE_PIXELS_MAX ? { rc: 'SourceImageResolutionExceeded' } : { image: { bytes, header } };
};

/** The images of a request, read and checked: what is stored and handed to the worker. */
export interface ReadSources {
  readonly processing: SourceProcessing;
  readonly image?: SourceImage;
  readonly mask?: SourceImage;
  readonly extra: readonly { readonly image: SourceImage; readonly strength: number }[];
}

/** The first image that is wrong names the refusal: the source, its mask, then the extra ones in their order. */
export const readSources = (sent: ImageSources): { readonly sources: ReadSources } | { readonly rc: SourceImageRc } => {
  const { processing } = sent;
  const read = [sent.image, sent.mask, ...sent.extra.map(({ image }) => image)].map((text) => (text === undefined ? undefined : readSourceImage(text)));
  const wrong = read.find((each) => each !== undefined && 'rc' in each);
  if (wrong && 'rc' in wrong) return wrong;
  const [image, mask, ...extra] = read.map((each) => (each && 'image' in each ? each.image : undefined));
  if (processing === 'inpainting' && image && !mask && !image.header.alpha) return { rc: 'InpaintingMissingMask' };
  return { sources: { processing, ...defined({ image, mask }), extra: sent.extra.map(({ strength }, at) => ({ image: extra[at]!, strength })) } };
};

export const hasSources = ({ image, extra }: ImageSources): boolean => image !== undefined || extra.length > 0;

/** Where the images of a request lie, in names of the blob store (horde-rules App. C). */
export interface StoredSource {
  readonly key: string;
  /** Of its bytes: the content's hash, which the event names, so proves the images as well. */
  readonly sha256: string;
}
export interface StoredSources {
  readonly processing: SourceProcessing;
  readonly image?: StoredSource;
  readonly mask?: StoredSource;
  readonly extra: readonly (StoredSource & { readonly strength: number })[];
}

export const storedSources = (request: string, { processing, image, mask, extra }: ReadSources): StoredSources => ({
  processing, ...defined({ image: image && storedAs(`${request}_src.webp`, image), mask: mask && storedAs(`${request}_msk.webp`, mask) }),
  extra: extra.map(({ image: each, strength }, at) => ({ ...storedAs(`${request}_exra_src_${at}.webp`, each), strength })),
});
const storedAs = (key: string, { bytes }: SourceImage): StoredSource => ({ key, sha256: createHash('sha256').update(bytes).digest('hex') });

/** Blobs that wait with their request, and not only for its requester to fetch them. */
export const isSourceKey = (key: string): boolean => /_(src|msk|exra_src_\d+)\.webp$/.test(key);

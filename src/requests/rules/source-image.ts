import { createHash } from 'node:crypto';
import type { SourceProcessing } from '../../pricing/job-features.js';
import { defined } from './defined.js';
import { beginsAsImage, imageHeader, type ImageHeader } from './image-header.js';
import type { ImageSources } from './image-request.js';

/** What is wrong with an image that came with a request (horde-api C1.1, rows 55 to 59). */
export type SourceImageRc =
  | 'ImageValidationFailed' | 'SourceImageResolutionExceeded' | 'SourceImageSizeExceeded' | 'SourceImageUrlInvalid' | 'SourceImageUnreadable' | 'InpaintingMissingMask';

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

const URL_SCHEME = /^[a-z][a-z0-9+.-]{1,9}:\/\//i;
export const isUrl = (text: string): boolean => URL_SCHEME.test(text);

/** What was found at the URLs among the sources: the bytes, or why there are none. */
export type Fetched = ReadonlyMap<string, Buffer | SourceImageRc>;
export const NOTHING_FETCHED: Fetched = new Map();

/** A source image as it came: base64, or what was fetched from its URL. */
export const readSourceImage = (text: string, fetched: Fetched = NOTHING_FETCHED): ReadSource => {
  if (isUrl(text)) return readFetched(fetched.get(text) ?? 'ImageValidationFailed');
  const base64 = text.replace(DATA_URL, '');
  const bytes = BASE64.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0);
  return measured(bytes) ?? { rc: 'ImageValidationFailed' };
};

const readFetched = (found: Buffer | SourceImageRc): ReadSource => {
  if (typeof found === 'string') return { rc: found };
  return measured(found) ?? { rc: beginsAsImage(found) ? 'SourceImageUnreadable' : 'SourceImageUrlInvalid' };
};

const measured = (bytes: Buffer): ReadSource | undefined => {
  const header = imageHeader(bytes);
  return header && (header.width * header.height > SOURCE_PIXELS_MAX ? { rc: 'SourceImageResolutionExceeded' } : { image: { bytes, header } });
};

/** The images of a request, read and checked: what is stored and handed to the worker. */
export interface ReadSources {
  readonly processing: SourceProcessing;
  readonly image?: SourceImage;
  readonly mask?: SourceImage;
  readonly extra: readonly { readonly image: SourceImage; readonly strength: number }[];
}

/** The first image that is wrong names the refusal: the source, its mask, then the extra ones in their order. */
export const readSources = (sent: ImageSources, fetched: Fetched = NOTHING_FETCHED): { readonly sources: ReadSources } | { readonly rc: SourceImageRc } => {
  const { processing } = sent;
  const read = textsOf(sent).map((text) => (text === undefined ? undefined : readSourceImage(text, fetched)));
  const wrong = read.find((each) => each !== undefined && 'rc' in each);
  if (wrong && 'rc' in wrong) return wrong;
  const [image, mask, ...extra] = read.map((each) => (each && 'image' in each ? each.image : undefined));
  if (processing === 'inpainting' && image && !mask && !image.header.alpha) return { rc: 'InpaintingMissingMask' };
  return { sources: { processing, ...defined({ image, mask }), extra: sent.extra.map(({ strength }, at) => ({ image: extra[at]!, strength })) } };
};

/** In the order in which they are looked at. */
const textsOf = ({ image, mask, extra }: ImageSources): readonly (string | undefined)[] => [image, mask, ...extra.map((each) => each.image)];

/** The images that have to be fetched, unless one of the others is wrong: then nothing is fetched for nothing. */
export const urlsOf = (sent: ImageSources): readonly string[] => {
  const texts = textsOf(sent).filter((text) => text !== undefined);
  return texts.some((text) => !isUrl(text) && 'rc' in readSourceImage(text)) ? [] : texts.filter(isUrl);
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

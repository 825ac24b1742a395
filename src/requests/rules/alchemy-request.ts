import { most, NO_KUDOS, plus, type Kudos } from '../../kernel/kudos.js';
import { alchemyDebit, alchemyFormPrice, SOURCE_TILES_MAX, tilesOf } from '../../pricing/alchemy-price.js';
import { ANNOTATION } from '../../pricing/alchemy-forms.js';
import type { AlchemyJobFeatures, FormFacts } from '../../pricing/job-features.js';
import type { PricePolicy } from '../../pricing/price-policy.js';
import { ANNOTATION_TYPES } from '../../reference/catalogue.js';
import { NOTHING_FETCHED, readSourceImage, type Fetched, type SourceImage, type SourceImageRc } from './source-image.js';

/** A form as it was sent; the values of its payload are texts. */
export interface AskedForm {
  readonly name: string;
  readonly payload?: Readonly<Record<string, string>>;
}

/** What an alchemy request keeps in the content store, for its workers and for its requester to tell its forms apart. */
export interface StoredAlchemy {
  /** Where the source image lies. */
  readonly source: string;
  /** Of each form in its order; null where none was sent. */
  readonly payloads: readonly (Readonly<Record<string, string>> | null)[];
}

const ANNOTATORS: ReadonlySet<string> = new Set(ANNOTATION_TYPES);
const controlTypeOf = ({ payload }: AskedForm): string => payload?.['control_type'] ?? '';

/** The same form with the same payload is asked for once (Q32; horde-api-since-5.1.5 §3.5). */
export const distinctForms = (forms: readonly AskedForm[]): AskedForm[] => {
  const seen = new Map<string, AskedForm>();
  for (const form of forms) {
    const key = JSON.stringify([form.name, Object.entries(form.payload ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))]);
    if (!seen.has(key)) seen.set(key, form);
  }
  return [...seen.values()];
};

export const namesUnknownAnnotator = (forms: readonly AskedForm[]): boolean =>
  forms.some((form) => form.name === ANNOTATION && !ANNOTATORS.has(controlTypeOf(form)));

/** The image of an alchemy request, base64 or fetched. */
export const alchemySource = (text: string, fetched: Fetched = NOTHING_FETCHED): { readonly image: SourceImage; readonly tiles: number } | { readonly rc: SourceImageRc } => {
  const read = readSourceImage(text, fetched);
  if ('rc' in read) return read;
  const tiles = tilesOf(read.image.header.width, read.image.header.height);
  return tiles > SOURCE_TILES_MAX ? { rc: 'SourceImageResolutionExceeded' } : { image: read.image, tiles };
};

/** All forms with what each is worth and costs: these figures are frozen, and the quote is their sum (I26). */
export const pricedForms = (
  forms: readonly AskedForm[], { tiles, slowWorkers }: { readonly tiles: number; readonly slowWorkers: boolean }, policy: PricePolicy,
): { readonly features: AlchemyJobFeatures; readonly quote: Kudos; readonly dearest: Kudos } => {
  const priced = forms.map((asked): FormFacts => {
    const type = asked.name === ANNOTATION ? { controlType: controlTypeOf(asked) } : {};
    const price = alchemyFormPrice({ form: asked.name, tiles, ...type }, policy);
    return { form: asked.name, ...type, price, debit: alchemyDebit(price, { slowWorkers }, policy) };
  });
  return {
    features: { tiles, forms: priced }, quote: plus(NO_KUDOS, ...priced.map(({ debit }) => debit)),
    dearest: most(NO_KUDOS, ...priced.map(({ price }) => price)),
  };
};

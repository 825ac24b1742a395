import { kudos, inKudos, type Kudos } from '../kernel/kudos.js';
import { numberFor, type PricePolicy } from './price-policy.js';

/** One form of an alchemy request. Tiles are those of the source image. */
export interface AlchemyForm {
  readonly form: string;
  readonly tiles: number;
  /** Of an `annotation` form only. */
  readonly controlType?: string;
}

const TILE_SIDE = 512;
/** More tiles than this are refused (horde-rules §2.8). */
export const SOURCE_TILES_MAX = 255;

/** How many 512×512 tiles cover an image of that many pixels. */
export const tilesOf = (width: number, height: number): number => Math.ceil(width / TILE_SIDE) * Math.ceil(height / TILE_SIDE);

/** What one form is worth (horde-rules §2.8; annotations since-5.1.5 §5.2). Unlisted forms are post-processors. */
export const alchemyFormPrice = ({ form, tiles, controlType = '' }: AlchemyForm, { alchemy }: PricePolicy): Kudos => {
  const fixed = numberFor(form, alchemy.forms);
  if (fixed !== undefined) return kudos(fixed);
  if (form !== 'annotation') return kudos(alchemy.postProcessorPerTile * tiles);
  return kudos((numberFor(controlType, alchemy.annotationPerTile) ?? alchemy.otherAnnotationPerTile) * tiles);
};

/** What the requester pays for a form: one kudos on top, two when slow workers are allowed (Q16, kept). */
export const alchemyDebit = (price: Kudos, { slowWorkers }: { readonly slowWorkers: boolean }, { alchemy }: PricePolicy): Kudos =>
  kudos(inKudos(price) + (slowWorkers ? alchemy.perFormSlowWorkers : alchemy.perForm));

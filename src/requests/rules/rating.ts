import { kudos, least, minus, most, NO_KUDOS, times, plus, type Kudos } from '../../kernel/kudos.js';

/** What somebody says of the images of a request (horde-api C1.7). */
export interface RatingAsked {
  readonly best?: string | undefined;
  readonly ratings?: readonly { readonly id: string; readonly rating: number; readonly artifacts?: number | undefined }[] | undefined;
}
export interface RatedRequest {
  readonly done: boolean;
  readonly shared: boolean;
  /** Its images that were delivered. */
  readonly images: ReadonlySet<string>;
}
export type RatingRc =
  | 'AestheticsNotCompleted' | 'AestheticsNotPublic' | 'ProcGenNotFound' | 'AestheticsDuplicate' | 'AestheticsMissing' | 'AestheticsSolo' | 'AestheticsConfused';

/** horde-rules §1.11. */
const PER_RATING = kudos(5);
const PER_ARTIFACTS = kudos(5);
const FOR_BEST = kudos(15);
/** Whoever finds a single image worse than this and names a better one has compared. */
const POOR_BELOW = 7;
/** A rating never pays for the whole request. */
const KEPT = kudos(1);

// The order of the checks is contract, as everywhere: the first that fails names the refusal.
export const ratingRefusal = ({ best, ratings = [] }: RatingAsked, { done, shared, images }: RatedRequest): RatingRc | undefined => {
  const ids = ratings.map(({ id }) => id);
  const rules: readonly (readonly [boolean, RatingRc])[] = [
    [!done, 'AestheticsNotCompleted'],
    [!shared, 'AestheticsNotPublic'],
    [[...ids, ...(best === undefined ? [] : [best])].some((id) => !images.has(id)), 'ProcGenNotFound'],
    [new Set(ids).size < ids.length, 'AestheticsDuplicate'],
    [ids.length === 0 && best === undefined, 'AestheticsMissing'],
    [ids.length === 0 && images.size < 2, 'AestheticsSolo'],
    [isConfused(best, ratings), 'AestheticsConfused'],
  ];
  return rules.find(([fails]) => fails)?.[1];
};

/** Of several rated images the best one must be among the highest rated. */
const isConfused = (best: string | undefined, ratings: NonNullable<RatingAsked['ratings']>): boolean => {
  if (best === undefined || ratings.length < 2) return false;
  const highest = Math.max(...ratings.map(({ rating }) => rating));
  return !ratings.some(({ id, rating }) => id === best && rating === highest);
};

/** What the requester earns by the ratings, less than the request has consumed in any case. */
export const ratingReward = ({ best, ratings = [] }: RatingAsked, consumed: Kudos): Kudos => {
  const [first] = ratings;
  const compared = best !== undefined && (ratings.length === 0 || (ratings.length === 1 && first!.rating < POOR_BELOW));
  const earned = plus(
    times(PER_RATING, ratings.length), times(PER_ARTIFACTS, ratings.filter(({ artifacts }) => artifacts !== undefined).length), compared ? FOR_BEST : NO_KUDOS,
  );
  return earned < consumed ? earned : most(NO_KUDOS, least(earned, minus(consumed, KEPT)));
};

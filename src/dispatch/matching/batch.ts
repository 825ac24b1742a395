import { roundHalfEven } from '../../kernel/kudos.js';
import type { ImageJobFeatures } from '../../pricing/job-features.js';
import type { Baseline } from '../../reference/baseline.js';
import { isHeavy } from '../../reference/catalogue.js';

/** How many images a worker may be given at once (horde-rules §6.4). */
export interface BatchWish {
  /** What the worker asks for. */
  readonly amount: number;
  /** What the request still has. */
  readonly waiting: number;
  readonly disableBatching: boolean;
}

/** A batch may fill this part of the pixels that the worker declares for a single image. */
const PIXEL_SHARE = 3.5;
const PER_POST_PROCESSOR = 0.4;
const HEAVY = 1.8;
/** Memory that a family needs beyond Stable Diffusion; looked up by baseline (Q26). */
const BY_BASELINE: Readonly<Partial<Record<Baseline, number>>> = { flux_1: 5, qwen_image: 10, z_image_turbo: 8 };

/** Images of this kind that fit into one batch: 1 to `amount`. */
export const safeAmount = (features: ImageJobFeatures, baseline: Baseline, maxPixels: number, amount: number): number => {
  const { width, height, postProcessing = [], transparent } = features;
  const heavy = transparent === true || postProcessing.some(isHeavy) ? HEAVY : 1;
  const weight = width * height * (1 + PER_POST_PROCESSOR * postProcessing.length) * heavy * (BY_BASELINE[baseline] ?? 1);
  return Math.max(1, Math.min(amount, roundHalfEven(((maxPixels / PIXEL_SHARE) * amount) / weight)));
};

/** Jobs handed out in one pop: never more than the request has left, and one where batching is off. */
export const imageBatch = (features: ImageJobFeatures, baseline: Baseline, maxPixels: number, { amount, waiting, disableBatching }: BatchWish): number =>
  disableBatching ? Math.min(1, waiting) : Math.min(waiting, safeAmount(features, baseline, maxPixels, amount));

/** Text has no limit but the request's. */
export const textBatch = ({ amount, waiting, disableBatching }: BatchWish): number => Math.min(waiting, disableBatching ? 1 : amount);

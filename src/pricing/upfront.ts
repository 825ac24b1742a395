import { kudos, least, roundHalfEven, type Kudos } from '../kernel/kudos.js';
import { isStableDiffusion2, type Baseline } from '../reference/baseline.js';
import { LCM_SAMPLER } from '../reference/catalogue.js';
import { imageBaseline, requirementsOf, type ReferenceSnapshot } from '../reference/reference.js';
import { accurateSteps } from '../reference/samplers.js';
import type { ImageJobFeatures, TextJobFeatures } from './job-features.js';
import type { PricePolicy } from './price-policy.js';
import { imageQuote, type ImageQuoteRequest, type Quote } from './quote.js';

/** How busy the horde is: unfinished jobs of the type (horde-rules §8.3), and threads of its workers seen in the last 300 s. */
export interface Load {
  readonly queue: number;
  readonly threads: number;
}

interface UpfrontRequest {
  readonly models: readonly string[];
  readonly slowWorkers: boolean;
  /** Workers are named, and the setting asks kudos for it (`HORDE_UPFRONT_KUDOS_ON_WORKERLIST`). */
  readonly chargedWorkerList: boolean;
}
export interface ImageUpfrontRequest extends UpfrontRequest { readonly features: ImageJobFeatures }
export interface TextUpfrontRequest extends UpfrontRequest { readonly features: TextJobFeatures }

/** `limit`: longest side of a free square in pixels, or tokens of a free text. */
export interface Upfront {
  readonly required: boolean;
  readonly limit: number;
}

export const LCM_WORK_MAX = 10;
export const CONTROL_WORK_MAX = 20;
const WORK_MAX = 40;
const SIDE_MIN = 576;
const SIDE_STABLE_DIFFUSION_2 = 768;
const SIDE_MAX = 1024;
/** Families that draw nothing sensible below 1024²; qwen_image and z_image_turbo are not among them (horde-rules §3.1). */
const LARGE: ReadonlySet<Baseline> = new Set<Baseline>(['stable_diffusion_xl', 'stable_cascade', 'flux_1']);
const TEXT_MIN = 256;
const TEXT_MAX = 512;
const QUEUE_WEIGHT = 0.9;

const clamped = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const usesLcm = ({ sampler, lorasLcm }: ImageJobFeatures): boolean => sampler === LCM_SAMPLER || lorasLcm === true;

/** Must this image request's price be there before it is accepted (horde-rules §3.1)? */
export const imageUpfrontRequired = (request: ImageUpfrontRequest, load: Load, reference: ReferenceSnapshot): Upfront => {
  const side = SIDE_MAX + 10 * load.threads - roundHalfEven(QUEUE_WEIGHT * load.queue);
  if (!request.slowWorkers) return { required: true, limit: side };
  const limit = freeSide(side, request.models, reference);
  return { required: asksMuch(request, limit, reference) || request.chargedWorkerList, limit };
};

const freeSide = (side: number, models: readonly string[], reference: ReferenceSnapshot): number => {
  const baselines = models.map((model) => imageBaseline(reference, model));
  const least = baselines.some((baseline) => LARGE.has(baseline)) ? SIDE_MAX : baselines.some(isStableDiffusion2) ? SIDE_STABLE_DIFFUSION_2 : SIDE_MIN;
  return clamped(side, least, SIDE_MAX);
};

const asksMuch = ({ features, models }: ImageUpfrontRequest, side: number, reference: ReferenceSnapshot): boolean => {
  const work = accurateSteps(features.sampler, features.steps);
  if (usesLcm(features) && work > LCM_WORK_MAX) return true;
  if (models.some((model) => (requirementsOf(reference, model).max_steps ?? WORK_MAX) < work)) return true;
  if (features.width * features.height > side * side) return true;
  return features.controlType !== undefined && work > CONTROL_WORK_MAX;
};

/** Must this text request's price be there before it is accepted (horde-rules §3.3)? */
export const textUpfrontRequired = (request: TextUpfrontRequest, load: Load): Upfront => {
  const tokens = TEXT_MAX + 5 * load.threads - roundHalfEven(QUEUE_WEIGHT * load.queue);
  if (!request.slowWorkers) return { required: true, limit: tokens };
  const limit = clamped(tokens, TEXT_MIN, TEXT_MAX);
  return { required: request.features.maxLength > limit || request.chargedWorkerList, limit };
};

/**
 * What must be there: the quote. Where no model is named, the published figure (×2), but never more than the quote, so that
 * nobody needs more upfront than the request may cost (spec/ledger.md §4.5).
 */
export const imageUpfrontAmount = (request: ImageQuoteRequest, quote: Quote, policy: PricePolicy, reference: ReferenceSnapshot): Kudos =>
  request.models.length > 0 ? quote.total : least(quote.total, imageQuote({ ...request, offered: [] }, policy, reference).total);

/** As for images; the published figure without models is 20 a text (horde-rules §3.3). */
export const textUpfrontAmount = (models: readonly string[], quote: Quote, { upfront }: PricePolicy): Kudos =>
  models.length > 0 ? quote.total : least(quote.total, kudos(upfront.textUnnamedPerJob * quote.jobs));

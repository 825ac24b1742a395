import { kudos, roundHalfEven, type Kudos } from '../kernel/kudos.js';
import type { Baseline } from '../reference/baseline.js';
import { imageBaseline, type ReferenceSnapshot } from '../reference/reference.js';
import { samplerOf } from '../reference/samplers.js';
import type { ImageJobFeatures } from './job-features.js';
import { numberFor, type ImagePolicy, type PricePolicy } from './price-policy.js';

const MEGAPIXEL = 2 ** 20;
const megapixels = ({ width, height }: ImageJobFeatures): number => (width * height) / MEGAPIXEL;

/**
 * V: what one image is worth on the named model, and what its worker's owner earns (horde-rules §2.1–2.3, closed form of
 * §2.2.4). Rounded once, at the end.
 */
export const imageUnitPrice = (features: ImageJobFeatures, model: string, policy: PricePolicy, reference: ReferenceSnapshot): Kudos =>
  imagePriceOn(imageBaseline(reference, model), features, policy);

/** V by baseline, for requests whose model is not known yet. */
export const imagePriceOn = (baseline: Baseline, features: ImageJobFeatures, { image }: PricePolicy): Kudos =>
  kudos(features.matchedTargeting ? image.matchedTargeting : baseImagePrice(features, image) * baselineMultiplier(baseline, features, image));

/** The `kudos` of the 202 answer: one image without model factor, burn and activation, in whole kudos (design §6, Q67). */
export const firstImagePrice = (features: ImageJobFeatures, { image }: PricePolicy): Kudos =>
  kudos(features.matchedTargeting ? image.matchedTargeting : roundHalfEven(baseImagePrice(features, image)));

/** Kudos, not yet rounded: independent of the model. */
const baseImagePrice = (features: ImageJobFeatures, policy: ImagePolicy): number =>
  renderPrice(features, policy) + policy.lora * (features.loras ?? 0) + (features.tis ? policy.textualInversions : 0);

/** The closed form. Steps are raw: the sampler's factor knows what a step of it costs. */
export const renderPrice = (features: ImageJobFeatures, policy: ImagePolicy): number => {
  const mp = megapixels(features);
  const plain = policy.fixed + features.steps * (policy.perStep + policy.perMegapixelStep * mp) + policy.perSquareMegapixel * mp * mp;
  const factors = policy.samplers[samplerOf(features.sampler).price] * controlFactor(features, policy) * sourceFactor(features, policy);
  const added = (features.postProcessing ?? []).reduce((sum, name) => sum + postProcessorPrice(name, policy) * mp, 0);
  return (plain * factors * (features.hiresFix ? policy.hiresFix : 1) + added) * policy.scale;
};

const controlFactor = ({ controlType }: ImageJobFeatures, policy: ImagePolicy): number =>
  controlType === undefined ? 1 : (numberFor(controlType, policy.controls) ?? policy.otherControl);

/** An unknown post-processor costs as much as the dearest: a name that is not priced yet is never free (Q09). */
const postProcessorPrice = (name: string, policy: ImagePolicy): number =>
  numberFor(name, policy.postProcessors) ?? Math.max(...Object.values(policy.postProcessors));

/** Starting from an image saves work, unless a control net guides it: then everything is drawn anew (horde-rules §2.2.2). */
const sourceFactor = (features: ImageJobFeatures, policy: ImagePolicy): number => {
  if (!features.sourceImage) return 1;
  const isPainted = features.sourceMask === true || features.sourceProcessing === 'inpainting';
  return (isPainted ? policy.mask : 1) * (features.controlType === undefined ? denoisingFactor(features, policy) : 1);
};

const denoisingFactor = ({ denoisingStrength = 1 }: ImageJobFeatures, { fromImage: { factor, strengthFrom } }: ImagePolicy): number => {
  const share = (denoisingStrength - strengthFrom) / (1 - strengthFrom);
  return factor + (1 - factor) * Math.min(1, Math.max(0, share));
};

/** What the served model's baseline makes of the price (horde-rules §2.3). */
export const baselineMultiplier = (baseline: Baseline, features: ImageJobFeatures, policy: ImagePolicy): number => {
  if (baseline === 'stable_diffusion_xl' && features.workflow === 'qr_code') return policy.qrCodeOnSdxl;
  if (baseline === 'stable_cascade' && features.hiresFix) return policy.hiresFixOnCascade;
  return policy.baselines[baseline];
};

import { requirementsOf, type ReferenceSnapshot } from '../reference/reference.js';
import { ADAPTIVE_SAMPLER, samplerOf } from '../reference/samplers.js';
import type { ImageJobFeatures, TextJobFeatures } from './job-features.js';
import {
  CONTROL_WORK_MAX, imageUpfrontRequired, LCM_WORK_MAX, textUpfrontRequired, usesLcm, type ImageUpfrontRequest, type Load, type TextUpfrontRequest,
} from './upfront.js';

const SIDE_UNIT = 64;
/** A downgraded image is never smaller than this square. */
const SIDE_LEAST = 512;
const WORK_DEFAULT = 30;
const STEPS_LEAST = 4;

/**
 * The request shrunk until nothing has to be paid upfront, to be served by slow workers too and priced anew (horde-rules
 * §3.2, Q19); undefined when no shrinking helps: the answer is then `KudosUpfront`.
 */
export const downgradeImage = (request: ImageUpfrontRequest, load: Load, reference: ReferenceSnapshot): ImageJobFeatures | undefined => {
  const slow = { ...request, slowWorkers: true };
  const { limit } = imageUpfrontRequired(slow, load, reference);
  const features = { ...slow.features, ...fitting(slow.features, limit * limit), steps: fewerSteps(slow, reference) };
  return imageUpfrontRequired({ ...slow, features }, load, reference).required ? undefined : features;
};

const fitting = ({ width, height }: ImageJobFeatures, area: number): { width?: number; height?: number } => {
  if (width * height <= area) return {};
  const scale = Math.sqrt(area / (width * height));
  let [w, h] = [snapped(width * scale), snapped(height * scale)];
  while (w * h > area) {
    if (w >= h) w -= SIDE_UNIT;
    else h -= SIDE_UNIT;
  }
  return w * h < SIDE_LEAST ** 2 ? { width: SIDE_LEAST, height: SIDE_LEAST } : { width: w, height: h };
};
const snapped = (side: number): number => Math.max(SIDE_UNIT, Math.floor(Math.trunc(side) / SIDE_UNIT) * SIDE_UNIT);

const fewerSteps = ({ features, models }: ImageUpfrontRequest, reference: ReferenceSnapshot): number => {
  if (features.sampler === ADAPTIVE_SAMPLER) return features.steps; // its work does not depend on its steps
  const limits = models.map((model) => requirementsOf(reference, model).max_steps ?? WORK_DEFAULT);
  if (features.controlType !== undefined) limits.push(CONTROL_WORK_MAX);
  if (usesLcm(features)) limits.push(LCM_WORK_MAX);
  const steps = Math.floor(Math.min(...limits, models.length === 0 ? WORK_DEFAULT : Infinity) / samplerOf(features.sampler).rate);
  return Math.min(features.steps, Math.max(STEPS_LEAST, steps));
};

/** As `downgradeImage`, for text (horde-rules §3.3). */
export const downgradeText = (request: TextUpfrontRequest, load: Load): TextJobFeatures | undefined => {
  if (request.chargedWorkerList) return undefined;
  const { limit } = textUpfrontRequired({ ...request, slowWorkers: true }, load);
  return { ...request.features, maxLength: Math.min(request.features.maxLength, limit) };
};

import type { ImageJobFeatures } from '../../pricing/job-features.js';
import type { Baseline } from '../../reference/baseline.js';
import { accurateSteps } from '../../reference/samplers.js';

const BASE_S = 30;
const PER_STEP_S = 2;
const STEP_PIXELS = 512 * 512;
const CONTROL_FACTOR = 2;
const LARGE_MODEL_FACTOR = 3;
const LARGE_MODELS: ReadonlySet<Baseline> = new Set<Baseline>(['flux_1', 'qwen_image', 'z_image_turbo']);
const LEAST_S = 150;
/** A LoRA of 400 MB at 30 Mbit/s. */
const PER_LORA_S = (400 * 8) / 30;
const EXTRA_SLOW_FACTOR = 3;

/** Every text job has the same time (horde-rules §6.8). */
export const TEXT_TTL_S = 150;
/** And every form of alchemy. */
export const FORM_TTL_S = 180;

/**
 * Whole seconds from pop to submit of an image job on the assigned model (horde-api-since-5.1.5 §5.3): by its work, at
 * least 150, longer for LoRAs to be fetched and for workers that call themselves extra slow.
 */
export const imageTtlS = (features: ImageJobFeatures, baseline: Baseline, { extraSlow }: { readonly extraSlow: boolean }): number => {
  const { width, height, sampler, steps, controlType, loras = 0 } = features;
  let seconds = BASE_S + (PER_STEP_S * accurateSteps(sampler, steps) * width * height) / STEP_PIXELS;
  if (controlType !== undefined) seconds *= CONTROL_FACTOR;
  if (LARGE_MODELS.has(baseline)) seconds *= LARGE_MODEL_FACTOR;
  seconds = Math.max(LEAST_S, seconds) + PER_LORA_S * loras;
  return Math.ceil(seconds * (extraSlow ? EXTRA_SLOW_FACTOR : 1));
};

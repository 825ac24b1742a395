import type { ImageJobFeatures } from '../../pricing/job-features.js';
import { CLASSIC_SCHEDULERS, isExtendedControlType } from '../../reference/catalogue.js';

export const isPainting = ({ sourceProcessing }: ImageJobFeatures): boolean => sourceProcessing === 'inpainting' || sourceProcessing === 'outpainting';
const needsNewScheduler = ({ scheduler }: ImageJobFeatures): boolean => scheduler !== undefined && !CLASSIC_SCHEDULERS.has(scheduler);

type Need = readonly [capability: string, isNeeded: (features: ImageJobFeatures) => boolean];

/** What a bridge must be capable of, feature by feature (horde-rules §6.5; horde-api-since-5.1.5 §3.8). */
const NEEDS: readonly Need[] = [
  ['img2img', (features) => features.sourceImage === true],
  ['inpainting', isPainting],
  ['extra_source_images', (features) => features.extraSourceImages !== undefined],
  ['lora', (features) => features.loras !== undefined],
  ['lora_versions', (features) => features.lorasVersioned === true],
  ['textual_inversion', (features) => features.tis !== undefined],
  ['post-processing', (features) => features.postProcessing !== undefined],
  ['controlnet', (features) => features.controlType !== undefined || features.workflow === 'qr_code'],
  ['image_is_control', (features) => features.imageIsControl === true && features.controlType !== undefined],
  ['return_control_map', (features) => features.returnControlMap === true],
  ['extended_controlnet', (features) => features.controlType !== undefined && isExtendedControlType(features.controlType)],
  ['control_strength', (features) => features.controlStrength !== undefined],
  ['qr_code', (features) => features.workflow === 'qr_code'],
  ['tiling', (features) => features.tiling === true],
  ['layer_diffuse', (features) => features.transparent === true],
  ['hires_fix', (features) => features.hiresFix === true],
  ['clip_skip', (features) => (features.clipSkip ?? 1) > 1],
  ['schedulers', needsNewScheduler],
  ['sampler_settings', (features) => features.samplerSettings === true],
  ['flow_shift', (features) => features.flowShift !== undefined],
];

/** True if the bridge can do all that the features ask of it, each post-processor included. */
export const isCapable = (capabilities: ReadonlySet<string>, features: ImageJobFeatures): boolean =>
  NEEDS.every(([capability, isNeeded]) => capabilities.has(capability) || !isNeeded(features))
  && (features.postProcessing?.every((name) => capabilities.has(name)) ?? true);

import type { ImageJobFeatures } from '../../pricing/job-features.js';
import { isLcmLora } from '../../reference/catalogue.js';
import { SAMPLER_SETTINGS } from '../../reference/sampler-settings.js';
import { defined } from './defined.js';
import type { ImagePayload } from './payload.js';
import type { ImageRequestBody } from './request-body.js';
import { SOURCE_PROCESSING_DEFAULT } from './request-defaults.js';

const yes = (value: unknown): true | undefined => (value === true ? true : undefined);
/** A count, absent when it is zero. */
const many = (list: readonly unknown[] | undefined): number | undefined => list?.length || undefined;

/** What pricing and matching need, from the effective parameters. Nothing of the prompt. */
export const imageFeatures = (body: ImageRequestBody, payload: ImagePayload, matchedTargeting: boolean): ImageJobFeatures => ({
  width: payload.width, height: payload.height, steps: payload.steps, sampler: payload.sampler_name, karras: payload.karras, cfgScale: payload.cfg_scale,
  ...defined({
    scheduler: payload.scheduler, denoisingStrength: payload.denoising_strength, hiresFix: yes(payload.hires_fix),
    hiresFixDenoisingStrength: payload.hires_fix_denoising_strength, tiling: yes(payload.tiling), transparent: yes(payload.transparent),
    clipSkip: payload.clip_skip, postProcessing: payload.post_processing, facefixerStrength: payload.facefixer_strength,
    workflow: payload.workflow, extraTexts: many(payload.extra_texts), seedVariation: payload.seed_variation, matchedTargeting: yes(matchedTargeting),
    samplerSettings: yes(hasSamplerSettings(payload)), samplerOrder: payload.sampler_order, flowShift: payload.flow_shift,
  }),
  ...extensions(payload),
  ...sources(body, payload),
});

const hasSamplerSettings = (payload: ImagePayload): boolean =>
  payload.sampler_solver_type !== undefined || SAMPLER_SETTINGS.some((name) => payload[name] !== undefined);

const extensions = ({ loras, tis }: ImagePayload) =>
  defined({
    loras: many(loras), lorasVersioned: yes(loras?.some((lora) => lora.is_version)),
    lorasLcm: yes(loras?.some((lora) => isLcmLora(lora.name, lora.is_version))), tis: many(tis),
  });

const sources = (body: ImageRequestBody, payload: ImagePayload) => {
  const hasSource = body.source_image !== undefined;
  return defined({
    sourceImage: yes(hasSource), sourceMask: yes(body.source_mask !== undefined),
    sourceProcessing: hasSource ? (body.source_processing ?? SOURCE_PROCESSING_DEFAULT) : undefined, extraSourceImages: many(body.extra_source_images),
    controlType: payload.control_type, controlStrength: payload.control_strength, imageIsControl: yes(payload.image_is_control),
    returnControlMap: yes(payload.return_control_map),
  });
};

import type { ImagePayload, TextPayload } from '../../requests/rules/payload.js';
import type { Bridge } from './bridge.js';
import { imagePopPayload, takesExtraSources } from './image-pop-payload.js';
import { TEXT_TTL_S } from './ttl.js';

type Json = Readonly<Record<string, unknown>>;

/** Jobs handed out together: one model, one seed, one deadline. */
export interface HandOut {
  readonly ids: readonly string[];
  readonly model: string;
  readonly messages: readonly unknown[];
}
export interface ImageHandOut extends HandOut {
  readonly payload: ImagePayload;
  readonly seed: number;
  readonly ttlS: number;
  readonly sources: PopSources;
  /** One presigned upload for each id, in the same order. */
  readonly uploads: readonly string[];
}
export interface PopSources {
  readonly image?: string;
  readonly mask?: string;
  readonly processing: string;
  readonly extra: readonly { readonly image: string; readonly strength: number }[];
}
export interface TextHandOut extends HandOut {
  readonly payload: TextPayload;
  readonly softprompt?: string;
}

/** The answer of an image pop with a job (horde-api C1.5). */
export const imagePopAnswer = (out: ImageHandOut, bridge: Bridge): Json => ({
  payload: imagePopPayload(out.payload, { images: out.ids.length, seed: out.seed }, bridge),
  id: out.ids[0] ?? null,
  ids: out.ids,
  messages: out.messages,
  ttl: out.ttlS,
  skipped: {},
  model: out.model,
  source_image: out.sources.image ?? null,
  source_processing: out.sources.image === undefined ? SOURCE_PROCESSING_NONE : out.sources.processing,
  source_mask: out.sources.mask ?? null,
  extra_source_images: out.sources.extra.length > 0 && takesExtraSources(bridge) ? out.sources.extra : null,
  r2_upload: out.uploads[0] ?? null,
  r2_uploads: out.uploads,
});

/** The answer of a text pop with a job (horde-api C2.4). `n` is always 1: each job is one text. */
export const textPopAnswer = (out: TextHandOut): Json => {
  const { prompt, ...params } = out.payload;
  return {
    payload: { prompt, n: 1, ...params },
    id: out.ids[0] ?? null,
    ids: out.ids,
    messages: out.messages,
    ttl: TEXT_TTL_S,
    extra_source_images: null,
    skipped: {},
    softprompt: out.softprompt ?? null,
    model: out.model,
  };
};

const SOURCE_PROCESSING_NONE = 'img2img';

/** What workers find in `payload` when there is no job: the published defaults, as the SDK insists on an object. */
export const NO_IMAGE_PAYLOAD: Json = Object.freeze({
  ddim_steps: 30, n_iter: 1, image_is_control: false, return_control_map: false, sampler_name: 'k_euler_a', cfg_scale: 7.5, height: 512, width: 512,
  karras: false, tiling: false, hires_fix: false, transparent: false,
});
export const NO_TEXT_PAYLOAD: Json = Object.freeze({
  max_context_length: 2048, max_length: 80, min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1,
});

/** The answer of an image pop without a job. `skipped` comes from `skippedImages`. */
export const noImageJob = (skipped: Json, messages: readonly unknown[]): Json => ({
  payload: NO_IMAGE_PAYLOAD, id: null, ids: [], messages, ttl: null, skipped, model: null, source_image: null,
  source_processing: SOURCE_PROCESSING_NONE, source_mask: null, extra_source_images: null, r2_upload: null, r2_uploads: null,
});
/** The answer of a text pop without a job. `skipped` comes from `skippedTexts`. */
export const noTextJob = (skipped: Json, messages: readonly unknown[]): Json => ({
  payload: NO_TEXT_PAYLOAD, id: null, ids: [], messages, ttl: null, extra_source_images: null, skipped, softprompt: null, model: null,
});

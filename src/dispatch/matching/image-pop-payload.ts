import { CLASSIC_SCHEDULERS, resolvedScheduler } from '../../reference/catalogue.js';
import type { ImagePayload } from '../../requests/rules/payload.js';
import type { Bridge } from './bridge.js';

/** Members of newer horde versions and the capability that a bridge needs to be shown them (since-5.1.5 §3.8). */
const GATED = {
  scheduler: 'schedulers', sampler_eta: 'sampler_settings', sampler_s_noise: 'sampler_settings', sampler_s_churn: 'sampler_settings',
  sampler_s_tmin: 'sampler_settings', sampler_s_tmax: 'sampler_settings', sampler_order: 'sampler_settings', sampler_solver_type: 'sampler_settings',
  flow_shift: 'flow_shift', control_strength: 'control_strength',
} as const satisfies Partial<Record<keyof ImagePayload, string>>;

/** In the order of the wire; absent unless the request has them. */
const WHEN_SET = [
  'use_nsfw_censor', 'denoising_strength', 'hires_fix_denoising_strength', 'post_processing', 'clip_skip', 'facefixer_strength', 'loras', 'tis', 'special',
  'workflow', 'control_type', 'extra_texts', ...(Object.keys(GATED) as (keyof typeof GATED)[]),
] as const;

export interface ImageBatch {
  /** Images of this batch. */
  readonly images: number;
  readonly seed: number;
}

/** The `payload` of an image pop (horde-api C1.5): what the worker renders, with nothing that its bridge does not know. */
export const imagePopPayload = (stored: ImagePayload, { images, seed }: ImageBatch, { capabilities }: Bridge): Readonly<Record<string, unknown>> => ({
  prompt: stored.prompt,
  ddim_steps: stored.steps,
  n_iter: images,
  seed: String(seed),
  sampler_name: stored.sampler_name,
  cfg_scale: stored.cfg_scale,
  height: stored.height,
  width: stored.width,
  karras: usesKarras(stored),
  tiling: stored.tiling,
  hires_fix: stored.hires_fix,
  transparent: stored.transparent,
  image_is_control: stored.image_is_control,
  return_control_map: stored.return_control_map,
  ...Object.fromEntries(WHEN_SET.filter((name) => stored[name] !== undefined && isKnown(name, capabilities)).map((name) => [name, stored[name]])),
});

const isKnown = (name: (typeof WHEN_SET)[number], capabilities: ReadonlySet<string>): boolean => !(name in GATED) || capabilities.has(GATED[name as keyof typeof GATED]);

/** Normal and karras also travel in the old switch, which is all that old bridges read; other schedulers leave it as it was sent. */
const usesKarras = ({ scheduler, karras }: ImagePayload): boolean => {
  const resolved = resolvedScheduler(scheduler, karras);
  return CLASSIC_SCHEDULERS.has(resolved) ? resolved === 'karras' : karras;
};

/** Bridges that fetch a source image themselves; the others are sent base64. */
export const takesSourceUrl = ({ capabilities }: Bridge): boolean => capabilities.has('r2_source');
/** Extra source images are only shown to bridges that know them. */
export const takesExtraSources = ({ capabilities }: Bridge): boolean => capabilities.has('extra_source_images');

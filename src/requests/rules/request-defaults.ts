/** What a request means where it is silent (horde-api B.9: the effective values, not the published ones). */
export const SAMPLER_DEFAULT = 'k_euler_a';
export const KARRAS_DEFAULT = true;
export const CFG_SCALE_DEFAULT = 5;
export const SIDE_DEFAULT = 512;
export const STEPS_DEFAULT = 30;
export const STEPS_DEFAULT_WITH_CONTROL = 20;
/** More steps under control are silently lowered to this. */
export const STEPS_MAX_WITH_CONTROL = 40;
export const LORA_STRENGTH_DEFAULT = 1;
export const TI_STRENGTH_DEFAULT = 1;
export const EXTRA_SOURCE_STRENGTH_DEFAULT = 1;
export const SOURCE_PROCESSING_DEFAULT = 'img2img';
/** More worker ids than this are ignored, though every one must exist. */
export const WORKERS_MAX = 5;

export const MAX_LENGTH_DEFAULT = 80;
export const MAX_CONTEXT_LENGTH_DEFAULT = 2048;

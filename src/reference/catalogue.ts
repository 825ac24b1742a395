import type { Baseline } from './baseline.js';

/** Schedulers (horde-api-since-5.1.5 §3.3). The first two also travel as the old `karras` switch. */
export const SCHEDULERS = [
  'normal', 'karras', 'simple', 'sgm_uniform', 'exponential', 'ddim_uniform', 'beta', 'linear_quadratic', 'kl_optimal', 'align_your_steps', 'gits',
] as const;
export const CLASSIC_SCHEDULERS: ReadonlySet<string> = new Set(['normal', 'karras']);
/** These two have step tables for two families only. */
const TABLED: ReadonlySet<string> = new Set(['align_your_steps', 'gits']);
const TABLED_BASELINES: ReadonlySet<Baseline> = new Set<Baseline>(['stable diffusion 1', 'stable_diffusion_xl']);
export const schedulerFits = (scheduler: string, baseline: Baseline): boolean => !TABLED.has(scheduler) || TABLED_BASELINES.has(baseline);
export const isRefusedPairing = (sampler: string, scheduler: string): boolean => sampler === 'dpmpp_3m_sde' && scheduler === 'normal';
/** What `scheduler` and `karras` come to: the explicit one wins. */
export const resolvedScheduler = (scheduler: string | undefined, karras: boolean): string => scheduler ?? (karras ? 'karras' : 'normal');

/** Control types that workers of every age know. */
export const CLASSIC_CONTROL_TYPES = ['canny', 'hed', 'depth', 'normal', 'openpose', 'seg', 'scribble', 'fakescribbles', 'hough'] as const;
/** The annotators of alchemy (since-5.1.5 §3.4); for images the same and `hough`. */
export const ANNOTATION_TYPES = [
  'canny', 'hed', 'depth', 'mlsd', 'openpose', 'normal', 'scribble', 'fakescribbles', 'seg', 'binary', 'standard_lineart', 'lineart',
  'lineart_anime', 'lineart_anime_denoise', 'pidinet', 'scribble_xdog', 'scribble_pidinet', 'teed', 'pyracanny', 'midas_depth', 'zoe_depth',
  'depth_anything', 'depth_anything_v2', 'normal_bae', 'oneformer_ade20k', 'oneformer_coco', 'color', 'shuffle', 'recolor_luminance',
  'recolor_intensity', 'tile', 'tile_ttplanet_guided', 'tile_ttplanet_simple',
] as const;
export const CONTROL_TYPES: readonly string[] = [...ANNOTATION_TYPES, 'hough'];
const CLASSIC: ReadonlySet<string> = new Set(CLASSIC_CONTROL_TYPES);
export const isExtendedControlType = (type: string): boolean => !CLASSIC.has(type);

/** Post-processors (horde-api D.8). */
export const FACE_FIXERS_AND_OTHERS = ['GFPGAN', 'CodeFormers', 'strip_background', 'GFPGANv1.3', 'RestoreFormer'] as const;
export const UPSCALERS = [
  'RealESRGAN_x4plus', 'RealESRGAN_x2plus', 'RealESRGAN_x4plus_anime_6B', 'NMKD_Siax', '4x_AnimeSharp', '4xNomos8kSC', '4xLSDIRplus',
  '4xNomosWebPhoto_RealPLKSR', '4xNomos2_realplksr_dysample', '4xNomos2_hq_dat2', '2xModernSpanimationV1',
] as const;
export const POST_PROCESSORS = [...FACE_FIXERS_AND_OTHERS, ...UPSCALERS] as const;
export type PostProcessor = (typeof POST_PROCESSORS)[number];
const UPSCALER_NAMES: ReadonlySet<string> = new Set(UPSCALERS);
const POST_PROCESSOR_NAMES: ReadonlySet<string> = new Set(POST_PROCESSORS);
const HEAVY: ReadonlySet<string> = new Set([
  'RealESRGAN_x4plus', 'RealESRGAN_x4plus_anime_6B', 'NMKD_Siax', '4x_AnimeSharp', 'CodeFormers', '4xNomos8kSC', '4xLSDIRplus', '4xNomos2_hq_dat2',
  'RestoreFormer',
]);
export const isUpscaler = (name: string): boolean => UPSCALER_NAMES.has(name);
export const isPostProcessor = (name: string): boolean => POST_PROCESSOR_NAMES.has(name);
/** Post-processors that need much memory: fewer images fit into one batch. */
export const isHeavy = (name: string): boolean => HEAVY.has(name);

/** What alchemists do besides post-processing (horde-api C3; `annotation` since-5.1.5 §3.5). */
export const INTERROGATIONS = ['caption', 'interrogation', 'nsfw', 'vectorize', 'palette', 'describe', 'aesthetic'] as const;
export const ALCHEMY_FORMS: readonly string[] = [...INTERROGATIONS, 'annotation', ...POST_PROCESSORS];
const TOLD_IN_WORDS: ReadonlySet<string> = new Set(INTERROGATIONS);
/** Forms whose result is an image, which the worker uploads. */
export const makesImage = (form: string): boolean => !TOLD_IN_WORDS.has(form);

/** LoRAs that turn a model into an LCM (horde-rules §3.1): by version id, and by name. */
const LCM_VERSIONS: ReadonlySet<string> = new Set(['246747', '247778', '268475', '243643', '225222', '219782', '363353']);
const LCM_NAMES: ReadonlySet<string> = new Set(['195519', '216190', '324115']);
export const isLcmLora = (name: string, isVersion: boolean): boolean => (isVersion ? LCM_VERSIONS : LCM_NAMES).has(name);
export const LCM_SAMPLER = 'lcm';

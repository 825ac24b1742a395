/** The families of image models that the horde prices and matches by (horde-rules App. C), as the wire names them. */
export const BASELINES = [
  'stable diffusion 1', 'stable diffusion 2', 'stable diffusion 2 512', 'stable_diffusion_xl', 'stable_cascade', 'flux_1', 'qwen_image',
  'z_image_turbo',
] as const;
export type Baseline = (typeof BASELINES)[number];

export const isBaseline = (value: unknown): value is Baseline => (BASELINES as readonly unknown[]).includes(value);

/** Marks in the names of models that the reference does not know (horde-rules §2.3). */
const MARKS: readonly (readonly [string, Baseline])[] = [
  ['[SDXL]', 'stable_diffusion_xl'], ['[Flux]', 'flux_1'], ['[Qwen]', 'qwen_image'], ['[ZModel]', 'z_image_turbo'],
  ['[ZImage]', 'z_image_turbo'],
];

/** The baseline of a model that is in no reference: by the mark in its name, else Stable Diffusion 1. */
export const baselineByMark = (name: string): Baseline => MARKS.find(([mark]) => name.includes(mark))?.[1] ?? 'stable diffusion 1';

/** True for both spellings of Stable Diffusion 2. */
export const isStableDiffusion2 = (baseline: Baseline): boolean => baseline.startsWith('stable diffusion 2');

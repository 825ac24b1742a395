import { IMAGE_BRIDGE, TEXT_BRIDGE, UPLOADED, type Fields, type Kind } from './horde-client.js';

/** A number in [0, 1). */
export type Random = () => number;

export const IMAGE_MODELS = [
  'stable_diffusion', 'Deliberate', 'Dreamshaper', 'Anything Diffusion', 'SDXL 1.0', 'AlbedoBase XL (SDXL)', 'Juggernaut XL', 'Z-Image-Turbo',
] as const;
export const TEXT_MODELS = [
  'koboldcpp/Llama-3.1-8B-Instruct', 'koboldcpp/Mistral-7B-Instruct-v0.3', 'koboldcpp/Mistral-Nemo-Instruct-2407', 'koboldcpp/Qwen2.5-7B-Instruct',
] as const;

const SIZES = [[512, 512], [512, 768], [768, 512], [640, 640]] as const;
const STEPS = [20, 25, 30] as const;
const SAMPLERS = ['k_euler', 'k_euler_a', 'k_dpmpp_2m'] as const;
const WORDS = ['a', 'lighthouse', 'over', 'the', 'storm', 'grey', 'sea', 'painted', 'with', 'slow', 'light', 'and', 'a', 'small', 'red', 'boat'] as const;
/** As long as what people send: a description for an image, a page of a story for a text. */
const IMAGE_PROMPT_WORDS = 50;
const TEXT_PROMPT_WORDS = 300;
const RESULT_WORDS = 60;
/** More than any request of this workload wants. */
const MAX_PIXELS = 1_048_576;

export const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
const sentence = (random: Random, words: number): string => Array.from({ length: words }, () => pick(random, WORDS)).join(' ');

/** An ordinary request: one job, one or two models. */
export const someRequest = (random: Random, kind: Kind): Fields => {
  if (kind === 'text') {
    return { prompt: sentence(random, TEXT_PROMPT_WORDS), params: { n: 1, max_length: 80, max_context_length: 1024 }, models: [pick(random, TEXT_MODELS)] };
  }
  const [width, height] = pick(random, SIZES);
  return {
    prompt: sentence(random, IMAGE_PROMPT_WORDS), r2: true, models: [...new Set([pick(random, IMAGE_MODELS), pick(random, IMAGE_MODELS)])],
    params: { n: 1, width, height, steps: pick(random, STEPS), sampler_name: pick(random, SAMPLERS) },
  };
};

/** What a worker of this name says at each pop: it serves all the models of its kind. */
export const popOf = (kind: Kind, name: string): Fields => (kind === 'text'
  ? { name, models: TEXT_MODELS, bridge_agent: TEXT_BRIDGE, max_length: 512, max_context_length: 4096 }
  : { name, models: IMAGE_MODELS, bridge_agent: IMAGE_BRIDGE, max_pixels: MAX_PIXELS });

/** A finished job: a text, or an image that was uploaded before. */
export const resultOf = (random: Random, kind: Kind, job: string): Fields => (kind === 'text'
  ? { id: job, generation: sentence(random, RESULT_WORDS), seed: 0 }
  : { id: job, generation: UPLOADED, seed: Math.floor(random() * 2 ** 31) });

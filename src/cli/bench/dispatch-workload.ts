import { centikudos, kudos } from '../../kernel/kudos.js';
import { imageWorkerFacts, type Declared } from '../../dispatch/matching/worker-facts.js';
import type { ImageWorkerFacts } from '../../dispatch/matching/facts.js';
import type { PoppingWorker } from '../../dispatch/live-queue/queue-row.js';
import type { ImageJobFeatures } from '../../pricing/job-features.js';
import type { ReferenceSnapshot } from '../../reference/reference.js';
import type { RequestFacts } from '../../requests/request.events.js';

/** Numbers in [0, 1) that are the same in every run. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
export type Random = () => number;

const MODELS_COUNT = 300;
const PAYERS_COUNT = 5_000;
const ANONYMOUS_SHARE = 0.2;

export const SIZES: readonly (readonly [number, number])[] = [
  [512, 512], [512, 768], [768, 512], [768, 768], [640, 960], [1024, 1024], [832, 1216], [1216, 832], [896, 1152], [1024, 1024], [1024, 1536], [2048, 2048],
];
export const STEPS = [20, 25, 28, 30, 35, 40, 50] as const;
const SAMPLERS = ['k_euler', 'k_euler_a', 'k_dpmpp_2m', 'k_dpmpp_sde', 'k_dpmpp_2s_a', 'DDIM', 'lcm', 'k_dpm_2', 'uni_pc', 'dpmpp_3m_sde'] as const;
export const POST_PROCESSORS = ['RealESRGAN_x4plus', 'GFPGAN', 'CodeFormers', '4x_AnimeSharp', 'RealESRGAN_x2plus', 'strip_background'] as const;
const AGENTS = [
  'AI Horde Worker reGen:12.0.0:https://example.org', 'AI Horde Worker reGen:11.0.0:https://example.org', 'AI Horde Worker reGen:10.0.0:https://example.org', 'AI Horde Worker reGen:9.0.0:https://example.org', 'AI Horde Worker reGen:4.0.0:https://example.org',
  'AI Horde Worker:24:https://example.org',
] as const;

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
/** Few models are asked for often, many rarely. */
export const popular = (random: Random): number => Math.floor(MODELS_COUNT * random() ** 2.5);
export const percent = (random: Random, share: number): boolean => random() * 100 < share;

/** The 300 models of the queue: the reference's, and some that nobody knows. */
export const benchModels = ({ images }: ReferenceSnapshot): readonly string[] => {
  const known = [...images.values()].filter(({ type, inpainting }) => type === 'checkpoint' && !inpainting).map(({ name }) => name);
  return Array.from({ length: MODELS_COUNT }, (_, index) => known[index] ?? `Community model ${index}`);
};

export const maybe = <Value extends object>(random: Random, share: number, value: () => Value): Partial<Value> => (percent(random, share) ? value() : {});

const someFeatures = (random: Random): ImageJobFeatures => {
  const [width, height] = pick(random, SIZES);
  return {
    width, height, karras: percent(random, 70), sampler: pick(random, SAMPLERS), cfgScale: 1 + Math.floor(random() * 100) / 10,
    steps: percent(random, 80) ? pick(random, STEPS) : 10 + Math.floor(random() * 60),
    ...maybe(random, 40, () => ({ loras: 1 + Math.floor(random() * 4), ...maybe(random, 30, () => ({ lorasVersioned: true as const })) })),
    ...maybe(random, 10, () => ({ tis: 1 })),
    ...maybe(random, 25, () => ({ postProcessing: [pick(random, POST_PROCESSORS)] })),
    ...maybe(random, 15, () => ({ sourceImage: true as const, sourceProcessing: 'img2img' as const, denoisingStrength: Math.floor(random() * 100) / 100 })),
    ...maybe(random, 5, () => ({ controlType: 'canny' })),
    ...maybe(random, 10, () => ({ hiresFix: true as const })),
    ...maybe(random, 20, () => ({ clipSkip: 2 })),
    ...maybe(random, 3, () => ({ tiling: true as const })),
  };
};

const someModels = (random: Random, models: readonly string[]): readonly string[] => {
  if (percent(random, 3)) return [];
  const count = percent(random, 10) ? 2 + Math.floor(random() * 4) : 1;
  return [...new Set(Array.from({ length: count }, () => models[popular(random)]!))];
};

/** One request of a mixed image queue: sizes, LoRAs, switches, deny-lists, 300 models, 5,000 payers and anonymous ones. */
export const someRequest = (random: Random, request: string, world: { readonly models: readonly string[]; readonly nowMs: number }): RequestFacts => {
  const anonymous = random() < ANONYMOUS_SHARE;
  const jobs = percent(random, 60) ? 1 : 1 + Math.floor(random() * 8);
  return {
    request, kind: 'image', payer: anonymous ? 0 : 1 + Math.floor(random() * PAYERS_COUNT), payerTrusted: percent(random, 30), jobs,
    priority: anonymous ? kudos(-50) : centikudos(Math.floor(random() ** 4 * 100_000_000)),
    models: someModels(random, world.models), features: someFeatures(random),
    nsfw: percent(random, 40), censorNsfw: false, trustedWorkers: percent(random, 5), validatedBackends: false, slowWorkers: percent(random, 85),
    extraSlowWorkers: percent(random, 20), workers: percent(random, 2) ? [`worker-${Math.floor(random() * 5_000)}`] : [], workerBlacklist: percent(random, 60),
    disableBatching: percent(random, 5), r2: percent(random, 95), shared: false, activation: kudos(3), quote: kudos(10 * jobs), unitPriceMax: kudos(10),
    policy: 1, reference: 1, contentHash: '0'.repeat(64), acceptedAt: new Date(world.nowMs).toISOString(),
  };
};

/** A worker with 20 to 130 of the models, an own set of switches and its owner. `maxPixels` overrides its size. */
export const someWorker = (
  random: Random, index: number, { models, reference, maxPixels }: { models: readonly string[]; reference: ReferenceSnapshot; maxPixels?: number },
): PoppingWorker<ImageWorkerFacts> => {
  const offered = [...new Set(Array.from({ length: 40 + Math.floor(random() * 200) }, () => models[popular(random)]!))];
  const declared: Declared = {
    agent: pick(random, AGENTS), nsfw: percent(random, 90), models: offered, extraSlow: percent(random, 5),
    maxPixels: maxPixels ?? pick(random, [768 * 1024, 1024 * 1024, 1216 * 1216, 1536 * 1536, 2048 * 2048]), allowImg2img: percent(random, 85),
    allowPainting: percent(random, 60), allowUnsafeIp: true, allowPostProcessing: percent(random, 90), allowControlnet: percent(random, 70),
    allowExtendedControlnet: false, allowSdxlControlnet: percent(random, 20), allowLora: percent(random, 90), limitMaxSteps: percent(random, 10),
    samplerContract: null, maxLength: 0, maxContextLength: 0, softprompts: [],
  };
  const owner = 1 + Math.floor(random() * PAYERS_COUNT);
  const facts = imageWorkerFacts(declared, {
    worker: `worker-${index}`, owner, ownerTrusted: percent(random, 70), maintenance: false, stale: false, speed: percent(random, 85) ? 2_000_000 : 100_000,
    prioritised: new Set(), requireUpfrontKudos: false, blacklist: [],
  }, reference);
  return { kind: 'image', models: offered, ownerIds: [owner], facts };
};

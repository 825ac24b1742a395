import type { Baseline } from '../reference/baseline.js';
import type { SamplerPrice } from '../reference/samplers.js';

export type ByName = Readonly<Record<string, number>>;
/** The number of a name that came from outside: `constructor` has none. */
export const numberFor = (name: string, table: ByName): number | undefined => (Object.hasOwn(table, name) ? table[name] : undefined);

/** Every number of the economy that sets a price. Each priced event names the version it was priced by. */
export interface PricePolicy {
  readonly version: number;
  readonly image: ImagePolicy;
  readonly text: TextPolicy;
  readonly alchemy: AlchemyPolicy;
  readonly activation: { readonly base: number; readonly image: number; readonly foreignTextStyle: number; readonly extraSourceImage: number };
  readonly styleReward: number;
  /** What a worker's owner gets of a job's price, by bridge name; the whole price when absent (design §6). */
  readonly bridgeMultipliers: ByName;
  readonly upfront: UpfrontPolicy;
  readonly uptime: UptimePolicy;
}

export interface ImagePolicy {
  /** price = (fixed + steps · (perStep + perMegapixelStep · mp) + perSquareMegapixel · mp²) · factors + additions. */
  readonly fixed: number;
  readonly perStep: number;
  readonly perMegapixelStep: number;
  readonly perSquareMegapixel: number;
  readonly scale: number;
  readonly samplers: Readonly<Record<SamplerPrice, number>>;
  readonly controls: ByName;
  readonly otherControl: number;
  readonly hiresFix: number;
  /** Of an image that is painted into: under a mask, or where it is transparent. */
  readonly mask: number;
  /** Factor of an image made from another at denoising `strengthFrom`; it grows linearly to 1 at denoising 1. */
  readonly fromImage: { readonly factor: number; readonly strengthFrom: number };
  /** Kudos per megapixel of the request. */
  readonly postProcessors: ByName;
  readonly lora: number;
  readonly textualInversions: number;
  readonly matchedTargeting: number;
  readonly baselines: Readonly<Record<Baseline, number>>;
  readonly qrCodeOnSdxl: number;
  readonly hiresFixOnCascade: number;
  /** The baseline that an empty list of models is priced as when no worker is there to tell. */
  readonly unnamedBaseline: Baseline;
  readonly burn: {
    readonly sourceImage: number;
    readonly postProcessors: ByName;
    readonly perJob: number;
    readonly fastWorkersOnly: number;
    readonly workerBlacklist: number;
  };
}

export interface TextPolicy {
  readonly context: { readonly base: number; readonly power: number; readonly tokensAtOne: number; readonly least: number; readonly most: number };
  readonly divisor: number;
  readonly bonusFrom: number;
  readonly bonusExponent: number;
  readonly unvalidated: number;
  readonly unknownPerToken: number;
  readonly matchedTargeting: number;
  readonly perJob: number;
  /** Billions of parameters that an empty list of models is priced as when no worker is there to tell. */
  readonly unnamedParameters: number;
}

export interface AlchemyPolicy {
  readonly forms: ByName;
  readonly postProcessorPerTile: number;
  readonly annotationPerTile: ByName;
  readonly otherAnnotationPerTile: number;
  readonly perForm: number;
  /** Charged instead of `perForm` when slow workers are allowed; upstream's behaviour, kept (design §6, Q16). */
  readonly perFormSlowWorkers: number;
}

export interface UpfrontPolicy {
  readonly textUnnamedPerJob: number;
}

/** Kudos for ten minutes of readiness (horde-rules §7.4). */
export interface UptimePolicy {
  readonly image: { readonly base: number; readonly perModel: number; readonly loras: number };
  readonly text: {
    readonly base: number;
    /** For each `contextStep` tokens of context, `contextMax` at most. */
    readonly perContextStep: number;
    readonly contextStep: number;
    readonly contextMax: number;
    /** Factors: of a model that nobody knows, and of a backend that nobody vouches for. */
    readonly unknownModel: number;
    readonly unvalidated: number;
    /** Billions of parameters that count once, and the least that a small model counts. */
    readonly divisor: number;
    readonly leastSize: number;
  };
  readonly interrogation: number;
}

const frozen = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};
const same = (value: number, names: string): ByName => Object.fromEntries(names.split(' ').map((name) => [name, value]));

const X4_PER_MEGAPIXEL = 18;
const GFPGAN_PER_MEGAPIXEL = 2.6;

/**
 * The first policy. Image: our own fit to the published reference points (horde-rules §2.2.4; mean error 6.0 %, worst
 * 20.4 %; 512×512 at 50 steps costs 10.98); factors §2.3 and §2.4; text §2.7; alchemy §2.8 and since-5.1.5 §5.2; uptime §7.4.
 */
export const PRICE_POLICY_1: PricePolicy = frozen({
  version: 1,
  image: {
    fixed: 2.47, perStep: 0.084, perMegapixelStep: 0.322, perSquareMegapixel: 4.5, scale: 1,
    samplers: { euler: 1, uni_pc: 1.3, uni_pc_bh2: 1.35, second_order: 1.55, adaptive: 1.65 },
    controls: {
      // The classic types, each with the later ones that are nearest to it (since-5.1.5 §5.2).
      ...same(2.1, 'canny pyracanny binary standard_lineart lineart lineart_anime lineart_anime_denoise teed'),
      ...same(2.1, 'depth midas_depth zoe_depth depth_anything depth_anything_v2'), openpose: 2.1, ...same(2.1, 'hed pidinet'),
      ...same(2.1, 'color shuffle recolor_luminance recolor_intensity tile tile_ttplanet_guided tile_ttplanet_simple'),
      ...same(2.4, 'normal normal_bae'), fakescribbles: 1.8, ...same(1.9, 'hough mlsd'), ...same(1.6, 'seg oneformer_ade20k oneformer_coco'),
      ...same(0.7, 'scribble scribble_xdog scribble_pidinet'),
    },
    otherControl: 2.1, hiresFix: 1.35, mask: 1.2, fromImage: { factor: 0.8, strengthFrom: 0.1 },
    postProcessors: {
      ...same(X4_PER_MEGAPIXEL, 'RealESRGAN_x4plus 4xNomos8kSC 4xLSDIRplus 4xNomosWebPhoto_RealPLKSR 4xNomos2_realplksr_dysample 4xNomos2_hq_dat2'),
      RealESRGAN_x2plus: 8.6, '2xModernSpanimationV1': 8.6, '4x_AnimeSharp': 7.3, NMKD_Siax: 6.2, RealESRGAN_x4plus_anime_6B: 2,
      ...same(GFPGAN_PER_MEGAPIXEL, 'GFPGAN GFPGANv1.3 RestoreFormer'), strip_background: 2.9, CodeFormers: 0,
    },
    lora: 3, textualInversions: 1, matchedTargeting: 0.1,
    baselines: {
      'stable diffusion 1': 1, 'stable diffusion 2': 1, 'stable diffusion 2 512': 1, stable_diffusion_xl: 2, stable_cascade: 4, flux_1: 8,
      z_image_turbo: 8, qwen_image: 12,
    },
    qrCodeOnSdxl: 4, hiresFixOnCascade: 7, unnamedBaseline: 'stable_diffusion_xl',
    burn: {
      sourceImage: 1.3,
      postProcessors: same(1.05, 'RealESRGAN_x4plus RealESRGAN_x2plus RealESRGAN_x4plus_anime_6B NMKD_Siax 4x_AnimeSharp 4xNomos8kSC 4xLSDIRplus'
        + ' 4xNomosWebPhoto_RealPLKSR 4xNomos2_realplksr_dysample 4xNomos2_hq_dat2 2xModernSpanimationV1'),
      perJob: 1, fastWorkersOnly: 1.2, workerBlacklist: 1.1,
    },
  },
  text: {
    context: { base: 1.2, power: 2.2, tokensAtOne: 1024, least: 0.1, most: 30 }, divisor: 125, bonusFrom: 13, bonusExponent: 0.2,
    unvalidated: 0.3, unknownPerToken: 0.027, matchedTargeting: 0.1, perJob: 1, unnamedParameters: 13,
  },
  alchemy: {
    forms: { ...same(1, 'caption nsfw vectorize palette describe aesthetic'), interrogation: 3 },
    postProcessorPerTile: 3,
    annotationPerTile: {
      ...same(3, 'canny binary scribble scribble_xdog pyracanny color shuffle recolor_luminance recolor_intensity tile tile_ttplanet_guided'
        + ' tile_ttplanet_simple standard_lineart'),
      ...same(8, 'midas_depth zoe_depth depth_anything depth_anything_v2 normal oneformer_ade20k oneformer_coco'),
    },
    otherAnnotationPerTile: 5, perForm: 1, perFormSlowWorkers: 2,
  },
  activation: { base: 1, image: 2, foreignTextStyle: 2, extraSourceImage: 5 },
  styleReward: 2,
  bridgeMultipliers: {},
  upfront: { textUnnamedPerJob: 20 },
  uptime: {
    image: { base: 50, perModel: 2, loras: 30 },
    text: { base: 25, perContextStep: 15, contextStep: 1_024, contextMax: 262_144, unknownModel: 0.5, unvalidated: 0.3, divisor: 7, leastSize: 0.25 },
    interrogation: 40,
  },
});

/** Every policy that was ever adopted, oldest first; the last is in force. None is ever edited: logs were priced by them. */
export const PRICE_POLICIES: readonly PricePolicy[] = [PRICE_POLICY_1];
export const ADOPTED_POLICY: PricePolicy = PRICE_POLICIES.at(-1)!;

import { describe, expect, it } from '@jest/globals';
import { inKudos } from '../kernel/kudos.js';
import { ANNOTATION_TYPES, CLASSIC_CONTROL_TYPES, CONTROL_TYPES, POST_PROCESSORS } from '../reference/catalogue.js';
import { loadReference } from '../reference/load-reference.js';
import { SAMPLER_NAMES, samplerOf } from '../reference/samplers.js';
import { imageUnitPrice } from './image-price.js';
import type { ImageJobFeatures } from './job-features.js';
import { PRICE_POLICIES, PRICE_POLICY_1 as POLICY } from './price-policy.js';

/**
 * Our closed form against every published reference point (horde-rules §2.2.4), class by class, each with the tolerance that
 * we state for it. The table is printed when it runs.
 */
const reference = loadReference();
const plain: ImageJobFeatures = { width: 512, height: 512, steps: 50, sampler: 'k_euler_a', karras: true, cfgScale: 5 };
const priceOf = (some: Partial<ImageJobFeatures> = {}): number => inKudos(imageUnitPrice({ ...plain, ...some }, 'stable_diffusion', POLICY, reference));

interface Point {
  readonly what: string;
  readonly published: number;
  readonly ours: number;
}
interface Errors {
  readonly worst: number;
  readonly mean: number;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const compared = (title: string, points: readonly Point[]): Errors => {
  const rows = points.map(({ what, published, ours }) => ({ what, published, ours, error: ours / published - 1 }));
  const errors = rows.map(({ error }) => Math.abs(error));
  const [worst, mean] = [Math.max(...errors), errors.reduce((sum, error) => sum + error, 0) / errors.length];
  const width = Math.max(...rows.map(({ what }) => what.length));
  const lines = rows.map(({ what, published, ours, error }) =>
    `  ${what.padEnd(width)}  ${published.toFixed(2).padStart(8)}  ${ours.toFixed(2).padStart(8)}  ${percent(error).padStart(8)}`);
  process.stdout.write(`${title}: ${rows.length} points, worst ${percent(worst)}, mean ${percent(mean)}\n  ${'point'.padEnd(width)}  publishd      ours     error\n${lines.join('\n')}\n\n`);
  return { worst, mean };
};

const STEPS = [8, 20, 30, 50, 100] as const;
const POINTS: readonly (readonly [number, number, readonly number[]])[] = [
  [256, 256, [3.82, 4.81, 5.75, 8.85, 16.2]], [512, 512, [4.06, 5.76, 7.61, 10.98, 20.19]], [768, 512, [4.79, 6.67, 8.73, 12.35, 23.84]],
  [768, 768, [6.16, 9.11, 11.67, 16.3, 29.74]], [1024, 1024, [12.14, 15.69, 20.57, 29.44, 48.02]],
  [1024, 1536, [16.83, 24.92, 35.56, 51.38, 72.89]], [2048, 2048, [85.4, 101.4, 114.5, 135.9, 177.8]],
];
const atFifty = (side: number): number => POINTS.find(([width, height]) => width === side && height === side)![2][STEPS.indexOf(50)]!;

describe('the closed form against the published reference points', () => {
  it('size and steps: within 21 % each, 6.5 % on average', () => {
    const { worst, mean } = compared('size × steps', POINTS.flatMap(([width, height, prices]) => prices.map((published, at) => (
      { what: `${width}×${height}, ${STEPS[at]} steps`, published, ours: priceOf({ width, height, steps: STEPS[at]! }) }
    ))));
    expect(worst).toBeLessThan(0.21);
    expect(mean).toBeLessThan(0.065);
  });

  it('the published jobs: the plain ones within 20 %, canny and post-processing within 45 %', () => {
    const plainJobs = compared('published jobs, plain', [
      { what: 'the basis: 512², 50 steps, k_euler', published: 11, ours: priceOf({ sampler: 'k_euler', cfgScale: 7.5 }) },
      { what: '1024², 50 steps, k_euler', published: 29.03, ours: priceOf({ width: 1024, height: 1024, sampler: 'k_euler' }) },
    ]);
    const special = compared('published jobs, special', [
      {
        what: '768×512, 30 steps, k_dpmpp_2m, img2img under canny', published: 15.13,
        ours: priceOf({ width: 768, steps: 30, sourceImage: true, controlType: 'canny', controlStrength: 0.72, sampler: 'k_dpmpp_2m', cfgScale: 8.5 }),
      },
      { what: '512², 35 steps, uni_pc, GFPGAN, x4plus', published: 25.46, ours: priceOf({ steps: 35, sampler: 'uni_pc', postProcessing: ['GFPGAN', 'RealESRGAN_x4plus'] }) },
    ]);
    expect(plainJobs.worst).toBeLessThan(0.2);
    expect(special.worst).toBeLessThan(0.45);
  });

  it('factors of samplers, control types, hires_fix and source images: exact up to a centikudo', () => {
    const factor = (some: Partial<ImageJobFeatures>): number => priceOf(some) / priceOf();
    const from = (some: Partial<ImageJobFeatures> = {}): number => factor({ sourceImage: true, ...some });
    const control = (controlType: string): number => factor({ sourceImage: true, controlType });
    const { worst } = compared('factors (published: mean ratio to k_euler_a)', [
      ...['k_euler', 'k_lms', 'k_dpm_fast', 'k_dpmpp_2m'].map((sampler) => ({ what: sampler, published: 1, ours: factor({ sampler }) })),
      { what: 'uni_pc', published: 1.3, ours: factor({ sampler: 'uni_pc' }) }, { what: 'uni_pc_bh2', published: 1.35, ours: factor({ sampler: 'uni_pc_bh2' }) },
      ...['k_heun', 'k_dpm_2', 'k_dpm_2_a', 'k_dpmpp_2s_a', 'k_dpmpp_sde'].map((sampler) => ({ what: sampler, published: 1.55, ours: factor({ sampler }) })),
      { what: 'k_dpm_adaptive', published: 1.65, ours: factor({ sampler: 'k_dpm_adaptive' }) },
      ...['canny', 'depth', 'openpose', 'hed'].map((type) => ({ what: type, published: 2.1, ours: control(type) })),
      ...([['normal', 2.4], ['fakescribbles', 1.8], ['hough', 1.9], ['seg', 1.6], ['scribble', 0.7]] as const).map(([type, published]) => ({ what: type, published, ours: control(type) })),
      { what: 'hires_fix', published: 1.35, ours: factor({ hiresFix: true }) },
      { what: 'img2img, denoising 0.1', published: 0.8, ours: from({ denoisingStrength: 0.1 }) }, { what: 'img2img, denoising 1', published: 1, ours: from() },
      { what: 'inpainting under a mask', published: 1.2, ours: from({ sourceMask: true, sourceProcessing: 'inpainting' }) },
    ]);
    expect(worst).toBeLessThan(0.001);
  });

  it('post-processing: exact at 1024², and within 30 % of the whole job at 512² and 768²', () => {
    const published: Readonly<Record<string, readonly [number, number, number]>> = {
      RealESRGAN_x4plus: [3, 6, 18], RealESRGAN_x2plus: [2.6, 5.4, 8.6], '4x_AnimeSharp': [3.3, 5.3, 7.3], NMKD_Siax: [1.7, 3.7, 6.2],
      RealESRGAN_x4plus_anime_6B: [1.3, 1.4, 2], GFPGAN: [1.3, 2, 2.6], strip_background: [1.1, 2, 2.9],
    };
    const points = Object.entries(published).flatMap(([name, added]) => [512, 768, 1024].map((side, at) => {
      const of = (postProcessing: readonly string[]): number => priceOf({ width: side, height: side, postProcessing });
      return { side, added: { what: `${name}, ${side}²: added`, published: added[at]!, ours: of([name]) - of([]) }, whole: { what: `${name}, ${side}², 50 steps`, published: atFifty(side) + added[at]!, ours: of([name]) } };
    }));
    compared('post-processing alone (linear in megapixels through the value at 1024²; it informs)', points.map(({ added }) => added));
    expect(compared('post-processing with its job', points.map(({ whole }) => whole)).worst).toBeLessThan(0.3);
    for (const { side, added } of points) if (side === 1024) expect(Math.abs(added.ours - added.published)).toBeLessThan(0.011);
    expect(priceOf({ postProcessing: ['CodeFormers'] })).toBe(priceOf());
  });

  it('costs ten kudos for the basis, give or take one', () => {
    expect(Math.abs(priceOf({ sampler: 'k_euler' }) - 10)).toBeLessThanOrEqual(1);
  });
});

describe('everything that is published has a price of its own', () => {
  it('every post-processor, and the later ones that of their kin', () => {
    for (const name of POST_PROCESSORS) expect(Object.hasOwn(POLICY.image.postProcessors, name)).toBe(true);
    for (const name of POST_PROCESSORS.filter((each) => /^4x(Nomos|LSDIR)/.test(each))) expect(POLICY.image.postProcessors[name]).toBe(POLICY.image.postProcessors['RealESRGAN_x4plus']);
  });

  it('every control type, classic or not, and every annotator of alchemy', () => {
    for (const name of CONTROL_TYPES) expect(Object.hasOwn(POLICY.image.controls, name)).toBe(true);
    expect(CONTROL_TYPES.length).toBe(34);
    expect(CLASSIC_CONTROL_TYPES.every((name) => CONTROL_TYPES.includes(name))).toBe(true);
    const costs = ANNOTATION_TYPES.map((name) => POLICY.alchemy.annotationPerTile[name] ?? POLICY.alchemy.otherAnnotationPerTile);
    expect([...new Set(costs)].sort()).toEqual([3, 5, 8]);
  });

  it('every sampler, by the class whose price it borrows', () => {
    expect(SAMPLER_NAMES.length).toBe(41);
    for (const name of SAMPLER_NAMES) expect(POLICY.image.samplers[samplerOf(name).price]).toBeGreaterThanOrEqual(1);
  });

  it('every policy names a version of its own, and the last is in force', () => {
    const versions = PRICE_POLICIES.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });
});

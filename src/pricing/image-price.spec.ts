import { describe, expect, it } from '@jest/globals';
import { inKudos, kudos } from '../kernel/kudos.js';
import { loadReference } from '../reference/load-reference.js';
import { imageActivation } from './activation.js';
import { imageDebit } from './burn.js';
import { firstImagePrice, imageUnitPrice } from './image-price.js';
import type { ImageJobFeatures } from './job-features.js';
import { PRICE_POLICY_1 as POLICY } from './price-policy.js';

const reference = loadReference();
const plain: ImageJobFeatures = { width: 512, height: 512, steps: 50, sampler: 'k_euler_a', karras: true, cfgScale: 5 };
const priceOf = (some: Partial<ImageJobFeatures> = {}, model = 'stable_diffusion'): number => inKudos(imageUnitPrice({ ...plain, ...some }, model, POLICY, reference));

describe('the price of an image', () => {
  it.each([
    ['a LoRA', { loras: 1 }, 3], ['five LoRAs', { loras: 5 }, 15], ['inversions, however many', { tis: 7 }, 1],
    ['a 4x upscaler at a quarter megapixel', { postProcessing: ['RealESRGAN_x4plus'] }, 4.5], ['CodeFormers', { postProcessing: ['CodeFormers'] }, 0],
  ] as const)('rises for %s', (_what, some, by) => {
    expect(priceOf(some)).toBeCloseTo(priceOf() + by, 2);
  });

  it.each([
    ['k_dpmpp_2m', 1], ['DDIM', 1], ['lcm', 1], ['nobody_knows', 1], ['uni_pc', 1.3], ['uni_pc_bh2', 1.35], ['k_heun', 1.55], ['seeds_3', 1.55],
    ['k_dpm_adaptive', 1.65],
  ])('has the factor of its sampler: %s × %d', (sampler, factor) => {
    expect(priceOf({ sampler })).toBeCloseTo(10.97625 * factor, 1);
  });

  it.each([
    [{ sourceImage: true, denoisingStrength: 0.1 }, 0.8], [{ sourceImage: true, denoisingStrength: 0.55 }, 0.9], [{ sourceImage: true }, 1],
    [{ sourceImage: true, sourceMask: true, sourceProcessing: 'inpainting' }, 1.2],
    [{ sourceImage: true, sourceProcessing: 'inpainting' }, 1.2], [{ sourceImage: true, sourceProcessing: 'outpainting' }, 1], [{ sourceImage: true, sourceProcessing: 'remix' }, 1], [{ hiresFix: true }, 1.35],
    [{ sourceImage: true, controlType: 'canny', denoisingStrength: 0.1 }, 2.1], [{ sourceImage: true, controlType: 'lineart' }, 2.1],
    [{ denoisingStrength: 0.1 }, 1],
  ] as const)('has the factor of how it is made: %j × %d', (some, factor) => {
    expect(priceOf(some)).toBeCloseTo(10.97625 * factor, 1);
  });

  it.each([
    ['Deliberate', {}, 1], ['unknown', {}, 1], ['stable_diffusion_2.1', {}, 1], ['SDXL 1.0', {}, 2], ['SDXL 1.0', { workflow: 'qr_code' }, 4],
    ['Stable Cascade 1.0', {}, 4], ['Flux.1-Schnell fp8 (Compact)', {}, 8], ['Z-Image-Turbo', {}, 8], ['Qwen-Image_fp8', {}, 12], ['my [Qwen]', {}, 12],
  ] as const)('is multiplied for %s %j by %d', (model, some, factor) => {
    expect(priceOf(some, model)).toBe(inKudos(kudos(10.97625 * factor)));
  });

  it('is seven times as high on Stable Cascade with hires_fix, on top of its own factor', () => {
    expect(priceOf({ hiresFix: true }, 'Stable Cascade 1.0')).toBeCloseTo(10.97625 * 1.35 * 7, 2);
  });

  it('is a tenth of a kudos for a worker that was named under matched targeting', () => {
    expect(priceOf({ matchedTargeting: true }, 'SDXL 1.0')).toBe(0.1);
    expect(inKudos(imageActivation(plain, POLICY))).toBe(3);
  });

  it('is shown in whole kudos in the 202 answer, and never multiplied by the model', () => {
    expect(inKudos(firstImagePrice(plain, POLICY))).toBe(11);
  });
});

describe('the debit of an image', () => {
  it.each([
    [{}, { censored: false, slowWorkers: true, workerBlacklist: false }, 11.98],
    [{}, { censored: true, slowWorkers: true, workerBlacklist: false }, 1],
    [{}, { censored: true, slowWorkers: false, workerBlacklist: true }, 1.32],
    [{ sourceImage: true }, { censored: false, slowWorkers: true, workerBlacklist: false }, 15.27],
    [{ postProcessing: ['NMKD_Siax'] }, { censored: false, slowWorkers: true, workerBlacklist: false }, 14.16],
    [{ postProcessing: ['GFPGAN'] }, { censored: false, slowWorkers: true, workerBlacklist: false }, 12.63],
    [{}, { censored: false, slowWorkers: false, workerBlacklist: false }, 14.38],
    [{}, { censored: false, slowWorkers: false, workerBlacklist: true }, 15.81],
  ] as const)('for %j under %j is %d kudos', (some, on, expected) => {
    const features = { ...plain, ...some };
    const price = imageUnitPrice(features, 'stable_diffusion', POLICY, reference);
    expect(inKudos(imageDebit(price, features, on, POLICY))).toBe(expected);
  });
});

describe('the activation of an image request', () => {
  it.each([[undefined, 3], [1, 8], [5, 28]])('with %p extra source images costs %d', (extraSourceImages, expected) => {
    expect(inKudos(imageActivation({ ...plain, ...(extraSourceImages && { extraSourceImages }) }, POLICY))).toBe(expected);
  });
});

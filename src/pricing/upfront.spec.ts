import { describe, expect, it } from '@jest/globals';
import { inKudos } from '../kernel/kudos.js';
import { loadReference } from '../reference/load-reference.js';
import { downgradeImage, downgradeText } from './downgrade.js';
import type { ImageJobFeatures } from './job-features.js';
import { PRICE_POLICY_1 as POLICY } from './price-policy.js';
import { imageQuote, textQuote } from './quote.js';
import { imageUpfrontAmount, imageUpfrontRequired, textUpfrontAmount, textUpfrontRequired } from './upfront.js';

const reference = loadReference();
const plain: ImageJobFeatures = { width: 512, height: 512, steps: 30, sampler: 'k_euler_a', karras: true, cfgScale: 5 };
const calm = { queue: 0, threads: 100 };
const busy = { queue: 10_000, threads: 0 };
const asked = { features: plain, models: ['stable_diffusion'], slowWorkers: true, chargedWorkerList: false };

describe('an image request', () => {
  it.each([
    ['of the plain kind', {}, {}, calm, false], ['for fast workers only', {}, { slowWorkers: false }, calm, true],
    ['of 1024² on a calm horde', { width: 1024, height: 1024 }, {}, calm, false], ['above 1024²', { width: 1088, height: 1024 }, {}, calm, true],
    ['of 640² on a busy horde', { width: 640, height: 640 }, {}, busy, true], ['of 576² on a busy horde', { width: 576, height: 576 }, {}, busy, false],
    ['of 768² on SD2 on a busy horde', { width: 768, height: 768 }, { models: ['stable_diffusion_2.1'] }, busy, false],
    ['of 1024² on SDXL on a busy horde', { width: 1024, height: 1024 }, { models: ['SDXL 1.0'] }, busy, false],
    ['of 1024² on SD1 or SDXL on a busy horde', { width: 1024, height: 1024 }, { models: ['stable_diffusion', 'SDXL 1.0'] }, busy, false],
    ['of 768² on SD1 or SD2 on a busy horde', { width: 768, height: 768 }, { models: ['stable_diffusion', 'stable_diffusion_2.1'] }, busy, false],
    ['of 1024² on Qwen on a busy horde', { width: 1024, height: 1024, steps: 10 }, { models: ['Qwen-Image_fp8'] }, busy, true],
    ['with LCM and ten steps', { sampler: 'lcm', steps: 10 }, {}, calm, false], ['with LCM and eleven', { lorasLcm: true as const, steps: 11 }, {}, calm, true],
    ['of forty steps', { steps: 40 }, {}, calm, false], ['of forty-one steps', { steps: 41 }, {}, calm, true],
    ['of twenty-one double steps', { steps: 21, sampler: 'k_heun' }, {}, calm, true], ['of 500 steps on any model', { steps: 500 }, { models: [] }, calm, false],
    ['of eleven steps on Flux', { steps: 11 }, { models: ['Flux.1-Schnell fp8 (Compact)'] }, calm, true],
    ['under control with 20 steps', { controlType: 'canny', steps: 20 }, {}, calm, false], ['with 21', { controlType: 'canny', steps: 21 }, {}, calm, true],
    ['adaptive', { sampler: 'k_dpm_adaptive', steps: 100 }, {}, calm, false], ['of named workers under the setting', {}, { chargedWorkerList: true }, calm, true],
  ] as const)('%s needs its price upfront only when it should', (_what, some, how, load, required) => {
    expect(imageUpfrontRequired({ ...asked, ...how, features: { ...plain, ...some } }, load, reference).required).toBe(required);
  });

  it('needs its quote, and for any model no more than the published figure', () => {
    const request = { features: plain, jobs: 2, models: ['SDXL 1.0'], offered: [], slowWorkers: true, workerBlacklist: false };
    const quote = imageQuote(request, POLICY, reference);
    expect(imageUpfrontAmount(request, quote, POLICY, reference)).toBe(quote.total);
    const any = { ...request, models: [], offered: ['Qwen-Image_fp8'] };
    expect(imageUpfrontAmount(any, imageQuote(any, POLICY, reference), POLICY, reference)).toBe(quote.total);
  });

  it.each([
    [{ width: 1024, height: 1024, steps: 60 }, calm, { width: 1024, height: 1024, steps: 30 }],
    [{ width: 2048, height: 1024, steps: 20 }, calm, { width: 1408, height: 704, steps: 20 }],
    [{ width: 1024, height: 1024, steps: 20 }, busy, { width: 576, height: 576, steps: 20 }],
    [{ width: 2176, height: 640, steps: 20 }, busy, { width: 1024, height: 256, steps: 20 }],
    [{ width: 3072, height: 128, steps: 20 }, busy, { width: 512, height: 512, steps: 20 }],
    [{ controlType: 'canny', steps: 40 }, calm, { width: 512, height: 512, steps: 20 }],
    [{ sampler: 'lcm', steps: 40 }, calm, { width: 512, height: 512, steps: 10 }],
    [{ sampler: 'k_heun', steps: 40 }, calm, { width: 512, height: 512, steps: 15 }],
    [{ width: 3072, height: 64, steps: 20 }, busy, { width: 3072, height: 64, steps: 20 }],
    [{ width: 576, height: 576, steps: 60 }, busy, { width: 576, height: 576, steps: 30 }],
    [{ width: 1088, height: 1024, steps: 20 }, calm, { width: 1024, height: 960, steps: 20 }],
    // No side is shorter than 64, so the other one gives way.
    [{ width: 64, height: 8192, steps: 20 }, busy, { width: 64, height: 5184, steps: 20 }], [{ width: 8192, height: 64, steps: 20 }, busy, { width: 5184, height: 64, steps: 20 }],
  ] as const)('shrinks to what is free: %j', (some, load, expected) => {
    expect(downgradeImage({ ...asked, features: { ...plain, ...some } }, load, reference)).toMatchObject(expected);
  });

  it('takes the steps of the model, of thirty where none is named, and none from what is adaptive', () => {
    const stepsOf = (features: Partial<ImageJobFeatures>, models: readonly string[]): number | undefined =>
      downgradeImage({ ...asked, models, features: { ...plain, width: 2048, ...features } }, calm, reference)?.steps;
    expect([stepsOf({ steps: 100 }, []), stepsOf({ steps: 20 }, []), stepsOf({ steps: 100, sampler: 'k_dpm_adaptive' }, [])]).toEqual([30, 20, 100]);
    expect(stepsOf({ steps: 100 }, ['SDXL 1.0', 'stable_diffusion'])).toBe(30);
    expect(stepsOf({ steps: 100 }, ['Stable Cascade 1.0'])).toBe(50);
  });

  it('does not shrink where that would not help', () => {
    expect(downgradeImage({ ...asked, chargedWorkerList: true }, calm, reference)).toBeUndefined();
    expect(downgradeImage({ ...asked, features: { ...plain, sampler: 'k_dpm_adaptive' }, models: ['Flux.1-Schnell fp8 (Compact)'] }, calm, reference)).toBeUndefined();
  });
});

describe('a text request', () => {
  const text = { features: { maxLength: 512, maxContextLength: 2048, promptTokens: 20 }, models: [], slowWorkers: true, chargedWorkerList: false };
  it.each([
    [text, calm, { required: false, limit: 512 }], [text, busy, { required: true, limit: 256 }],
    [{ ...text, slowWorkers: false }, calm, { required: true, limit: 1012 }],
    [{ ...text, features: { ...text.features, maxLength: 513 } }, calm, { required: true, limit: 512 }],
    [{ ...text, chargedWorkerList: true }, calm, { required: true, limit: 512 }],
  ] as const)('needs its price upfront only when it should (%#)', (request, load, expected) => {
    expect(textUpfrontRequired(request, load)).toEqual(expected);
  });
  it('needs 20 a text when no model is named, unless its quote is less', () => {
    const quoteOf = (maxLength: number) =>
      textQuote({ features: { ...text.features, maxLength, promptTokens: 4096 }, jobs: 3, models: [], offered: ['Llama-3.3-70B-Instruct'], styled: false }, POLICY, reference);
    expect(inKudos(textUpfrontAmount([], quoteOf(512), POLICY))).toBe(60);
    expect(textUpfrontAmount([], quoteOf(16), POLICY)).toBe(Math.min(6000, quoteOf(16).total));
    expect(textUpfrontAmount(['x'], quoteOf(512), POLICY)).toBe(quoteOf(512).total);
  });
  it('shrinks to what is free', () => {
    expect(downgradeText(text, busy)).toEqual({ ...text.features, maxLength: 256 });
    expect(downgradeText({ ...text, chargedWorkerList: true }, busy)).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadReference } from '../../reference/load-reference.js';
import { normaliseImage, withSizeOf } from './image-request.js';
import { splitPrompt } from './prompt.js';
import { batchSeed, seedNumber } from './seed.js';
import { normaliseText, withLengthOf } from './text-request.js';
import { imageWarnings } from './warnings.js';

const registered = { anonymous: false };

describe('an image request that is silent', () => {
  const { features, payload, sources, ...rest } = normaliseImage({ prompt: 'a horde' }, registered);
  it('means the effective defaults, not the published ones', () => {
    expect(rest).toEqual({
      jobs: 1, models: ['stable_diffusion'], nsfw: true, censorNsfw: true, trustedWorkers: false, validatedBackends: false, slowWorkers: true,
      extraSlowWorkers: false, workers: [], workerBlacklist: false, disableBatching: false, dryRun: false, allowDowngrade: false, r2: true,
      shared: false, replacementFilter: true,
    });
    expect(features).toEqual({ width: 512, height: 512, steps: 30, sampler: 'k_euler_a', karras: true, cfgScale: 5 });
    expect(payload).toEqual({
      prompt: 'a horde', sampler_name: 'k_euler_a', cfg_scale: 5, height: 512, width: 512, steps: 30, karras: true, tiling: false, hires_fix: false,
      transparent: false, image_is_control: false, return_control_map: false,
    });
    expect(sources).toEqual({ processing: 'img2img', extra: [] });
  });
});

describe('an image request', () => {
  it('keeps every feature that matching and pricing read, and no prompt', () => {
    const { features, payload } = normaliseImage({
      prompt: 'secret', source_image: 'A', source_mask: 'B', source_processing: 'inpainting', extra_source_images: [{ image: 'C' }],
      params: {
        width: 640, height: 768, steps: 12, sampler_name: 'k_dpm_adaptive', sampler_order: 2, scheduler: 'karras', karras: false, cfg_scale: 7.5,
        denoising_strength: 0.5, hires_fix: true, hires_fix_denoising_strength: 0.3, tiling: true, transparent: true, clip_skip: 2,
        post_processing: ['GFPGAN'], facefixer_strength: 0.7, control_type: 'canny', control_strength: 0.9, image_is_control: true,
        return_control_map: true, workflow: 'qr_code', extra_texts: [{ text: 't', reference: 'qr_code' }], seed_variation: 3, flow_shift: 2,
        loras: [{ name: '246747', is_version: true }, { name: 'x', inject_trigger: 'any' }], tis: [{ name: 'y', inject_ti: 'prompt' }], seed: '',
      },
    }, registered);
    expect(features).toEqual({
      width: 640, height: 768, steps: 12, sampler: 'k_dpm_adaptive', scheduler: 'karras', karras: false, cfgScale: 7.5, denoisingStrength: 0.5,
      hiresFix: true, hiresFixDenoisingStrength: 0.3, tiling: true, transparent: true, clipSkip: 2, postProcessing: ['GFPGAN'], facefixerStrength: 0.7,
      controlType: 'canny', controlStrength: 0.9, imageIsControl: true, returnControlMap: true, loras: 2, lorasVersioned: true, lorasLcm: true, tis: 1,
      workflow: 'qr_code', extraTexts: 1, sourceImage: true, sourceMask: true, sourceProcessing: 'inpainting', extraSourceImages: 1,
      samplerSettings: true, samplerOrder: 2, flowShift: 2, seedVariation: 3,
    });
    expect(JSON.parse(JSON.stringify(features))).toEqual(features);
    expect(JSON.stringify(features)).not.toContain('secret');
    expect(payload.loras).toEqual([{ name: '246747', model: 1, clip: 1, is_version: true }, { name: 'x', model: 1, clip: 1, is_version: false, inject_trigger: 'any' }]);
    expect(payload.tis).toEqual([{ name: 'y', strength: 1, inject_ti: 'prompt' }]);
    expect(payload).not.toHaveProperty('seed');
  });

  it.each([[{ control_type: 'canny' }, 20], [{ control_type: 'canny', steps: 41 }, 40], [{ control_type: 'canny', steps: 39 }, 39], [{ steps: 500 }, 500]])(
    'takes its steps from %j as %d',
    (params, steps) => expect(normaliseImage({ prompt: 'a', params }, registered).features.steps).toBe(steps),
  );

  it.each([
    [{}, registered, false], [{ shared: true }, registered, true], [{}, { anonymous: true }, true], [{ shared: true, source_image: 'A' }, registered, false],
    [{ source_image: 'A' }, { anonymous: true }, false],
  ])('%j of %j is shared: %p', (some, who, shared) => expect(normaliseImage({ prompt: 'a', ...some }, who).shared).toBe(shared));

  it.each([[{ nsfw: false }, true], [{ nsfw: false, censor_nsfw: false }, undefined], [{ censor_nsfw: true }, undefined]])(
    'is censored by the worker: %j',
    (some, censored) => expect(normaliseImage({ prompt: 'a', ...some }, registered).payload.use_nsfw_censor).toBe(censored),
  );

  it('treats empty lists as not sent, and an empty list of models as any', () => {
    const { features, payload, models } = normaliseImage({ prompt: 'a', models: [], params: { post_processing: [], loras: [], tis: [] } }, registered);
    expect(models).toEqual([]);
    expect({ ...features, ...payload }).not.toHaveProperty('post_processing');
    expect(features).not.toHaveProperty('loras');
  });

  it('hands out QR codes one by one, keeps five workers, and marks targeting only where the setting and a list say so', () => {
    expect(normaliseImage({ prompt: 'a', params: { workflow: 'qr_code' } }, registered).disableBatching).toBe(true);
    const workers = ['1', '2', '3', '4', '5', '6'];
    expect(normaliseImage({ prompt: 'a', workers }, registered).workers).toHaveLength(5);
    // An id is found however it is written, so it has to be matched however it was written.
    for (const normalise of [normaliseImage, normaliseText] as const) expect(normalise({ prompt: 'a', workers: ['C0FFEE00-0000-4000-8000-00000000000A'] }, registered).workers).toEqual(['c0ffee00-0000-4000-8000-00000000000a']);
    const marked = (some: object, matchedTargeting: boolean) => normaliseImage({ prompt: 'a', ...some }, { anonymous: false, matchedTargeting }).features.matchedTargeting;
    expect([marked({ workers }, true), marked({ workers }, false), marked({}, true), marked({ workers, worker_blacklist: true }, true)]).toEqual([true, undefined, undefined, undefined]);
  });

  it('follows its features when they shrink', () => {
    const { features, payload } = normaliseImage({ prompt: 'a' }, registered);
    expect(withSizeOf(payload, { ...features, width: 64, steps: 4 })).toEqual({ ...payload, width: 64, steps: 4 });
  });
});

describe('a text request', () => {
  it('that is silent means the effective defaults', () => {
    const { features, payload, models, jobs } = normaliseText({ prompt: 'x'.repeat(100) });
    expect(features).toEqual({ maxLength: 80, maxContextLength: 2048, promptTokens: 25 });
    expect(payload).toEqual({ prompt: 'x'.repeat(100), max_length: 80, max_context_length: 2048, min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1 });
    expect([models, jobs]).toEqual([[], 1]);
  });
  it('passes on what it knows and nothing else', () => {
    const params = { n: 3, max_length: 512, temperature: 0.7, top_k: 0, singleline: false, stop_sequence: ['\n'], unknown: 1 };
    const { features, payload, jobs } = normaliseText({ prompt: 'a', softprompt: 'soft', params });
    expect(payload).toEqual({ prompt: 'a', max_length: 512, max_context_length: 2048, min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1, temperature: 0.7, top_k: 0, singleline: false, stop_sequence: ['\n'] });
    expect([features.softprompt, jobs]).toEqual(['soft', 3]);
    expect(withLengthOf(payload, { ...features, maxLength: 256 })['max_length']).toBe(256);
  });
});

describe('a seed', () => {
  it.each([
    ['0', 0], ['42', 42], ['4294967295', 4294967295], ['4294967296', 1], ['18446744073709551616', 1], ['a', 97], ['abcd', 0x64636261], ['abcde', 0x65],
    ['-1', 0x312d], ['0042', 42], ['é', 0xa9c3], ['1.5', 0x352e31], ['١', 0xa1d9],
  ])('%j is the number %d', (seed, number) => expect(seedNumber(seed)).toBe(number));
  it.each([[undefined], ['']])('that is %j is random', (seed) => {
    expect(seedNumber(seed)).toBeUndefined();
    expect(batchSeed({ seed }, 3, 0)).toBe(3);
    expect(batchSeed({ seed }, 3, 1 - 2 ** -53)).toBe(2 ** 32 - 1);
  });
  it('moves with the images still to come', () => {
    expect([3, 2, 1].map((left) => batchSeed({ seed: '10', seed_variation: 5 }, left, 0))).toEqual([25, 20, 15]);
    expect(batchSeed({ seed: '4294967295', seed_variation: 1 }, 1, 0)).toBe(1);
  });
  it('is always an unsigned 32-bit number, whatever the text', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.bigInt({ min: 0n }).map(String), fc.constant('9'.repeat(100_000)));
    fc.assert(fc.property(text, fc.integer({ min: 1, max: 20 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (seed, left, random) => {
      const number = batchSeed({ seed, seed_variation: 1000 }, left, random);
      expect(Number.isInteger(number) && number >= 0 && number < 2 ** 32).toBe(true);
    }));
  });
});

describe('a prompt', () => {
  it.each([['a', { positive: 'a' }], ['a###b', { positive: 'a', negative: 'b' }], ['a###b###c', { positive: 'a', negative: 'b###c' }], ['###', { positive: '', negative: '' }]])(
    '%j is split at its first mark',
    (prompt, parts) => expect(splitPrompt(prompt)).toEqual(parts),
  );
});

describe('the warnings of a request', () => {
  const reference = loadReference();
  const codes = (params: object, ...models: string[]) => imageWarnings(params, models, reference).map(({ code }) => code);
  it.each([
    [{}, ['stable_diffusion'], []], [{}, ['Pony Diffusion XL'], ['ClipSkipMismatch']], [{ clip_skip: 2, steps: 10 }, ['Pony Diffusion XL'], ['StepsTooFew']],
    [{}, ['Flux.1-Schnell fp8 (Compact)'], ['StepsTooMany', 'CfgScaleMismatch', 'SamplerMismatch', 'SchedulerMismatch']],
    [{ steps: 4, cfg_scale: 1, sampler_name: 'k_euler', scheduler: 'simple' }, ['Flux.1-Schnell fp8 (Compact)'], []],
    [{ cfg_scale: 2 }, ['Stable Cascade 1.0'], ['CfgScaleTooSmall']], [{ cfg_scale: 9 }, ['Stable Cascade 1.0'], ['CfgScaleTooLarge']],
    [{ sampler_name: 'euler_cfg_pp' }, [], ['CfgPPScaleTooLarge']], [{ sampler_name: 'euler_cfg_pp', cfg_scale: 2 }, [], []],
    [{}, ['Pony Diffusion XL', 'Anything Diffusion'], ['ClipSkipMismatch']], [{}, ['unknown'], []],
  ])('for %j on %j are %j', (params, models, expected) => expect(codes(params, ...models)).toEqual(expected));
});

import fc from 'fast-check';
import type { ImageJobFeatures, SourceProcessing, TextJobFeatures } from '../../src/pricing/job-features.js';
import { CONTROL_TYPES, POST_PROCESSORS } from '../../src/reference/catalogue.js';
import { loadReference } from '../../src/reference/load-reference.js';
import { SAMPLER_NAMES } from '../../src/reference/samplers.js';
import { VALIDATED_AGENT, type Ask, type Serve } from './priced-world.js';

export const reference = loadReference();
export const IMAGE_MODELS = [...reference.images.keys(), 'unknown', 'unknown [Flux]', 'mine [Qwen]', 'constructor'];
export const TEXT_MODELS = [...reference.texts.keys(), 'unknown', 'unknown::somebody#3'];

const yes = fc.constant(true as const);
const side = fc.integer({ min: 1, max: 48 }).map((units) => units * 64);

/** Anything that may be asked of an image worker, hires_fix, extra source images and the factor of a source image among it. */
export const anImage: fc.Arbitrary<ImageJobFeatures> = fc.record(
  {
    width: side, height: side, steps: fc.integer({ min: 1, max: 500 }), sampler: fc.constantFrom(...SAMPLER_NAMES, 'nobody_knows'),
    karras: fc.boolean(), cfgScale: fc.double({ min: 0, max: 100, noNaN: true }),
    denoisingStrength: fc.double({ min: 0.01, max: 1, noNaN: true }), hiresFix: yes, tiling: yes, transparent: yes,
    postProcessing: fc.uniqueArray(fc.constantFrom<string>(...POST_PROCESSORS, 'new_one', 'constructor'), { maxLength: 4 }),
    controlType: fc.constantFrom(...CONTROL_TYPES, 'new_one'), loras: fc.integer({ min: 1, max: 5 }), lorasLcm: yes,
    tis: fc.integer({ min: 1, max: 20 }), workflow: fc.constant('qr_code'), sourceImage: yes, sourceMask: yes,
    sourceProcessing: fc.constantFrom<SourceProcessing>('img2img', 'inpainting', 'outpainting', 'remix'),
    extraSourceImages: fc.integer({ min: 1, max: 5 }), matchedTargeting: yes,
  },
  { requiredKeys: ['width', 'height', 'steps', 'sampler', 'karras', 'cfgScale'] },
);

/** Contexts from none to far beyond the model's, so that the multiplier's both ends are met. */
export const aText: fc.Arbitrary<TextJobFeatures> = fc.record({
  maxLength: fc.integer({ min: 16, max: 4096 }), maxContextLength: fc.integer({ min: 80, max: 1_048_576 }), promptTokens: fc.integer({ min: 20, max: 2_000_000 }),
});

export const load = fc.record({ queue: fc.integer({ min: 0, max: 5000 }), threads: fc.integer({ min: 0, max: 500 }) });
const modelsOf = (names: readonly string[]): fc.Arbitrary<string[]> => fc.uniqueArray(fc.constantFrom(...names), { maxLength: 5 });
const common = { jobs: fc.integer({ min: 1, max: 6 }), slowWorkers: fc.boolean(), workerBlacklist: fc.boolean(), load };

export const anImageAsk = (payer: fc.Arbitrary<number>): fc.Arbitrary<Ask> =>
  fc.record({ kind: fc.constant('image' as const), payer, features: anImage, models: modelsOf(IMAGE_MODELS), offered: modelsOf(IMAGE_MODELS), ...common });
export const aTextAsk = (payer: fc.Arbitrary<number>): fc.Arbitrary<Ask> =>
  fc.record({ kind: fc.constant('text' as const), payer, features: aText, models: modelsOf(TEXT_MODELS), offered: modelsOf(TEXT_MODELS), ...common });

export const aServe = (owner: fc.Arbitrary<number>): fc.Arbitrary<Serve> => fc.record({
  owner, ownerTrusted: fc.boolean(), agent: fc.constantFrom(VALIDATED_AGENT, 'somebody:1:x', ''),
  models: fc.uniqueArray(fc.constantFrom(...IMAGE_MODELS, ...TEXT_MODELS), { maxLength: 40 }),
  state: fc.constantFrom('ok' as const, 'ok' as const, 'censored' as const, 'csam' as const), text: fc.integer({ min: 0, max: 20_000 }).map((length) => 'x'.repeat(length)),
});

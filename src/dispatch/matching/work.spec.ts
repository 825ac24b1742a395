import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ImageJobFeatures } from '../../pricing/job-features.js';
import { BASELINES } from '../../reference/baseline.js';
import { POST_PROCESSORS } from '../../reference/catalogue.js';
import { SAMPLER_NAMES } from '../../reference/samplers.js';
import { imageBatch, safeAmount, textBatch } from './batch.js';
import { pixelsteps, thingsPerSecond } from './things.js';
import { imageTtlS } from './ttl.js';

const plain: ImageJobFeatures = { width: 512, height: 512, steps: 50, sampler: 'k_euler', karras: true, cfgScale: 5 };
const side = fc.integer({ min: 1, max: 48 }).map((units) => units * 64);
const anImage: fc.Arbitrary<ImageJobFeatures> = fc.record(
  {
    width: side, height: side, steps: fc.integer({ min: 1, max: 500 }), sampler: fc.constantFrom(...SAMPLER_NAMES), karras: fc.boolean(), cfgScale: fc.constant(5),
    controlType: fc.constant('canny'), loras: fc.integer({ min: 1, max: 5 }), transparent: fc.constant(true as const),
    postProcessing: fc.uniqueArray(fc.constantFrom<string>(...POST_PROCESSORS), { maxLength: 3 }),
  },
  { requiredKeys: ['width', 'height', 'steps', 'sampler', 'karras', 'cfgScale'] },
);
const aBaseline = fc.constantFrom(...BASELINES);

describe('the time for an image', () => {
  it.each([
    [{}, 'stable diffusion 1', false, 150], [{ width: 1024, height: 1024, steps: 30 }, 'stable diffusion 1', false, 270],
    [{ width: 1536, height: 768, steps: 40 }, 'stable_diffusion_xl', false, 390], [{ width: 1024, height: 1024, steps: 30, controlType: 'canny' }, 'stable diffusion 1', false, 540],
    [{ width: 1024, height: 1024, steps: 30 }, 'flux_1', false, 810], [{ steps: 20 }, 'stable diffusion 1', true, 450],
    [{ width: 1024, height: 1024 }, 'stable diffusion 1', false, 430], [{ width: 1024, height: 1024, sampler: 'k_heun' }, 'stable diffusion 1', false, 830],
    [{ width: 1024, height: 1024, sampler: 'heunpp2' }, 'stable diffusion 1', false, 1230], [{ steps: 1, loras: 5 }, 'stable diffusion 1', false, 684],
    [{ steps: 1, loras: 1 }, 'stable diffusion 1', true, 770],
  ] as const)('for %j on %s (extra slow: %p) is %d seconds', (some, baseline, extraSlow, seconds) => {
    expect(imageTtlS({ ...plain, ...some }, baseline, { extraSlow })).toBe(seconds);
  });

  it('is whole, 150 at least (450 for the extra slow), and never falls with more work', () => {
    fc.assert(fc.property(anImage, aBaseline, fc.boolean(), (features, baseline, extraSlow) => {
      const time = (some: Partial<ImageJobFeatures> = {}) => imageTtlS({ ...features, ...some }, baseline, { extraSlow });
      expect(Number.isInteger(time())).toBe(true);
      expect(time()).toBeGreaterThanOrEqual(extraSlow ? 450 : 150);
      for (const more of [{ steps: features.steps + 1 }, { width: features.width + 64 }, { loras: (features.loras ?? 0) + 1 }]) expect(time(more)).toBeGreaterThanOrEqual(time());
    }));
  });
});

describe('a batch', () => {
  it.each([
    [{}, 'stable diffusion 1', 20, 6], [{ postProcessing: ['GFPGAN'] }, 'stable diffusion 1', 20, 4], [{ postProcessing: ['CodeFormers'] }, 'stable diffusion 1', 20, 2],
    [{ transparent: true }, 'stable diffusion 1', 20, 3], [{}, 'flux_1', 20, 1], [{}, 'stable diffusion 1', 1, 1],
  ] as const)('of %j on %s, asked for %d, holds %d safely', (some, baseline, amount, safe) => {
    expect(safeAmount({ ...plain, ...some }, baseline, 512 * 512, amount)).toBe(safe);
  });

  it('is never larger than asked for, than safe, or than what is left, and never empty while something is', () => {
    const wish = fc.record({ amount: fc.integer({ min: 1, max: 20 }), waiting: fc.integer({ min: 0, max: 20 }), disableBatching: fc.boolean() });
    fc.assert(fc.property(anImage, aBaseline, fc.integer({ min: 0, max: 20_000_000 }), wish, (features, baseline, maxPixels, each) => {
      const batch = imageBatch(features, baseline, maxPixels, each);
      expect(batch).toBeLessThanOrEqual(Math.min(each.waiting, each.amount, safeAmount(features, baseline, maxPixels, each.amount)));
      expect(batch).toBeGreaterThanOrEqual(Math.min(1, each.waiting));
      if (each.disableBatching) expect(batch).toBeLessThanOrEqual(1);
      expect(textBatch(each)).toBe(Math.min(each.waiting, each.disableBatching ? 1 : each.amount));
    }));
  });
});

describe('work', () => {
  it('is counted in pixelsteps, by what the sampler does in a step', () => {
    expect(pixelsteps(plain)).toBe(512 * 512 * 50);
    expect(pixelsteps({ ...plain, sampler: 'k_heun' })).toBe(512 * 512 * 100);
    expect(pixelsteps({ ...plain, sampler: 'k_dpm_adaptive' })).toBe(512 * 512 * 40);
  });
  it.each([[100, 8, 12.5], [100, 0, 1], [1, 3, 0.3]])('of %d things in %d s is %d a second', (things, seconds, speed) => expect(thingsPerSecond(things, seconds)).toBe(speed));
});

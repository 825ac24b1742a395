import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anImage, aText, IMAGE_MODELS, load, reference, TEXT_MODELS } from '../../test/support/asks.js';
import { inKudos, kudos, plus, type Kudos } from '../kernel/kudos.js';
import { ANNOTATION_TYPES, POST_PROCESSORS } from '../reference/catalogue.js';
import { SAMPLER_NAMES } from '../reference/samplers.js';
import { alchemyDebit, alchemyFormPrice } from './alchemy-price.js';
import { imageDebit, textDebit } from './burn.js';
import { downgradeImage, downgradeText } from './downgrade.js';
import { firstImagePrice, imageUnitPrice, renderPrice } from './image-price.js';
import type { ImageJobFeatures, SourceProcessing } from './job-features.js';
import { PRICE_POLICY_1 as POLICY } from './price-policy.js';
import { imageQuote, textQuote } from './quote.js';
import { imageUpfrontAmount, imageUpfrontRequired, textUpfrontAmount, textUpfrontRequired } from './upfront.js';
import { generatedTokens } from './tokens.js';
import { textReward } from './text-price.js';

const aModel = fc.constantFrom(...IMAGE_MODELS);
const burning = fc.record({ censored: fc.boolean(), slowWorkers: fc.boolean(), workerBlacklist: fc.boolean() });
const price = (features: ImageJobFeatures, model = 'stable_diffusion'): Kudos => imageUnitPrice(features, model, POLICY, reference);

const free = ({ matchedTargeting: _, ...features }: ImageJobFeatures): ImageJobFeatures => features;

describe('the price of an image', () => {
  it('is never zero and never falls with more steps, pixels, LoRAs, inversions or post-processors', () => {
    fc.assert(fc.property(anImage.map(free), aModel, fc.constantFrom(...POST_PROCESSORS), (features, model, added) => {
      const base = price(features, model);
      expect(base).toBeGreaterThan(0);
      const more: ImageJobFeatures[] = [
        { ...features, steps: features.steps + 1 }, { ...features, width: features.width + 64 }, { ...features, height: features.height + 64 },
        { ...features, loras: (features.loras ?? 0) + 1 }, { ...features, tis: (features.tis ?? 0) + 1 },
        { ...features, postProcessing: [...(features.postProcessing ?? []), added] },
      ];
      for (const each of more) expect(price(each, model)).toBeGreaterThanOrEqual(base);
    }));
  });

  it('strictly rises with four times the pixels', () => {
    fc.assert(fc.property(anImage.map(free), (features) => {
      expect(price({ ...features, width: features.width * 2, height: features.height * 2 })).toBeGreaterThan(price(features));
    }));
  });

  it('is multiplied by 1.4 to 2.5 by twice the steps, from 20 steps and up to 1024²', () => {
    const upTo1024 = fc.integer({ min: 1, max: 16 }).map((units) => units * 64);
    const plain = fc.record({ width: upTo1024, height: upTo1024, steps: fc.integer({ min: 20, max: 250 }), sampler: fc.constantFrom(...SAMPLER_NAMES), karras: fc.boolean(), cfgScale: fc.constant(5) });
    fc.assert(fc.property(plain, (features) => {
      const ratio = price({ ...features, steps: features.steps * 2 }) / price(features);
      expect(ratio).toBeGreaterThanOrEqual(1.4);
      expect(ratio).toBeLessThanOrEqual(2.5);
    }));
  });

  it('is the same for remix and for img2img, and nothing at scale 0', () => {
    fc.assert(fc.property(anImage, (features) => {
      const from = (sourceProcessing: SourceProcessing) => price({ ...features, sourceImage: true, sourceProcessing });
      expect(from('remix')).toBe(from('img2img'));
      expect(renderPrice(features, { ...POLICY.image, scale: 0 })).toBe(0);
    }));
  });

  it('does not depend on the model in the 202 answer, which shows whole kudos', () => {
    fc.assert(fc.property(anImage.map(free), (features) => {
      const shown = firstImagePrice(features, POLICY);
      expect(shown % 100).toBe(0);
      expect(Math.abs(shown - price(features))).toBeLessThanOrEqual(50);
    }));
  });
});

describe('the debit of an image', () => {
  const worth = fc.integer({ min: 0, max: 5_000_000 }).map((amount) => kudos(amount / 100));

  it('is the price and one kudos at least, whatever the request', () => {
    fc.assert(fc.property(worth, anImage, burning, (value, features, on) => {
      const debit = imageDebit(value, features, on, POLICY);
      expect(debit).toBeGreaterThanOrEqual((on.censored ? 0 : value) + 100);
    }));
  });

  it('never falls when the price rises', () => {
    fc.assert(fc.property(worth, worth, anImage, burning, (a, b, features, on) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(imageDebit(high, features, on, POLICY)).toBeGreaterThanOrEqual(imageDebit(low, features, on, POLICY));
    }));
  });

  it('is a fifth more without slow workers and a tenth more with a blacklist', () => {
    fc.assert(fc.property(worth, anImage, (value, features) => {
      const debit = (slowWorkers: boolean, workerBlacklist: boolean) => imageDebit(value, features, { censored: false, slowWorkers, workerBlacklist }, POLICY);
      expect(Math.abs(debit(false, false) - debit(true, false) * 1.2)).toBeLessThanOrEqual(1.2);
      expect(Math.abs(debit(true, true) - debit(true, false) * 1.1)).toBeLessThanOrEqual(1.2);
    }));
  });

  it('is one kudos with its factors for a censored image', () => {
    fc.assert(fc.property(worth, anImage, (value, features) => {
      const on = { censored: true, slowWorkers: true, workerBlacklist: false };
      expect(inKudos(imageDebit(value, features, on, POLICY))).toBe(1);
    }));
  });
});

describe('the quote', () => {
  const models = fc.uniqueArray(aModel, { maxLength: 5 });

  it('covers the whole debit of an image request on every model that may serve it, and asks no more upfront', () => {
    fc.assert(fc.property(anImage, fc.integer({ min: 1, max: 20 }), models, models, burning, (features, jobs, listed, offered, on) => {
      const request = { features, jobs, models: listed, offered, ...on };
      const quote = imageQuote(request, POLICY, reference);
      for (const served of listed.length > 0 ? listed : offered) {
        const value = price(features, served);
        expect(value).toBeLessThanOrEqual(quote.unitPrice);
        const debits = Array.from({ length: jobs }, () => imageDebit(value, features, on, POLICY));
        expect(quote.total).toBeGreaterThanOrEqual(plus(quote.activation, ...debits));
      }
      expect(imageUpfrontAmount(request, quote, POLICY, reference)).toBeLessThanOrEqual(quote.total);
    }));
  });

  it('covers the whole debit of a text request, whatever is generated by whomever', () => {
    const texts = fc.uniqueArray(fc.constantFrom(...TEXT_MODELS), { maxLength: 5 });
    const generation = fc.integer({ min: 0, max: 20_000 }).map((length) => 'x'.repeat(length));
    fc.assert(fc.property(aText, fc.integer({ min: 1, max: 20 }), texts, texts, generation, fc.boolean(), (features, jobs, listed, offered, generated, ownerTrusted) => {
      const quote = textQuote({ features, jobs, models: listed, offered, styled: false }, POLICY, reference);
      for (const model of listed.length > 0 ? listed : offered) {
        const work = { ...features, tokens: generatedTokens(generated, features.maxLength), model, validatedBackend: true, ownerTrusted };
        const debits = Array.from({ length: jobs }, () => textDebit(textReward(work, POLICY, reference), { censored: false }, POLICY));
        expect(quote.total).toBeGreaterThanOrEqual(plus(quote.activation, ...debits));
      }
      expect(textUpfrontAmount(listed, quote, POLICY)).toBeLessThanOrEqual(quote.total);
    }));
  });

  it('is linear in the number of jobs', () => {
    fc.assert(fc.property(anImage, fc.integer({ min: 1, max: 20 }), models, (features, jobs, listed) => {
      const of = (n: number) => imageQuote({ features, jobs: n, models: listed, offered: [], slowWorkers: true, workerBlacklist: false }, POLICY, reference);
      expect(of(jobs).total - of(jobs).activation).toBe(jobs * (of(1).total - of(1).activation));
    }));
  });
});

describe('a downgrade', () => {
  it('frees an image request from upfront kudos and never makes it larger', () => {
    let helped = 0;
    fc.assert(fc.property(anImage, fc.uniqueArray(aModel, { maxLength: 3 }), load, fc.boolean(), (features, models, busy, slowWorkers) => {
      const request = { features, models, slowWorkers, chargedWorkerList: false };
      const less = downgradeImage(request, busy, reference);
      if (!less) return;
      helped++;
      expect(imageUpfrontRequired({ ...request, features: less, slowWorkers: true }, busy, reference).required).toBe(false);
      expect(less.width * less.height).toBeLessThanOrEqual(features.width * features.height);
      expect(less.steps).toBeLessThanOrEqual(features.steps);
      expect([less.width % 64, less.height % 64]).toEqual([0, 0]);
    }), { numRuns: 300 });
    expect(helped).toBeGreaterThan(100);
  });

  it('frees every text request and never makes it longer', () => {
    fc.assert(fc.property(aText, load, fc.boolean(), (features, busy, slowWorkers) => {
      const request = { features, models: [], slowWorkers, chargedWorkerList: false };
      const less = downgradeText(request, busy);
      expect(less?.maxLength).toBeLessThanOrEqual(features.maxLength);
      expect(textUpfrontRequired({ ...request, features: less!, slowWorkers: true }, busy).required).toBe(false);
    }));
  });
});

describe('a text', () => {
  it('counts between 20 tokens and what was asked for', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 20_000 }), fc.integer({ min: 16, max: 4096 }), (text, maxLength) => {
      const tokens = generatedTokens(text, maxLength);
      expect(tokens).toBeLessThanOrEqual(maxLength);
      expect(tokens).toBeGreaterThanOrEqual(Math.min(20, maxLength));
    }));
  });
});

describe('a form of alchemy', () => {
  it('costs its price and one kudos, or two when slow workers are allowed', () => {
    const form = fc.record({ form: fc.constantFrom<string>('caption', 'interrogation', 'annotation', ...POST_PROCESSORS), tiles: fc.integer({ min: 1, max: 255 }), controlType: fc.constantFrom<string>(...ANNOTATION_TYPES) });
    fc.assert(fc.property(form, fc.boolean(), (each, slowWorkers) => {
      const worth = alchemyFormPrice(each, POLICY);
      expect(worth).toBeGreaterThanOrEqual(100);
      expect(alchemyDebit(worth, { slowWorkers }, POLICY)).toBe(worth + (slowWorkers ? 200 : 100));
    }));
  });
});

import { describe, expect, it } from '@jest/globals';
import { loadReference } from '../reference/load-reference.js';
import { ANNOTATION, formsOf, serviceOf } from './alchemy-forms.js';
import { alchemyFormPrice } from './alchemy-price.js';
import { imagePriceOn } from './image-price.js';
import type { FormFacts, ImageJobFeatures, TextJobFeatures } from './job-features.js';
import { PRICE_POLICY_1 as POLICY } from './price-policy.js';
import { Pricing } from './pricing.js';
import { dearestTextPrice, imageQuote, textQuote } from './quote.js';
import { textReward } from './text-price.js';
import { imageUpfrontAmount } from './upfront.js';
import { kudos } from '../kernel/kudos.js';

const reference = loadReference();
const plain: ImageJobFeatures = { width: 512, height: 512, steps: 30, sampler: 'k_euler_a', karras: true, cfgScale: 5 };
const text: TextJobFeatures = { maxLength: 80, maxContextLength: 2048, promptTokens: 100 };
const PHI = 'microsoft/phi-4';

describe('the prices in force', () => {
  it('keep those of before, and have no other', () => {
    const earlier = { ...POLICY, version: 0 };
    const pricing = new Pricing(POLICY, reference, true, { earlier: [earlier] });
    expect([pricing.policyOf(0), pricing.policyOf(1), pricing.policyOf(2)]).toEqual([earlier, POLICY, undefined]);
    expect(new Pricing(POLICY, reference).policyOf(0)).toBeUndefined();
  });

  it('let half of what the untrusted earn wait, and charge nobody for naming workers, unless set otherwise', () => {
    expect(new Pricing(POLICY, reference)).toMatchObject({ escrow: true, upfrontOnWorkerList: false, matchedTargeting: false });
    const set = new Pricing(POLICY, reference, false, { upfrontOnWorkerList: true, matchedTargeting: true });
    expect(set).toMatchObject({ escrow: false, upfrontOnWorkerList: true, matchedTargeting: true });
  });
});

describe('a quote', () => {
  const image = { features: plain, jobs: 1, slowWorkers: true, workerBlacklist: false };

  it('is by the models that are named, however dear the others are', () => {
    const named = imageQuote({ ...image, models: ['Deliberate'], offered: ['Flux.1-Schnell fp8 (Compact)'] }, POLICY, reference);
    expect(named.dearest).toBe('Deliberate');
    const unnamed = imageQuote({ ...image, models: [], offered: ['Deliberate', 'Flux.1-Schnell fp8 (Compact)'] }, POLICY, reference);
    expect(unnamed.dearest).toBe('Flux.1-Schnell fp8 (Compact)');
    const texts = { features: text, jobs: 1, styled: false };
    expect(textQuote({ ...texts, models: [PHI], offered: ['unknown 70B'] }, POLICY, reference).dearest).toBe(PHI);
    expect(textQuote({ ...texts, models: [], offered: [PHI] }, POLICY, reference).dearest).toBe(PHI);
  });

  it('names the first of those that cost the same', () => {
    expect(imageQuote({ ...image, models: ['Dreamshaper', 'Deliberate'], offered: [] }, POLICY, reference).dearest).toBe('Dreamshaper');
  });

  it('of a text is what a validated backend gets; of a model that nobody knows, the dearer of its two rules', () => {
    const work = { tokens: 80, promptTokens: 100, maxContextLength: 2048, validatedBackend: true };
    expect(dearestTextPrice(text, PHI, POLICY, reference)).toBe(textReward({ ...work, model: PHI, ownerTrusted: true }, POLICY, reference));
    const rules = [true, false].map((ownerTrusted) => textReward({ ...work, model: 'unknown 70B', ownerTrusted }, POLICY, reference));
    expect(rules[0]).not.toBe(rules[1]);
    expect(dearestTextPrice(text, 'unknown 70B', POLICY, reference)).toBe(Math.max(...rules));
    const cheap = { ...POLICY, text: { ...POLICY.text, unknownPerToken: 0 } };
    expect(dearestTextPrice(text, 'unknown 70B', cheap, reference)).toBe(Math.min(...rules));
  });

  it('of texts for named workers is a token price, where that is set', () => {
    const quoted = (features: TextJobFeatures): number => textQuote({ features, jobs: 1, models: [PHI], offered: [], styled: false }, POLICY, reference).unitPrice;
    expect(quoted({ ...text, matchedTargeting: true })).toBe(kudos(0.1));
    expect(quoted(text)).toBeGreaterThan(kudos(0.1));
  });

  it('has to be there upfront whole where models are named, and less where the published figure is less', () => {
    const dear = { ...image, models: [], offered: ['Qwen-Image_fp8'] };
    const quote = { ...imageQuote(dear, POLICY, reference), total: kudos(1_000) };
    expect(imageUpfrontAmount(dear, quote, POLICY, reference)).toBe(imageQuote({ ...dear, offered: [] }, POLICY, reference).total);
    expect(imageUpfrontAmount({ ...dear, models: ['Qwen-Image_fp8'] }, quote, POLICY, reference)).toBe(kudos(1_000));
  });
});

describe('a price', () => {
  const on = (features: Partial<ImageJobFeatures>): number => imagePriceOn('stable diffusion 1', { ...plain, ...features }, POLICY);

  it('of a post-processor that nobody knows is that of the dearest', () => {
    const dearest = Object.entries(POLICY.image.postProcessors).toSorted(([, a], [, b]) => b - a)[0]![0];
    expect(on({ postProcessing: ['brand_new'] })).toBe(on({ postProcessing: [dearest] }));
  });

  it('of what is painted is the same by a mask and by the way it is painted', () => {
    const masked = on({ sourceImage: true, sourceMask: true });
    expect(masked).toBe(on({ sourceImage: true, sourceProcessing: 'inpainting' }));
    expect(masked).not.toBe(on({ sourceImage: true }));
  });

  it('of an annotation without a type is that of the types without a price of their own', () => {
    expect(alchemyFormPrice({ form: ANNOTATION, tiles: 10 }, POLICY)).toBe(alchemyFormPrice({ form: ANNOTATION, tiles: 10, controlType: 'brand new' }, POLICY));
  });
});

describe('a form', () => {
  const forms: readonly FormFacts[] = [{ form: 'caption', price: kudos(1), debit: kudos(3) }];
  it('is part of alchemy and of nothing else', () => {
    expect(formsOf({ kind: 'alchemy', features: { tiles: 1, forms } })).toBe(forms);
    expect(formsOf({ kind: 'image', features: { ...plain, forms } })).toEqual([]);
  });
  it('asks for what it is called, an annotation for its annotator', () => {
    expect([serviceOf({ form: 'caption' }), serviceOf({ form: ANNOTATION, controlType: 'canny' }), serviceOf({ form: ANNOTATION })]).toEqual(['caption', 'annotation/canny', 'annotation/']);
  });
});

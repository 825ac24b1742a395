import { describe, expect, it } from '@jest/globals';
import { inKudos, kudos } from '../kernel/kudos.js';
import { loadReference } from '../reference/load-reference.js';
import { textActivation } from './activation.js';
import { alchemyDebit, alchemyFormPrice, tilesOf } from './alchemy-price.js';
import { ownerReward, textDebit } from './burn.js';
import { PRICE_POLICY_1 as POLICY } from './price-policy.js';
import { textQuote } from './quote.js';
import { textReward, type TextWork } from './text-price.js';
import { estimatedTokens, generatedTokens } from './tokens.js';

const reference = loadReference();
const PHI = 'microsoft/phi-4';
const work: TextWork = { tokens: 80, promptTokens: 1024, maxContextLength: 2048, model: PHI, validatedBackend: true, ownerTrusted: true };
const rewardOf = (some: Partial<TextWork>): number => inKudos(textReward({ ...work, ...some }, POLICY, reference));

describe('tokens', () => {
  it.each([['', 20], ['a', 20], ['a'.repeat(80), 20], ['a'.repeat(81), 21], ['😀'.repeat(84), 21], ['\ud800'.repeat(84), 21],
    ...['\ud800\udc00', '\udbff\udfff'].map((pair): [string, number] => [pair.repeat(84), 21]), // the first and the last that two units stand for
    ...['a\udc00', '\ud7ff\udc00', '\udc00\udc00', '\ud800\ue000', '\ud800\udbff', '\ud800a'].map((pair): [string, number] => [pair.repeat(42), 21]), // two characters each
  ])(
    'of a text are a quarter of its characters, 20 at least (%#)',
    (text, tokens) => expect(estimatedTokens(text)).toBe(tokens),
  );
  it.each([['', 80, 0], ['a', 80, 20], ['a', 16, 16], ['a'.repeat(4000), 80, 80]])('of a generation are capped by what was asked for (%#)', (text, most, tokens) =>
    expect(generatedTokens(text, most)).toBe(tokens),
  );
});

describe('the context', () => {
  it.each([[80, 1.2554], [256, 1.407], [512, 1.654], [1024, 2.2], [2048, 3.4], [4096, 6.04], [8192, 11.85], [16384, 24.63], [20480, 30], [500_000, 30]])(
    'of %d tokens multiplies by %d',
    (promptTokens, multiplier) => {
      const reward = rewardOf({ promptTokens, maxContextLength: 1_048_576, model: 'unknown', ownerTrusted: false }); // exactly the multiplier
      expect(Math.abs(reward - multiplier)).toBeLessThan(0.0101);
    },
  );
  it('is the prompt, as far as it fits', () => {
    expect(rewardOf({ promptTokens: 8192, maxContextLength: 1024 })).toBe(rewardOf({ promptTokens: 1024, maxContextLength: 8192 }));
  });
});

describe('the reward of a text', () => {
  it.each([
    ['a known model by its size', {}, (80 * (14.66 / 13) ** 0.2 * 14.66) / 125 * 2.2],
    ['a small model without a bonus', { model: 'Llama-3.1-8B-Instruct' }, ((80 * 8.03) / 125) * 2.2],
    ['an unvalidated backend less', { validatedBackend: false }, ((80 * (14.66 / 13) ** 0.2 * 14.66) / 125) * 2.2 * 0.3],
    ['an unknown model of a trusted owner by its tokens', { model: 'unknown' }, 80 * 2.2 * 0.027],
    ['an unknown model of an untrusted owner by its context alone', { model: 'unknown', ownerTrusted: false }, 2.2],
    ['matched targeting a token amount', { matchedTargeting: true as const }, 0.1],
    ['nothing delivered with nothing', { tokens: 0 }, 0],
  ])('pays %s', (_what, some, expected) => {
    expect(rewardOf(some)).toBeCloseTo(expected, 2);
  });
  it('does not depend on who owns a known model', () => expect(rewardOf({ ownerTrusted: false })).toBe(rewardOf({})));
});

describe('what a text request pays', () => {
  it('is the reward and one kudos, or one kudos when censored', () => {
    expect(inKudos(textDebit(kudos(5), { censored: false }, POLICY))).toBe(6);
    expect(inKudos(textDebit(kudos(5), { censored: true }, POLICY))).toBe(1);
  });
  it('is activated for one kudos, three under a style', () => {
    expect([false, true].map((styled) => inKudos(textActivation({ styled }, POLICY)))).toEqual([1, 3]);
  });
  it('is quoted by a model of 13B when nobody is asked and nobody is there', () => {
    const features = { maxLength: 80, maxContextLength: 2048, promptTokens: 1024 };
    const quote = textQuote({ features, jobs: 2, models: [], offered: [], styled: false }, POLICY, reference);
    expect(inKudos(quote.unitPrice)).toBeCloseTo(((80 * 13) / 125) * 2.2, 2);
    expect(quote.total).toBe(quote.activation + 2 * quote.perJob);
    expect([quote.policy, quote.reference]).toEqual([1, 1]);
  });
});

describe('a worker', () => {
  it('earns the whole price under the default policy, and the named share under another', () => {
    expect(ownerReward(kudos(10), 'AI Horde Worker reGen', POLICY)).toBe(kudos(10));
    expect(ownerReward(kudos(10), 'constructor', POLICY)).toBe(kudos(10));
    expect(ownerReward(kudos(10), 'old', { ...POLICY, bridgeMultipliers: { old: 0.75 } })).toBe(kudos(7.5));
  });
});

describe('a form of alchemy', () => {
  it.each([
    ['caption', 4, undefined, 1], ['interrogation', 4, undefined, 3], ['GFPGAN', 4, undefined, 12], ['annotation', 2, 'canny', 6],
    ['annotation', 2, 'zoe_depth', 16], ['annotation', 2, 'hed', 10], ['constructor', 1, undefined, 3],
  ])('%s on %d tiles (%s) costs %d', (form, tiles, controlType, price) => {
    expect(inKudos(alchemyFormPrice({ form, tiles, ...(controlType && { controlType }) }, POLICY))).toBe(price);
  });
  it('costs one kudos more, two with slow workers', () => {
    expect([false, true].map((slowWorkers) => inKudos(alchemyDebit(kudos(3), { slowWorkers }, POLICY)))).toEqual([4, 5]);
  });
  it.each([[512, 512, 1], [513, 512, 2], [1024, 1024, 4], [1, 1, 1]])('needs tiles of 512: %d×%d is %d', (width, height, tiles) => {
    expect(tilesOf(width, height)).toBe(tiles);
  });
});

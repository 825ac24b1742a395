import { describe, expect, it } from '@jest/globals';
import { patchedPolicy, readPatch } from './policy-patch.js';
import { PRICE_POLICY_1 as POLICY } from './price-policy.js';

describe('a part of a policy', () => {
  it('goes over the adopted one, and leaves what it does not name', () => {
    const patch = { image: { baselines: { flux_1: 6 }, burn: { perJob: 2 } }, bridgeMultipliers: { old: 0.75 } };
    expect(readPatch(patch)).toEqual({ patch });
    const policy = patchedPolicy(POLICY, patch);
    expect(policy.image.baselines).toEqual({ ...POLICY.image.baselines, flux_1: 6 });
    expect(policy.image.burn).toEqual({ ...POLICY.image.burn, perJob: 2 });
    expect(policy.bridgeMultipliers).toEqual({ old: 0.75 });
    expect({ ...policy, image: POLICY.image, bridgeMultipliers: {} }).toEqual(POLICY);
    expect(Object.isFrozen(POLICY.image.baselines)).toBe(true);
  });

  it('may be nothing, and the whole', () => {
    expect(patchedPolicy(POLICY, {})).toEqual(POLICY);
    const { version: _version, ...whole } = POLICY;
    expect(readPatch(whole)).toEqual({ patch: whole });
    expect(patchedPolicy(POLICY, whole)).toEqual(POLICY);
  });

  it('may price names that have no price of their own yet, in tables by names only', () => {
    expect(readPatch({ image: { postProcessors: { brand_new: 4 }, controls: { brand_new: 3 } }, alchemy: { forms: { brand_new: 2 } } })).toHaveProperty('patch');
    expect(readPatch({ image: { baselines: { brand_new: 4 } } })).toHaveProperty('faults');
  });

  it.each<readonly [unknown, string]>([
    [null, 'the policy is not an object'], [[], 'the policy is not an object'], ['x', 'the policy is not an object'],
    [{ version: 2 }, 'version cannot be chosen: a policy under a question has none of its own'],
    [{ imagee: {} }, 'imagee is unknown; a policy has image, text, alchemy, activation'],
    [{ image: { scaling: 2 } }, 'image.scaling is unknown; image has fixed, perStep'],
    [{ image: 3 }, 'image is not an object'], [{ image: { scale: '2' } }, 'image.scale is not a number'],
    [{ image: { scale: -1 } }, 'image.scale is not from 0 to 1000000'], [{ image: { scale: 1e7 } }, 'image.scale is not from 0 to 1000000'],
    [{ image: { burn: { postProcessors: { GFPGAN: null } } } }, 'image.burn.postProcessors.GFPGAN is not a number'],
    [{ image: { unnamedBaseline: 'sdxl' } }, 'image.unnamedBaseline is none of stable diffusion 1, '], [{ image: { unnamedBaseline: ['flux_1'] } }, 'is none of'],
    [{ image: { scale: Infinity } }, 'image.scale is not a number'], [{ image: { scale: true } }, 'image.scale is not a number'],
    [{ image: { fromImage: { strengthFrom: 1 } } }, 'image.fromImage.strengthFrom has to be less than 1'],
    [{ text: { divisor: 0 } }, 'text.divisor has to be more than 0'], [{ text: { context: { power: 0 } } }, 'text.context.power has to be more than 0'],
    [{ styleReward: {} }, 'styleReward is not a number'], [JSON.parse('{"__proto__":{"x":1}}'), '__proto__ is unknown'],
    [JSON.parse('{"image":{"constructor":1}}'), 'image.constructor is unknown'],
  ])('is refused with the place of its fault: %j', (written, fault) => {
    const read = readPatch(written) as { faults: readonly string[] };
    expect(read.faults).toEqual([expect.stringContaining(fault)]);
  });

  it('may name the largest number', () => expect(readPatch({ image: { scale: 1_000_000 } })).toHaveProperty('patch'));

  it('is refused with all its faults at once', () => {
    expect(readPatch({ image: { scale: -1, x: 1 }, text: { perJob: true } })).toHaveProperty('faults.length', 3);
  });
});

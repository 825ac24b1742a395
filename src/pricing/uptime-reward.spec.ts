import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inKudos } from '../kernel/kudos.js';
import type { ReferenceSnapshot, TextModel } from '../reference/reference.js';
import { PRICE_POLICY_1 } from './price-policy.js';
import { uptimeReward, type Readiness } from './uptime-reward.js';

const model = (name: string, billions: number): [string, TextModel] => [name, { name, parameters: billions * 1e9, nsfw: false }];
const reference: ReferenceSnapshot = {
  version: 1, images: new Map(), texts: new Map([model('seven', 7), model('thirteen', 13), model('seventy', 70), model('tiny', 1.1)]),
};
const worth = (ready: Readiness): number => inKudos(uptimeReward(ready, PRICE_POLICY_1, reference));
const scribe = (name: string | undefined, maxContextLength: number, validatedBackend = true): Readiness => ({ kind: 'text', model: name, maxContextLength, validatedBackend });

describe('ten minutes of readiness are worth', () => {
  // horde-rules §7.4, with its own examples.
  it.each<readonly [string, Readiness, number]>([
    ['an image worker without a model', { kind: 'image', models: 0, loras: false }, 50],
    ['with one model', { kind: 'image', models: 1, loras: false }, 52],
    ['with 200 models and LoRAs', { kind: 'image', models: 200, loras: true }, 480],
    ['a scribe of 7B and 2,048', scribe('seven', 2_048), 55],
    ['of 13B and 4,096', scribe('thirteen', 4_096), 157.86],
    ['of 70B and 8,192', scribe('seventy', 8_192), 1_450],
    ['the same behind a backend that nobody vouches for', scribe('seventy', 8_192, false), 435],
    ['of 1.1B: a small model counts a quarter', scribe('tiny', 2_048), 13.75],
    ['of a model that nobody knows: half', scribe('unheard of', 2_048), 27.5],
    ['the same without a validated backend', scribe('unheard of', 2_048, false), 27.5],
    ['without a model', scribe(undefined, 2_048), 27.5],
    ['of the longest context that counts', scribe('seven', 262_144), 3_865],
    ['of a context beyond it', scribe('seven', 1_000_000), 3_865],
    ['decorated with its backend', scribe('koboldcpp/seven', 2_048), 55],
    ['an alchemist', { kind: 'interrogation' }, 40],
  ])('%s', (_name, ready, amount) => expect(worth(ready)).toBe(amount));

  it('something, and never less for more of it', () => {
    fc.assert(fc.property(fc.nat(300), fc.boolean(), fc.nat(300_000), fc.nat(300_000), (models, loras, one, more) => {
      expect(worth({ kind: 'image', models, loras })).toBeGreaterThan(0);
      expect(worth({ kind: 'image', models: models + 1, loras })).toBeGreaterThan(worth({ kind: 'image', models, loras }));
      expect(worth(scribe('thirteen', one + more))).toBeGreaterThanOrEqual(worth(scribe('thirteen', one)));
    }), { seed: 9, numRuns: 200 });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AGEING_CREDIT_MS, FAIRNESS_POLICY } from './fairness-policy.js';
import { NaiveQueue } from './naive-queue.fixture.js';
import { MODELS, PAYERS, ToyWorld, toyQueue, WORKERS, type Step } from './toy-world.fixture.js';

const nth = fc.nat(50);
const facts = fc.oneof(
  fc.record({ payer: fc.constantFrom(...PAYERS), models: fc.subarray([...MODELS], { maxLength: 2 }), nsfw: fc.boolean() }),
  fc.record({ payer: fc.constant(0), addressTag: fc.constantFrom('20260105-a', '20260105-b'), models: fc.subarray([...MODELS], { maxLength: 2 }) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6, arbitrary: fc.record({
      do: fc.constant('accept' as const), facts, jobs: fc.integer({ min: 1, max: 4 }), price: fc.integer({ min: 1, max: 2_000 }), priority: fc.constantFrom(-5_000, 10_000, 12_000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('assign' as const, 'submit' as const, 'fault' as const), nth, extraSlow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'expire' as const), nth }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 999, 20_000, 150_000) }) },
);

describe('turns in the live queue, against one that scans everything', () => {
  it('go to the payers who have waited longest, after every step, whatever ages are counted from', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.constantFrom(Infinity, 0, 300_000, AGEING_CREDIT_MS), (steps, ageingCreditMs) => {
      const [world, queue] = [new ToyWorld(new NaiveQueue(ageingCreditMs)), toyQueue({ ...FAIRNESS_POLICY, ageingCreditMs })];
      for (const each of steps) {
        for (const event of world.play(each)) queue.apply(event);
        for (const worker of WORKERS.filter(({ kind }) => kind === 'image')) {
          expect([...queue.candidates(worker, Infinity, 'turn')].map(({ request }) => request)).toEqual(world.naive.turns(worker));
        }
      }
      for (const { facts: { request } } of world.naive.open()) {
        expect([queue.find(request)!.key, queue.find(request)!.expiresAtMs]).toEqual([world.naive.key(world.naive.find(request)!), world.naive.expiresAtMs(world.naive.find(request)!)]);
      }
    }), { numRuns: 15 });
  });
});

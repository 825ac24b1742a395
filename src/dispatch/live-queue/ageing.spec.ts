import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { agesFromAfter, ageTaken, payerAgesFrom } from './ageing.js';
import { AGEING_CREDIT_MS, FAIRNESS_POLICY } from './fairness-policy.js';
import { recorded, someFacts, START_MS } from './naive-queue.fixture.js';
import { toyQueue } from './toy-world.fixture.js';

const MINUTE_MS = 60_000;
const at = (minutes: number): number => START_MS + minutes * MINUTE_MS;
const NEVER = -Infinity;

describe('what a hand-out takes from the age of its payer\'s requests', () => {
  it.each<[string, { accepted: number; ages: number; jobs?: number; now: number }, number]>([
    ['nothing but what was saved, of somebody who comes for the first time', { accepted: 0, ages: NEVER, now: 5 }, 5 - 20],
    ['the wait of each job', { accepted: 0, ages: at(-15), now: 5 }, -10],
    ['of four at once four waits', { accepted: 0, ages: NEVER, jobs: 4, now: 5 }, -15 + 3 * 5],
    ['all that there is, and not more', { accepted: 0, ages: at(-1), jobs: 10, now: 5 }, 5],
    ['no more than was saved in twenty minutes, of somebody who did not ask for hours', { accepted: 0, ages: at(-300), now: 5 }, -15],
    ['nothing, of who is served at once', { accepted: 5, ages: at(-10), now: 5 }, -10],
    ['nothing, by a clock that is behind', { accepted: 5, ages: at(-10), now: 4 }, -10],
  ])('is %s', (_, { accepted, ages, jobs = 1, now }, minutes) => {
    expect(agesFromAfter({ acceptedAtMs: at(accepted), agesFromMs: ages }, jobs, at(now), AGEING_CREDIT_MS)).toBe(at(minutes));
  });

  it('is nothing where ages are not touched', () => {
    expect(agesFromAfter({ acceptedAtMs: at(0), agesFromMs: NEVER }, 1, at(5), Infinity)).toBe(NEVER);
  });

  it('is as much for jobs one by one as for all at once, and never gives an age back', () => {
    const minutes = fc.integer({ min: 0, max: 200 });
    fc.assert(fc.property(minutes, minutes, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), (before, accepted, jobs, waited) => {
      const [acceptedAtMs, nowMs] = [at(accepted), at(accepted + waited)];
      const ages = Math.min(at(before), nowMs);
      let oneByOne = ages;
      for (let job = 0; job < jobs; job += 1) oneByOne = agesFromAfter({ acceptedAtMs, agesFromMs: oneByOne }, 1, nowMs, AGEING_CREDIT_MS);
      expect(agesFromAfter({ acceptedAtMs, agesFromMs: ages }, jobs, nowMs, AGEING_CREDIT_MS)).toBe(oneByOne);
      expect(oneByOne).toBeGreaterThanOrEqual(ages);
      expect(oneByOne).toBeLessThanOrEqual(nowMs);
    }));
  });

  it('lowers the key by half a kudo for each tenth of a second, of requests that were there before', () => {
    expect(ageTaken({ acceptedAtMs: at(0), agesFromMs: NEVER }, at(1))).toBe(30_000);
    expect(ageTaken({ acceptedAtMs: at(0), agesFromMs: at(1) }, at(3))).toBe(60_000);
    expect(ageTaken({ acceptedAtMs: at(2), agesFromMs: NEVER }, at(1))).toBe(0);
  });
});

describe('what the log is told of it', () => {
  const entryOf = (facts: { payer?: number; addressTag?: string }) => {
    const queue = toyQueue();
    queue.apply(recorded('r', 0, { type: 'RequestAccepted.v1', data: someFacts({ request: 'r', ...facts }) }));
    return queue.find('r')!;
  };
  it.each<[string, { payer?: number; addressTag?: string }, number, string | undefined]>([
    ['from when the payer\'s requests age', {}, 5 * MINUTE_MS, '2026-01-05T11:45:00.000Z'],
    ['the same of an address', { payer: 0, addressTag: '20260105-a' }, 5 * MINUTE_MS, '2026-01-05T11:45:00.000Z'],
    ['nothing of nobody in particular', { payer: 0 }, 5 * MINUTE_MS, undefined],
    ['nothing of who has not waited for a second', {}, 999, undefined],
  ])('is %s', (_, facts, waitedMs, told) => {
    expect(payerAgesFrom(entryOf(facts), 1, START_MS + waitedMs, FAIRNESS_POLICY)).toBe(told);
  });

  it('is nothing where ages are not touched', () => {
    expect(payerAgesFrom(entryOf({}), 1, at(5), { ...FAIRNESS_POLICY, ageingCreditMs: Infinity })).toBeUndefined();
  });
});

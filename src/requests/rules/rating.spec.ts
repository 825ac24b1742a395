import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inKudos, kudos } from '../../kernel/kudos.js';
import { ratingRefusal, ratingReward, type RatingAsked, type RatedRequest } from './rating.js';

const [A, B, C] = ['a', 'b', 'c'];
const of = (images: readonly string[], parts: Partial<RatedRequest> = {}): RatedRequest => ({ done: true, shared: true, images: new Set(images), ...parts });
const rated = (...ratings: readonly (readonly [id: string, rating: number, artifacts?: number])[]): RatingAsked['ratings'] =>
  ratings.map(([id, rating, artifacts]) => ({ id, rating, ...(artifacts === undefined ? {} : { artifacts }) }));

describe('a rating', () => {
  it.each<readonly [string, RatingAsked, RatedRequest]>([
    ['of each image', { ratings: rated([A, 3], [B, 9]) }, of([A, B])],
    ['of one of several', { ratings: rated([B, 3]) }, of([A, B, C])],
    ['of the best alone', { best: B }, of([A, B])],
    ['of the best alone, with an empty list', { best: B, ratings: [] }, of([A, B])],
    ['with the highest rated as the best', { best: B, ratings: rated([A, 3], [B, 9], [C, 9]) }, of([A, B, C])],
    ['of a poor image, and another is the best', { best: B, ratings: rated([A, 2]) }, of([A, B])],
  ])('%s is taken', (_name, asked, request) => expect(ratingRefusal(asked, request)).toBeUndefined());

  // By descending precedence: each row fixes the fault of the row above and keeps the ones below.
  const unfinished = of([A], { done: false, shared: false });
  it.each<readonly [string | undefined, RatingAsked, RatedRequest]>([
    ['AestheticsNotCompleted', { ratings: rated(['x', 1], ['x', 1]) }, unfinished],
    ['AestheticsNotPublic', { ratings: rated(['x', 1], ['x', 1]) }, of([A], { shared: false })],
    ['ProcGenNotFound', { ratings: rated(['x', 1], ['x', 1]) }, of([A])],
    ['ProcGenNotFound', { best: 'x', ratings: rated([A, 1], [A, 1]) }, of([A])],
    ['AestheticsDuplicate', { best: A, ratings: rated([A, 1], [A, 2]) }, of([A])],
    ['AestheticsMissing', {}, of([A])],
    ['AestheticsMissing', { ratings: [] }, of([A])],
    ['AestheticsSolo', { best: A }, of([A])],
    ['AestheticsConfused', { best: A, ratings: rated([A, 1], [B, 2]) }, of([A, B])],
    ['AestheticsConfused', { best: C, ratings: rated([A, 1], [B, 2]) }, of([A, B, C])],
    [undefined, { best: B, ratings: rated([A, 1], [B, 2]) }, of([A, B])],
  ])('%s: %j', (rc, asked, request) => expect(ratingRefusal(asked, request)).toBe(rc));
});

describe('the reward for a rating', () => {
  it.each<readonly [RatingAsked, number, number]>([
    [{ ratings: rated([A, 8]) }, 100, 5],
    [{ ratings: rated([A, 8, 0]) }, 100, 10],
    [{ ratings: rated([A, 8, 3], [B, 2], [C, 1, 5]) }, 100, 25],
    [{ best: A }, 100, 15],
    [{ best: B, ratings: rated([A, 6]) }, 100, 20],
    [{ best: B, ratings: rated([A, 7]) }, 100, 5],
    [{ best: B, ratings: rated([A, 6, 1]) }, 100, 25],
    [{ best: B, ratings: rated([A, 1], [B, 2]) }, 100, 10],
    [{ best: A }, 15.5, 15],
    [{ best: A }, 15, 14],
    [{ best: A }, 11.34, 10.34],
    [{ best: A }, 1, 0],
    [{ best: A }, 0.5, 0],
  ])('%j of a request that consumed %d is %d', (asked, consumed, reward) => expect(inKudos(ratingReward(asked, kudos(consumed)))).toBe(reward));

  it('is never below nothing, and always less than the request has consumed', () => {
    const asked = fc.record({ best: fc.option(fc.constantFrom(A, B), { nil: undefined }), ratings: fc.array(fc.record({ id: fc.constantFrom(A, B, C), rating: fc.integer({ min: 1, max: 10 }), artifacts: fc.option(fc.nat(5), { nil: undefined }) }), { maxLength: 20 }) });
    fc.assert(fc.property(asked, fc.nat(400), (sent, consumed) => {
      const reward = inKudos(ratingReward(sent, kudos(consumed)));
      expect(reward).toBeGreaterThanOrEqual(0);
      expect(reward < consumed || reward === 0).toBe(true);
    }), { seed: 41, numRuns: 300 });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ADDRESS_JOBS_MAX, addressShare, UNHURRIED_WAIT_S } from './address-limits.js';

describe('what an address may have unfinished without an account', () => {
  it.each([[0, 30], [60, 30], [61, 29], [120, 15], [600, 3], [1_799, 1], [1_000_000, 1]])('is, when the wait is %d s, %d jobs', (waitS, jobs) => {
    expect(addressShare(waitS)).toBe(jobs);
  });

  it('never grows with the wait, and never comes to nothing', () => {
    fc.assert(fc.property(fc.nat(100_000), fc.nat(100_000), (waitS, more) => {
      expect(addressShare(waitS + more)).toBeLessThanOrEqual(addressShare(waitS));
      expect(addressShare(waitS)).toBeGreaterThanOrEqual(1);
      if (waitS <= UNHURRIED_WAIT_S) expect(addressShare(waitS)).toBe(ADDRESS_JOBS_MAX);
    }));
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { centikudos, inKudos, kudos, least, minus, most, negated, NO_KUDOS, plus, roundHalfEven, times } from './kudos.js';

/** Half to even in whole numbers: `parts` hundredths of a centikudos. No floats. */
const exactly = (parts: bigint): number => {
  const floor = parts >= 0n ? parts / 100n : -((-parts + 99n) / 100n);
  const rest = parts - floor * 100n;
  const up = rest > 50n || (rest === 50n && floor % 2n !== 0n);
  return Number(up ? floor + 1n : floor);
};

describe('rounding', () => {
  it.each([
    [0.5, 0], [1.5, 2], [2.5, 2], [3.5, 4], [-0.5, 0], [-1.5, -2], [-2.5, -2], [-3.5, -4], [0.49, 0], [0.51, 1], [-0.51, -1], [-0.49, 0], [7, 7], [-7, -7],
  ])('%d goes to %d: ties to the even neighbour', (value, rounded) => expect(roundHalfEven(value)).toBe(rounded));

  it.each([
    [1.005, 100], [1.015, 102], [1.025, 102], [8.475, 848], [0.145, 14], [-1.005, -100], [-1.015, -102], [4.35, 435], [1.1 * 1.1 * 100, 12_100], [0.1 + 0.2, 30],
  ])('%d kudos are %d hundredths: a tie is a tie, whatever binary fractions make of it', (amount, hundredths) => expect(kudos(amount)).toBe(hundredths));

  it('of any decimal amount is what whole numbers say', () => {
    fc.assert(fc.property(fc.maxSafeInteger().map((seed) => seed % 10 ** 13), (parts) => {
      expect(kudos(parts / 10_000)).toBe(exactly(BigInt(parts)));
    }), { numRuns: 5_000 });
  });

  it('takes for a tie what differs from one by float noise, and nothing that differs by more', () => {
    expect([2 ** -40, 2 ** -39].map((beyond) => roundHalfEven(0.5 + beyond))).toEqual([0, 1]);
    expect([2 ** -10, 2 ** -9].map((beyond) => roundHalfEven(2 ** 31 + 0.5 + beyond))).toEqual([2 ** 31, 2 ** 31 + 1]);
  });

  it('leaves whole hundredths alone, however large', () => {
    for (const amount of [2 ** 39 + 1, 2 ** 40 + 1, 2 ** 40 - 1, -(2 ** 41) - 1, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) expect(roundHalfEven(amount)).toBe(amount);
    fc.assert(fc.property(fc.maxSafeInteger(), (amount) => { expect(roundHalfEven(amount)).toBe(amount); }));
  });

  it('moves by half a hundredth at most', () => {
    fc.assert(fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (value) => {
      expect(Math.abs(roundHalfEven(value) - value)).toBeLessThanOrEqual(0.5 + 2 ** -9);
    }));
  });
});

describe('kudos', () => {
  it.each([0.5, Number.NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53)])('%d is no amount', (amount) => {
    expect(() => centikudos(amount)).toThrow(RangeError);
    expect(() => centikudos(amount)).toThrow(`${amount} is not a whole number of centikudos`);
  });
  it.each([Number.NaN, Infinity, 1e14])('%d kudos are no amount', (amount) => expect(() => kudos(amount)).toThrow(RangeError));
  it('know no negative zero, which would change the bytes of an event', () => {
    for (const zero of [centikudos(-0), kudos(-0), kudos(-0.001), negated(NO_KUDOS), times(centikudos(-5), 0), minus(NO_KUDOS, NO_KUDOS), least(centikudos(0), centikudos(-0))])
      expect(Object.is(zero, 0)).toBe(true);
  });
  it('add up to whole hundredths or not at all', () => {
    expect(plus()).toBe(0);
    expect(plus(kudos(0.1), kudos(0.2))).toBe(30);
    expect(minus(kudos(1), kudos(3))).toBe(-200);
    expect(times(kudos(0.1), 3)).toBe(30);
    expect([least, most].map((of) => of(kudos(2), kudos(3), kudos(1)))).toEqual([100, 300]);
    expect(negated(kudos(3))).toBe(-300);
    expect(() => plus(centikudos(Number.MAX_SAFE_INTEGER), centikudos(1))).toThrow(RangeError);
    expect(() => times(centikudos(1), 0.5)).toThrow(RangeError);
  });
  it('are shown with two decimals at most', () => {
    fc.assert(fc.property(fc.integer(), (amount) => {
      expect(String(inKudos(centikudos(amount)))).toMatch(/^-?\d+(\.\d{1,2})?$/);
      expect(kudos(inKudos(centikudos(amount)))).toBe(amount === 0 ? 0 : amount);
    }));
  });
});

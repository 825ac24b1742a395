/**
 * Money. One kudos is 100 centikudos; every amount in the ledger is a whole number of centikudos and a safe integer
 * (spec/ledger.md §4.1), so it survives JSON unchanged. Plain numbers enter only through the functions of this file.
 */
declare const kudosBrand: unique symbol;
export type Kudos = number & { readonly [kudosBrand]: true };

/** An amount given in whole centikudos. Throws on fractions and beyond ±(2^53 − 1): such an amount is a bug. */
export const centikudos = (amount: number): Kudos => {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is not a whole number of centikudos`);
  return (amount === 0 ? 0 : amount) as Kudos; // never −0: it would change the bytes of an event
};

/** An amount given in kudos, rounded to centikudos: the only place where money is rounded (half to even). */
export const kudos = (amount: number): Kudos => centikudos(roundHalfEven(amount * 100));

/** Float noise of a few multiplications, relative to the value; bounded, or it would swallow the halves of large amounts. */
const NOISE = 2 ** -40;
const NOISE_MAX = 2 ** -10;

/** Rounds to the nearest integer; a tie goes to the even neighbour, and is recognised up to float noise. */
export const roundHalfEven = (value: number): number => {
  const floor = Math.floor(value);
  const distance = value - floor - 0.5;
  if (Math.abs(distance) > Math.min(NOISE_MAX, Math.max(1, Math.abs(value)) * NOISE)) return distance > 0 ? floor + 1 : floor;
  return floor % 2 === 0 ? floor : floor + 1;
};

/** What the API shows: kudos as a JSON number with at most two decimals. */
export const inKudos = (amount: Kudos): number => amount / 100;

export const NO_KUDOS = centikudos(0);
export const plus = (...amounts: readonly Kudos[]): Kudos => centikudos(amounts.reduce<number>((sum, amount) => sum + amount, 0));
export const minus = (from: Kudos, amount: Kudos): Kudos => centikudos(from - amount);
export const negated = (amount: Kudos): Kudos => centikudos(-amount);
export const times = (amount: Kudos, count: number): Kudos => centikudos(amount * count);
export const least = (...amounts: readonly Kudos[]): Kudos => centikudos(Math.min(...amounts));
export const most = (...amounts: readonly Kudos[]): Kudos => centikudos(Math.max(...amounts));

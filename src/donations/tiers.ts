import { kudos, NO_KUDOS, times, type Kudos } from '../kernel/kudos.js';

/** Supporter tiers and their monthly thanks (horde-rules §1.11). Kudos are never sold: these are thanks, offset by the operators' workers. */

const PATREON: ReadonlyMap<number, Kudos> = new Map([
  [100, kudos(1_500_000)], [50, kudos(1_500_000)], [25, kudos(900_000)], [24, kudos(600_000)], [10, kudos(150_000)],
  // An annual plan's month, as the old tier of 10 was billed.
  ...[102, 103, 104, 105, 106, 107, 108].map((units): [number, Kudos] => [units, kudos(150_000)]),
]);
const PATREON_PER_UNIT = kudos(10_000);
const PATREON_SMALL_MAX = 10;

/** For whole units of the currency a month; 0 for an amount that no tier has. */
export const patreonThanks = (cents: number): Kudos => {
  const units = Math.trunc(cents / 100);
  return PATREON.get(units) ?? (units > 0 && units < PATREON_SMALL_MAX ? times(PATREON_PER_UNIT, units) : NO_KUDOS);
};

const STRIPE: ReadonlyMap<string, Kudos> = new Map([
  ['Superior Person', kudos(20_000)], ['Recognised', kudos(75_000)], ['Cherised', kudos(200_000)], ['Treasured', kudos(700_000)],
  ['Celebrated', kudos(1_500_000)], ['Sponsor', kudos(1_500_000)],
]);

/** By the product's name, as it is spelled there; 0 for any other. */
export const stripeThanks = (product: string): Kudos => STRIPE.get(product) ?? NO_KUDOS;

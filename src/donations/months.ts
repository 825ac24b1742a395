import { iso } from '../kernel/clock.js';

/** Calendar months in UTC, which has no summer time. */

/** `yyyymm`. */
export const monthOf = (at: string): string => at.slice(0, 7).replace('-', '');

/** So many calendar months after `since`; a day that the month does not have is its last. Counted from `since`, nothing drifts. */
export const monthsAfter = (since: string, months: number): string => {
  const start = new Date(since);
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const midnight = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate());
  return iso(Date.UTC(year, month, Math.min(start.getUTCDate(), lastDay)) + (start.getTime() - midnight));
};

/** Whole months from `since` to `cursor`, which lies some months after it. */
export const monthsBetween = (since: string, cursor: string): number => {
  const [from, to] = [new Date(since), new Date(cursor)];
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + (to.getUTCMonth() - from.getUTCMonth());
};

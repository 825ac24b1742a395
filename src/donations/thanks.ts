import { kudos, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import type { MonthOfThanks } from '../kudos/grant.events.js';
import { monthOf, monthsAfter, monthsBetween } from './months.js';

/** horde-rules §1.6: what a moderator is thanked with each month. */
export const MODERATOR_THANKS = kudos(300_000);

/** Something that a user is thanked for, and since when; undefined when nobody knows. */
export interface Reason {
  readonly kind: 'entitlement' | 'moderator' | 'donations';
  readonly amount: Kudos;
  readonly since: string | undefined;
}
/** Up to where a user has been thanked. */
export interface Received {
  readonly since: string;
  readonly cursor: string;
}

/**
 * The month that is due, if one is (horde-rules §1.11): at once for whoever was never thanked, else when more than a calendar month has
 * passed since the cursor, which then moves by exactly one. One month a call, so that a late server catches up month by month. A month in
 * which somebody had no claim is passed over: who comes back after a year is not thanked for that year.
 */
export const monthDue = (reasons: readonly Reason[], received: Received | undefined, now: string): MonthOfThanks | undefined => {
  if (!received) return monthAt({ since: now, cursor: now }, reasons);
  for (let month = monthsBetween(received.since, received.cursor) + 1; ; month++) {
    const cursor = monthsAfter(received.since, month);
    if (cursor >= now) return undefined;
    const due = monthAt({ since: received.since, cursor }, reasons);
    if (due) return due;
  }
};

export const amountOf = ({ entitlement, moderator, donations }: MonthOfThanks): Kudos => plus(entitlement, moderator, donations);

const monthAt = ({ since, cursor }: Received, reasons: readonly Reason[]): MonthOfThanks | undefined => {
  const sum = (kind: Reason['kind']): Kudos =>
    plus(NO_KUDOS, ...reasons.filter((reason) => reason.kind === kind && (reason.since === undefined || reason.since <= cursor)).map(({ amount }) => amount));
  const month = { month: monthOf(cursor), since, cursor, entitlement: sum('entitlement'), moderator: sum('moderator'), donations: sum('donations') };
  return amountOf(month) > 0 ? month : undefined;
};

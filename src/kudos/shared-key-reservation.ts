import { minus, most, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import type { AuthorizationOpened } from './account.events.js';

/** What an authorization remembers of its key's budget. */
export interface Reservation {
  readonly key: string;
  /** What was set aside for all jobs: equal parts, one a job. */
  readonly forJobs: Kudos;
  /** What is still set aside. */
  readonly reserved: Kudos;
  /** What jobs that were never handed out have given back. */
  readonly released: Kudos;
  /** False once the owner has set a new budget: that is for requests which come later. */
  readonly counts: boolean;
}

export const newReservation = ({ sharedKey, activation }: AuthorizationOpened['data']): Reservation | undefined => {
  if (!sharedKey) return undefined;
  const forJobs = most(NO_KUDOS, minus(sharedKey.reserved, activation));
  return { key: sharedKey.key, forJobs, reserved: forJobs, released: NO_KUDOS, counts: true };
};
export const lessReserved = (reservation: Reservation | undefined, reserved: Kudos | undefined): Reservation | undefined =>
  reservation && { ...reservation, reserved: minus(reservation.reserved, reserved ?? NO_KUDOS) };
export const lessParts = (reservation: Reservation | undefined, released: Kudos | undefined): Reservation | undefined => {
  const less = lessReserved(reservation, released);
  return less && { ...less, released: plus(less.released, released ?? NO_KUDOS) };
};
/** The owner has set a new budget: nothing of it is promised to this request. */
export const outsideBudget = (reservation: Reservation): Reservation => ({ ...reservation, reserved: NO_KUDOS, counts: false });

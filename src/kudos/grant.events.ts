// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: grant-{key}, created with its first event: award-{txId}, monthly-{user}-{yyyymm}, rating-{request}; any other key for corrections
import type { Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { LedgerTransaction } from '../kernel/ledger.js';
import type { UserId } from './account.events.js';

/** A month of thanks (horde-rules §1.11). Cursors of one user lie whole calendar months apart. */
export interface MonthOfThanks {
  /** `yyyymm` of the cursor. */
  readonly month: string;
  /** When this user was thanked first: what the months are counted from. */
  readonly since: string;
  readonly cursor: string;
  /** What the amount is made of. */
  readonly entitlement: Kudos;
  readonly moderator: Kudos;
  readonly donations: Kudos;
}

/** What somebody thought of the images of a request. */
export interface RatingGiven {
  readonly request: string;
  readonly best?: string;
  readonly ratings: readonly { readonly id: string; readonly rating: number; readonly artifacts?: number }[];
}

/** Supply created for a user, once: whoever creates the stream has granted. An amount of 0 moves nothing, and is still the only one. */
export type KudosGranted = Stored<'KudosGranted.v1', {
  user: UserId;
  kind: 'award' | 'monthly' | 'rating';
  amount: Kudos;
  by: UserId | 'system';
  month?: MonthOfThanks;
  rating?: RatingGiven;
  grantedAt: string;
  policy: number;
  ledger?: LedgerTransaction;
}>;

export const GRANT_EVENT_TYPES = ['KudosGranted.v1'] as const satisfies readonly KudosGranted['type'][];

import { iso } from '../../src/kernel/clock.js';
import { centikudos, type Kudos } from '../../src/kernel/kudos.js';
import { msOrNull, num, rowsOf, text, firstOf, type Queries, type Row } from '../rows.js';

export interface ThanksRow {
  readonly user: number;
  readonly entitlement: Kudos;
  readonly entitledSince: string | undefined;
  readonly moderatorSince: string | undefined;
  readonly deleted: boolean;
  readonly received: { readonly since: string; readonly cursor: string } | undefined;
}
/** Everybody who has or had a claim to monthly thanks: a node loads them at start and folds the feed on top. */
export const allThanks = async (db: Queries): Promise<ThanksRow[]> => (await rowsOf(db, 'SELECT * FROM rm.monthly_thanks ORDER BY user_id')).map(thanksOf);

export const findThanks = async (db: Queries, user: number): Promise<ThanksRow | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.monthly_thanks WHERE user_id = $1', [user]);
  return row && thanksOf(row);
};

export interface UnrepaidRow {
  readonly grant: string;
  readonly month: string;
  readonly amount: Kudos;
}
/** Oldest first. */
export const unrepaidGrants = async (db: Queries): Promise<UnrepaidRow[]> => {
  const rows = await rowsOf(db, 'SELECT * FROM rm.unrepaid_grant ORDER BY position');
  return rows.map((row) => ({ grant: text(row['grant_key']), month: text(row['month']), amount: centikudos(num(row['amount'])) }));
};

export interface ThanksMonth {
  /** `yyyymm`. */
  readonly month: string;
  readonly grants: number;
  readonly issued: Kudos;
  readonly repaid: Kudos;
}
/** Newest first. */
export const thanksMonths = async (db: Queries): Promise<ThanksMonth[]> => {
  const rows = await rowsOf(db, 'SELECT * FROM rm.thanks_month ORDER BY month DESC');
  return rows.map((row) => ({ month: text(row['month']), grants: num(row['grants']), issued: centikudos(num(row['issued'])), repaid: centikudos(num(row['repaid'])) }));
};

const isoOf = (value: unknown): string | undefined => {
  const at = msOrNull(value);
  return at === null ? undefined : iso(at);
};
const thanksOf = (row: Row): ThanksRow => {
  const [since, cursor] = [isoOf(row['since']), isoOf(row['cursor'])];
  return {
    user: num(row['user_id']), entitlement: centikudos(num(row['entitlement'])), entitledSince: isoOf(row['entitled_since']), moderatorSince: isoOf(row['moderator_since']),
    deleted: row['deleted'] as boolean, received: since !== undefined && cursor !== undefined ? { since, cursor } : undefined,
  };
};

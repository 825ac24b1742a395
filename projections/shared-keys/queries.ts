import { centikudos, NO_KUDOS, minus, most, plus, type Kudos } from '../../src/kernel/kudos.js';
import type { SharedKeyLimits } from '../../src/kudos/account.events.js';
import { firstOf, msOrNull, num, numOrNull, rowsOf, text, textOrNull, type Queries, type Row } from '../rows.js';

/** Amounts in centikudos, times in ms since 1970. */
export interface SharedKey {
  readonly key: string;
  /** Null once its owner was erased. */
  readonly id: string | null;
  readonly owner: number;
  readonly name: string | null;
  /** Own part of what may still be used; null is no limit. */
  readonly budget: Kudos | null;
  readonly credited: Kudos;
  readonly sent: Kudos;
  readonly reserved: Kudos;
  readonly utilised: Kudos;
  readonly expiresAt: number | null;
  readonly limits: SharedKeyLimits;
  readonly isDeleted: boolean;
  /** What may still be used, reservations included; null is no limit. */
  readonly remaining: Kudos | null;
}

export const findSharedKey = async (db: Queries, key: string): Promise<SharedKey | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.shared_key WHERE key = $1', [key], 'shared-keys.by-key');
  return row && sharedKeyOf(row);
};

/** A node loads them all at start and folds the feed on top. */
export const sharedKeyPage = async (db: Queries, after: string | null, limit: number): Promise<SharedKey[]> => {
  const rows = await rowsOf(db, 'SELECT * FROM rm.shared_key WHERE $1::text IS NULL OR key > $1 ORDER BY key LIMIT $2', [after, limit]);
  return rows.map(sharedKeyOf);
};

/** Ids of the keys that a user has, oldest first. */
export const sharedKeyIdsOf = async (db: Queries, owner: number): Promise<string[]> => {
  const rows = await rowsOf(db, `SELECT id FROM rm.shared_key WHERE owner = $1 AND deleted_at IS NULL AND id IS NOT NULL ORDER BY created_at, key`, [owner]);
  return rows.map((row) => text(row['id']));
};

const money = (value: unknown): Kudos => centikudos(num(value));

const sharedKeyOf = (row: Row): SharedKey => {
  const own = numOrNull(row['budget']);
  const budget = own === null ? null : centikudos(own);
  const [credited, sent] = [money(row['credited']), money(row['sent'])];
  return {
    key: text(row['key']), id: textOrNull(row['id']), owner: num(row['owner']), name: textOrNull(row['name']), budget, credited, sent,
    reserved: money(row['reserved']), utilised: money(row['utilised']), expiresAt: msOrNull(row['expires_at']),
    limits: { maxImagePixels: num(row['max_image_pixels']), maxImageSteps: num(row['max_image_steps']), maxTextTokens: num(row['max_text_tokens']) },
    isDeleted: row['deleted_at'] !== null, remaining: budget === null ? null : plus(budget, most(NO_KUDOS, minus(sent, credited))),
  };
};

import { firstOf, msOrNull, num, rowsOf, text, type Queries } from '../rows.js';

/** `megapixelsteps` with two decimals; everything else is counted. */
export interface UserRecords {
  readonly usage: Things;
  readonly contribution: Things;
  readonly fulfillment: Counts;
  readonly request: Counts;
  readonly style: Counts;
}
export interface Things {
  readonly megapixelsteps: number;
  readonly tokens: number;
}
export interface Counts {
  readonly image: number;
  readonly text: number;
  readonly interrogation: number;
}

/** Usage is kept in thousandths, because a multiplier of thousandths scales it. */
const USAGE_UNIT = 1_000;

/** All zero for somebody who has neither asked nor worked. */
export const recordsOf = async (db: Queries, user: number): Promise<UserRecords> => {
  const rows = await rowsOf(db, 'SELECT record, kind, amount FROM rm.record WHERE user_id = $1', [user]);
  const amounts = new Map(rows.map((row) => [`${text(row['record'])} ${text(row['kind'])}`, num(row['amount'])]));
  const amount = (record: string, kind: string): number => amounts.get(`${record} ${kind}`) ?? 0;
  const things = (record: string, unit = 1): Things => (
    { megapixelsteps: Math.round(amount(record, 'image') / unit) / 100, tokens: Math.round(amount(record, 'text') / unit) }
  );
  const counts = (record: string): Counts => (
    { image: amount(record, 'image'), text: amount(record, 'text'), interrogation: amount(record, 'interrogation') }
  );
  return {
    usage: things('usage', USAGE_UNIT), contribution: things('contribution'),
    fulfillment: counts('fulfillment'), request: counts('request'), style: counts('style'),
  };
};

/** Ms since 1970; undefined for who has neither asked nor worked. */
export const lastActiveAt = async (db: Queries, user: number): Promise<number | undefined> => {
  const row = await firstOf(db, 'SELECT last_active_at FROM rm.activity WHERE user_id = $1', [user]);
  return msOrNull(row?.['last_active_at']) ?? undefined;
};

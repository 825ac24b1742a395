import { num, rowsOf, text, type Queries } from '../rows.js';

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

/** All zero for somebody who has neither asked nor worked. */
export const recordsOf = async (db: Queries, user: number): Promise<UserRecords> => {
  const rows = await rowsOf(db, 'SELECT record, kind, amount FROM rm.record WHERE user_id = $1', [user]);
  const amounts = new Map(rows.map((row) => [`${text(row['record'])} ${text(row['kind'])}`, num(row['amount'])]));
  const amount = (record: string, kind: string): number => amounts.get(`${record} ${kind}`) ?? 0;
  const things = (record: string): Things => ({ megapixelsteps: amount(record, 'image') / 100, tokens: amount(record, 'text') });
  const counts = (record: string): Counts => (
    { image: amount(record, 'image'), text: amount(record, 'text'), interrogation: amount(record, 'interrogation') }
  );
  return {
    usage: things('usage'), contribution: things('contribution'),
    fulfillment: counts('fulfillment'), request: counts('request'), style: counts('style'),
  };
};

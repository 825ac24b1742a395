import type { Projection, Statement } from '../../src/kernel/projection.js';
import { booleans, numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';
import { GrantBatch, type MonthChange, type ThanksChange, type UnrepaidGrant } from './fold.js';

const HANDLED: ReadonlySet<string> = new Set(GrantBatch.types);

/** Monthly thanks: claims and cursors, what was issued in each month and what of it was repaid. */
export const grants: Projection = {
  name: 'grants',
  version: 1,
  schema: schemaBeside(import.meta.url),
  tables: ['monthly_thanks', 'unrepaid_grant', 'thanks_month'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new GrantBatch();
    for (const event of events) batch.add(event);
    return statements(batch);
  },
};

const MEET = `
INSERT INTO rm.monthly_thanks (user_id, entitlement, deleted) SELECT user_id, 0, false FROM unnest($1::int[]) AS u (user_id)
ON CONFLICT (user_id) DO NOTHING`;

const UPDATE_THANKS = `
UPDATE rm.monthly_thanks AS t SET
  entitlement = coalesce(u.entitlement, t.entitlement),
  entitled_since = CASE WHEN u.entitlement IS NULL OR (t.entitlement > 0 AND NOT u.was_nothing) THEN t.entitled_since ELSE u.entitled_since END,
  moderator_since = CASE WHEN u.moderator_changed THEN u.moderator_since ELSE t.moderator_since END,
  deleted = coalesce(u.deleted, t.deleted),
  since = coalesce(u.since, t.since, u.first_at), cursor = coalesce(u.cursor, t.cursor, u.first_at)
FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::bool[], $5::timestamptz[], $6::bool[], $7::bool[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[])
  AS u (user_id, entitlement, entitled_since, was_nothing, moderator_since, moderator_changed, deleted, first_at, since, cursor)
WHERE t.user_id = u.user_id`;

const ISSUE = 'INSERT INTO rm.unrepaid_grant (grant_key, month, amount, position) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])';
const REPAY = 'DELETE FROM rm.unrepaid_grant WHERE grant_key = ANY($1::text[])';
const COUNT = `
INSERT INTO rm.thanks_month AS m (month, grants, issued, repaid)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
ON CONFLICT (month) DO UPDATE SET grants = m.grants + excluded.grants, issued = m.issued + excluded.issued, repaid = m.repaid + excluded.repaid`;

const statements = ({ changes, months, issued, repaid }: GrantBatch): Statement[] => [
  ...(changes.size > 0 ? [{ text: MEET, values: [numbers([...changes.keys()])] }, { text: UPDATE_THANKS, values: thanksColumns([...changes.values()]) }] : []),
  ...(issued.size > 0 ? [{ text: ISSUE, values: issuedColumns([...issued.values()]) }] : []),
  ...(repaid.length > 0 ? [{ text: REPAY, values: [texts(repaid)] }] : []),
  ...(months.size > 0 ? [{ text: COUNT, values: monthColumns([...months.values()]) }] : []),
];

const thanksColumns = (rows: readonly ThanksChange[]): unknown[] => [
  numbers(rows.map(({ user }) => user)), numbers(rows.map(({ entitlement }) => entitlement)), plain(rows.map(({ entitledSince }) => entitledSince)),
  booleans(rows.map(({ wasNothing }) => wasNothing)), plain(rows.map(({ moderatorSince }) => moderatorSince)), booleans(rows.map(({ moderatorChanged }) => moderatorChanged)),
  booleans(rows.map(({ deleted }) => deleted)), plain(rows.map(({ firstAt }) => firstAt)), plain(rows.map(({ received }) => received?.since ?? null)),
  plain(rows.map(({ received }) => received?.cursor ?? null)),
];

const issuedColumns = (rows: readonly UnrepaidGrant[]): unknown[] => [
  texts(rows.map(({ key }) => key)), texts(rows.map(({ month }) => month)), numbers(rows.map(({ amount }) => amount)), numbers(rows.map(({ position }) => position)),
];

const monthColumns = (rows: readonly MonthChange[]): unknown[] => [
  texts(rows.map(({ month }) => month)), numbers(rows.map(({ grants: count }) => count)), numbers(rows.map(({ issued }) => issued)),
  numbers(rows.map(({ repaid }) => repaid)),
];

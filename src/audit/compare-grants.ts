import type { Queries } from '../platform/postgres/database.js';
import type { Columns, Drifts } from './drift.js';
import type { Grants } from './grants.js';

/** Monthly thanks: claims and cursors, months, and what is still to be repaid. */
export const compareGrants = async (queries: Queries, drifts: Drifts, { thanked, months, unrepaid }: Grants): Promise<void> => {
  const claims = new Map<number, Columns>([...thanked].map(([user, { entitlement, entitledSince, moderatorSince, deleted, since, cursor }]) => (
    [user, { entitlement, entitled_since: ms(entitledSince), moderator_since: ms(moderatorSince), deleted, since: ms(since), cursor: ms(cursor) }]
  )));
  const rows = await queries.query<{ user_id: number }>(`
    SELECT user_id, entitlement, deleted, ${['entitled_since', 'moderator_since', 'since', 'cursor'].map((column) => `(extract(epoch FROM ${column}) * 1000)::bigint AS ${column}`).join(', ')}
    FROM rm.monthly_thanks`);
  drifts.compareAll('rm.monthly_thanks', claims, new Map(rows.map((row) => [row.user_id, { ...row }])));
  const issued = await queries.query<{ month: string }>('SELECT month, grants, issued, repaid FROM rm.thanks_month');
  drifts.compareAll('rm.thanks_month', new Map([...months].map(([month, totals]) => [month, { ...totals }])), new Map(issued.map((row) => [row.month, { ...row }])));
  const open = await queries.query<{ grant_key: string }>('SELECT grant_key, month, amount FROM rm.unrepaid_grant');
  drifts.compareAll('rm.unrepaid_grant', new Map([...unrepaid].map(([grant, { month, amount }]) => [grant, { month, amount }])), new Map(open.map((row) => [row.grant_key, { ...row }])));
};

const ms = (at: string | null): number | null => (at === null ? null : Date.parse(at));

import type { Queries } from '../platform/postgres/database.js';
import type { Columns, Drifts } from './drift.js';
import type { ExpectedRequest, ExpectedRequests } from './expected-requests.js';

/** Compares requests that nothing changes any more, while the log is still being read: so memory stays small. */
export const compareFinalRequests = async (queries: Queries, drifts: Drifts, requests: readonly ExpectedRequest[]): Promise<void> => {
  const rows = await queries.query<Row>(ROWS, [requests.map(({ id }) => id)]);
  const found = new Map(rows.map((row) => [row.id, { ...row, expires_at: row.expires_at.toISOString() }]));
  for (const request of requests) drifts.compare(`rm.request ${request.id}`, columnsOf(request), found.get(request.id));
};

/** Compares what is still open, and that there is no row too many. */
export const compareOpenRequests = async (queries: Queries, drifts: Drifts, { open, requests, jobs }: ExpectedRequests): Promise<void> => {
  await compareFinalRequests(queries, drifts, [...open.values()]);
  const [counted] = await queries.query<Columns>('SELECT (SELECT count(*) FROM rm.request) AS requests, (SELECT count(*) FROM rm.job) AS jobs');
  drifts.compare('rm.request and rm.job', { requests, jobs }, counted);
};

interface Row {
  readonly id: string;
  readonly expires_at: Date;
}
const ROWS = `
  SELECT r.id, r.payer, r.waiting, r.processing, r.finished, r.restarted, r.cancelled, r.faulted, r.consumed, r.outcome, r.expires_at,
    ARRAY(SELECT j.id || ' ' || j.state FROM rm.job j WHERE j.request = r.id ORDER BY (j.id || ' ' || j.state) COLLATE "C") AS jobs
  FROM rm.request r WHERE r.id = ANY($1::uuid[])`;

const columnsOf = ({ payer, waiting, processing, finished, restarted, cancelled, faulted, consumed, outcome, expiresAt, jobs }: ExpectedRequest): Columns => ({
  payer, waiting, processing, finished, restarted, cancelled, faulted, consumed, outcome, expires_at: expiresAt,
  jobs: [...jobs].map(([job, state]) => `${job} ${state}`).sort(),
});

import { centikudos, type Kudos } from '../../src/kernel/kudos.js';
import type { AuthorizationOpened } from '../../src/kudos/account.events.js';
import type { JobSubmitted, RequestFacts } from '../../src/requests/request.events.js';
import type { PayerId } from '../../src/requests/rules/payer-id.js';
import { firstOf, ms, msOrNull, num, numOrNull, rowsOf, text, type Queries, type Row } from '../rows.js';
import type { PendingJob } from './requests.js';

export type { PendingJob } from './requests.js';

/** A request that has not completed, as a node loads it into its live queue. Times in ms since 1970. */
export interface OpenRequest {
  readonly facts: RequestFacts;
  readonly waiting: number;
  readonly pending: ReadonlyMap<string, PendingJob>;
  /** Of alchemy: forms that nobody has taken. */
  readonly waitingForms: readonly number[];
  readonly faults: number;
  readonly submitted: number;
  /** Cancelled, faulted or expired, with jobs still at workers. */
  readonly closed: boolean;
  readonly extraSlow: boolean;
  readonly activityAt: number;
  readonly expiresAt: number;
  /** Revision of the request stream that all this is true at. */
  readonly revision: number;
}

/** Open requests in the order of their ids, a page at a time: start `after` the last id of the page before. */
export const openRequests = async (db: Queries, after: string | null, limit: number): Promise<OpenRequest[]> => {
  const rows = await rowsOf(db, `SELECT * FROM rm.queue WHERE $1::uuid IS NULL OR request > $1::uuid ORDER BY request LIMIT $2`, [after, limit]);
  return rows.map(openRequestOf);
};

export const findOpenRequest = async (db: Queries, request: string): Promise<OpenRequest | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.queue WHERE request = $1', [request]);
  return row && openRequestOf(row);
};

/** Ms since 1970; −Infinity: no hand-out has named it. */
export interface Handout {
  readonly handedOutAtMs: number;
  readonly agesFromMs: number;
}

/** The last hand-out of each payer with an account, and of each address that asked today or yesterday. */
export const lastHandouts = async (db: Queries): Promise<Map<PayerId, Handout>> => {
  const rows = await rowsOf(db, 'SELECT payer, last_at, ages_from FROM rm.handout');
  return new Map(rows.map((row) => [text(row['payer']), { handedOutAtMs: ms(row['last_at']), agesFromMs: msOrNull(row['ages_from']) ?? -Infinity }]));
};

/** An authorization that is not closed yet, and how far its request has come. */
export interface OpenAuthorization {
  readonly request: string;
  readonly payer: number;
  readonly position: number;
  readonly data: AuthorizationOpened['data'];
  readonly openedAt: number;
  readonly accepted: boolean;
  readonly abandoned: boolean;
  readonly reversed: boolean;
  /** Null until the request has completed. */
  readonly completedAt: number | null;
  readonly submitted: number | null;
  readonly settled: number;
}

export const openAuthorizations = async (db: Queries, after: string | null, limit: number): Promise<OpenAuthorization[]> => {
  const rows = await rowsOf(db, 'SELECT * FROM rm.open_authorization WHERE $1::uuid IS NULL OR request > $1::uuid ORDER BY request LIMIT $2', [after, limit]);
  return rows.map((row) => ({
    request: text(row['request']), payer: num(row['payer']), position: num(row['position']),
    data: row['data'] as AuthorizationOpened['data'], openedAt: ms(row['opened_at']),
    accepted: row['accepted'] as boolean, abandoned: row['abandoned'] as boolean, reversed: row['reversed'] as boolean,
    completedAt: msOrNull(row['completed_at']), submitted: numOrNull(row['submitted']), settled: num(row['settled']),
  }));
};

export interface UnsettledJob {
  readonly job: string;
  readonly request: string;
  readonly payer: number;
  readonly position: number;
  readonly data: JobSubmitted['data'];
  readonly submittedAt: number;
}

/** Delivered but unpaid jobs of registered payers, oldest first: what the settlement reactor owes. */
export const unsettledJobs = async (db: Queries, limit: number): Promise<UnsettledJob[]> => {
  const rows = await rowsOf(db, 'SELECT * FROM rm.unsettled_job ORDER BY position LIMIT $1', [limit]);
  return rows.map((row) => ({
    job: text(row['job']), request: text(row['request']), payer: num(row['payer']), position: num(row['position']),
    data: row['data'] as JobSubmitted['data'], submittedAt: ms(row['submitted_at']),
  }));
};

/** What is set aside for single forms. */
export const formHolds = async (db: Queries): Promise<{ readonly request: string; readonly payer: number; readonly job: string }[]> => {
  const rows = await rowsOf(db, 'SELECT request, payer, job FROM rm.form_hold');
  return rows.map((row) => ({ request: text(row['request']), payer: num(row['payer']), job: text(row['job']) }));
};

/** Kudos that the open requests of a user may still cost, at most: quotes of open authorizations. */
export const openQuotes = async (db: Queries, user: number): Promise<Kudos> => {
  const row = await firstOf(db, `SELECT coalesce(sum((data->>'quote')::bigint), 0) AS quotes FROM rm.open_authorization WHERE payer = $1`, [user]);
  return centikudos(num(row?.['quotes']));
};

const openRequestOf = (row: Row): OpenRequest => ({
  facts: row['facts'] as RequestFacts, waiting: num(row['waiting']),
  pending: new Map(Object.entries(row['pending'] as Record<string, PendingJob>)),
  waitingForms: row['waiting_forms'] as number[],
  faults: num(row['faults']), submitted: num(row['submitted']), closed: row['closed'] as boolean, extraSlow: row['extra_slow'] as boolean,
  activityAt: ms(row['activity_at']), expiresAt: ms(row['expires_at']), revision: num(row['revision']),
});

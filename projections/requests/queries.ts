import { centikudos, type Kudos } from '../../src/kernel/kudos.js';
import type { JobState, RequestKind } from '../../src/requests/request.events.js';
import { firstOf, ms, msOrNull, num, numOrNull, rowsOf, text, type Queries, type Row } from '../rows.js';

/** What `check` and `status` need of a request (horde-api C1.2); times in ms since 1970. */
export interface RequestStatus {
  readonly id: string;
  readonly kind: RequestKind;
  readonly payer: number;
  readonly jobs: number;
  readonly waiting: number;
  readonly processing: number;
  readonly finished: number;
  readonly restarted: number;
  readonly faulted: boolean;
  readonly cancelled: boolean;
  /** Faulted, or nothing is waiting and nothing at a worker (horde-rules §6.2). */
  readonly done: boolean;
  readonly shared: boolean;
  readonly r2: boolean;
  readonly consumed: Kudos;
  readonly models: readonly string[];
  readonly features: Readonly<Record<string, unknown>>;
  readonly acceptedAt: number;
  readonly expiresAt: number;
  readonly outcome: 'done' | 'cancelled' | 'faulted' | 'expired' | null;
  readonly completedAt: number | null;
}

export interface DeliveredJob {
  readonly id: string;
  readonly worker: string;
  /** Null when the worker was deleted or its owner was erased; until its registration was projected, too: see `unnamedUntil`. */
  readonly workerName: string | null;
  readonly model: string;
  readonly verdict: JobState;
  readonly seed: number;
  readonly result: string;
}

/** The request alone: all that `check` shows. Undefined when unknown; whether it has expired is the caller's to judge. */
export const findRequest = async (db: Queries, id: string): Promise<RequestStatus | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.request WHERE id = $1', [id]);
  return row && requestOf(row);
};

/** A job in a worker's hands; times in ms since 1970. */
export interface JobAtWork {
  readonly id: string;
  readonly worker: string;
  readonly workerName: string | null;
  readonly assignedAt: number;
  readonly deadline: number;
}

/** What a status answer is made of, and no more. */
export type RequestProgress = Omit<RequestStatus, 'models' | 'features' | 'acceptedAt' | 'outcome'> & {
  /** In the order in which they were handed out. */
  readonly atWork: readonly JobAtWork[];
  /** The read model of workers is behind this one: names of workers are missing until it shows everything up to this position. */
  readonly unnamedUntil: number | null;
};

/**
 * Where a worker who is not known would be known, if it were not gone: whoever is given a job was registered before. Read with the rows,
 * in one snapshot; a worker that is known costs nothing, as PostgreSQL asks for the checkpoint when it is needed, and once.
 */
const UNNAMED_UNTIL = `CASE WHEN w.id IS NULL AND j.ordinal > coalesce((SELECT c.position FROM rm.checkpoint c WHERE c.name = 'workers'), -1) THEN j.ordinal END`;

const PROGRESS = `r.id, r.kind, r.payer, r.jobs, r.waiting, r.processing, r.finished, r.restarted, r.faulted, r.cancelled, r.shared, r.r2, r.consumed,
  (extract(epoch FROM r.expires_at) * 1000)::float8 AS expires_ms, (extract(epoch FROM r.completed_at) * 1000)::float8 AS completed_ms,
  CASE WHEN r.processing > 0 THEN (
    SELECT json_agg(json_build_object('id', j.id, 'worker', j.worker, 'workerName', w.name,
      'assignedAt', round(extract(epoch FROM j.assigned_at) * 1000)::bigint, 'deadline', round(extract(epoch FROM j.deadline) * 1000)::bigint,
      'unnamedUntil', ${UNNAMED_UNTIL}) ORDER BY j.ordinal)
    FROM rm.job j LEFT JOIN rm.worker w ON w.id = j.worker WHERE j.request = r.id AND j.state = 'pending') END AS at_work`;

/** How far a request is: all that `check` shows. */
export const progressOf = async (db: Queries, id: string): Promise<RequestProgress | undefined> => {
  const row = await firstOf(db, `SELECT ${PROGRESS} FROM rm.request r WHERE r.id = $1`, [id], 'requests.progress');
  return row && progressFrom(row);
};

/** The request and its delivered jobs in the order in which they were handed out, in one round trip. */
export const statusOf = async (db: Queries, id: string): Promise<{ request: RequestProgress; delivered: DeliveredJob[] } | undefined> => {
  const row = await firstOf(db, `
    SELECT ${PROGRESS}, CASE WHEN r.finished > 0 THEN (
      SELECT json_agg(json_build_array(j.id, j.worker, w.name, j.model, j.verdict, j.seed, j.result, ${UNNAMED_UNTIL}) ORDER BY j.ordinal)
      FROM rm.job j LEFT JOIN rm.worker w ON w.id = j.worker WHERE j.request = r.id AND j.state = 'done') END AS delivered
    FROM rm.request r WHERE r.id = $1`, [id], 'requests.status');
  if (!row) return undefined;
  const delivered = (row['delivered'] ?? []) as DeliveredTuple[];
  const request = progressFrom(row);
  return {
    request: { ...request, unnamedUntil: latest([request.unnamedUntil, ...delivered.map(([, , , , , , , unnamedUntil]) => unnamedUntil)]) },
    delivered: delivered.map(deliveredFrom),
  };
};

type DeliveredTuple = readonly [
  id: string, worker: string, workerName: string | null, model: string, verdict: JobState, seed: number, result: string, unnamedUntil: number | null,
];
const deliveredFrom = ([id, worker, workerName, model, verdict, seed, result]: DeliveredTuple): DeliveredJob =>
  ({ id, worker, workerName, model, verdict, seed, result });

const latest = (positions: readonly (number | null)[]): number | null =>
  positions.reduce((last, position) => (position === null ? last : Math.max(last ?? position, position)), null);

const progressFrom = (row: Row): RequestProgress => {
  const atWork = (row['at_work'] ?? []) as (JobAtWork & { readonly unnamedUntil: number | null })[];
  const [waiting, processing, faulted] = [num(row['waiting']), num(row['processing']), row['faulted'] as boolean];
  return {
    id: text(row['id']), kind: row['kind'] as RequestKind, payer: num(row['payer']), jobs: num(row['jobs']), waiting, processing,
    finished: num(row['finished']), restarted: num(row['restarted']), faulted, cancelled: row['cancelled'] as boolean,
    done: faulted || (waiting === 0 && processing === 0), shared: row['shared'] as boolean, r2: row['r2'] as boolean,
    consumed: centikudos(num(row['consumed'])), expiresAt: num(row['expires_ms']), completedAt: numOrNull(row['completed_ms']),
    atWork: atWork.map(({ unnamedUntil: _, ...job }) => job), unnamedUntil: latest(atWork.map(({ unnamedUntil }) => unnamedUntil)),
  };
};

/** One hand-out of a form. */
export interface FormJob {
  readonly id: string;
  readonly form: number;
  readonly state: 'pending' | 'done' | 'faulted' | 'expired';
  readonly verdict: JobState | null;
  readonly result: string | null;
  /** Given back for the last time. */
  readonly final: boolean;
}

/** An alchemy request with its forms and all their hand-outs, oldest first, in one round trip. */
export const formsOfRequest = async (
  db: Queries, id: string,
): Promise<{ request: RequestProgress; forms: readonly { readonly form: string }[]; jobs: FormJob[] } | undefined> => {
  const row = await firstOf(db, `
    SELECT ${PROGRESS}, r.features, (
      SELECT json_agg(json_build_object('id', j.id, 'form', j.form, 'state', j.state, 'verdict', j.verdict, 'result', j.result, 'final', j.final) ORDER BY j.ordinal)
      FROM rm.job j WHERE j.request = r.id AND j.form IS NOT NULL) AS form_jobs
    FROM rm.request r WHERE r.id = $1`, [id], 'requests.forms');
  return row && {
    request: progressFrom(row), forms: (row['features'] as { forms?: { form: string }[] }).forms ?? [], jobs: (row['form_jobs'] ?? []) as FormJob[],
  };
};

export interface JobRow {
  readonly id: string;
  readonly request: string;
  readonly kind: RequestKind;
  readonly payer: number;
  readonly worker: string;
  readonly owner: number;
  readonly model: string;
  readonly state: 'pending' | 'done' | 'faulted' | 'expired';
  readonly assignedAt: number;
  readonly deadline: number;
  readonly submittedAt: number | null;
  /** What the job was worth, once delivered. */
  readonly price: Kudos | null;
  readonly verdict: JobState | null;
  readonly r2: boolean;
  /** Its request. */
  readonly cancelled: boolean;
}

/** Undefined when no such job was ever handed out. */
export const requestOfJob = async (db: Queries, job: string): Promise<JobRow | undefined> => {
  const row = await firstOf(db, `
    SELECT j.id, j.request, r.kind, r.payer, j.worker, j.worker_owner, j.model, j.state, j.assigned_at, j.deadline, j.submitted_at, j.price, j.verdict, r.r2, r.cancelled
    FROM rm.job j JOIN rm.request r ON r.id = j.request WHERE j.id = $1`, [job]);
  return row && {
    id: text(row['id']), request: text(row['request']), kind: row['kind'] as RequestKind, payer: num(row['payer']),
    worker: text(row['worker']), owner: num(row['worker_owner']), model: text(row['model']), state: row['state'] as JobRow['state'],
    assignedAt: ms(row['assigned_at']), deadline: ms(row['deadline']), submittedAt: msOrNull(row['submitted_at']),
    price: priceOf(row), verdict: row['verdict'] as JobState | null, r2: row['r2'] as boolean, cancelled: row['cancelled'] as boolean,
  };
};

/**
 * Requests that a registered user has sent with the personal key and that have not expired at `nowMs`, finished ones included, oldest
 * first (horde-api C4.0; since 5.1.5: none that a shared key has paid for). Of alchemy none are shown.
 */
export const activeGenerations = async (db: Queries, user: number, nowMs: number): Promise<{ image: string[]; text: string[] }> => {
  const active: { image: string[]; text: string[] } = { image: [], text: [] };
  if (user === 0) return active;
  const rows = await rowsOf(db, `SELECT id, kind FROM rm.request
    WHERE payer = $1 AND payer <> 0 AND kind <> 'alchemy' AND shared_key IS NULL AND expires_at > to_timestamp($2::float8 / 1000) ORDER BY accepted_at, id`, [user, nowMs]);
  for (const row of rows) active[row['kind'] as 'image' | 'text'].push(text(row['id']));
  return active;
};

const priceOf = (row: Row): Kudos | null => {
  const price = numOrNull(row['price']);
  return price === null ? null : centikudos(price);
};

const requestOf = (row: Row): RequestStatus => {
  const [waiting, processing, faulted] = [num(row['waiting']), num(row['processing']), row['faulted'] as boolean];
  return {
    id: text(row['id']), kind: row['kind'] as RequestKind, payer: num(row['payer']), jobs: num(row['jobs']),
    waiting, processing, finished: num(row['finished']), restarted: num(row['restarted']),
    faulted, cancelled: row['cancelled'] as boolean, done: faulted || (waiting === 0 && processing === 0),
    shared: row['shared'] as boolean, r2: row['r2'] as boolean, consumed: centikudos(num(row['consumed'])),
    models: row['models'] as string[], features: row['features'] as Record<string, unknown>,
    acceptedAt: ms(row['accepted_at']), expiresAt: ms(row['expires_at']),
    outcome: (row['outcome'] ?? null) as RequestStatus['outcome'], completedAt: msOrNull(row['completed_at']),
  };
};

/** What is going on with a shared key (horde-api since 5.1.5 §2.5); `oldestQueuedMs` is null when nothing waits. */
export interface KeyUsage {
  readonly requests: number;
  readonly queued: number;
  readonly processing: number;
  readonly finished: number;
  readonly oldestQueuedMs: number | null;
}

/** Of the requests that came by a shared key and are neither over nor expired at `nowMs`, by kind. */
export const usageOfSharedKey = async (db: Queries, key: string, nowMs: number): Promise<ReadonlyMap<string, KeyUsage>> => {
  const rows = await rowsOf(db, `
    SELECT kind, count(*) AS requests, sum(waiting) AS queued, sum(processing) AS processing, sum(finished) AS finished,
      min(accepted_at) FILTER (WHERE waiting > 0) AS oldest
    FROM rm.request WHERE shared_key = $1 AND outcome IS NULL AND expires_at > to_timestamp($2::float8 / 1000) GROUP BY kind`, [key, nowMs]);
  return new Map(rows.map((row) => [text(row['kind']), {
    requests: num(row['requests']), queued: num(row['queued']), processing: num(row['processing']), finished: num(row['finished']),
    oldestQueuedMs: msOrNull(row['oldest']),
  }]));
};

import { plainText } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import { booleans, jsons, numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';
import { SAMPLES_MAX, WorkerBatch, type Standing, type TeamMove, type WorkerChange } from './fold.js';

const HANDLED: ReadonlySet<string> = new Set(WorkerBatch.types);

/** Workers of all kinds: declaration, maintenance, what they earned and how fast they are. */
export const workers: Projection = {
  name: 'workers',
  version: 3,
  schema: schemaBeside(import.meta.url),
  tables: ['worker', 'worker_assignment', 'worker_abort', 'worker_fast_job', 'worker_standing'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new WorkerBatch();
    for (const event of events) batch.add(event);
    return statements(batch);
  },
};

const INSERT = `
INSERT INTO rm.worker (id, kind, owner, name, name_hash, declaration, maintenance, maintenance_message, registered_at,
  fulfilled, kudos_generated, things, uncompleted_jobs, uptime_ms, uptime_kudos, uptime_through, samples)
SELECT n.id, n.kind, n.owner, n.name, n.name_hash, n.declaration, n.maintenance, n.message, n.registered_at, 0, 0, 0, 0, 0, 0, n.registered_at, '{}'
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::json[], $7::bool[], $8::text[], $9::timestamptz[])
  AS n (id, kind, owner, name, name_hash, declaration, maintenance, message, registered_at)`;

const DECLARE = `
UPDATE rm.worker AS w SET declaration = coalesce(u.declaration, w.declaration), maintenance = coalesce(u.maintenance, w.maintenance),
  maintenance_message = CASE WHEN u.maintenance IS NULL THEN w.maintenance_message ELSE u.message END,
  name = coalesce(u.name, w.name), name_hash = coalesce(u.name_hash, w.name_hash), info = coalesce(u.info, w.info)
FROM unnest($1::uuid[], $2::json[], $3::bool[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS u (id, declaration, maintenance, message, name, name_hash, info)
WHERE w.id = u.id`;

// Before what this batch adds: what it had before a reset is left out of it already.
const CLEAR = 'UPDATE rm.worker_standing SET suspicions = 0 WHERE owner = ANY($1::int[])';
const STAND = `
INSERT INTO rm.worker_standing AS w (worker, owner, suspicions, paused)
SELECT u.worker, u.owner, u.suspicions, coalesce(u.paused, false) FROM unnest($1::uuid[], $2::int[], $3::int[], $4::bool[]) AS u (worker, owner, suspicions, paused)
ON CONFLICT (worker) DO UPDATE SET suspicions = w.suspicions + excluded.suspicions, paused = w.paused`;
const PAUSE = `
UPDATE rm.worker_standing AS w SET paused = u.paused, paused_at = u.paused_at
FROM unnest($1::uuid[], $2::bool[], $3::timestamptz[]) AS u (worker, paused, paused_at) WHERE w.worker = u.worker`;
const CALM = 'DELETE FROM rm.worker_abort WHERE worker = ANY($1::uuid[])';
const ABORT = `
INSERT INTO rm.worker_abort (job, worker, aborted_at, position)
SELECT n.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[]) AS n (job, worker, aborted_at, position) JOIN rm.worker w ON w.id = n.worker`;
/** What is older than an hour before the newest counts no more (horde-rules §7.5). */
const FORGET = `
DELETE FROM rm.worker_abort AS a USING (SELECT worker, max(aborted_at) AS newest FROM rm.worker_abort WHERE worker = ANY($1::uuid[]) GROUP BY worker) n
WHERE a.worker = n.worker AND a.aborted_at <= n.newest - interval '1 hour'`;
const FAST = `
INSERT INTO rm.worker_fast_job (job, worker, owner)
SELECT n.* FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS n (job, worker, owner) JOIN rm.worker w ON w.id = n.worker`;
const SEEN = 'DELETE FROM rm.worker_fast_job WHERE job::text = ANY($1::text[])';
const DELETE = `
WITH gone AS (DELETE FROM rm.worker WHERE id = ANY($1::uuid[])), calm AS (DELETE FROM rm.worker_abort WHERE worker = ANY($1::uuid[]))
DELETE FROM rm.worker_fast_job WHERE worker = ANY($1::uuid[])`;

const COUNT = `
UPDATE rm.worker AS w SET fulfilled = w.fulfilled + u.fulfilled, kudos_generated = w.kudos_generated + u.generated,
  things = w.things + u.things, uncompleted_jobs = w.uncompleted_jobs + u.uncompleted
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (id, fulfilled, generated, things, uncompleted)
WHERE w.id = u.id`;

// As `sampleOf`, for jobs that were handed out in an earlier batch; the others bring their sample along.
const SAMPLE = `
WITH submission AS (
  SELECT n.worker, n.position, n.sample, n.things, n.is_form, round(extract(epoch FROM n.submitted_at - a.assigned_at) * 1000)::bigint AS ms
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::bool[])
    AS n (worker, position, sample, job, things, submitted_at, is_form)
  LEFT JOIN rm.worker_assignment a ON a.job = n.job
), sampled AS (
  SELECT worker, array_agg(coalesce(sample, CASE WHEN NOT ms > 0 THEN 10 WHEN is_form THEN greatest(1, (2 * ms + 100) / 200) ELSE (things * 20000 + ms) / (2 * ms) END)
    ORDER BY position) AS list
  FROM submission GROUP BY worker
)
UPDATE rm.worker AS w
SET samples = (w.samples || s.list)[greatest(1, cardinality(w.samples) + cardinality(s.list) - ${SAMPLES_MAX - 1}):]
FROM sampled s WHERE w.id = s.worker`;

const COUNT_UPTIME = `
UPDATE rm.worker AS w SET uptime_ms = w.uptime_ms + u.uptime_ms, uptime_kudos = w.uptime_kudos + u.uptime_kudos,
  uptime_through = coalesce(u.uptime_through, w.uptime_through)
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[]) AS u (id, uptime_ms, uptime_kudos, uptime_through)
WHERE w.id = u.id`;

const ASSIGN = 'INSERT INTO rm.worker_assignment (job, worker, assigned_at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])';
const LEAVE = 'DELETE FROM rm.worker_assignment WHERE job = ANY($1::uuid[])';

const statements = (batch: WorkerBatch): Statement[] => {
  const { changes, assigned, gone, deleted } = batch;
  const all = [...changes.values()];
  const born = all.filter(({ registered }) => registered);
  const changed = all.filter(isChanged);
  const counted = all.filter(({ fulfilled, uncompleted }) => fulfilled + uncompleted > 0);
  const ready = all.filter(({ uptimeKudos, uptimeThrough }) => uptimeKudos > 0 || uptimeThrough !== null);
  const sampled = all.filter(({ submissions }) => submissions.length > 0);
  return [
    ...(born.length > 0 ? [{ text: INSERT, values: bornColumns(born) }] : []),
    ...(changed.length > 0 ? [{ text: DECLARE, values: changedColumns(changed) }] : []),
    ...(counted.length > 0 ? [{ text: COUNT, values: countedColumns(counted) }] : []),
    ...(ready.length > 0 ? [{ text: COUNT_UPTIME, values: uptimeColumns(ready) }] : []),
    ...(sampled.length > 0 ? [{ text: SAMPLE, values: sampledColumns(sampled) }] : []),
    ...(assigned.size > 0 ? [{ text: ASSIGN, values: [plain([...assigned.keys()]), plain([...assigned.values()].map(({ worker }) => worker)), plain([...assigned.values()].map(({ assignedAt }) => assignedAt))] }] : []),
    ...(gone.length > 0 ? [{ text: LEAVE, values: [plain(gone)] }] : []),
    ...standing(batch),
    ...batch.teamMoves.map(moved),
    ...(deleted.length > 0 ? [{ text: DELETE, values: [plain(deleted)] }] : []),
  ];
};

const isChanged = ({ registered, declaration, maintenance, renamed, info }: WorkerChange): boolean =>
  (!registered && (declaration !== null || maintenance !== undefined)) || renamed !== undefined || info !== undefined;

const moved = (move: TeamMove): Statement => {
  if (move.how === 'deleted') return { text: 'UPDATE rm.worker SET team = NULL WHERE team = $1', values: [move.team] };
  const text = move.how === 'joined' ? 'UPDATE rm.worker SET team = $2 WHERE id = $1' : 'UPDATE rm.worker SET team = NULL WHERE id = $1 AND team = $2';
  return { text, values: [move.worker, move.team] };
};

/** How workers stand, and what they are still to be suspected of. */
const standing = ({ cleared, standings, calmed, aborts, fast, seen }: WorkerBatch): Statement[] => [
  ...(cleared.length > 0 ? [{ text: CLEAR, values: [numbers(cleared)] }] : []),
  ...(standings.size > 0 ? standingStatements([...standings]) : []),
  ...(calmed.size > 0 ? [{ text: CALM, values: [plain([...calmed])] }] : []),
  ...(aborts.length > 0 ? [
    { text: ABORT, values: [plain(aborts.map(({ job }) => job)), plain(aborts.map(({ worker }) => worker)), plain(aborts.map(({ abortedAt }) => abortedAt)), numbers(aborts.map(({ position }) => position))] },
    { text: FORGET, values: [plain([...new Set(aborts.map(({ worker }) => worker))])] },
  ] : []),
  ...(fast.length > 0 ? [{ text: FAST, values: [plain(fast.map(({ job }) => job)), plain(fast.map(({ worker }) => worker)), numbers(fast.map(({ owner }) => owner))] }] : []),
  ...(seen.length > 0 ? [{ text: SEEN, values: [texts(seen)] }] : []),
];

const standingStatements = (rows: readonly (readonly [worker: string, standing: Standing])[]): Statement[] => {
  const paused = rows.filter(([, standing]) => standing.paused !== null);
  return [
    {
      text: STAND, values: [
        plain(rows.map(([worker]) => worker)), numbers(rows.map(([, { owner }]) => owner)), numbers(rows.map(([, { suspicions }]) => suspicions)),
        booleans(rows.map(([, standing]) => standing.paused)),
      ],
    },
    ...(paused.length > 0 ? [{ text: PAUSE, values: [plain(paused.map(([worker]) => worker)), booleans(paused.map(([, standing]) => standing.paused)), plain(paused.map(([, { pausedAt }]) => pausedAt))] }] : []),
  ];
};

const bornColumns = (rows: readonly WorkerChange[]): unknown[] => {
  const facts = rows.map(({ registered }) => registered!);
  return [
    plain(rows.map(({ id }) => id)), plain(facts.map(({ kind }) => kind)), numbers(facts.map(({ owner }) => owner)),
    texts(facts.map(({ name }) => plainText(name) ?? null)), texts(facts.map(({ nameHash }) => nameHash)),
    jsons(rows.map(({ declaration }) => declaration)), booleans(rows.map(({ maintenance }) => maintenance?.on ?? false)),
    messages(rows), plain(facts.map(({ registeredAt }) => registeredAt)),
  ];
};

const changedColumns = (rows: readonly WorkerChange[]): unknown[] => [
  plain(rows.map(({ id }) => id)), jsons(rows.map(({ declaration }) => declaration)), booleans(rows.map(({ maintenance }) => maintenance?.on ?? null)), messages(rows),
  texts(rows.map(({ renamed }) => (renamed && plainText(renamed.name)) ?? null)), texts(rows.map(({ renamed }) => renamed?.nameHash ?? null)),
  texts(rows.map(({ info }) => (info && plainText(info.info)) ?? null)),
];

const messages = (rows: readonly WorkerChange[]): string =>
  texts(rows.map(({ maintenance }) => (maintenance?.message ? (plainText(maintenance.message) ?? null) : null)));

const countedColumns = (rows: readonly WorkerChange[]): unknown[] => [
  plain(rows.map(({ id }) => id)), numbers(rows.map(({ fulfilled }) => fulfilled)), numbers(rows.map(({ generated }) => generated)),
  numbers(rows.map(({ things }) => things)), numbers(rows.map(({ uncompleted }) => uncompleted)),
];

const uptimeColumns = (rows: readonly WorkerChange[]): unknown[] => [
  plain(rows.map(({ id }) => id)), numbers(rows.map(({ uptimeMs }) => uptimeMs)), numbers(rows.map(({ uptimeKudos }) => uptimeKudos)),
  plain(rows.map(({ uptimeThrough }) => uptimeThrough)),
];

const sampledColumns = (rows: readonly WorkerChange[]): unknown[] => {
  const all = rows.flatMap(({ id, submissions }) => submissions.map((submission) => ({ worker: id, ...submission })));
  const unknown = all.map((submission) => (submission.sample === null ? submission : undefined));
  return [
    plain(all.map(({ worker }) => worker)), numbers(all.map(({ position }) => position)), numbers(all.map(({ sample }) => sample)),
    plain(unknown.map((one) => one?.job ?? null)), numbers(unknown.map((one) => one?.things ?? null)), plain(unknown.map((one) => one?.submittedAt ?? null)),
    booleans(all.map(({ isForm }) => isForm)),
  ];
};

import { plainText } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import { booleans, jsons, numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';
import { SAMPLES_MAX, WorkerBatch, type WorkerChange } from './fold.js';

const HANDLED: ReadonlySet<string> = new Set([
  'WorkerRegistered.v1', 'WorkerDeclared.v1', 'MaintenanceChanged.v1', 'UptimeAccrued.v1', 'UptimeRewarded.v1',
  'JobAssigned.v1', 'JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1', 'JobSettled.v1',
]);

/** Workers of all kinds: declaration, maintenance, what they earned and how fast they are. */
export const workers: Projection = {
  name: 'workers',
  version: 2,
  schema: schemaBeside(import.meta.url),
  tables: ['worker', 'worker_assignment'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new WorkerBatch();
    for (const event of events) batch.add(event);
    return statements(batch);
  },
};

const INSERT = `
INSERT INTO rm.worker (id, kind, owner, name, name_hash, declaration, maintenance, maintenance_message, paused, registered_at,
  fulfilled, kudos_generated, things, uncompleted_jobs, uptime_ms, uptime_kudos, uptime_through, samples)
SELECT n.id, n.kind, n.owner, n.name, n.name_hash, n.declaration, n.maintenance, n.message, false, n.registered_at, 0, 0, 0, 0, 0, 0, n.registered_at, '{}'
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::json[], $7::bool[], $8::text[], $9::timestamptz[])
  AS n (id, kind, owner, name, name_hash, declaration, maintenance, message, registered_at)`;

const DECLARE = `
UPDATE rm.worker AS w SET declaration = coalesce(u.declaration, w.declaration), maintenance = coalesce(u.maintenance, w.maintenance),
  maintenance_message = CASE WHEN u.maintenance IS NULL THEN w.maintenance_message ELSE u.message END
FROM unnest($1::uuid[], $2::json[], $3::bool[], $4::text[]) AS u (id, declaration, maintenance, message)
WHERE w.id = u.id`;

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

const ASSIGN = 'INSERT INTO rm.worker_assignment (job, assigned_at) SELECT * FROM unnest($1::uuid[], $2::timestamptz[])';
const LEAVE = 'DELETE FROM rm.worker_assignment WHERE job = ANY($1::uuid[])';

const statements = ({ changes, assigned, gone }: WorkerBatch): Statement[] => {
  const all = [...changes.values()];
  const born = all.filter(({ registered }) => registered);
  const declared = all.filter(({ registered, declaration, maintenance }) => !registered && (declaration || maintenance));
  const counted = all.filter(({ fulfilled, uncompleted }) => fulfilled + uncompleted > 0);
  const ready = all.filter(({ uptimeKudos, uptimeThrough }) => uptimeKudos > 0 || uptimeThrough !== null);
  const sampled = all.filter(({ submissions }) => submissions.length > 0);
  return [
    ...(born.length > 0 ? [{ text: INSERT, values: bornColumns(born) }] : []),
    ...(declared.length > 0 ? [{ text: DECLARE, values: [plain(declared.map(({ id }) => id)), ...declaredColumns(declared)] }] : []),
    ...(counted.length > 0 ? [{ text: COUNT, values: countedColumns(counted) }] : []),
    ...(ready.length > 0 ? [{ text: COUNT_UPTIME, values: uptimeColumns(ready) }] : []),
    ...(sampled.length > 0 ? [{ text: SAMPLE, values: sampledColumns(sampled) }] : []),
    ...(assigned.size > 0 ? [{ text: ASSIGN, values: [plain([...assigned.keys()]), plain([...assigned.values()])] }] : []),
    ...(gone.length > 0 ? [{ text: LEAVE, values: [plain(gone)] }] : []),
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

const declaredColumns = (rows: readonly WorkerChange[]): unknown[] => [
  jsons(rows.map(({ declaration }) => declaration)), booleans(rows.map(({ maintenance }) => maintenance?.on ?? null)), messages(rows),
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

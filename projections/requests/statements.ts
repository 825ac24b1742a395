import type { Statement } from '../../src/kernel/projection.js';
import { booleans, jsons, numbers, plain, texts } from '../columns.js';
import type { JobChange, RequestChange } from './fold.js';

/** A request lives 20 minutes from its last activity, 60 once an extra-slow worker has part in it (horde-rules §6.2). */
const LIFE = (extraSlow: string): string => `CASE WHEN ${extraSlow} THEN interval '60 minutes' ELSE interval '20 minutes' END`;

const INSERT_REQUESTS = `
INSERT INTO rm.request (id, kind, payer, jobs, waiting, processing, finished, restarted, closed, cancelled, faulted, extra_slow,
  shared, r2, consumed, models, features, accepted_at, activity_at, expires_at, outcome, completed_at, shared_key)
SELECT n.id, n.kind, n.payer, n.jobs, n.waiting, n.processing, n.finished, n.restarted, n.closed, n.cancelled, n.faulted, n.extra_slow,
  n.shared, n.r2, n.consumed, n.models, n.features, n.accepted_at, n.activity_at,
  n.activity_at + ${LIFE('n.extra_slow')}, n.outcome, n.completed_at, n.shared_key
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::bool[], $10::bool[], $11::bool[],
  $12::bool[], $13::bool[], $14::bool[], $15::bigint[], $16::json[], $17::json[], $18::timestamptz[], $19::timestamptz[], $20::text[],
  $21::timestamptz[], $22::text[]) AS n (id, kind, payer, jobs, waiting, processing, finished, restarted, closed, cancelled, faulted, extra_slow,
  shared, r2, consumed, models, features, accepted_at, activity_at, outcome, completed_at, shared_key)`;

const UPDATE_REQUESTS = `
UPDATE rm.request AS r SET
  waiting = CASE WHEN r.closed OR u.closed THEN 0 ELSE r.waiting + u.waiting END,
  processing = r.processing + u.processing, finished = r.finished + u.finished, restarted = r.restarted + u.restarted,
  closed = r.closed OR u.closed, cancelled = r.cancelled OR u.cancelled, faulted = r.faulted OR u.faulted,
  extra_slow = r.extra_slow OR u.extra_slow, consumed = r.consumed + u.consumed,
  activity_at = coalesce(u.activity_at, r.activity_at),
  expires_at = coalesce(u.activity_at, r.activity_at) + ${LIFE('r.extra_slow OR u.extra_slow')},
  outcome = coalesce(u.outcome, r.outcome), completed_at = coalesce(u.completed_at, r.completed_at)
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::bool[], $7::bool[], $8::bool[], $9::bool[], $10::bigint[],
  $11::timestamptz[], $12::text[], $13::timestamptz[]) AS u (id, waiting, processing, finished, restarted, closed, cancelled, faulted,
  extra_slow, consumed, activity_at, outcome, completed_at)
WHERE r.id = u.id`;

const INSERT_JOBS = `
INSERT INTO rm.job (id, request, ordinal, worker, worker_owner, model, state, assigned_at, deadline, submitted_at, verdict, seed, result, price,
  final, form)
SELECT n.id, n.request, n.ordinal, n.worker, n.worker_owner, n.model, n.state, n.assigned_at, n.assigned_at + n.ttl_s * interval '1 second',
  n.submitted_at, n.verdict, n.seed, n.result, n.price, n.final, n.form
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::timestamptz[], $9::int[], $10::timestamptz[],
  $11::text[], $12::bigint[], $13::text[], $14::bigint[], $15::bool[], $16::int[]) AS n (id, request, ordinal, worker, worker_owner, model, state,
  assigned_at, ttl_s, submitted_at, verdict, seed, result, price, final, form)`;

const UPDATE_JOBS = `
UPDATE rm.job AS j SET state = u.state, submitted_at = u.submitted_at, verdict = u.verdict, seed = u.seed, result = u.result, price = u.price,
  final = u.final
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::bool[])
  AS u (id, state, submitted_at, verdict, seed, result, price, final)
WHERE j.id = u.id`;

/** One statement per table and kind of change, however large the batch. */
export const requestStatements = (requests: readonly RequestChange[], jobs: readonly JobChange[]): Statement[] => {
  const born = requests.filter((request) => request.born);
  const changed = requests.filter((request) => !request.born);
  const assigned = jobs.filter((job) => job.assigned);
  const ended = jobs.filter((job) => !job.assigned);
  return [
    ...(born.length > 0 ? [{ text: INSERT_REQUESTS, values: newRequests(born) }] : []),
    ...(changed.length > 0 ? [{ text: UPDATE_REQUESTS, values: changedRequests(changed) }] : []),
    ...(assigned.length > 0 ? [{ text: INSERT_JOBS, values: newJobs(assigned) }] : []),
    ...(ended.length > 0 ? [{ text: UPDATE_JOBS, values: [plain(ended.map(({ id }) => id)), plain(ended.map(({ state }) => state)), ...results(ended)] }] : []),
  ];
};

const newRequests = (rows: readonly RequestChange[]): unknown[] => {
  const facts = rows.map(({ born }) => born!);
  return [
    plain(rows.map(({ id }) => id)), plain(facts.map(({ kind }) => kind)),
    numbers(facts.map(({ payer }) => payer)), numbers(facts.map(({ jobs }) => jobs)),
    numbers(rows.map(({ closed, waiting }) => (closed ? 0 : waiting))),
    numbers(rows.map(({ processing }) => processing)), numbers(rows.map(({ finished }) => finished)),
    numbers(rows.map(({ restarted }) => restarted)),
    booleans(rows.map(({ closed }) => closed)), booleans(rows.map(({ cancelled }) => cancelled)),
    booleans(rows.map(({ faulted }) => faulted)), booleans(rows.map(({ extraSlow }) => extraSlow)),
    booleans(facts.map(({ shared }) => shared)), booleans(facts.map(({ r2 }) => r2)),
    numbers(rows.map(({ consumed }) => consumed)),
    jsons(facts.map(({ models }) => models)), jsons(facts.map(({ features }) => features)),
    plain(facts.map(({ acceptedAt }) => acceptedAt)), plain(rows.map(({ activityAt }) => activityAt)),
    plain(rows.map(({ outcome }) => outcome)), plain(rows.map(({ completedAt }) => completedAt)),
    plain(facts.map(({ sharedKey }) => sharedKey ?? null)),
  ];
};

const changedRequests = (rows: readonly RequestChange[]): unknown[] => [
  plain(rows.map(({ id }) => id)),
  numbers(rows.map(({ waiting }) => waiting)), numbers(rows.map(({ processing }) => processing)),
  numbers(rows.map(({ finished }) => finished)), numbers(rows.map(({ restarted }) => restarted)),
  booleans(rows.map(({ closed }) => closed)), booleans(rows.map(({ cancelled }) => cancelled)),
  booleans(rows.map(({ faulted }) => faulted)), booleans(rows.map(({ extraSlow }) => extraSlow)),
  numbers(rows.map(({ consumed }) => consumed)), plain(rows.map(({ activityAt }) => activityAt)),
  plain(rows.map(({ outcome }) => outcome)), plain(rows.map(({ completedAt }) => completedAt)),
];

const newJobs = (rows: readonly JobChange[]): unknown[] => {
  const facts = rows.map(({ assigned }) => assigned!);
  const [submittedAt, ...rest] = results(rows);
  return [
    plain(rows.map(({ id }) => id)), plain(rows.map(({ request }) => request)), numbers(rows.map(({ ordinal }) => ordinal)),
    plain(facts.map(({ worker }) => worker)), numbers(facts.map(({ owner }) => owner)), texts(facts.map(({ model }) => model)),
    plain(rows.map(({ state }) => state)), plain(facts.map(({ assignedAt }) => assignedAt)), numbers(facts.map(({ ttlS }) => ttlS)),
    submittedAt, ...rest, numbers(facts.map(({ form }) => form ?? null)),
  ];
};

const results = (rows: readonly JobChange[]): unknown[] => {
  const facts = rows.map(({ submitted }) => submitted);
  return [
    plain(facts.map((job) => job?.submittedAt ?? null)), plain(facts.map((job) => job?.state ?? null)),
    numbers(facts.map((job) => job?.seed ?? null)), texts(facts.map((job) => job?.result ?? null)),
    numbers(facts.map((job) => job?.price ?? null)), booleans(rows.map(({ final }) => final)),
  ];
};

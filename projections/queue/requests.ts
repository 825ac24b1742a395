import type { Recorded } from '../../src/kernel/event.js';
import type { Statement } from '../../src/kernel/projection.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import { payerOf, type PayerId } from '../../src/requests/rules/payer-id.js';
import { formsOf } from '../../src/pricing/alchemy-forms.js';
import type { JobAssigned, JobFaulted, JobSubmitted, RequestAccepted, RequestFacts } from '../../src/requests/request.events.js';
import { booleans, jsons, numbers, plain } from '../columns.js';

/** A job at a worker, as the live queue starts from it. */
export interface PendingJob {
  readonly worker: string;
  readonly owner: number;
  readonly model: string;
  readonly assignedAt: string;
  readonly ttlS: number;
  /** Of alchemy. */
  readonly form?: number;
}

class QueueChange {
  facts: RequestFacts | undefined;
  completed = false;
  waiting = 0;
  faults = 0;
  submitted = 0;
  closed = false;
  extraSlow = false;
  activityAt: string | null = null;
  assignedAt: string | null = null;
  agesFrom: string | null = null;
  revision = 0;
  readonly pending = new Map<string, PendingJob>();
  /** Jobs of earlier batches that are at a worker no more. */
  readonly gone: string[] = [];
  /** Alchemy: what came to each form last within the batch; true: it waits. */
  readonly forms = new Map<number, boolean>();
  constructor(readonly id: string) {}
}

/** Characters of an ISO date. */
const DAY = 10;

/** Folds what a batch does to the open requests. */
export class QueueBatch {
  readonly changes = new Map<string, QueueChange>();
  /** Payers of the requests accepted within the batch. */
  readonly payers = new Map<string, number>();
  readonly payerIds = new Map<string, PayerId>();
  /** The latest day on which an address asked for something. */
  addressDay: string | undefined;

  add(event: Recorded): void {
    switch (event.type) {
      case 'RequestAccepted.v1': return this.accepted(event, event.data as RequestAccepted['data']);
      case 'JobAssigned.v1': return this.assigned(event, event.data as JobAssigned['data']);
      case 'JobSubmitted.v1': return this.submitted(event, event.data as JobSubmitted['data']);
      case 'JobFaulted.v1':
      case 'JobExpired.v1': return this.returned(event, event.data as JobFaulted['data']);
      case 'RequestCancelled.v1':
      case 'RequestFaulted.v1':
      case 'RequestExpired.v1': {
        this.change(event).closed = true;
        return;
      }
      case 'RequestCompleted.v1': {
        this.change(event).completed = true;
        return;
      }
      case 'JobSettled.v1': {
        if ((event.data as JobSettled['data']).payer === 0) this.change(event); // it moved the request stream's revision
        return;
      }
      default: // Authorizations are another table's business.
    }
  }

  private accepted(event: Recorded, data: RequestAccepted['data']): void {
    const change = this.change(event);
    const { ledger: _ledger, ...facts } = data;
    change.facts = facts;
    change.waiting += data.jobs;
    for (const form of formsOf(data).keys()) change.forms.set(form, true);
    this.payers.set(data.request, data.payer);
    this.payerIds.set(data.request, payerOf(data));
    if (data.addressTag !== undefined && data.acceptedAt.slice(0, DAY) > (this.addressDay ?? '')) this.addressDay = data.acceptedAt.slice(0, DAY);
    change.activityAt = data.acceptedAt;
  }

  private assigned(event: Recorded, { job, worker, owner, model, assignedAt, ttlS, extraSlow, form, payerAgesFrom }: JobAssigned['data']): void {
    const change = this.change(event);
    change.waiting -= 1;
    change.extraSlow ||= extraSlow;
    change.pending.set(job, { worker, owner, model, assignedAt, ttlS, ...(form === undefined ? {} : { form }) });
    if (form !== undefined) change.forms.set(form, false);
    if (change.assignedAt === null || assignedAt > change.assignedAt) change.assignedAt = assignedAt;
    if (payerAgesFrom !== undefined && (change.agesFrom === null || payerAgesFrom > change.agesFrom)) change.agesFrom = payerAgesFrom;
    change.activityAt = assignedAt;
  }

  private submitted(event: Recorded, { job, submittedAt }: JobSubmitted['data']): void {
    const change = this.change(event);
    change.submitted += 1;
    ended(change, job);
    change.activityAt = submittedAt;
  }

  private returned(event: Recorded, { job, form, final }: JobFaulted['data']): void {
    const change = this.change(event);
    change.faults += 1;
    if (!final) change.waiting += 1; // a closed request's stays 0: the statements see to it
    if (form !== undefined && !final) change.forms.set(form, true);
    ended(change, job);
  }

  private change(event: Recorded): QueueChange {
    const { request } = event.data as JobRef;
    let change = this.changes.get(request);
    if (!change) this.changes.set(request, (change = new QueueChange(request)));
    change.revision = event.revision;
    return change;
  }
}
interface JobRef {
  readonly request: string;
  readonly job: string;
}

const ended = (change: QueueChange, job: string): void => {
  if (!change.pending.delete(job)) change.gone.push(job);
};

/** horde-rules §6.2: 20 minutes from the last activity, 60 once an extra-slow worker has part in it. */
const LIFE = (extraSlow: string): string => `CASE WHEN ${extraSlow} THEN interval '60 minutes' ELSE interval '20 minutes' END`;

const INSERT = `
INSERT INTO rm.queue (request, payer, facts, waiting, pending, faults, submitted, closed, extra_slow, activity_at, expires_at, revision, waiting_forms)
SELECT n.request, n.payer, n.facts, n.waiting, n.pending, n.faults, n.submitted, n.closed, n.extra_slow, n.activity_at,
  n.activity_at + ${LIFE('n.extra_slow')}, n.revision, string_to_array(n.waiting_forms, ',')::int[]
FROM unnest($1::uuid[], $2::int[], $3::json[], $4::int[], $5::jsonb[], $6::int[], $7::int[], $8::bool[], $9::bool[], $10::timestamptz[], $11::int[],
  $12::text[])
  AS n (request, payer, facts, waiting, pending, faults, submitted, closed, extra_slow, activity_at, revision, waiting_forms)`;

const UPDATE = `
UPDATE rm.queue AS q SET
  waiting = CASE WHEN q.closed OR u.closed THEN 0 ELSE q.waiting + u.waiting END,
  pending = (q.pending || u.pending) - string_to_array(u.gone, ','),
  faults = q.faults + u.faults, submitted = q.submitted + u.submitted,
  closed = q.closed OR u.closed, extra_slow = q.extra_slow OR u.extra_slow,
  activity_at = coalesce(u.activity_at, q.activity_at),
  expires_at = coalesce(u.activity_at, q.activity_at) + ${LIFE('q.extra_slow OR u.extra_slow')},
  revision = u.revision,
  waiting_forms = CASE WHEN q.closed OR u.closed THEN '{}' WHEN u.forms_moved = '' THEN q.waiting_forms ELSE ARRAY(
    SELECT form FROM unnest(q.waiting_forms) AS form WHERE form <> ALL (string_to_array(u.forms_moved, ',')::int[])
    UNION ALL SELECT unnest(string_to_array(u.forms_back, ',')::int[])
    ORDER BY 1) END
FROM unnest($1::uuid[], $2::int[], $3::jsonb[], $4::text[], $5::int[], $6::int[], $7::bool[], $8::bool[], $9::timestamptz[], $10::int[],
  $11::text[], $12::text[])
  AS u (request, waiting, pending, gone, faults, submitted, closed, extra_slow, activity_at, revision, forms_moved, forms_back)
WHERE q.request = u.request`;

const HANDOUTS = `
INSERT INTO rm.handout AS h (payer, last_at, ages_from)
SELECT h.payer, max(h.last_at), max(h.ages_from) FROM (
  SELECT coalesce(n.payer, CASE WHEN q.facts->>'addressTag' IS NULL THEN q.payer::text ELSE '0/' || (q.facts->>'addressTag') END) AS payer, n.last_at, n.ages_from
  FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS n (request, payer, last_at, ages_from) LEFT JOIN rm.queue q ON q.request = n.request) h
WHERE h.payer <> '0'
GROUP BY 1
ON CONFLICT (payer) DO UPDATE SET last_at = greatest(h.last_at, excluded.last_at), ages_from = greatest(h.ages_from, excluded.ages_from)`;

/** An address has no request left two days after its tag was made: requests live for an hour at most without a hand-out. */
const HANDOUT_DAYS = 2;
const OLD_HANDOUTS = `DELETE FROM rm.handout WHERE payer >= '0/' AND payer < '0/' || to_char($1::date - ${HANDOUT_DAYS}, 'YYYYMMDD')`;

const DELETE = 'DELETE FROM rm.queue WHERE request = ANY($1::uuid[])';

/** Puts in what is new and still open, and changes what was open already. */
export const queueStatements = ({ changes, payerIds, addressDay }: QueueBatch): Statement[] => {
  const all = [...changes.values()];
  const open = all.filter(({ completed }) => !completed);
  const born = open.filter(({ facts }) => facts);
  const changed = open.filter(({ facts }) => !facts);
  const handed = all.filter(({ assignedAt }) => assignedAt !== null);
  return [
    ...(born.length > 0 ? [{ text: INSERT, values: bornColumns(born) }] : []),
    ...(changed.length > 0 ? [{ text: UPDATE, values: changedColumns(changed) }] : []),
    ...(handed.length > 0
      ? [{ text: HANDOUTS, values: [plain(handed.map(({ id }) => id)), plain(handed.map(({ id }) => payerIds.get(id) ?? null)), plain(handed.map(({ assignedAt }) => assignedAt)), plain(handed.map(({ agesFrom }) => agesFrom))] }]
      : []),
    ...(addressDay === undefined ? [] : [{ text: OLD_HANDOUTS, values: [addressDay] }]),
  ];
};

/** Takes out what has completed, unless it was never in. */
export const queueRemovals = ({ changes }: QueueBatch): Statement[] => {
  const completed = [...changes.values()].filter((change) => change.completed && !change.facts);
  return completed.length > 0 ? [{ text: DELETE, values: [plain(completed.map(({ id }) => id))] }] : [];
};

const bornColumns = (rows: readonly QueueChange[]): unknown[] => [
  plain(rows.map(({ id }) => id)), numbers(rows.map(({ facts }) => facts!.payer)), jsons(rows.map(({ facts }) => facts)),
  numbers(rows.map(({ closed, waiting }) => (closed ? 0 : waiting))), jsons(rows.map(({ pending }) => Object.fromEntries(pending))),
  numbers(rows.map(({ faults }) => faults)), numbers(rows.map(({ submitted }) => submitted)),
  booleans(rows.map(({ closed }) => closed)), booleans(rows.map(({ extraSlow }) => extraSlow)),
  plain(rows.map(({ activityAt }) => activityAt)), numbers(rows.map(({ revision }) => revision)),
  plain(rows.map(({ closed, forms }) => (closed ? '' : formsThat(forms, true)))),
];

const changedColumns = (rows: readonly QueueChange[]): unknown[] => [
  plain(rows.map(({ id }) => id)), numbers(rows.map(({ waiting }) => waiting)),
  jsons(rows.map(({ pending }) => Object.fromEntries(pending))), plain(rows.map(({ gone }) => gone.join(','))),
  numbers(rows.map(({ faults }) => faults)), numbers(rows.map(({ submitted }) => submitted)),
  booleans(rows.map(({ closed }) => closed)), booleans(rows.map(({ extraSlow }) => extraSlow)),
  plain(rows.map(({ activityAt }) => activityAt)), numbers(rows.map(({ revision }) => revision)),
  plain(rows.map(({ forms }) => [...forms.keys()].join(','))), plain(rows.map(({ forms }) => formsThat(forms, true))),
];

/** Those that wait, as PostgreSQL splits them again. */
const formsThat = (forms: ReadonlyMap<number, boolean>, waiting: boolean): string =>
  [...forms].filter(([, waits]) => waits === waiting).map(([form]) => form).sort((a, b) => a - b).join(',');

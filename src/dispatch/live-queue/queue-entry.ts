import { iso } from '../../kernel/clock.js';
import { formsOf, serviceOf } from '../../pricing/alchemy-forms.js';
import type { JobAssigned, RequestEvent, RequestFacts } from '../../requests/request.events.js';
import type { FairnessPolicy } from './fairness-policy.js';
import { jobPrice, keyAtActivation } from './priority-key.js';
import type { ModelSet } from './model-sets.js';
import type { Payer } from './payer.js';
import type { GivenBack, PendingJob, QueuedRequest, QueueHistory, QueueRow } from './queue-row.js';
import type { Signature } from './signatures.js';

/** A request lives 20 minutes from its last activity, 60 once an extra-slow worker took part (horde-rules §6.2). */
export const LIFE_MS = 20 * 60_000;
export const EXTRA_SLOW_LIFE_MS = 60 * 60_000;

/** Where a request is filed. */
export interface Filing {
  readonly payer: Payer<QueueEntry>;
  readonly models: ModelSet;
  readonly signature: Signature;
  readonly things: number;
}

/** What nearly all of a long queue has none of costs nothing each. */
const NO_JOBS: ReadonlyMap<string, PendingJob> = new Map();
const NO_FORMS: ReadonlySet<number> = new Set();
const NEVER: readonly number[] = [];
const NOTHING: readonly GivenBack[] = [];

/** One request of the queue, folded from its stream. The indexes hold it by its key: take it out of them before it changes. */
export class QueueEntry implements QueuedRequest {
  readonly request: string;
  readonly acceptedAtMs: number;
  readonly price: number;
  readonly things: number;
  readonly payer: Payer<QueueEntry>;
  /** Moves with the forms of an alchemy request. */
  models: ModelSet;
  readonly signature: Signature;
  #pending: Map<string, PendingJob> | undefined;
  #waitingForms: Set<number> | undefined;
  finishedAtMs = NEVER;
  givenBack = NOTHING;
  key: number;
  /** Its own latest acceptance, hand-out or delivery: the request lives on from there. */
  activityAtMs: number;
  waiting: number;
  reserved = 0;
  handedOut = 0;
  faults = 0;
  revision = 0;
  closed = false;
  extraSlow = false;
  completedAtMs: number | undefined;
  /** Price of the payer's earlier jobs that this key is net of. */
  owed = 0;
  /** Whether the indexes hold it: it has waiting jobs. */
  filed = false;

  constructor(readonly facts: RequestFacts, filing: Filing) {
    this.request = facts.request;
    this.acceptedAtMs = Date.parse(facts.acceptedAt);
    this.price = jobPrice(facts);
    this.things = filing.things;
    this.payer = filing.payer;
    this.models = filing.models;
    this.signature = filing.signature;
    this.waiting = facts.jobs;
    if (facts.kind === 'alchemy') this.#waitingForms = new Set(formsOf(facts).keys());
    this.key = keyAtActivation(facts, this.acceptedAtMs);
    this.activityAtMs = this.acceptedAtMs;
  }

  get pending(): ReadonlyMap<string, PendingJob> {
    return this.#pending ?? NO_JOBS;
  }

  get waitingForms(): ReadonlySet<number> {
    return this.#waitingForms ?? NO_FORMS;
  }

  handOut(job: PendingJob): void {
    (this.#pending ??= new Map()).set(job.job, job);
    if (job.form !== undefined) this.#waitingForms?.delete(job.form);
  }

  /** False when it is at no worker. */
  takeBack(job: string): boolean {
    return this.#pending?.delete(job) ?? false;
  }

  formReturns(form: number): void {
    this.#waitingForms?.add(form);
  }

  withdrawForms(): void {
    this.#waitingForms?.clear();
  }

  /** Waiting jobs that nobody has reserved. */
  get free(): number {
    return this.waiting - this.reserved;
  }

  /** What a worker must have one of: the models that are asked for, or what the forms that wait ask for. */
  get servable(): readonly string[] {
    const forms = formsOf(this.facts);
    return this.waitingForms.size === 0 ? this.facts.models : [...new Set([...this.waitingForms].map((form) => serviceOf(forms[form]!)))];
  }

  get unfinished(): number {
    return this.waiting + this.pending.size;
  }

  /** The later of acceptance and the payer's last hand-out. */
  get waitingSinceMs(): number {
    return Math.max(this.acceptedAtMs, this.payer.handedOutAtMs);
  }

  /** From when the payer's waiting requests age, if that is later than their acceptance. */
  get agesFromMs(): number {
    return this.payer.agesFromMs;
  }

  get submitted(): number {
    return this.finishedAtMs.length;
  }

  /** A hand-out refreshes all requests of its payer (design.md §6). */
  get aliveAtMs(): number {
    return Math.max(this.activityAtMs, this.payer.refreshedAtMs);
  }
  get expiresAtMs(): number {
    return this.aliveAtMs + (this.extraSlow ? EXTRA_SLOW_LIFE_MS : LIFE_MS);
  }

  rekey(policy: FairnessPolicy): void {
    this.key = this.#keyBy(policy);
  }

  /** Whether its key is what it should be by now. */
  isKeyed(policy: FairnessPolicy): boolean {
    return this.key === this.#keyBy(policy);
  }

  #keyBy({ netOfUnfinished, lowerAtHandOut, ageingCreditMs }: FairnessPolicy): number {
    const lowered = lowerAtHandOut ? this.price * this.handedOut : 0;
    const sinceMs = ageingCreditMs === Infinity ? this.acceptedAtMs : Math.max(this.acceptedAtMs, this.agesFromMs);
    return keyAtActivation(this.facts, sinceMs) - lowered - (netOfUnfinished ? this.owed : 0);
  }

  restore(row: QueueRow): void {
    this.revision = row.revision;
    this.waiting = row.waiting;
    this.withdrawForms();
    for (const form of row.waitingForms ?? []) this.formReturns(form);
    this.faults = row.faults;
    this.handedOut = row.submitted + row.faults + row.pending.size;
    this.closed = row.closed;
    this.extraSlow = row.extraSlow;
    this.activityAtMs = row.activityAt;
    for (const [job, stored] of row.pending) this.handOut(pendingJob({ ...stored, request: this.request, job }));
    const { finishedAtMs, givenBack, completedAtMs } = row.history ?? longAgo(row);
    if (finishedAtMs.length > 0) this.finishedAtMs = finishedAtMs;
    if (givenBack.length > 0) this.givenBack = givenBack;
    this.completedAtMs = completedAtMs ?? undefined;
  }

  toRow(): QueueRow {
    const { facts, revision, waiting, waitingForms, faults, submitted, closed, extraSlow, finishedAtMs, givenBack, completedAtMs = null } = this;
    const pending = new Map([...this.pending.values()].map(({ job, worker, owner, model, assignedAtMs, deadlineMs, form }) =>
      [job, { worker, owner, model, assignedAt: iso(assignedAtMs), ttlS: (deadlineMs - assignedAtMs) / 1_000, ...(form === undefined ? {} : { form }) }]));
    const history = { finishedAtMs, givenBack, completedAtMs };
    const forms = facts.kind === 'alchemy' ? { waitingForms: [...waitingForms] } : {};
    return { facts, revision, waiting, ...forms, pending, faults, submitted, closed, extraSlow, activityAt: this.activityAtMs, history };
  }
}

/** The history of a row that has none: as if all had happened before anybody came later. */
const longAgo = ({ facts, waiting, pending, submitted }: QueueRow): QueueHistory => {
  const gone = facts.jobs - submitted - pending.size - waiting; // withdrawn, or a form that was given up
  return {
    finishedAtMs: new Array<number>(submitted).fill(-Infinity),
    givenBack: gone > 0 ? [{ atMs: -Infinity, jobs: gone, gone: true }] : [],
    completedAtMs: null,
  };
};

type Assignment = Pick<JobAssigned['data'], 'request' | 'job' | 'worker' | 'owner' | 'model' | 'assignedAt' | 'ttlS' | 'form'>;
const pendingJob = ({ request, job, worker, owner, model, assignedAt, ttlS, form }: Assignment): PendingJob => {
  const assignedAtMs = Date.parse(assignedAt);
  return { request, job, worker, owner, model, assignedAtMs, deadlineMs: assignedAtMs + ttlS * 1_000, ...(form === undefined ? {} : { form }) };
};

type Evolve = { readonly [Event in RequestEvent as Event['type']]: (entry: QueueEntry, data: Event['data']) => number };

/** Folds one event of the request's stream into the entry. The caller takes it out of the indexes before and files it after. */
export const evolve = (entry: QueueEntry, event: RequestEvent): void => {
  // The table pairs every type with its own data, which the compiler cannot follow through a union.
  const atMs = (EVOLVE[event.type] as (entry: QueueEntry, data: object) => number)(entry, event.data);
  entry.payer.latestMs = Math.max(entry.payer.latestMs, atMs);
};

/** Each returns the time of its event. */
const EVOLVE: Evolve = {
  'RequestAccepted.v1': (entry) => entry.acceptedAtMs,
  'RequestAbandoned.v1': (_, { abandonedAt }) => Date.parse(abandonedAt),
  'JobSettled.v1': (_, { settledAt }) => Date.parse(settledAt),
  'JobAssigned.v1': (entry, data) => {
    const job = pendingJob(data);
    entry.waiting -= 1;
    entry.handedOut += 1;
    entry.handOut(job);
    entry.extraSlow ||= data.extraSlow;
    entry.activityAtMs = job.assignedAtMs;
    entry.payer.served({ handedOutAtMs: job.assignedAtMs, agesFromMs: data.payerAgesFrom === undefined ? -Infinity : Date.parse(data.payerAgesFrom) });
    return job.assignedAtMs;
  },
  'JobSubmitted.v1': (entry, { job, submittedAt }) => {
    const atMs = Date.parse(submittedAt);
    if (entry.takeBack(job)) entry.finishedAtMs = [...entry.finishedAtMs, atMs];
    entry.activityAtMs = atMs;
    return atMs;
  },
  'JobFaulted.v1': (entry, data) => takenBack(entry, data, Date.parse(data.faultedAt)),
  'JobExpired.v1': (entry, data) => takenBack(entry, data, Date.parse(data.expiredAt)),
  'RequestCancelled.v1': (entry, { cancelledAt }) => withdrawn(entry, Date.parse(cancelledAt)),
  'RequestFaulted.v1': (entry, { faultedAt }) => withdrawn(entry, Date.parse(faultedAt)),
  'RequestExpired.v1': (entry, { expiredAt }) => withdrawn(entry, Date.parse(expiredAt)),
  'RequestCompleted.v1': (entry, { completedAt }) => {
    entry.completedAtMs = Date.parse(completedAt);
    entry.payer.unfinished.delete(entry);
    entry.waiting = 0;
    return entry.completedAtMs;
  },
};

const takenBack = (entry: QueueEntry, { job, form, final }: { job: string; form?: number; final?: true }, atMs: number): number => {
  if (!entry.takeBack(job)) return atMs;
  entry.faults += 1;
  const gone = entry.closed || final === true;
  entry.givenBack = [...entry.givenBack, { atMs, jobs: 1, gone }];
  if (gone) return atMs;
  entry.waiting += 1;
  if (form !== undefined) entry.formReturns(form);
  return atMs;
};

const withdrawn = (entry: QueueEntry, atMs: number): number => {
  if (entry.waiting > 0) entry.givenBack = [...entry.givenBack, { atMs, jobs: entry.waiting, gone: true }];
  entry.waiting = 0;
  entry.withdrawForms();
  entry.closed = true;
  return atMs;
};

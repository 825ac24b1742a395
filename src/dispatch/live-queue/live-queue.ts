import { categoryOf, idOf, type Recorded } from '../../kernel/event.js';
import { extendedDue, type Outage } from '../../kernel/outage.js';
import {
  REQUEST_EVENT_TYPES, type JobAssigned, type RequestAccepted, type RequestEvent, type RequestFacts, type RequestKind,
} from '../../requests/request.events.js';
import { accountPayer, addressPayer, payerOf, type PayerId } from '../../requests/rules/payer-id.js';
import { DueHeap } from './due-heap.js';
import { FAIRNESS_POLICY, type FairnessPolicy } from './fairness-policy.js';
import { Lane, type ServingOrder, type Totals } from './lane.js';
import { thingsOfJob, wholeFacets } from './match-signature.js';
import { added, type ModelLoad } from './model-load.js';
import { ANONYMOUS, type LastServed, type Payer } from './payer.js';
import { Payers } from './payers.js';
import { PendingJobs } from './pending-jobs.js';
import { evolve, QueueEntry } from './queue-entry.js';
import type { PendingJob, PoppingWorker, QueuedRequest, QueueRow } from './queue-row.js';
import { ReservedSlots } from './reservations.js';
import type { Facets } from './signatures.js';
import { laterThan, movedBy, oweAll, owedBefore, stillWeighs, weightOn } from './unfinished-work.js';
import type { Match } from './verdicts.js';

/**
 * How long, in event time, a completed request is remembered: its own events may come once more through the feed, and a
 * request accepted before it completed may come later. A node whose feed lags by more than a second answers no pops
 * (design.md §5), so two minutes are ample.
 */
export const REMEMBERED_MS = 2 * 60_000;

export interface LiveQueueOptions<WorkerFacts> {
  readonly match: Match<WorkerFacts>;
  /** What the matcher reads of a request besides its payer, in independent parts; by default in one. */
  readonly facets?: Readonly<Record<RequestKind, Facets>>;
  /** Work of one job. */
  readonly thingsOf?: (facts: RequestFacts) => number;
  readonly policy?: FairnessPolicy;
}

/** Waiting jobs promised to an append under way. */
export interface Reservation {
  readonly request: string;
  readonly count: number;
  /** Gives back what is not settled. Call it when the append is through, in either way; any further call does nothing. */
  release(): void;
}

/** Where a request stands: 1-based, sums with its own waiting jobs included; zeros when none of its jobs waits. */
export interface QueueRank {
  readonly position: number;
  readonly thingsAhead: number;
  readonly jobsAhead: number;
}

/**
 * All unfinished requests of this ledger in memory, in the order in which they are served: a fold of the request streams
 * alone, without clock or I/O, so equal on every node that has seen the same events. It proposes; the log decides.
 */
export class LiveQueue<WorkerFacts extends object> {
  readonly #entries = new Map<string, QueueEntry>();
  readonly #payers: Payers;
  readonly #jobs = new PendingJobs();
  /** Requests without pending jobs, by a time before which they surely do not expire. */
  readonly #dueRequests = new DueHeap<QueueEntry>();
  readonly #lanes: Readonly<Record<RequestKind, Lane<WorkerFacts>>>;
  /** Completed requests, by the event time at which they may be forgotten. */
  readonly #completed = new DueHeap<QueueEntry>();
  readonly #reserved = new Map<string, ReservedSlots>();
  readonly #thingsOf: (facts: RequestFacts) => number;
  readonly policy: FairnessPolicy;
  #latestMs = -Infinity;

  constructor({ match, facets = wholeFacets, thingsOf = thingsOfJob, policy = FAIRNESS_POLICY }: LiveQueueOptions<WorkerFacts>) {
    this.#lanes = { image: new Lane(match, facets.image), text: new Lane(match, facets.text), alchemy: new Lane(match, facets.alchemy) };
    this.#thingsOf = thingsOf;
    this.policy = policy;
    this.#payers = new Payers(policy, REMEMBERED_MS);
  }

  /**
   * Folds one event of a request stream; everything else is ignored. So is what was applied before, and an own append
   * that overtook another node's event of the same stream: the feed brings both again, in order.
   */
  apply(event: Recorded): void {
    if (categoryOf(event.stream) !== 'request') return;
    const entry = this.#entries.get(idOf(event.stream));
    if (!entry) {
      if (event.type === 'RequestAccepted.v1' && event.revision === 0) this.#accept(factsOf(event.data as RequestAccepted['data']));
    } else if (event.revision === entry.revision + 1) {
      entry.revision = event.revision;
      if (movesQueue(event)) this.#change(entry, event as unknown as RequestEvent);
    }
    this.#forget();
  }

  /** Starts from the `queue` read model and each payer's last hand-out. Only for an empty queue. */
  load(rows: Iterable<QueueRow>, served: ReadonlyMap<PayerId, LastServed> = new Map()): void {
    if (this.#entries.size > 0) throw new Error('the queue is loaded into an empty one only');
    for (const row of rows) this.#enter(row.facts, (entry) => { entry.restore(row); });
    for (const payer of this.#payers.all()) {
      for (const entry of payer.entries) payer.latestMs = Math.max(payer.latestMs, latestOf(entry));
      this.#latestMs = Math.max(this.#latestMs, payer.latestMs);
      oweAll(payer);
    }
    for (const { handedOutAtMs } of served.values()) this.#latestMs = Math.max(this.#latestMs, handedOutAtMs);
    this.#payers.load(served, this.#latestMs);
    for (const entry of this.#entries.values()) {
      entry.rekey(this.policy);
      if (entry.completedAtMs !== undefined) this.#completed.put(entry, entry.completedAtMs + REMEMBERED_MS);
      for (const job of entry.pending.values()) this.#jobs.add(job);
      this.#file(entry);
    }
  }

  /** What `load` needs: unfinished requests, and completed ones that still weigh on one of them. */
  *rows(): Iterable<QueueRow> {
    for (const entry of this.#entries.values()) if (entry.completedAtMs === undefined || stillWeighs(entry)) yield entry.toRow();
  }

  /** When each payer was last handed something out: what `load` needs, too. */
  served(): Map<PayerId, LastServed> {
    return this.#payers.served();
  }

  /**
   * At most `limit` requests that the worker may serve and that have a job nobody reserved, first to be served first:
   * own and prioritised payers, then by key, or by turn. Lazy, so stop early; it stays usable while the queue changes.
   */
  *candidates(worker: PoppingWorker<WorkerFacts>, limit: number, order: ServingOrder = 'key'): Generator<QueuedRequest> {
    let left = limit;
    if (left <= 0) return;
    for (const entry of this.#lanes[worker.kind].candidates(worker, this.#payersOf(worker), order)) {
      yield entry;
      left -= 1;
      if (left === 0) return;
    }
  }

  /**
   * Requests with waiting jobs that the worker may not serve, by reason, none left out; `models` for each that shares no
   * model with it. What depends on more than request and worker (words in the prompt, balances) is the caller's to count.
   */
  skippedCounts(worker: PoppingWorker<WorkerFacts>): Record<string, number> {
    return this.#lanes[worker.kind].skippedCounts(worker, this.#payersOf(worker));
  }

  /**
   * Reserves waiting jobs before an append is awaited; undefined when not so many are free. With the ids of the jobs to
   * be, each slot is settled as its `JobAssigned` is applied, by whichever way that comes first.
   */
  reserve(request: string, count: number, jobs: readonly string[] = []): Reservation | undefined {
    const entry = this.#entries.get(request);
    if (!entry || count < 1 || entry.free < count) return undefined;
    entry.reserved += count;
    const slots = new ReservedSlots(entry, count);
    for (const job of jobs) this.#reserved.set(job, slots);
    return {
      request,
      count,
      release: () => {
        for (const job of jobs) if (this.#reserved.get(job) === slots) this.#reserved.delete(job);
        slots.release();
      },
    };
  }

  /**
   * Jobs of the payer not yet handed out (horde-rules §3.5). Anonymous users count together: over the requests that name
   * one of the models, or over all when none is given.
   */
  waitingJobsOf(payer: number, kind: RequestKind, models: readonly string[] = []): number {
    if (payer === ANONYMOUS) {
      const { sets } = this.#lanes[kind];
      return sum(models.length === 0 ? sets.all() : sets.naming(models), (set) => set.anonymousWaiting);
    }
    return sum(this.#payers.find(accountPayer(payer))?.unfinished ?? [], ({ facts, waiting }) => (facts.kind === kind ? waiting : 0));
  }

  /** Forms of the payer that wait or are at a worker (horde-rules §3.5). */
  unfinishedJobsOf(payer: number, kind: RequestKind): number {
    if (payer === ANONYMOUS) return sum(this.#lanes[kind].sets.all(), (set) => set.anonymousUnfinished);
    return this.#unfinishedOf(accountPayer(payer), kind);
  }

  /** Jobs of one address that wait or are at a worker. */
  unfinishedJobsOfAddress(tag: string, kind: RequestKind): number {
    return this.#unfinishedOf(addressPayer(tag), kind);
  }

  /** From when the payer's waiting requests age, if that is later than their acceptance. */
  agesFromMsOf(payer: PayerId): number {
    return this.#payers.find(payer)?.agesFromMs ?? -Infinity;
  }

  /** O(log n). Undefined when the request is not in the queue. */
  rankOf(request: string): QueueRank | undefined {
    const entry = this.#unfinished(request);
    if (!entry) return undefined;
    const standing = entry.filed ? this.#lanes[entry.facts.kind].standing(entry) : undefined;
    return { position: standing?.position ?? 0, thingsAhead: standing?.things ?? 0, jobsAhead: standing?.jobs ?? 0 };
  }

  /** At most so many of the requests with waiting jobs, evenly over the order, and how many there are. */
  spread(kind: RequestKind, most: number): { readonly entries: readonly QueuedRequest[]; readonly total: number } {
    return this.#lanes[kind].spread(most);
  }

  totals(kind: RequestKind): Totals {
    return this.#lanes[kind].totals;
  }

  /** Unfinished work by model; models that nobody names are absent. */
  perModel(kind: RequestKind): Map<string, ModelLoad> {
    const loads = new Map<string, ModelLoad>();
    for (const set of this.#lanes[kind].sets.all()) {
      if (set.jobs === 0) continue;
      for (const model of set.models) loads.set(model, added(loads.get(model), set));
    }
    return loads;
  }

  job(job: string): PendingJob | undefined {
    return this.#jobs.find(job);
  }

  pendingJobsOf(worker: string): number {
    return this.#jobs.ofWorker(worker);
  }

  find(request: string): QueuedRequest | undefined {
    return this.#unfinished(request);
  }

  /** Jobs past their deadline, the most overdue first; the outages of the horde are no time (ADR 0029). */
  dueJobs(nowMs: number, outages: readonly Outage[] = []): PendingJob[] {
    return this.#jobs.dueBy(nowMs, outages);
  }

  /** Requests past their expiry with nothing in a worker's hands, the most overdue first; outages as above. */
  dueRequests(nowMs: number, outages: readonly Outage[] = []): QueuedRequest[] {
    const due: QueueEntry[] = [];
    for (const entry of this.#dueRequests.dueBy(nowMs)) {
      const dueAtMs = extendedDue(entry.aliveAtMs, entry.expiresAtMs, outages);
      if (dueAtMs <= nowMs) due.push(entry);
      else this.#dueRequests.put(entry, dueAtMs); // a hand-out of its payer has refreshed it since, or an outage was no time
    }
    return due.sort((a, b) => a.expiresAtMs - b.expiresAtMs || (a.request < b.request ? -1 : 1));
  }

  /** Whether any job or request may be past its time: worth a closer look. */
  isDueBy(nowMs: number): boolean {
    return this.#jobs.nextDueMs <= nowMs || this.#dueRequests.nextMs <= nowMs;
  }

  #accept(facts: RequestFacts): void {
    const entry = this.#enter(facts, (fresh) => (fresh.owed = owedBefore(fresh)));
    entry.rekey(this.policy);
    this.#file(entry);
    // Streams come in any order: the payer's later requests may be here already.
    for (const later of laterThan(entry)) this.#weighAnew(later, weightOn(entry, later.acceptedAtMs));
    this.#latestMs = Math.max(this.#latestMs, entry.payer.latestMs);
  }

  #enter(facts: RequestFacts, prepare: (entry: QueueEntry) => void): QueueEntry {
    const { sets, signatures } = this.#lanes[facts.kind];
    const payer = this.#payers.enter(payerOf(facts));
    const models = sets.acquire(facts.models);
    const signature = signatures.acquire(facts);
    const entry = new QueueEntry({ ...facts, models: models.models }, { payer, models, signature, things: this.#thingsOf(facts) });
    prepare(entry);
    this.#follow(entry);
    payer.add(entry);
    this.#entries.set(entry.request, entry);
    return entry;
  }

  #change(entry: QueueEntry, event: RequestEvent): void {
    const later = movedBy(entry, event).map((other) => ({ other, before: weightOn(entry, other.acceptedAtMs) }));
    const { agesFromMs: agedFromMs } = entry.payer;
    this.#unfile(entry);
    evolve(entry, event);
    this.#followJob(entry, event);
    this.#follow(entry);
    entry.rekey(this.policy);
    this.#file(entry);
    for (const { other, before } of later) this.#weighAnew(other, weightOn(entry, other.acceptedAtMs) - before);
    if (entry.payer.agesFromMs > agedFromMs) this.#ageAnew(entry);
    if (entry.completedAtMs !== undefined) this.#completed.put(entry, entry.completedAtMs + REMEMBERED_MS);
    this.#latestMs = Math.max(this.#latestMs, entry.payer.latestMs);
  }

  /** An alchemy request is found by what its waiting forms ask for, so it moves as they are handed out. It is not filed now. */
  #follow(entry: QueueEntry): void {
    if (entry.facts.kind !== 'alchemy') return;
    const { sets } = this.#lanes.alchemy;
    const before = entry.models;
    entry.models = sets.acquire(entry.servable);
    sets.release(before);
  }

  #followJob(entry: QueueEntry, { type, data }: RequestEvent): void {
    if (!('job' in data)) return;
    if (type === 'JobAssigned.v1') {
      this.#settle(data);
      this.#jobs.add(entry.pending.get(data.job)!);
    } else {
      this.#jobs.remove(data.job);
    }
  }

  #settle({ job }: JobAssigned['data']): void {
    this.#reserved.get(job)?.settleOne();
    this.#reserved.delete(job);
  }

  #weighAnew(entry: QueueEntry, difference: number): void {
    if (difference > 0) return this.#sink(entry, () => (entry.owed += difference));
    if (difference === 0) return;
    this.#unfile(entry);
    entry.owed += difference;
    entry.rekey(this.policy);
    this.#file(entry);
  }

  #sink(entry: QueueEntry, change: () => void = () => undefined): void {
    this.#lanes[entry.facts.kind].sink(entry, () => {
      change();
      entry.rekey(this.policy);
    });
  }

  /** The other waiting requests of the payer have become younger. */
  #ageAnew({ payer }: QueueEntry): void {
    for (const other of payer.unfinished) if (!other.isKeyed(this.policy)) this.#sink(other);
  }

  #file(entry: QueueEntry): void {
    this.#lanes[entry.facts.kind].file(entry);
    if (entry.pending.size === 0 && entry.completedAtMs === undefined) this.#dueRequests.put(entry, entry.expiresAtMs);
  }

  #unfile(entry: QueueEntry): void {
    this.#lanes[entry.facts.kind].unfile(entry);
    this.#dueRequests.remove(entry);
  }

  #forget(): void {
    for (const entry of this.#completed.dueBy(this.#latestMs)) {
      if (stillWeighs(entry)) {
        this.#completed.put(entry, this.#latestMs + REMEMBERED_MS); // the read model keeps it too, so look again later
      } else {
        this.#completed.remove(entry);
        this.#drop(entry);
      }
    }
    this.#payers.forget(this.#latestMs);
  }

  #drop(entry: QueueEntry): void {
    const { sets, signatures } = this.#lanes[entry.facts.kind];
    sets.release(entry.models);
    signatures.release(entry.signature);
    this.#entries.delete(entry.request);
    this.#payers.leave(entry);
  }

  #unfinished(request: string): QueueEntry | undefined {
    const entry = this.#entries.get(request);
    return entry?.completedAtMs === undefined ? entry : undefined;
  }

  #payersOf({ ownerIds }: PoppingWorker<WorkerFacts>): Payer<QueueEntry>[] {
    return [...new Set(ownerIds)].flatMap((id) => {
      if (id === ANONYMOUS) return [...this.#payers.all()].filter(({ isAnonymous }) => isAnonymous);
      return this.#payers.find(accountPayer(id)) ?? [];
    });
  }

  #unfinishedOf(payer: PayerId, kind: RequestKind): number {
    return sum(this.#payers.find(payer)?.unfinished ?? [], ({ facts, unfinished }) => (facts.kind === kind ? unfinished : 0));
  }
}

/** A settlement moves money only; a type that this version does not know moves nothing it knows of. */
const MOVING_TYPES: ReadonlySet<string> = new Set(REQUEST_EVENT_TYPES.filter((type) => type !== 'JobSettled.v1'));
const movesQueue = ({ type }: Recorded): boolean => MOVING_TYPES.has(type);

const latestOf = ({ activityAtMs, finishedAtMs, givenBack, completedAtMs = -Infinity }: QueueEntry): number =>
  Math.max(activityAtMs, completedAtMs, ...finishedAtMs, ...givenBack.map(({ atMs }) => atMs));

const factsOf = ({ ledger: _, ...facts }: RequestAccepted['data']): RequestFacts => facts;

const sum = <Item>(items: Iterable<Item>, of: (item: Item) => number): number => {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
};

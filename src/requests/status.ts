import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { parseUuid } from '../kernel/ids.js';
import { inKudos } from '../kernel/kudos.js';
import { Availability } from '../dispatch/availability.message.js';
import { Outages } from '../outages/outages.message.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { RecentStatus } from './recent-status.js';
import type { RequestKind } from './request.events.js';
import { jobRefusals } from './request.refusals.js';
import { StatusRows, type DeliveredRow, type FormsRow, type StatusRow } from './status-rows.js';

/** horde-api C1.2, with what since-5.1.5 §4 adds; every member is always there. */
export interface Check {
  readonly finished: number;
  readonly processing: number;
  readonly restarted: number;
  readonly waiting: number;
  readonly done: boolean;
  readonly faulted: boolean;
  readonly wait_time: number;
  readonly queue_position: number;
  readonly kudos: number;
  readonly is_possible: boolean;
  readonly eligible_workers: number;
  readonly eligible_worker_threads: number;
  readonly might_stall: boolean;
  /** Ours: which worker holds each job that is handed out; `generations` say it of those that are delivered. */
  readonly jobs: readonly HeldJob[];
}
export interface HeldJob {
  readonly id: string;
  readonly worker_id: string;
  readonly worker_name: string;
  readonly since: string;
  readonly deadline: string;
}

const CATCH_UP_MAX_MS = 1_000;

/** What tells how much of the time that has passed counts. */
@Injectable()
export class StatusTime {
  constructor(readonly ports: Ports, readonly outages: Outages) {}
}

/** How a request stands. Whoever knows its id may ask. */
@Injectable()
export class Status {
  constructor(
    private readonly rows: StatusRows, private readonly availability: Availability, private readonly recent: RecentStatus, private readonly time: StatusTime,
  ) {}

  /** @throws Refused RequestNotFound for an unknown, expired or foreign id; only once the read model has seen all that came before */
  async find(text: string, kind: RequestKind): Promise<StatusRow> {
    const id = parseUuid(text);
    return this.#known(id === undefined ? undefined : await this.#ask(id, () => this.rows.progress(id)), kind);
  }

  async check(text: string, kind: RequestKind): Promise<Check> {
    const id = parseUuid(text);
    const untouched = id === undefined ? undefined : this.#untouched(id, kind);
    if (untouched) return this.checkOf(untouched);
    const recent = id === undefined ? undefined : await this.recent.progress(id);
    return this.checkOf(recent ? this.#known(recent, kind) : await this.find(text, kind));
  }

  /** The request with its delivered jobs: all that any node has told of before, for clients fetch once. @throws as `find` */
  async full(text: string, kind: RequestKind): Promise<{ row: StatusRow; delivered: readonly DeliveredRow[] }> {
    const id = parseUuid(text);
    await this.#seenByAll();
    const untouched = id === undefined ? undefined : this.#untouched(id, kind);
    if (untouched) return { row: untouched, delivered: [] };
    const recent = id === undefined ? undefined : await this.recent.full(id);
    if (recent) return { row: this.#known(recent.row, kind), delivered: recent.delivered };
    const found = id === undefined ? undefined : await this.#ask(id, () => this.rows.status(id));
    return { row: this.#known(found?.request, kind), delivered: found?.delivered ?? [] };
  }

  /** An alchemy request with its forms, as `full`. @throws as `find` */
  async forms(text: string): Promise<FormsRow> {
    const id = parseUuid(text);
    await this.#seenByAll();
    const found = id === undefined ? undefined : await this.#ask(id, () => this.rows.forms(id));
    this.#known(found?.request, 'alchemy');
    return found!;
  }

  checkOf(row: StatusRow): Check {
    const { finished, processing, restarted, waiting, done, faulted } = row;
    const outlook = this.availability.outlook(row.id);
    return {
      finished, processing, restarted, waiting, done, faulted, wait_time: outlook.waitS, queue_position: outlook.position,
      kudos: Math.round(inKudos(row.consumed)), is_possible: processing > 0 || outlook.eligibleWorkers > 0,
      eligible_workers: outlook.eligibleWorkers, eligible_worker_threads: outlook.eligibleThreads, might_stall: outlook.mightStall, jobs: this.heldJobs(row),
    };
  }

  heldJobs({ atWork }: StatusRow): readonly HeldJob[] {
    return atWork.map(({ id, worker, workerName, assignedAt, deadline }) => ({
      id, worker_id: worker, worker_name: workerName ?? '', since: iso(assignedAt), deadline: iso(this.time.outages.extendedDue(assignedAt, deadline)),
    }));
  }

  async #seenByAll(): Promise<void> {
    const { feed } = this.time.ports;
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the queue is catching up with the log');
  }

  /** Clients poll while nothing has been delivered yet: that much the live queue knows by itself. */
  #untouched(id: string, kind: RequestKind): StatusRow | undefined {
    const entry = this.availability.queued(id);
    if (!entry || entry.facts.kind !== kind || entry.submitted > 0 || entry.pending.size > 0 || entry.closed) return undefined;
    const { facts: { payer, jobs, shared, r2, activation }, waiting, faults, expiresAtMs } = entry;
    return {
      id, kind, payer, jobs, waiting, processing: 0, finished: 0, restarted: faults, faulted: false, done: false, shared, r2,
      consumed: activation, expiresAt: expiresAtMs, completedAt: null, atWork: [],
    };
  }

  #known(row: StatusRow | undefined, kind: RequestKind): StatusRow {
    // Nobody could fetch its results while nobody served.
    const expired = row && row.completedAt !== null && this.time.outages.extendedDue(row.completedAt, row.expiresAt) <= this.time.ports.clock.now();
    if (!row || row.kind !== kind || expired) throw refusedBy(jobRefusals, 'RequestNotFound');
    return row;
  }

  /** What this node has told of a request before is not taken back: the read model first reaches its last event seen here. */
  async #ask<Row>(id: string, ask: () => Promise<Row | undefined>): Promise<Row | undefined> {
    const { feed } = this.time.ports;
    const latest = this.recent.latestOf(id);
    if (latest !== undefined) await this.rows.waitFor(latest, CATCH_UP_MAX_MS);
    const early = await ask();
    if (early) return early;
    const head = await feed.head();
    if (!(await this.rows.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the list of requests is catching up with the log');
    return ask();
  }
}

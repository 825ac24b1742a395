import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { parseUuid } from '../kernel/ids.js';
import { inKudos, type Kudos } from '../kernel/kudos.js';
import { Availability } from '../dispatch/availability.message.js';
import { NodeFeed } from '../platform/event-log/node-feed.js';
import { refusedBy } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import type { JobState, RequestKind } from './request.events.js';
import { jobRefusals } from './request.refusals.js';

export interface StatusRow {
  readonly id: string;
  readonly kind: RequestKind;
  readonly jobs: number;
  readonly waiting: number;
  readonly processing: number;
  readonly finished: number;
  readonly restarted: number;
  readonly faulted: boolean;
  readonly done: boolean;
  readonly shared: boolean;
  readonly r2: boolean;
  readonly consumed: Kudos;
  readonly expiresAt: number;
  readonly completedAt: number | null;
}
export interface DeliveredRow {
  readonly id: string;
  readonly worker: string;
  readonly workerName: string | null;
  readonly model: string;
  readonly verdict: JobState;
  readonly seed: number;
  readonly result: string;
}

/** The requests read model. */
export abstract class StatusRows {
  abstract request(id: string): Promise<StatusRow | undefined>;
  abstract delivered(id: string): Promise<readonly DeliveredRow[]>;
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}

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
}

const CATCH_UP_MAX_MS = 1_000;

/** How a request stands. Whoever knows its id may ask. */
@Injectable()
export class Status {
  constructor(
    private readonly rows: StatusRows, private readonly availability: Availability, private readonly feed: NodeFeed, private readonly clock: Clock,
  ) {}

  /** @throws Refused RequestNotFound for an unknown, expired or foreign id; only once the read model has seen all that came before */
  async find(text: string, kind: RequestKind): Promise<StatusRow> {
    const id = parseUuid(text);
    const row = id === undefined ? undefined : await this.#row(id);
    const expired = row && row.completedAt !== null && row.expiresAt <= this.clock.now();
    if (!row || row.kind !== kind || expired) throw refusedBy(jobRefusals, 'RequestNotFound');
    return row;
  }

  async check(text: string, kind: RequestKind): Promise<Check> {
    return this.checkOf(await this.find(text, kind));
  }

  checkOf(row: StatusRow): Check {
    const { finished, processing, restarted, waiting, done, faulted } = row;
    const outlook = this.availability.outlook(row.id);
    return {
      finished, processing, restarted, waiting, done, faulted, wait_time: outlook.waitS, queue_position: outlook.position,
      kudos: Math.round(inKudos(row.consumed)), is_possible: processing > 0 || outlook.eligibleWorkers > 0,
      eligible_workers: outlook.eligibleWorkers, eligible_worker_threads: outlook.eligibleThreads, might_stall: false,
    };
  }

  delivered(row: StatusRow): Promise<readonly DeliveredRow[]> {
    return row.finished > 0 ? this.rows.delivered(row.id) : Promise.resolve([]);
  }

  async #row(id: string): Promise<StatusRow | undefined> {
    const head = await this.feed.head();
    const early = await this.rows.request(id);
    if (early) return early;
    if (!(await this.rows.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the list of requests is catching up with the log');
    return this.rows.request(id);
  }
}

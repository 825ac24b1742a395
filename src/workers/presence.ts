import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Outages } from '../outages/outages.message.js';
import { Database } from '../platform/postgres/database.js';
import { ONLINE_MS, WorkerRegistry } from './registry.message.js';

/** A round looks back a little further than to the last one: the clocks of nodes differ. */
const OVERLAP_MS = 10_000;

const UPSERT = `
INSERT INTO platform.worker_presence AS p (worker, since_ms, seen_ms)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[])
ON CONFLICT (worker) DO UPDATE SET
  since_ms = CASE
    WHEN excluded.since_ms - p.seen_ms <= ${ONLINE_MS} AND p.since_ms - excluded.seen_ms <= ${ONLINE_MS} THEN least(p.since_ms, excluded.since_ms)
    WHEN excluded.seen_ms > p.seen_ms THEN excluded.since_ms
    ELSE p.since_ms END,
  seen_ms = greatest(p.seen_ms, excluded.seen_ms)`;
const SEEN_SINCE = 'SELECT worker, since_ms, seen_ms FROM platform.worker_presence WHERE seen_ms >= $1';

interface PresenceRow {
  readonly worker: string;
  readonly since_ms: number;
  readonly seen_ms: number;
}

/** Tells the other nodes, and the next life of this one, which workers are here. Disposable: without it, five minutes of uptime may be lost. */
@Injectable()
export class WorkerPresence {
  #writtenMs = 0;

  constructor(private readonly registry: WorkerRegistry, private readonly database: Database, private readonly clock: Clock, private readonly outages: Outages) {}

  /** What is known from before, at start. */
  async load(): Promise<void> {
    await this.#read(this.outages.servedBefore(this.clock.now(), ONLINE_MS));
  }

  /** Returns how many workers it wrote down. */
  async round(): Promise<number> {
    const now = this.clock.now();
    const since = this.#writtenMs === 0 ? now - ONLINE_MS : this.#writtenMs - OVERLAP_MS;
    const here = [...this.registry.seenSince(since)];
    if (here.length > 0) {
      await this.database.execute(UPSERT, [here.map(({ id }) => id), here.map(({ sinceMs }) => sinceMs), here.map(({ seenMs }) => seenMs)], 'presence.write');
    }
    await this.#read(since);
    this.#writtenMs = now;
    return here.length;
  }

  async #read(sinceMs: number): Promise<void> {
    const rows = await this.database.query<PresenceRow>(SEEN_SINCE, [sinceMs], 'presence.read');
    for (const { worker, since_ms, seen_ms } of rows) this.registry.present(worker, { sinceMs: since_ms, seenMs: seen_ms });
  }
}

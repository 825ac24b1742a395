import type { Database, Queries } from '../../platform/postgres/database.js';

/** A delivered job that its request's sender has not been told of. */
export interface DueDelivery {
  readonly job: string;
  readonly request: string;
  /** Of the event that it comes from. */
  readonly position: number;
  /** Centikudos. */
  readonly reward: number;
  readonly form: number | null;
  readonly host: string;
  readonly caller: string;
}
export interface ClaimedDelivery extends DueDelivery {
  /** This one included. */
  readonly attempts: number;
}
export interface ClaimLimits {
  readonly nowMs: number;
  /** Nobody else takes what was claimed before. */
  readonly leaseUntilMs: number;
  readonly max: number;
  readonly perHostMax: number;
  readonly perCallerMax: number;
  /** What counts as being delivered here already. */
  readonly hosts: ReadonlyMap<string, number>;
  readonly callers: ReadonlyMap<string, number>;
}

/** The oldest due rows that one claim looks through; those of hosts and callers that have all they may have are not among them. */
const LOOKED_AT_MAX = 500;
const COUNTED_MAX = 10_000;
/** Rows of one caller, who has a receiver that is away or slow: at the 16 deliveries at a time that a caller has, minutes of work. */
export const ROWS_OF_CALLER_MAX = 5_000;
/** Of all: with so many a claim takes 29 ms (ADR 0033). */
export const ROWS_MAX = 100_000;

const CLAIM = `
WITH oldest AS (
  SELECT job, host, caller, due_ms FROM platform.webhook_delivery
  WHERE store_id = $1 AND due_ms <= $2 AND host <> ALL ($3::text[]) AND caller <> ALL ($4::text[]) ORDER BY due_ms, job LIMIT ${LOOKED_AT_MAX}
), ranked AS (
  SELECT o.job, o.due_ms,
    row_number() OVER (PARTITION BY o.host ORDER BY o.due_ms, o.job) + coalesce(h.working, 0) AS of_host,
    row_number() OVER (PARTITION BY o.caller ORDER BY o.due_ms, o.job) + coalesce(c.working, 0) AS of_caller
  FROM oldest o
  LEFT JOIN unnest($5::text[], $6::integer[]) AS h (host, working) ON h.host = o.host
  LEFT JOIN unnest($7::text[], $8::integer[]) AS c (caller, working) ON c.caller = o.caller
), chosen AS (
  SELECT d.job FROM platform.webhook_delivery d JOIN ranked r ON r.job = d.job
  WHERE d.store_id = $1 AND d.due_ms <= $2 AND r.of_host <= $9 AND r.of_caller <= $10 ORDER BY r.due_ms, d.job LIMIT $11 FOR UPDATE OF d SKIP LOCKED
)
UPDATE platform.webhook_delivery d SET due_ms = $12, attempts = d.attempts + 1 FROM chosen WHERE d.store_id = $1 AND d.job = chosen.job
RETURNING d.job, d.request, d.position, d.reward, d.form, d.host, d.caller, d.attempts`;

const INSERT = `
INSERT INTO platform.webhook_delivery (store_id, job, request, position, reward, form, host, caller, attempts, due_ms, expires_ms)
SELECT $1, d.job, d.request, d.position, d.reward, d.form, d.host, d.caller, 0, $2, $3
FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[], $8::integer[], $9::text[], $10::text[])
  AS d (job, request, position, reward, form, host, caller) ON CONFLICT DO NOTHING`;

const COUNT = 'SELECT count(*) AS count FROM (SELECT 1 FROM platform.webhook_delivery WHERE store_id = $1 LIMIT $2) counted';
const OF_CALLERS = 'SELECT caller, count(*) AS count FROM platform.webhook_delivery WHERE store_id = $1 AND caller = ANY ($2::text[]) GROUP BY caller';

export interface Added {
  readonly added: number;
  /** What there was no room for: nobody will be told of it. */
  readonly dropped: number;
}

/** The tables of what is to be delivered, and of how far the log has been read for it. Of one ledger. */
export class DueDeliveries {
  constructor(private readonly database: Database, private readonly storeId: string) {}

  /** How far the log has been read; at the very first start as far as it goes, for nobody waits for what happened before. */
  async cursor(head: number): Promise<number> {
    await this.database.execute('INSERT INTO platform.webhook_cursor (store_id, position) VALUES ($1, $2) ON CONFLICT DO NOTHING', [this.storeId, head]);
    return (await positionOf(this.database, this.storeId)) ?? head;
  }

  /**
   * Rows for what the log says up to a position. Every node reads the whole log and comes here; what another one has brought before
   * stands behind the cursor and is left out, whatever has become of it meanwhile. So is, for good, what there is no room for: the newest,
   * for older ones may have been tried already. Says how many.
   */
  async add(found: readonly DueDelivery[], upTo: number, { nowMs, expiresMs }: { readonly nowMs: number; readonly expiresMs: number }): Promise<Added> {
    return this.database.transaction(async (queries) => {
      const position = (await positionOf(queries, this.storeId, 'FOR UPDATE')) ?? upTo;
      const fresh = found.filter((each) => each.position > position);
      const welcome = fresh.length === 0 ? fresh : await this.#withinBounds(queries, fresh);
      if (welcome.length > 0) await queries.execute(INSERT, [this.storeId, nowMs, expiresMs, ...columnsOf(welcome)], 'webhooks.add');
      if (upTo > position) await queries.execute('UPDATE platform.webhook_cursor SET position = $2 WHERE store_id = $1', [this.storeId, upTo], 'webhooks.advance');
      return { added: welcome.length, dropped: fresh.length - welcome.length };
    }, { durable: false }); // lost with the cursor, and then found again
  }

  /** Nobody else adds meanwhile: the cursor is locked. */
  async #withinBounds(queries: Queries, fresh: readonly DueDelivery[]): Promise<readonly DueDelivery[]> {
    const rows = await queries.query<{ caller: string; count: number }>(OF_CALLERS, [this.storeId, [...new Set(fresh.map(({ caller }) => caller))]], 'webhooks.of_callers');
    const [all] = await queries.query<{ count: number }>(COUNT, [this.storeId, ROWS_MAX], 'webhooks.count');
    const ofCaller = new Map(rows.map(({ caller, count }) => [caller, count]));
    let room = ROWS_MAX - all!.count;
    return fresh.filter(({ caller }) => {
      const count = ofCaller.get(caller) ?? 0;
      if (room <= 0 || count >= ROWS_OF_CALLER_MAX) return false;
      ofCaller.set(caller, count + 1);
      room -= 1;
      return true;
    });
  }

  /** Takes what is due, the oldest first; nobody else gets it before the lease ends. */
  claim({ nowMs, leaseUntilMs, max, perHostMax, perCallerMax, hosts, callers }: ClaimLimits): Promise<ClaimedDelivery[]> {
    return this.database.query<ClaimedDelivery>(CLAIM, [
      this.storeId, nowMs, full(hosts, perHostMax), full(callers, perCallerMax), [...hosts.keys()], [...hosts.values()], [...callers.keys()], [...callers.values()],
      perHostMax, perCallerMax, max, leaseUntilMs,
    ], 'webhooks.claim');
  }

  /** Delivered or given up: nothing is left of it. */
  async remove({ job }: Pick<DueDelivery, 'job'>): Promise<void> {
    await this.database.execute('DELETE FROM platform.webhook_delivery WHERE store_id = $1 AND job = $2', [this.storeId, job], 'webhooks.remove');
  }

  /** To be tried again then, unless somebody else has claimed it meanwhile. */
  async postpone({ job, attempts }: Pick<ClaimedDelivery, 'job' | 'attempts'>, dueMs: number): Promise<void> {
    await this.database.execute('UPDATE platform.webhook_delivery SET due_ms = $4 WHERE store_id = $1 AND job = $2 AND attempts = $3', [this.storeId, job, attempts, dueMs], 'webhooks.postpone');
  }

  /** As if it had not been claimed: the receiver was never asked. */
  async giveBack({ job, attempts }: Pick<ClaimedDelivery, 'job' | 'attempts'>, dueMs: number): Promise<void> {
    await this.database.execute(
      'UPDATE platform.webhook_delivery SET due_ms = $4, attempts = attempts - 1 WHERE store_id = $1 AND job = $2 AND attempts = $3', [this.storeId, job, attempts, dueMs], 'webhooks.give_back');
  }

  /** Removes what nobody waits for any more; returns how many. */
  prune(nowMs: number): Promise<number> {
    return this.database.execute('DELETE FROM platform.webhook_delivery WHERE store_id = $1 AND expires_ms <= $2', [this.storeId, nowMs], 'webhooks.prune');
  }

  /** How many there are; beyond 10,000 nobody counts on. */
  async count(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(COUNT, [this.storeId, COUNTED_MAX], 'webhooks.count');
    return row!.count;
  }
}

const positionOf = async (queries: Queries, storeId: string, lock: '' | 'FOR UPDATE' = ''): Promise<number | undefined> => {
  const [row] = await queries.query<{ position: number }>(`SELECT position FROM platform.webhook_cursor WHERE store_id = $1 ${lock}`, [storeId]);
  return row?.position;
};

const full = (working: ReadonlyMap<string, number>, max: number): string[] => [...working].filter(([, count]) => count >= max).map(([name]) => name);

const columnsOf = (found: readonly DueDelivery[]): unknown[] => [
  found.map(({ job }) => job), found.map(({ request }) => request), found.map(({ position }) => position), found.map(({ reward }) => reward),
  found.map(({ form }) => form), found.map(({ host }) => host), found.map(({ caller }) => caller),
];

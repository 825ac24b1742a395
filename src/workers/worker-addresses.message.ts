import { Injectable } from '@nestjs/common';
import { subscriberOf } from '../platform/networks.js';
import { Ports } from '../platform/ports.js';
import { Database } from '../platform/postgres/database.js';
import { SealedAddresses } from '../platform/vault/sealed-addresses.js';

/** Of a worker that does not come again, its address is forgotten (as spec/ledger.md §4.12 has it for keyed hashes). */
const KEPT_MS = 30 * 24 * 60 * 60_000;
/** One that stays where it is is written down again at most so often: what counts is the day of its last call. */
const REWRITE_MS = 6 * 60 * 60_000;
const REMEMBERED_MAX = 50_000;

const UPSERT = `
INSERT INTO platform.worker_address AS a (worker, subscriber_hash, sealed, seen_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (worker) DO UPDATE SET subscriber_hash = excluded.subscriber_hash, sealed = excluded.sealed, seen_ms = excluded.seen_ms`;

/** Where workers called from last (horde-rules §7.3): found by a keyed hash, sealed, in no event, and forgotten after 30 days. */
@Injectable()
export class WorkerAddresses {
  readonly #seals: SealedAddresses;
  /** By worker: what this node has written, and when. */
  readonly #written = new Map<string, { readonly ip: string; readonly atMs: number }>();

  constructor(private readonly database: Database, private readonly ports: Ports) {
    this.#seals = new SealedAddresses(ports.secrets, ports.ids);
  }

  /** Stored when this resolves. Costs nothing as a rule. */
  async seen(worker: string, ip: string): Promise<void> {
    const atMs = this.ports.clock.now();
    const written = this.#written.get(worker);
    if (written?.ip === ip && atMs - written.atMs < REWRITE_MS) return;
    await this.database.execute(UPSERT, [worker, this.#seals.hashOf(subscriberOf(ip)), this.#seals.seal(worker, ip), atMs], 'worker-address.write');
    this.#written.delete(worker);
    this.#written.set(worker, { ip, atMs });
    if (this.#written.size > REMEMBERED_MAX) this.#written.delete(this.#written.keys().next().value!);
  }

  /** Workers that called last from the same subscriber's addresses. */
  async workersAt(ip: string): Promise<readonly string[]> {
    const rows = await this.database.query<{ worker: string }>('SELECT worker FROM platform.worker_address WHERE subscriber_hash = $1', [this.#seals.hashOf(subscriberOf(ip))]);
    return rows.map(({ worker }) => worker);
  }

  /** Of those that are known. */
  async of(workers: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (workers.length === 0) return new Map();
    const rows = await this.database.query<{ worker: string; sealed: Buffer }>('SELECT worker, sealed FROM platform.worker_address WHERE worker = ANY($1::uuid[])', [workers]);
    return new Map(rows.map(({ worker, sealed }) => [worker, this.#seals.open(worker, sealed)]));
  }

  async forget(worker: string): Promise<void> {
    this.#written.delete(worker);
    await this.database.execute('DELETE FROM platform.worker_address WHERE worker = $1', [worker]);
  }

  /** Returns how many were forgotten because their worker has not come for so long. */
  async forgetOld(): Promise<number> {
    return this.database.execute('DELETE FROM platform.worker_address WHERE seen_ms < $1', [this.ports.clock.now() - KEPT_MS]);
  }
}

import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';

/** The read model of workers. */
export abstract class WorkerNameRows {
  /** Those that have a name, once it shows everything up to `seen`. @throws RetryLater */
  abstract namesOf(workers: readonly string[], seen: Position): Promise<ReadonlyMap<string, string>>;
}

/** After these a name is another one, or there is one, or there is none. */
const CHANGING: ReadonlySet<string> = new Set(['WorkerRegistered.v1', 'WorkerRenamed.v1', 'WorkerDeleted.v1', 'PersonalDataErased.v1']);
/** More than the horde has ever had at work. */
const REMEMBERED_MAX = 10_000;

/** The names of workers that answers show again and again. Names are personal: whoever is erased is forgotten here too. */
export class NamesOfWorkers implements NodeFold {
  readonly name = 'names of workers';
  readonly #names = new Map<string, string>();
  /** The read model has to have come so far to know what this node knows has changed. */
  #changedAt: Position = -1;

  constructor(private readonly rows: WorkerNameRows, private readonly feed: { head(): Promise<Position> }) {}

  async open(): Promise<Position> {
    return (this.#changedAt = await this.feed.head());
  }

  apply({ type, position, data }: Pick<Recorded, 'type' | 'position' | 'data'>): void {
    if (!CHANGING.has(type)) return;
    this.#changedAt = Math.max(this.#changedAt, position);
    if (type === 'PersonalDataErased.v1') this.#names.clear();
    else this.#names.delete((data as { readonly worker: string }).worker);
  }

  /** A worker without a name is gone, or its owner was erased. @throws RetryLater when the read model is far behind */
  async of(workers: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const known = new Map<string, string>();
    const unknown: string[] = [];
    for (const worker of workers) {
      const name = this.#names.get(worker);
      if (name === undefined) unknown.push(worker);
      else known.set(worker, name);
    }
    if (unknown.length > 0) for (const [worker, name] of await this.#ask(unknown)) known.set(worker, name);
    return known;
  }

  async #ask(workers: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const seen = this.#changedAt;
    const found = await this.rows.namesOf(workers, seen);
    if (this.#changedAt !== seen) return found; // true when it was asked, and perhaps no more
    for (const [worker, name] of found) this.#names.set(worker, name);
    for (const worker of this.#names.keys()) {
      if (this.#names.size <= REMEMBERED_MAX) break;
      this.#names.delete(worker);
    }
    return found;
  }
}

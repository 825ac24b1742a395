import type { PayerId } from '../../requests/rules/payer-id.js';
import { DueHeap } from './due-heap.js';
import type { FairnessPolicy } from './fairness-policy.js';
import { Payer, type LastServed } from './payer.js';
import type { QueueEntry } from './queue-entry.js';

/** Who has requests in the queue, and who had lately: what somebody has waited counts for twenty minutes after the last request (ADR 0035). */
export class Payers {
  readonly #known = new Map<PayerId, Payer<QueueEntry>>();
  /** Of those who have nothing in the queue, when what they were handed out matters no more. */
  readonly #leaving = new DueHeap<Payer<QueueEntry>>();

  /** `rememberedMs`: how long an event may come late. */
  constructor(private readonly policy: FairnessPolicy, private readonly rememberedMs: number) {}

  get size(): number {
    return this.#known.size;
  }

  all(): Iterable<Payer<QueueEntry>> {
    return this.#known.values();
  }

  find(id: PayerId): Payer<QueueEntry> | undefined {
    return this.#known.get(id);
  }

  /** The payer of a request that enters. */
  enter(id: PayerId): Payer<QueueEntry> {
    let payer = this.#known.get(id);
    if (!payer) this.#known.set(id, (payer = new Payer(id, this.policy)));
    this.#leaving.remove(payer);
    return payer;
  }

  leave(entry: QueueEntry): void {
    const { payer } = entry;
    payer.entries.delete(entry);
    if (payer.entries.size === 0) this.#leaving.put(payer, this.#mattersUntilMs(payer));
  }

  /** Goes on from what was remembered at `atMs`. */
  load(served: ReadonlyMap<PayerId, LastServed>, atMs: number): void {
    for (const [id, last] of served) {
      const known = this.#known.get(id);
      if (known) {
        known.served(last);
      } else {
        const payer = new Payer<QueueEntry>(id, this.policy);
        payer.served(last);
        if (this.#mattersUntilMs(payer) < atMs) continue;
        this.#known.set(id, payer);
        this.#leaving.put(payer, this.#mattersUntilMs(payer));
      }
    }
  }

  forget(atMs: number): void {
    for (const payer of this.#leaving.dueBy(atMs)) {
      this.#leaving.remove(payer);
      this.#known.delete(payer.id);
    }
  }

  /** What `load` needs. */
  served(): Map<PayerId, LastServed> {
    const served = [...this.#known.values()].filter(({ handedOutAtMs }) => handedOutAtMs > -Infinity);
    return new Map(served.map(({ id, handedOutAtMs, agesFromMs }) => [id, { handedOutAtMs, agesFromMs }]));
  }

  #mattersUntilMs({ agesFromMs }: Payer<QueueEntry>): number {
    return agesFromMs === -Infinity ? -Infinity : agesFromMs + this.policy.ageingCreditMs + this.rememberedMs;
  }
}

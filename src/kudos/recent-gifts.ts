import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { FundsTransferred } from './account.events.js';

/** horde-rules §5: who has just been given kudos cannot send them back for a minute. */
export const COOL_DOWN_MS = 60_000;

/** The transfers of the last minute, folded from the log: the cool-down survives a restart and is the same on every node. */
export class RecentGifts implements NodeFold {
  readonly name = 'recent gifts';
  /** `from>to` → when, oldest first. */
  readonly #at = new Map<string, number>();

  constructor(private readonly rows: {
    giftsSince(effectiveAt: string): Promise<{ readonly position: Position; readonly gifts: Iterable<{ from: number; to: number; at: string }> }>;
  }, private readonly clock: { now(): number }) {}

  async open(): Promise<Position> {
    const { position, gifts } = await this.rows.giftsSince(new Date(this.clock.now() - COOL_DOWN_MS).toISOString());
    for (const { from, to, at } of gifts) this.#remember(from, to, at);
    return position;
  }

  apply({ type, data }: Recorded): void {
    if (type !== 'FundsTransferred.v1') return;
    const { from, to, ledger } = data as FundsTransferred['data'];
    this.#remember(from, to, ledger.effectiveAt);
  }

  /** Has `from` sent kudos to `to` within the last minute? */
  given(from: number, to: number): boolean {
    return this.clock.now() - (this.#at.get(`${from}>${to}`) ?? -Infinity) < COOL_DOWN_MS;
  }

  /** How many are remembered: those that still matter. */
  get size(): number {
    return this.#at.size;
  }

  #remember(from: number, to: number, at: string): void {
    const pair = `${from}>${to}`;
    this.#at.delete(pair);
    this.#at.set(pair, Date.parse(at));
    const oldest = this.clock.now() - COOL_DOWN_MS;
    for (const [key, when] of this.#at) {
      if (when > oldest) break;
      this.#at.delete(key);
    }
  }
}

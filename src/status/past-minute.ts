import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { PastStart } from '../platform/event-log/recent-past.js';
import type { JobSettled } from '../kudos/account.events.js';
import type { RequestKind } from '../requests/request.events.js';

const WINDOW_MS = 60_000;

/** Work delivered in the last sixty seconds, by the clock of the events (horde-rules §8.3). */
export class PastMinute implements NodeFold {
  readonly name = 'past minute';
  readonly #delivered: { readonly kind: RequestKind; readonly atMs: number; readonly things: number }[] = [];

  constructor(private readonly past: { last(ms: number): Promise<PastStart> }, private readonly clock: { now(): number }) {}

  async open(): Promise<Position> {
    return (await this.past.last(WINDOW_MS)).position;
  }

  apply({ type, data }: Recorded): void {
    if (type !== 'JobSettled.v1') return;
    const { kind, settledAt, things } = data as JobSettled['data'];
    this.#delivered.push({ kind, atMs: Date.parse(settledAt), things });
    this.#forget();
  }

  things(kind: RequestKind): number {
    this.#forget();
    return this.#delivered.reduce((sum, each) => (each.kind === kind ? sum + each.things : sum), 0);
  }

  #forget(): void {
    const oldest = this.clock.now() - WINDOW_MS;
    let gone = 0;
    while (gone < this.#delivered.length && this.#delivered[gone]!.atMs < oldest) gone += 1;
    if (gone > 0) this.#delivered.splice(0, gone);
  }
}

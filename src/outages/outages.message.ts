import type { Recorded } from '../kernel/event.js';
import { extendedDue, outageWithin, servedBefore, type Outage } from '../kernel/outage.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import { OUTAGES_REMEMBERED } from './outage.decider.js';
import type { OutageEnded } from './outage.events.js';

/** When nobody served, as this node knows it: folded from the log, and begun with what stood there before (`Serving.begin`). */
export class Outages implements NodeFold {
  readonly name = 'outages';
  #known: readonly Outage[] = [];

  constructor(private readonly feed: { head(): Promise<Position> }) {}

  open(): Promise<Position> {
    return this.feed.head();
  }

  apply({ type, data }: Pick<Recorded, 'type' | 'data'>): void {
    if (type !== 'OutageEnded.v1') return;
    const { from, until } = data as OutageEnded['data'];
    this.take([{ fromMs: Date.parse(from), untilMs: Date.parse(until) }]);
  }

  /** In any order, and any number of times. */
  take(outages: readonly Outage[]): void {
    const byStart = new Map([...this.#known, ...outages].map((outage) => [outage.fromMs, outage]));
    this.#known = [...byStart.values()].sort((a, b) => a.fromMs - b.fromMs).slice(-OUTAGES_REMEMBERED);
  }

  /** Oldest first. */
  get all(): readonly Outage[] {
    return this.#known;
  }
  extendedDue(sinceMs: number, dueMs: number): number {
    return extendedDue(sinceMs, dueMs, this.#known);
  }
  within(fromMs: number, toMs: number): number {
    return outageWithin(fromMs, toMs, this.#known);
  }
  servedBefore(nowMs: number, servedMs: number): number {
    return servedBefore(nowMs, servedMs, this.#known);
  }
}

import type { EventLog, Position, RecordedEvent } from '../event-log.js';
import type { EventFilter } from './event-filter.js';
import { PAGE_EVENTS } from './limits.js';
import { checkedPosition, type From } from './positions.js';

export type Direction = 'forwards' | 'backwards';

export interface AllRead {
  readonly direction: Direction;
  readonly from: From;
  readonly count: number;
  readonly filter: EventFilter | undefined;
}

/** Pages of `$all`. A position to begin at is inclusive forwards and exclusive backwards, as EventStoreDB has it. */
export async function* pagesOfAll(log: EventLog, { direction, from, count, filter }: AllRead): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  if (from === (direction === 'forwards' ? 'end' : 'start')) return;
  let next = await startOf(log, direction, from);
  let left = count;
  for (;;) {
    const page = await log.readAll({ direction, limit: filter ? PAGE_EVENTS : Math.min(left, PAGE_EVENTS), ...(next !== undefined && { from: next }) });
    const events = filter ? admitted(filter, page.events).slice(0, left) : page.events;
    yield events;
    left -= events.length;
    if (left <= 0 || page.end) return;
    next = page.position;
  }
}

const startOf = async (log: EventLog, direction: Direction, from: From): Promise<Position | undefined> => {
  if (from === 'start' || from === 'end') return undefined;
  await checkedPosition(log, from);
  return direction === 'forwards' ? from - 1 : from;
};

export const admitted = (filter: EventFilter, events: readonly RecordedEvent[]): readonly RecordedEvent[] => {
  const passes = filter.admits(events);
  return events.filter((_, k) => passes[k]);
};

export interface StreamRead {
  readonly stream: string;
  readonly direction: Direction;
  /** Inclusive; the first or the last event if it is undefined. */
  readonly from: number | undefined;
  readonly count: number;
}

/** Pages of a stream; undefined, once, when there is no such stream. */
export async function* pagesOfStream(log: EventLog, { stream, direction, from, count }: StreamRead): AsyncGenerator<readonly RecordedEvent[] | undefined, void, undefined> {
  let next = from;
  let left = count;
  for (;;) {
    const limit = Math.min(left, PAGE_EVENTS);
    const { exists, events } = await log.readStream(stream, { direction, limit, ...(next !== undefined && { from: next }) });
    yield exists ? events : undefined;
    const last = events[events.length - 1];
    left -= events.length;
    if (!last || events.length < limit || left <= 0) return;
    next = direction === 'forwards' ? last.revision + 1 : last.revision - 1;
    if (next < 0) return;
  }
}

import type { FeedBatch, FollowOptions, Position, RecordedEvent } from '../event-log.js';
import type { Availability } from './availability.js';
import type { LiveTail } from './live-tail.js';
import { isStoresOwn, type Reader } from './reader.js';
import { failureOf } from './failures.js';

const BATCH_DEFAULT = 500;
/** With a filter: a checkpoint at least after so many events, so that a feed of rare events is never long out of sight. */
const EXAMINED_MAX = 4_096;
/** History is read in pages of this many events, whatever the batches: some two megabytes. */
const PAGE = 4_096;
const FOR_EVER_MS = 2 ** 31 - 1;

export interface FollowingParts {
  readonly tail: LiveTail;
  readonly reader: Reader;
  readonly availability: Availability;
  /** Of the newest event that this process has appended or been told of: a feed that is not there yet is not live. */
  readonly known: () => Position;
  /** Throws LogUnavailable once the log is closed. */
  readonly checkOpen: () => void;
}

/** Events that the follower has not been handed yet, and whether more was to be had when they were fetched. */
interface Ahead {
  readonly events: readonly RecordedEvent[];
  readonly end: boolean;
}

/**
 * A feed for one follower: pages of its own while it is far behind, then what the shared tail keeps. An outage is waited
 * out: a feed ends only when its reader aborts it or the log is closed.
 */
export async function* follow(parts: FollowingParts, { after, types, batchMax = BATCH_DEFAULT, signal }: FollowOptions): AsyncGenerator<FeedBatch, void, undefined> {
  const { tail, reader, known, checkOpen } = parts;
  if (signal?.aborted) return;
  checkOpen();
  await Promise.race([tail.start(), aborted(signal)]);
  const wants = (event: RecordedEvent): boolean => reader.isOurs(event) && (!types || types.has(event.type));
  const history = new History(reader);
  let position = after;
  let ahead: Ahead = { events: [], end: true };
  while (!signal?.aborted) {
    checkOpen();
    if (ahead.events.length === 0) {
      ahead = await fetched({ ...parts, history }, position, signal);
      continue;
    }
    const { events, examined } = cut(ahead.events, batchMax, wants);
    position = ahead.events[examined - 1]!.position;
    ahead = { events: ahead.events.slice(examined), end: ahead.end };
    const live = ahead.events.length === 0 && (ahead.end || tail.isLive) && position >= Math.max(tail.lastOfLedger, known());
    yield { events: events.map((event) => reader.shown(event)), position, live };
  }
}

/** From the tail, or a page of history; nothing after a wait for news, or for a store that did not answer. */
const fetched = async ({ tail, history, availability, checkOpen }: FollowingParts & { readonly history: History }, position: Position, signal: AbortSignal | undefined): Promise<Ahead> => {
  const kept = tail.after(position);
  if (kept?.length === 0) await tail.growth.next(signal);
  if (kept) return { events: kept, end: tail.isLive };
  try {
    const { events, complete } = await history.after(position);
    return { events: withoutStoresOwnAtTheEnd(events), end: complete };
  } catch (error) {
    checkOpen();
    if (failureOf(error).kind === 'away') availability.lost();
    if (availability.isUp) await availability.pause(1);
    else await availability.whenUp(FOR_EVER_MS);
    return { events: [], end: false };
  }
};

/** Pages of history; the next one is on its way while the last one is looked at. */
class History {
  private next: { readonly after: Position; readonly page: ReturnType<Reader['after']> } | undefined;

  constructor(private readonly reader: Reader) {}

  async after(position: Position): ReturnType<Reader['after']> {
    const page = await (this.next?.after === position ? this.next.page : this.reader.after(position, PAGE));
    const last = page.events.at(-1);
    this.next = page.complete || !last ? undefined : { after: last.position, page: this.reader.after(last.position, PAGE) };
    this.next?.page.catch(() => undefined); // whoever wants it hears of it
    return page;
  }
}

/** Positions that are remembered should be those of a ledger's events: what the store writes for itself, it removes again. */
const withoutStoresOwnAtTheEnd = (events: readonly RecordedEvent[]): readonly RecordedEvent[] => {
  const last = events.findLastIndex((event) => !isStoresOwn(event));
  return last < 0 ? events : events.slice(0, last + 1);
};

const cut = (ahead: readonly RecordedEvent[], batchMax: number, wants: (event: RecordedEvent) => boolean): { events: RecordedEvent[]; examined: number } => {
  const events: RecordedEvent[] = [];
  let examined = 0;
  while (examined < ahead.length && examined < EXAMINED_MAX && events.length < batchMax) {
    const event = ahead[examined++]!;
    if (wants(event)) events.push(event);
  }
  return { events, examined };
};

const aborted = (signal: AbortSignal | undefined): Promise<void> => new Promise((resolve) => {
  signal?.addEventListener('abort', () => resolve(), { once: true });
});

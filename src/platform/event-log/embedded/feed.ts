import type { FeedBatch, FollowOptions, RecordedEvent } from '../event-log.js';
import type { Growth } from '../growth.js';
import type { EventReader } from './event-reader.js';
import type { StreamIndex } from './stream-index.js';

export const BATCH_DEFAULT = 500;
/** With a filter: a checkpoint at least after so many events, so that a feed of rare events is never long out of sight. */
const EXAMINED_MAX = 4_096;

export interface FeedSource {
  readonly index: StreamIndex;
  readonly reader: EventReader;
  readonly growth: Growth;
  /** False for a log that was opened for reading: the feed ends where the log ended then. */
  readonly grows: boolean;
  /** Throws LogUnavailable once the log is closed. */
  checkOpen(): void;
}

/** History in pages from disk, then the hot tail as it grows; nothing is read before the consumer asks for it. */
export async function* feed(source: FeedSource, { after, types, batchMax = BATCH_DEFAULT, signal }: FollowOptions): AsyncGenerator<FeedBatch, void, undefined> {
  const { index, growth } = source;
  let ordinal = index.ordinalAfter(after);
  while (!signal?.aborted) {
    source.checkOpen();
    if (ordinal === index.events) {
      if (!source.grows) return;
      await growth.next(signal);
      continue;
    }
    const { events, next } = await examine(source, { from: ordinal, types, batchMax });
    if (signal?.aborted) return;
    ordinal = next;
    yield { events, position: index.positionAt(ordinal - 1), live: ordinal === index.events };
  }
}

interface Examination {
  readonly from: number;
  readonly types: ReadonlySet<string> | undefined;
  readonly batchMax: number;
}

/** Reads on until the batch is full, enough was examined, or the log ends. */
const examine = async ({ index, reader }: FeedSource, { from, types, batchMax }: Examination): Promise<{ events: readonly RecordedEvent[]; next: number }> => {
  if (!types) {
    const events = await reader.following(from, batchMax);
    return { events, next: from + events.length };
  }
  const events: RecordedEvent[] = [];
  let next = from;
  while (next < index.events && next - from < EXAMINED_MAX && events.length < batchMax) {
    for (const event of await reader.following(next, batchMax - events.length)) {
      next += 1;
      if (types.has(event.type)) events.push(event);
    }
  }
  return { events, next };
};

import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { EventLog, FeedBatch, Position, RecordedEvent } from '../event-log.js';
import type { EventFilter } from './event-filter.js';
import { Backlog, caughtUp, tooSlow } from './live.js';
import type { Reader } from './reader.js';

export interface AllSubscription {
  /** The last position that was seen. */
  readonly after: Position;
  readonly filter: EventFilter | undefined;
  /** Events examined between two checkpoints of a filter. */
  readonly checkpointEvery: number;
}

/** History, then live, until the client is gone or too slow. */
export const followAll = async (log: EventLog, subscription: AllSubscription, reader: Reader): Promise<void> => {
  const { after } = subscription;
  const stretch = new Stretch(subscription, reader);
  let isLive = after >= (await log.head());
  const backlog = new Backlog();
  if (isLive) reader.message(caughtUp());
  for await (const batch of log.follow({ after, signal: reader.signal })) {
    stretch.write(batch, isLive ? backlog : undefined);
    backlog.taken(await reader.drained(), !batch.live);
    if (isLive || !batch.live) continue;
    isLive = true;
    reader.message(caughtUp());
  }
  await reader.gone(); // a log that was opened for reading has an end; the subscription has none
};

/** Writes what passes the filter, and checkpoints where little does. */
class Stretch {
  private examined = 0;

  constructor(private readonly subscription: AllSubscription, private readonly reader: Reader) {}

  write(batch: FeedBatch, backlog: Backlog | undefined): void {
    const events = this.wanted(batch);
    const passes = this.subscription.filter?.admits(events);
    const admitted = passes ? events.filter((_, k) => passes[k]) : events;
    const limit = backlog?.take(admitted) ?? admitted.length;
    if (passes && limit === admitted.length) return this.writeFiltered(events, passes, backlog !== undefined);
    for (const event of admitted.slice(0, limit)) this.reader.event(event);
    if (limit < admitted.length) throw tooSlow();
  }

  private writeFiltered(events: readonly RecordedEvent[], passes: readonly boolean[], isLive: boolean): void {
    for (const [k, event] of events.entries()) {
      const isAdmitted = passes[k] === true;
      if (isAdmitted) this.reader.event(event);
      this.examine(event.position, isAdmitted && isLive);
    }
  }

  /** A position that the log has not reached yet is waited for. */
  private wanted({ events }: FeedBatch): readonly RecordedEvent[] {
    const { after } = this.subscription;
    return (events[0]?.position ?? after) > after ? events : events.filter(({ position }) => position > after);
  }

  private examine(position: Position, isSeenLive: boolean): void {
    this.examined += 1;
    if (this.examined < this.subscription.checkpointEvery) return;
    this.examined = 0;
    if (!isSeenLive) this.reader.message(checkpoint(position));
  }
}

/** Its prepare position is 0, as EventStoreDB's. */
const checkpoint = (position: Position): ReadResp => (
  new streams.ReadResp().setCheckpoint(new streams.ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition('0'))
);

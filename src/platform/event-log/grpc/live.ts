import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '../event-log.js';
import { LIVE_APPEND_EVENTS, LIVE_EVENTS_MAX, LIVE_WAIT_MS_MAX } from './limits.js';
import { timedOut } from './rpc-errors.js';

export const caughtUp = (): ReadResp => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

/** EventStoreDB keeps few events for a subscriber that is live; one that lets them pile up has to subscribe again. */
export const tooSlow = (): Error => timedOut('Consumer too slow to handle event while live. Client resubscription required.');

/** How far one subscriber that is live has let events pile up. */
export class Backlog {
  private isSlow = false;
  private piledUp = 0;

  /**
   * How many of these it gets before it is told so: all of them, unless it has taken long for those before and more than a
   * buffer waits since, or a single append overruns it. What many appends bring at once would reach it one by one from
   * EventStoreDB, and does no harm.
   */
  take(events: readonly RecordedEvent[]): number {
    const room = LIVE_EVENTS_MAX - this.piledUp;
    if (this.isSlow) this.piledUp += events.length;
    if (events.length <= room) return events.length;
    return this.isSlow || longestRun(events) >= LIVE_APPEND_EVENTS ? room : events.length;
  }

  /** It has taken what it was given, after so long. What waits for it comes in many parts when it is read from disk: they count together until nothing `isLeft`. */
  taken(waitedMs: number, isLeft: boolean): void {
    if (waitedMs > LIVE_WAIT_MS_MAX) this.isSlow = true;
    else if (!isLeft) this.isSlow = false;
    if (!isLeft) this.piledUp = 0;
  }
}

/** The most events that follow each other in one stream: what came in one append, or as good as. */
const longestRun = (events: readonly RecordedEvent[]): number => {
  let longest = 0;
  let run = 0;
  for (const [k, { stream }] of events.entries()) {
    run = events[k - 1]?.stream === stream ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
};

import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '../event-log.js';
import { LIVE_APPEND_EVENTS, LIVE_EVENTS_MAX, LIVE_WAIT_MS_MAX } from './limits.js';
import { timedOut } from './rpc-errors.js';

export const caughtUp = (): ReadResp => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

/** EventStoreDB keeps few events for a subscriber that is live; one that lets them pile up has to subscribe again. */
export const tooSlow = (): Error => timedOut('Consumer too slow to handle event while live. Client resubscription required.');

/**
 * How many of these a live subscriber gets before it is told so: all of them, unless it has taken long for those before, or
 * a single append overruns it. What many appends bring at once would reach it one by one from EventStoreDB, and does no harm.
 */
export const liveLimit = (events: readonly RecordedEvent[], waitedMs: number): number => {
  if (events.length <= LIVE_EVENTS_MAX) return events.length;
  return waitedMs > LIVE_WAIT_MS_MAX || longestRun(events) >= LIVE_APPEND_EVENTS ? LIVE_EVENTS_MAX : events.length;
};

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

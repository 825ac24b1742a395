import type { EventLog } from '../event-log.js';
import { PAGE_EVENTS } from './limits.js';
import { Backlog, caughtUp, tooSlow } from './live.js';
import type { Reader } from './reader.js';

interface StreamSubscription {
  readonly stream: string;
  /** The last revision that was seen. */
  readonly from: number | 'start' | 'end';
}

/** The events of one stream, then live. A stream that does not exist is waited for, and caught up with at its first event. */
export const followStream = async (log: EventLog, { stream, from }: StreamSubscription, reader: Reader): Promise<void> => {
  const head = await log.head(); // before the stream is read: what is appended meanwhile is in both, and told apart by its revision
  const history = await writeHistory(log, stream, await nextOf(log, stream, from), reader);
  let { next, isLive } = history;
  const backlog = new Backlog();
  if (isLive) reader.message(caughtUp());
  for await (const batch of log.follow({ after: head, signal: reader.signal })) {
    const events = batch.events.filter((event) => event.stream === stream && event.revision >= next);
    const limit = isLive ? backlog.take(events) : events.length;
    for (const event of events.slice(0, limit)) {
      reader.event(event);
      next = event.revision + 1;
      if (!isLive) reader.message(caughtUp());
      isLive = true;
    }
    if (limit < events.length) throw tooSlow();
    backlog.taken(await reader.drained(), !batch.live);
  }
  await reader.gone();
};

const nextOf = async (log: EventLog, stream: string, from: number | 'start' | 'end'): Promise<number> => {
  if (from === 'start') return 0;
  if (from !== 'end') return from + 1;
  const { events: [last] } = await log.readStream(stream, { direction: 'backwards', limit: 1 });
  return (last?.revision ?? -1) + 1;
};

const writeHistory = async (log: EventLog, stream: string, from: number, reader: Reader): Promise<{ next: number; isLive: boolean }> => {
  for (let next = from; ; ) {
    const { exists, events } = await log.readStream(stream, { from: Math.min(next, Number.MAX_SAFE_INTEGER), limit: PAGE_EVENTS });
    for (const event of events) reader.event(event);
    await reader.drained();
    next += events.length;
    if (events.length < PAGE_EVENTS || reader.signal.aborted) return { next, isLive: exists };
  }
};

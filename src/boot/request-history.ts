import type { Recorded } from '../kernel/event.js';
import { decode } from '../platform/event-log/codec.js';
import type { EventLog } from '../platform/event-log/event-log.js';
import { RequestHistory } from '../requests/request-watch.js';

/** A request with all its jobs fits in one page, nearly always. */
const PAGE_EVENTS = 512;

export class LogRequestHistory extends RequestHistory {
  constructor(private readonly log: Pick<EventLog, 'readStream'>) {
    super();
  }

  async of(request: string): Promise<readonly Recorded[]> {
    const events: Recorded[] = [];
    for (;;) {
      const page = await this.log.readStream(`request-${request}`, { from: events.length, limit: PAGE_EVENTS });
      events.push(...page.events.map(decode));
      if (page.events.length < PAGE_EVENTS) return events;
    }
  }
}

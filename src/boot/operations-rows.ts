import type { ModesChanged } from '../operations/modes.events.js';
import type { ModesRows } from '../operations/horde-modes.message.js';
import type { Recorded } from '../kernel/event.js';
import { decode } from '../platform/event-log/codec.js';
import type { Platform } from './platform.js';

const MODES_STREAM = 'horde';
/** Each mode is switched a few times a year. */
const PAGE = 4_096;

/** Straight from the log: a table for a handful of events would be one more thing to keep right. */
export const modesRows = ({ log }: Platform): ModesRows => ({
  modes: async () => {
    const position = await log.head();
    const changes: Recorded<ModesChanged>[] = [];
    for (let from = 0; ; from += PAGE) {
      const { events } = await log.readStream(MODES_STREAM, { from, limit: PAGE });
      changes.push(...events.map((event) => decode(event) as Recorded<ModesChanged>));
      if (events.length < PAGE) return { position, changes };
    }
  },
});

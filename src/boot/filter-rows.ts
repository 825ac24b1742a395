import type { FilterEvent } from '../filters/filter.events.js';
import type { FilterRows } from '../filters/prompt-filters.message.js';
import type { Recorded } from '../kernel/event.js';
import { decode } from '../platform/event-log/codec.js';
import { PersonalFields } from '../platform/vault/personal-fields.js';
import { PERSONAL_PATHS } from './event-types.js';
import type { Platform } from './platform.js';

const STREAM = 'filters';
const PAGE = 4_096;

/** Straight from the log, as the modes: a few hundred filters, changed a few times a week. */
export const filterRows = ({ log, vault }: Platform): FilterRows => {
  const personal = new PersonalFields(PERSONAL_PATHS);
  return {
    head: () => log.head(),
    after: async (revision) => {
      const found: Recorded[] = [];
      for (let from = revision + 1; ; from += PAGE) {
        const { events } = await log.readStream(STREAM, { from, limit: PAGE });
        found.push(...events.map(decode));
        if (events.length < PAGE) return (await personal.revealEvents(found, vault)) as readonly Recorded<FilterEvent>[];
      }
    },
  };
};

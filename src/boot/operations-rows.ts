import { activeMessages, findMessages, messagePage, MESSAGES_PAGE_SIZE } from '../../projections/worker-messages/queries.js';
import type { ModesChanged } from '../operations/modes.events.js';
import type { ModesRows } from '../operations/horde-modes.message.js';
import type { Recorded } from '../kernel/event.js';
import { decode } from '../platform/event-log/codec.js';
import { RetryLater } from '../platform/retry-later.js';
import type { MailRows } from '../workers/worker-mail.message.js';
import { MessagePages, type MessageQuery } from '../workers/worker-messages.js';
import type { Platform } from './platform.js';
import { atCheckpoint } from './read-models.js';

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

export const mailRows = (platform: Platform): MailRows => ({
  active: async (nowMs) => {
    const { position, answer } = await atCheckpoint(platform, 'worker-messages', (db) => activeMessages(db, nowMs));
    return { position, notices: answer };
  },
  messages: (ids) => findMessages(platform.database, ids),
});

const CATCH_UP_MAX_MS = 1_000;

export class PostgresMessagePages extends MessagePages {
  readonly pageSize = MESSAGES_PAGE_SIZE;
  constructor(private readonly platform: Platform) {
    super();
  }
  page(query: MessageQuery, offset: number) {
    return messagePage(this.platform.database, query, offset);
  }
  async one(id: string) {
    const { database, readModels, log } = this.platform;
    const [early] = await findMessages(database, [id]);
    if (early) return early;
    if (!(await readModels.waitFor(await log.head(), CATCH_UP_MAX_MS, ['worker-messages']))) throw new RetryLater('the list of messages is catching up with the log');
    return (await findMessages(database, [id]))[0];
  }
}

import { iso, type Clock } from '../../../kernel/clock.js';
import type { Ids } from '../../../kernel/ids.js';
import { encode } from '../codec.js';
import { WrongExpectedRevision, type EventLog, type RecordedEvent } from '../event-log.js';
import type { LedgerFounded } from '../ledger.events.js';
import { StoreRefuses } from './failures.js';

const STREAM = 'ledger';

/**
 * The first event of the ledger, made by whoever comes first. Its id is the ledger's identity. Read models remember it: those
 * of another store are refused, for credits that this log does not hold would let people spend what they do not have
 * (spec/ledger.md §4.2).
 */
export const foundingOf = async (
  log: Pick<EventLog, 'append' | 'readStream'>, { clock, ids, readOnly = false }: { readonly clock: Clock; readonly ids: Ids; readonly readOnly?: boolean },
): Promise<Pick<RecordedEvent, 'id' | 'position'>> => {
  for (;;) {
    const { events: [founded] } = await log.readStream(STREAM, { limit: 1 });
    if (founded) return founded;
    if (readOnly) throw new StoreRefuses('there is no ledger in this event store (or not under this namespace)');
    const id = ids.uuid();
    const metadata = { $correlationId: id, $causationId: id, prevHash: null, actor: { kind: 'system' as const }, schema: 1 as const, node: 'founder' };
    const founding: LedgerFounded = { type: 'LedgerFounded.v1', data: { foundedAt: iso(clock.now()) } };
    const { event } = encode(founding, { stream: STREAM, revision: 0, id, metadata });
    try {
      const { position } = await log.append(STREAM, 'no_stream', [event]);
      return { id, position };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error; // somebody else was first
    }
  }
};

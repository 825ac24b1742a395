// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: ledger
import type { Stored } from '../../kernel/event.js';

/**
 * The first event of a ledger in an EventStoreDB; its id is the ledger's identity, which read models remember. The embedded
 * log has an identity of its own, and no such event.
 */
export type LedgerFounded = Stored<'LedgerFounded.v1', {
  foundedAt: string;
}>;

export type LedgerEvent = LedgerFounded;
export const LEDGER_EVENT_TYPES = ['LedgerFounded.v1'] as const satisfies readonly LedgerEvent['type'][];

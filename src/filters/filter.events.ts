// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: filters
import type { Personal, Stored } from '../kernel/event.js';

/**
 * What is looked for in prompts. The words are sealed, although they are nobody's: whoever may read the ledger shall not learn from it
 * how to get around them. `regexHash` is a keyed hash, by which the same filter is known again.
 */
export type FilterAdded = Stored<'FilterAdded.v1', {
  filter: number; filterType: number; regex: Personal; regexHash: string; description: Personal | null; replacement: Personal; by: number; addedAt: string;
}>;
/** Only what has changed. */
export type FilterChanged = Stored<'FilterChanged.v1', {
  filter: number; by: number; filterType?: number; regex?: Personal; regexHash?: string; description?: Personal; replacement?: Personal; changedAt: string;
}>;
/** Its number is not given away again. */
export type FilterDeleted = Stored<'FilterDeleted.v1', { filter: number; by: number; deletedAt: string }>;

export type FilterEvent = FilterAdded | FilterChanged | FilterDeleted;
export const FILTER_EVENT_TYPES = ['FilterAdded.v1', 'FilterChanged.v1', 'FilterDeleted.v1'] as const satisfies readonly FilterEvent['type'][];

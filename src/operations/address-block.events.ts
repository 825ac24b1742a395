// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: addressblock-{id}
import type { Stored } from '../kernel/event.js';

/**
 * Nobody from one address, or from a range of them, generates or runs workers until then. Which address stands in a table that forgets
 * it when the block ends, and nowhere in the log; `worker` is there when it was blocked as that worker's.
 */
export type AddressBlocked = Stored<'AddressBlocked.v1', { block: string; by: number; worker?: string; until: string; blockedAt: string }>;
/**
 * By the horde itself, for what was sent from there: nobody's act, so it names nobody. `offence` says how often that has happened of late,
 * this time counted.
 */
export type AddressTimedOut = Stored<'AddressTimedOut.v1', { block: string; offence: number; until: string; timedOutAt: string }>;
/** Before it ended by itself. */
export type AddressUnblocked = Stored<'AddressUnblocked.v1', { block: string; by: number; unblockedAt: string }>;

export type AddressBlockEvent = AddressBlocked | AddressTimedOut | AddressUnblocked;
export const ADDRESS_BLOCK_EVENT_TYPES = ['AddressBlocked.v1', 'AddressTimedOut.v1', 'AddressUnblocked.v1'] as const satisfies readonly AddressBlockEvent['type'][];

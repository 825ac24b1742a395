// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: horde
import type { Stored } from '../kernel/event.js';

/** How the horde is run at this moment (horde-rules §9.7). */
export interface Modes {
  /** No requests are taken in. */
  readonly maintenance: boolean;
  /** New workers only of who was invited to bring so many. */
  readonly inviteOnly: boolean;
  /** Somebody attacks: no new pseudonymous accounts, no strangers from unsafe addresses, no hints. */
  readonly raid: boolean;
}

/** What is absent stays as it was. */
export type ModesChanged = Stored<'ModesChanged.v1', Partial<Modes> & { by: number; changedAt: string }>;

export const MODES_EVENT_TYPES = ['ModesChanged.v1'] as const satisfies readonly ModesChanged['type'][];

import { minus, most, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import type { AccountEvent, SharedKeyLimits } from './account.events.js';

/**
 * A shared key as its owner's stream tells of it. Budgets follow the rule of balances: every decrease is in the owner's stream,
 * at an explicit revision; kudos sent to the key are recorded with their senders and arrive with the command.
 */
export interface SharedKey {
  /** Own part of what may still be used, below 0 where kudos sent to the key have been used; null is no limit. */
  budget: Kudos | null;
  /** So much of what was ever sent to the key is part of `budget` already. */
  credited: Kudos;
  /** Promised to admitted requests. */
  reserved: Kudos;
  utilised: Kudos;
  expiresAt: string | null;
  limits: SharedKeyLimits;
}

/** What may still be used, reservations included. `credited` may lag: it can only be too small. */
export const remainingOf = ({ budget, credited: counted }: SharedKey, credited: Kudos): Kudos | null =>
  budget === null ? null : plus(budget, most(NO_KUDOS, minus(credited, counted)));

/** What a further request may ask for. */
export const freeOf = (key: SharedKey, credited: Kudos): Kudos | null => {
  const remaining = remainingOf(key, credited);
  return remaining === null ? null : minus(remaining, key.reserved);
};

export const isExpired = ({ expiresAt }: Pick<SharedKey, 'expiresAt'>, at: string): boolean => expiresAt !== null && Date.parse(expiresAt) <= Date.parse(at);

type DataOf<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

/** Folds one event of the owner's stream into its keys. Every event says by itself what it moves. */
export const evolveSharedKeys = (keys: Map<string, SharedKey>, event: AccountEvent): void => {
  switch (event.type) {
    case 'SharedKeyCreated.v1': {
      const { key, budget, expiresAt, limits } = event.data;
      keys.set(key, { budget, credited: NO_KUDOS, reserved: NO_KUDOS, utilised: NO_KUDOS, expiresAt, limits });
      return;
    }
    case 'SharedKeyChanged.v1': return changed(keys.get(event.data.key), event.data);
    case 'SharedKeyDeleted.v1': return void keys.delete(event.data.key);
    case 'AuthorizationOpened.v1': {
      const { activation, sharedKey } = event.data;
      if (sharedKey) move(keys.get(sharedKey.key), { used: activation, utilised: activation, reserved: most(NO_KUDOS, minus(sharedKey.reserved, activation)) });
      return;
    }
    case 'JobSettled.v1': {
      const { sharedKey } = event.data;
      if (sharedKey) move(keys.get(sharedKey.key), { used: sharedKey.reserved, utilised: sharedKey.consumed, reserved: minus(NO_KUDOS, sharedKey.reserved) });
      return;
    }
    case 'HoldReleased.v1': {
      const { sharedKey } = event.data;
      if (sharedKey) move(keys.get(sharedKey.key), { used: NO_KUDOS, utilised: NO_KUDOS, reserved: minus(NO_KUDOS, sharedKey.released) });
      return;
    }
    case 'AuthorizationClosed.v1': {
      const { sharedKey } = event.data;
      if (!sharedKey) return;
      const returned = minus(NO_KUDOS, sharedKey.returned);
      return move(keys.get(sharedKey.key), { used: returned, utilised: returned, reserved: minus(NO_KUDOS, sharedKey.released) });
    }
    default: // No other event touches a key.
  }
};

const move = (key: SharedKey | undefined, by: { readonly used: Kudos; readonly utilised: Kudos; readonly reserved: Kudos }): void => {
  if (!key) return;
  if (key.budget !== null) key.budget = minus(key.budget, by.used);
  key.utilised = plus(key.utilised, by.utilised);
  key.reserved = plus(key.reserved, by.reserved);
};

const changed = (key: SharedKey | undefined, { budget, expiresAt, limits }: DataOf<'SharedKeyChanged.v1'>): void => {
  if (!key) return;
  if (budget) Object.assign(key, { budget: budget.amount, credited: budget.credited, reserved: NO_KUDOS });
  if (expiresAt !== undefined) key.expiresAt = expiresAt;
  if (limits) key.limits = limits;
};

import { accept, refuse, type Decision } from '../kernel/decider.js';
import { personal } from '../kernel/event.js';
import { centikudos, least, minus, most, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { ChangeSharedKey, CreateSharedKey, DeleteSharedKey, OpenAuthorization } from './account.commands.js';
import type { AccountEvent, AuthorizationClosed, AuthorizationOpened, HoldReleased, JobSettled } from './account.events.js';
import type { Account, Authorization } from './account.state.js';
import { freeOf, isExpired, remainingOf } from './shared-key.state.js';

export type SharedKeyRc =
  | 'SharedKeyUnknown' | 'SharedKeyEmpty' | 'SharedKeyExpired' | 'SharedKeyInsufficientKudos' | 'SharedKeyLimits' | 'SharedKeysTooMany';
type Decided = Decision<AccountEvent, SharedKeyRc>;

export const createSharedKey = ({ key, id, name, budget, expiresAt, limits, keysMax, at }: CreateSharedKey, account: Account): Decided => {
  if (account.sharedKeys.has(key)) return accept();
  if (account.sharedKeys.size >= keysMax) return refuse('SharedKeysTooMany', { max: keysMax });
  const subject = `user-${account.user}`;
  return accept({ type: 'SharedKeyCreated.v1', data: {
    user: account.user, key, id: personal(subject, id), name: name === null ? null : personal(subject, name), budget, expiresAt, limits, createdAt: at,
  } });
};

export const changeSharedKey = ({ key, name, budget, credited, expiresAt, limits, at }: ChangeSharedKey, account: Account): Decided => {
  const known = account.sharedKeys.get(key);
  if (!known) return refuse('SharedKeyUnknown');
  const changes = {
    ...(name === undefined ? {} : { name: personal(`user-${account.user}`, name) }),
    // A view that lags knows less than the last change did: what that counted is counted.
    ...(budget === undefined ? {} : { budget: { amount: budget, credited: most(known.credited, credited) } }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(Object.keys(limits).length === 0 ? {} : { limits: { ...known.limits, ...limits } }),
  };
  if (Object.keys(changes).length === 0) return accept();
  return accept({ type: 'SharedKeyChanged.v1', data: { user: account.user, key, ...changes, changedAt: at } });
};

/** What it had reserved is free for nobody: its requests go on as the owner's own until they are cancelled. */
export const deleteSharedKey = ({ key, at }: DeleteSharedKey, account: Account): Decided =>
  account.sharedKeys.has(key) ? accept({ type: 'SharedKeyDeleted.v1', data: { user: account.user, key, deletedAt: at } }) : accept();

/** Why a request cannot be sent with this key. Guarded by the revision of the debit: of thirty at once, the budget admits what it can pay. */
export const sharedKeyRefusal = ({ sharedKey: use, quote, creditsComplete, at }: OpenAuthorization, account: Account): Decision<never, SharedKeyRc | 'CreditsBehind'> | undefined => {
  if (!use) return undefined;
  const key = account.sharedKeys.get(use.key);
  if (!key) return refuse('SharedKeyUnknown');
  const forMoney = (refusal: Decision<never, SharedKeyRc>): Decision<never, SharedKeyRc | 'CreditsBehind'> => (creditsComplete ? refusal : refuse('CreditsBehind'));
  if (remainingOf(key, use.credited) === NO_KUDOS) return forMoney(refuse('SharedKeyEmpty'));
  if (isExpired(key, at)) return refuse('SharedKeyExpired');
  const free = freeOf(key, use.credited);
  return free !== null && quote > free ? forMoney(refuse('SharedKeyInsufficientKudos', { required: quote, available: free })) : undefined;
};

/** The key's limits on a single request come after all questions of money (horde-api C1.1, row 54), and so after that whether there is such a key. */
export const isBeyondLimits = ({ sharedKey: use }: OpenAuthorization, account: Account): boolean => {
  if (!use?.asks) return false;
  const { limits } = account.sharedKeys.get(use.key)!;
  const { pixels, steps, tokens } = use.asks;
  return [[pixels, limits.maxImagePixels], [steps, limits.maxImageSteps], [tokens, limits.maxTextTokens]].some(([asked, max]) => max! >= 0 && asked! > max!);
};

// What the events of an authorization say about the key that it was asked for with; nothing once that key is gone.

export const reservation = ({ sharedKey: use, quote }: OpenAuthorization, account: Account): Pick<AuthorizationOpened['data'], 'sharedKey'> => {
  if (!use) return {};
  return { sharedKey: { key: use.key, reserved: account.sharedKeys.get(use.key)!.budget === null ? NO_KUDOS : quote } };
};

export const consumption = ({ sharedKey }: Authorization, debit: Kudos): Pick<JobSettled['data'], 'sharedKey'> =>
  sharedKey ? { sharedKey: { key: sharedKey.key, consumed: debit, reserved: least(sharedKey.reserved, debit) } } : {};

/** Of jobs that will never be handed out; `jobs` are all that were ever withdrawn. */
export const releasedParts = ({ sharedKey, jobs: all }: Authorization, jobs: number): Pick<HoldReleased['data'], 'sharedKey'> => {
  if (!sharedKey) return {};
  const parts = centikudos(Math.floor(sharedKey.forJobs / all) * Math.min(jobs, all));
  const released = least(sharedKey.reserved, minus(parts, sharedKey.released));
  return released > 0 ? { sharedKey: { key: sharedKey.key, released } } : {};
};

export const closing = ({ sharedKey, activation }: Authorization, isTakenBack: boolean): Pick<AuthorizationClosed['data'], 'sharedKey'> => {
  if (!sharedKey) return {};
  const returned = isTakenBack && sharedKey.counts ? activation : NO_KUDOS;
  return { sharedKey: { key: sharedKey.key, released: sharedKey.reserved, returned } };
};

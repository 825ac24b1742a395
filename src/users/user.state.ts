import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { unreachable } from '../kernel/unreachable.js';
import type { AccountClass } from '../kudos/account.events.js';
import type { Role, RolesChanged, SuspicionReason, UserEvent, UserSettingsChanged } from './user.events.js';

/** What one user or one worker is suspected of. */
export interface Suspicions {
  count: number;
  /** Of those that count once. */
  readonly reasons: Set<SuspicionReason>;
  /** Of those that count each time: the newest sights, so that a repeated report counts once. */
  readonly causes: Set<string>;
}
export interface OwnWorker {
  readonly suspicions: Suspicions;
  paused: boolean;
}

export interface User {
  readonly id: number;
  accountClass: AccountClass | undefined;
  keyHash: string | undefined;
  registeredAt: string | undefined;
  readonly roles: Set<Role>;
  concurrency: number;
  workerInvited: number;
  usageMultiplier: number;
  publicWorkers: boolean;
  monthly: Kudos;
  /** The newest grants that changed the entitlement: repeated, they change nothing. */
  readonly monthlyGrants: Map<string, Kudos>;
  suspicions: Suspicions;
  /** Only those that were ever suspected or paused. */
  readonly workers: Map<string, OwnWorker>;
  erased: boolean;
}

/** horde-rules §1.5. */
export const CONCURRENCY = 30;
export const USAGE_MULTIPLIER = 1_000;
/** Repeated reports come within moments of each other; older ones are not looked for. */
export const REMEMBERED_MAX = 256;

export const noSuspicions = (): Suspicions => ({ count: 0, reasons: new Set(), causes: new Set() });
const newWorker = (): OwnWorker => ({ suspicions: noSuspicions(), paused: false });

export const newUser = (id: string): User => ({
  id: Number(id), accountClass: undefined, keyHash: undefined, registeredAt: undefined, roles: new Set(), concurrency: CONCURRENCY, workerInvited: 0,
  usageMultiplier: USAGE_MULTIPLIER, publicWorkers: false, monthly: NO_KUDOS, monthlyGrants: new Map(), suspicions: noSuspicions(), workers: new Map(),
  erased: false,
});

export const workerOf = (user: User, worker: string): OwnWorker => user.workers.get(worker) ?? newWorker();

/** Registered, and not wiped since. */
export const exists = ({ accountClass, erased }: User): boolean => accountClass !== undefined && !erased;

export const evolve = (user: User, event: UserEvent): User => {
  switch (event.type) {
    case 'UserRegistered.v1':
      user.accountClass = event.data.accountClass;
      user.registeredAt = event.data.registeredAt;
      break;
    case 'ApiKeyIssued.v1': user.keyHash = event.data.keyHash; break;
    case 'RolesChanged.v1': rolesChanged(user, event.data); break;
    case 'TrustGranted.v1': user.roles.add('trusted'); break;
    case 'UserSettingsChanged.v1': settingsChanged(user, event.data); break;
    case 'MonthlyEntitlementChanged.v1':
      user.monthly = event.data.monthly;
      user.monthlyGrants.set(event.data.grant, event.data.added);
      forgetOldest(user.monthlyGrants);
      break;
    case 'UserSuspected.v1': suspected(user.suspicions, event.data); break;
    case 'WorkerSuspected.v1': suspected(keptWorker(user, event.data.worker).suspicions, event.data); break;
    case 'SuspicionReset.v1': suspicionReset(user); break;
    case 'WorkerPaused.v1': keptWorker(user, event.data.worker).paused = event.data.on; break;
    case 'PersonalDataErased.v1': erased(user); break;
    case 'UserRenamed.v1':
    case 'ProxyPasskeyIssued.v1': break; // no rule asks for them
    default: return unreachable(event);
  }
  return user;
};

const rolesChanged = ({ roles }: User, { granted, revoked }: RolesChanged['data']): void => {
  for (const role of granted) roles.add(role);
  for (const role of revoked) roles.delete(role);
};

const settingsChanged = (user: User, changed: UserSettingsChanged['data']): void => {
  user.concurrency = changed.concurrency ?? user.concurrency;
  user.workerInvited = changed.workerInvited ?? user.workerInvited;
  user.usageMultiplier = changed.usageMultiplier ?? user.usageMultiplier;
  user.publicWorkers = changed.publicWorkers ?? user.publicWorkers;
};

const suspected = (suspicions: Suspicions, { reason, cause }: { readonly reason: SuspicionReason; readonly cause: string | null }): void => {
  suspicions.count += 1;
  if (cause === null) suspicions.reasons.add(reason);
  else remember(suspicions.causes, cause);
};

const suspicionReset = (user: User): void => {
  user.suspicions = noSuspicions();
  for (const [id, { paused }] of user.workers) user.workers.set(id, { suspicions: noSuspicions(), paused });
};

const erased = (user: User): void => {
  user.erased = true;
  user.keyHash = undefined;
  user.workers.clear();
};

const keptWorker = (user: User, id: string): OwnWorker => {
  const worker = workerOf(user, id);
  user.workers.set(id, worker);
  return worker;
};

const remember = (set: Set<string>, item: string): void => {
  set.add(item);
  forgetOldest(set);
};
/** Bounded: the oldest makes room. */
const forgetOldest = (known: Set<string> | Map<string, unknown>): void => {
  if (known.size > REMEMBERED_MAX) known.delete(known.keys().next().value!);
};

import type { Recorded } from '../kernel/event.js';
import type {
  AuthorizationClosed, AuthorizationOpened, FundsTransferred, HoldReleased, JobSettled, SharedKeyChanged, SharedKeyCreated, SharedKeyDeleted, SharedKeyLimits,
} from '../kudos/account.events.js';
import type { Violations } from './violations.js';

/** One shared key, in centikudos; deleted ones too. */
export interface KeyBooks {
  readonly key: string;
  readonly owner: number;
  /** Null is no limit. */
  budget: number | null;
  credited: number;
  sent: number;
  reserved: number;
  utilised: number;
  expiresAt: string | null;
  limits: SharedKeyLimits;
  isDeleted: boolean;
}
/** An open authorization that one of them admitted. */
interface Promised {
  readonly key: KeyBooks;
  readonly activation: number;
  left: number;
  /** Admitted on the budget that the key still has; false once its owner set another. */
  counts: boolean;
}

/**
 * horde-rules §12, 39: a budget is never below what is promised of it, a key whose budget is used up admits nothing, and what a key
 * has used never goes down, but for the price of a request that never came.
 */
export class SharedKeyBooks {
  readonly keys = new Map<string, KeyBooks>();
  private readonly promised = new Map<string, Promised>();

  constructor(private readonly violations: Violations) {}

  add(event: Recorded): void {
    switch (event.type) {
      case 'SharedKeyCreated.v1': return this.created(event, event.data as SharedKeyCreated['data']);
      case 'SharedKeyChanged.v1': return this.changed(event, event.data as SharedKeyChanged['data']);
      case 'SharedKeyDeleted.v1': return this.deleted(event, event.data as SharedKeyDeleted['data']);
      case 'FundsTransferred.v1': return this.sent(event, event.data as FundsTransferred['data']);
      case 'AuthorizationOpened.v1': return this.opened(event, event.data as AuthorizationOpened['data']);
      case 'JobSettled.v1': return this.settled(event, event.data as JobSettled['data']);
      case 'HoldReleased.v1': return this.released(event, event.data as HoldReleased['data']);
      case 'AuthorizationClosed.v1': return this.closed(event, event.data as AuthorizationClosed['data']);
      default: // No other event is about a key.
    }
  }

  private created(event: Recorded, { key, user, budget, expiresAt, limits }: SharedKeyCreated['data']): void {
    this.unless(!this.keys.has(key) && event.stream === `account-${user}`, event, () => `shared key ${key} of user ${user} is made a second time, or elsewhere`);
    this.keys.set(key, { key, owner: user, budget, credited: 0, sent: 0, reserved: 0, utilised: 0, expiresAt, limits, isDeleted: false });
  }

  private changed(event: Recorded, { key: id, budget, expiresAt, limits }: SharedKeyChanged['data']): void {
    const key = this.find(event, id);
    if (!key) return;
    if (budget) {
      this.unless(budget.credited <= key.sent, event, () => `counts ${budget.credited} as sent to shared key ${id}, and ${key.sent} were`);
      Object.assign(key, { budget: budget.amount, credited: budget.credited, reserved: 0 });
      for (const each of this.promised.values()) if (each.key === key) Object.assign(each, { left: 0, counts: false });
    }
    if (expiresAt !== undefined) key.expiresAt = expiresAt;
    if (limits) key.limits = limits;
    this.check(event, key);
  }

  private deleted(event: Recorded, { key: id }: SharedKeyDeleted['data']): void {
    const key = this.find(event, id);
    if (!key) return;
    key.isDeleted = true;
    for (const [request, each] of this.promised) if (each.key === key) this.promised.delete(request);
  }

  private sent(event: Recorded, { sharedKey, to, amount }: FundsTransferred['data']): void {
    if (sharedKey === undefined) return;
    const key = this.keys.get(sharedKey);
    this.unless(key?.owner === to, event, () => `sends kudos to shared key ${sharedKey}, which is not of user ${to}`);
    if (key) key.sent += amount;
  }

  private opened(event: Recorded, { request, sharedKey, quote, activation, openedAt }: AuthorizationOpened['data']): void {
    const key = sharedKey && this.find(event, sharedKey.key);
    if (!key) return;
    const { reserved } = sharedKey;
    this.unless(remainingOf(key) !== 0, event, () => `is admitted by shared key ${key.key}, which has nothing left`);
    this.unless(key.expiresAt === null || Date.parse(openedAt) < Date.parse(key.expiresAt), event, () => `is admitted by shared key ${key.key} after its expiry`);
    this.unless(reserved === (key.budget === null ? 0 : quote), event, () => `reserves ${reserved} of shared key ${key.key} for a quote of ${quote}`);
    const left = Math.max(0, reserved - activation);
    this.promised.set(request, { key, activation, left, counts: true });
    this.move(event, key, { used: activation, utilised: activation, reserved: left });
  }

  private settled(event: Recorded, { request, debit, sharedKey }: JobSettled['data']): void {
    const promise = this.promised.get(request);
    const isSame = sharedKey?.key === promise?.key.key && (!promise || (sharedKey!.consumed === debit && sharedKey!.reserved === Math.min(promise.left, debit)));
    this.unless(isSame, event, () => `a debit of ${debit} for ${request} is booked on a shared key as ${JSON.stringify(sharedKey)}`);
    if (!promise || !sharedKey) return;
    promise.left -= sharedKey.reserved;
    this.move(event, promise.key, { used: sharedKey.reserved, utilised: sharedKey.consumed, reserved: -sharedKey.reserved });
  }

  private released(event: Recorded, { request, sharedKey }: HoldReleased['data']): void {
    if (!sharedKey) return;
    const promise = this.promised.get(request);
    const isThere = promise?.key.key === sharedKey.key && sharedKey.released > 0 && sharedKey.released <= promise.left;
    this.unless(isThere, event, () => `gives back ${sharedKey.released} of ${String(promise?.left)} reserved of a shared key`);
    if (!promise) return;
    promise.left -= sharedKey.released;
    this.move(event, promise.key, { used: 0, utilised: 0, reserved: -sharedKey.released });
  }

  private closed(event: Recorded, { request, settled, sharedKey }: AuthorizationClosed['data']): void {
    const promise = this.promised.get(request);
    const isSame = sharedKey?.key === promise?.key.key && sharedKey?.released === promise?.left;
    this.unless(isSame, event, () => `ends ${request} with ${String(promise?.left)} reserved, and says ${JSON.stringify(sharedKey)}`);
    this.promised.delete(request);
    if (promise && sharedKey) this.ended(event, promise, { ...sharedKey, settled });
  }

  private ended(event: Recorded, promise: Promised, sharedKey: { released: number; returned: number; settled: number }): void {
    const mayReturn = sharedKey.settled === 0 && promise.counts && sharedKey.returned === promise.activation;
    this.unless(sharedKey.returned === 0 || mayReturn, event, () => `takes back ${sharedKey.returned} of what a shared key has used`);
    this.move(event, promise.key, { used: -sharedKey.returned, utilised: -sharedKey.returned, reserved: -sharedKey.released });
  }

  private move(event: Recorded, key: KeyBooks, by: { used: number; utilised: number; reserved: number }): void {
    if (key.budget !== null) key.budget -= by.used;
    key.utilised += by.utilised;
    key.reserved += by.reserved;
    this.check(event, key);
  }

  private check(event: Recorded, key: KeyBooks): void {
    const remaining = remainingOf(key);
    this.unless(key.reserved >= 0 && key.utilised >= 0, event, () => `shared key ${key.key} has ${key.reserved} reserved and ${key.utilised} used`);
    this.unless(remaining === null || remaining >= key.reserved, event, () => `shared key ${key.key} has ${String(remaining)} left and ${key.reserved} promised`);
  }

  private find(event: Recorded, id: string): KeyBooks | undefined {
    const key = this.keys.get(id);
    const isOwn = key !== undefined && !key.isDeleted && event.stream === `account-${key.owner}`;
    this.unless(isOwn, event, () => `is about shared key ${id}, which is not there or not in this account`);
    return isOwn ? key : undefined;
  }

  private unless(holds: boolean, event: Recorded, text: () => string): void {
    this.violations.unless(holds, 'HR39', event, text);
  }
}

const remainingOf = ({ budget, sent, credited }: KeyBooks): number | null => (budget === null ? null : budget + Math.max(0, sent - credited));

import { idOf, type Recorded } from '../../src/kernel/event.js';
import type { DonationOffset } from '../../src/kudos/account.events.js';
import type { KudosGranted } from '../../src/kudos/grant.events.js';
import type { MonthlyEntitlementChanged, RolesChanged } from '../../src/users/user.events.js';

/** What a batch does to one user's claim to monthly thanks. */
export class ThanksChange {
  entitlement: number | null = null;
  /** Since when it has been more than nothing, as far as this batch tells. */
  entitledSince: string | null = null;
  /** It was nothing at some time of this batch. */
  wasNothing = false;
  moderatorSince: string | null = null;
  moderatorChanged = false;
  deleted: boolean | null = null;
  /** Thanked by a raised entitlement: counts unless this user was thanked before. */
  firstAt: string | null = null;
  received: { readonly since: string; readonly cursor: string } | null = null;
  constructor(readonly user: number) {}
}

export interface UnrepaidGrant {
  readonly key: string;
  readonly month: string;
  readonly amount: number;
  readonly position: number;
}

export class MonthChange {
  grants = 0;
  issued = 0;
  repaid = 0;
  constructor(readonly month: string) {}
}

/** Folds what a batch says of monthly thanks. */
export class GrantBatch {
  readonly changes = new Map<number, ThanksChange>();
  readonly months = new Map<string, MonthChange>();
  readonly issued = new Map<string, UnrepaidGrant>();
  /** Of earlier batches. */
  readonly repaid: string[] = [];

  add(event: Recorded): void {
    (this.#handlers as Partial<Record<string, (data: object, event: Recorded) => void>>)[event.type]?.(event.data, event);
  }

  readonly #handlers = {
    'MonthlyEntitlementChanged.v1': ({ user, monthly, added, changedAt }: MonthlyEntitlementChanged['data']) => {
      const change = this.#of(user);
      change.entitlement = monthly;
      if (monthly === 0) Object.assign(change, { wasNothing: true, entitledSince: null });
      else change.entitledSince ??= changedAt;
      if (added > 0) change.firstAt ??= changedAt;
    },
    'RolesChanged.v1': ({ user, granted, revoked, changedAt }: RolesChanged['data']) => {
      if (granted.includes('moderator')) Object.assign(this.#of(user), { moderatorChanged: true, moderatorSince: changedAt });
      if (revoked.includes('moderator')) Object.assign(this.#of(user), { moderatorChanged: true, moderatorSince: null });
      if (granted.includes('deleted')) this.#of(user).deleted = true;
      if (revoked.includes('deleted')) this.#of(user).deleted = false;
    },
    'KudosGranted.v1': ({ user, kind, amount, month, grantedAt }: KudosGranted['data'], { stream, position }: Recorded) => {
      if (kind !== 'monthly') return;
      if (month) this.#of(user).received = { since: month.since, cursor: month.cursor };
      const key = idOf(stream);
      const issuedIn = issueMonth(grantedAt);
      this.issued.set(key, { key, month: issuedIn, amount, position });
      const totals = this.#month(issuedIn);
      totals.grants += 1;
      totals.issued += amount;
    },
    'DonationOffset.v1': ({ grant, month, repaid }: DonationOffset['data']) => {
      if (!this.issued.delete(grant)) this.repaid.push(grant);
      this.#month(month).repaid += repaid;
    },
  };

  static readonly types: readonly string[] = Object.keys(new GrantBatch().#handlers);

  #of(user: number): ThanksChange {
    let change = this.changes.get(user);
    if (!change) this.changes.set(user, (change = new ThanksChange(user)));
    return change;
  }

  #month(month: string): MonthChange {
    let totals = this.months.get(month);
    if (!totals) this.months.set(month, (totals = new MonthChange(month)));
    return totals;
  }
}

/** `yyyymm` in which something was issued. */
const issueMonth = (grantedAt: string): string => grantedAt.slice(0, 7).replace('-', '');

import { idOf, ledgerOf, type Recorded } from '../kernel/event.js';
import { spendable } from '../kernel/ledger.js';
import type { DonationOffset } from '../kudos/account.events.js';
import type { KudosGranted } from '../kudos/grant.events.js';
import type { MonthlyEntitlementChanged, RolesChanged } from '../users/user.events.js';
import type { Violations } from './violations.js';

/** What the log says of one user's claim to monthly thanks; times as they are stored. */
export interface Thanked {
  entitlement: number;
  entitledSince: string | null;
  moderatorSince: string | null;
  deleted: boolean;
  since: string | null;
  cursor: string | null;
}
export interface IssuedMonth {
  grants: number;
  issued: number;
  repaid: number;
}

/** I3 of what is granted: once for each key, once a calendar month for each user, as much as it says; and I6 of what is repaid of it. */
export class Grants {
  readonly thanked = new Map<number, Thanked>();
  /** Issued in a month, by what was issued; and what of it nobody has come to repay. */
  readonly months = new Map<string, IssuedMonth>();
  readonly unrepaid = new Map<string, { readonly month: string; readonly amount: number }>();
  private readonly thankedFor = new Set<string>();
  private readonly issued = new Map<string, number>();

  constructor(private readonly violations: Violations) {}

  add(event: Recorded): void {
    switch (event.type) {
      case 'KudosGranted.v1': return this.granted(event, event.data as KudosGranted['data']);
      case 'DonationOffset.v1': return this.repaid(event, event.data as DonationOffset['data']);
      case 'RolesChanged.v1': return this.roles(event.data as RolesChanged['data']);
      case 'MonthlyEntitlementChanged.v1': return this.entitled(event.data as MonthlyEntitlementChanged['data']);
      default: // Nothing else is granted.
    }
  }

  private granted(event: Recorded, { user, kind, amount, month, grantedAt }: KudosGranted['data']): void {
    const { violations } = this;
    const credited = ledgerOf(event)?.postings.find(({ account }) => account === spendable(user))?.amount ?? 0;
    violations.unless(event.stream.startsWith('grant-') && event.revision === 0, 'I3', event, () => `a grant at revision ${event.revision} of ${event.stream}`);
    violations.unless(credited === amount && amount >= 0, 'I3', event, () => `grants ${amount} to user ${user}, and credits ${credited}`);
    if (kind !== 'monthly') return;
    const issuedIn = month6(grantedAt);
    const totals = this.monthOf(issuedIn);
    totals.grants += 1;
    totals.issued += amount;
    this.issued.set(idOf(event.stream), amount);
    this.unrepaid.set(idOf(event.stream), { month: issuedIn, amount });
    if (!month) return;
    const name = `${user} ${month.month}`;
    violations.unless(!this.thankedFor.has(name) && month.month === month6(month.cursor), 'I3', event, () => `thanks user ${user} twice for ${month.month}`);
    violations.unless(month.entitlement + month.moderator + month.donations === amount, 'I3', event, () => `the parts of ${month.month} for user ${user} are not ${amount}`);
    this.thankedFor.add(name);
    Object.assign(this.of(user), { since: month.since, cursor: month.cursor });
  }

  private repaid(event: Recorded, { user, grant, month, amount, repaid, shortfall }: DonationOffset['data']): void {
    const { violations } = this;
    const taken = -(ledgerOf(event)?.postings.find(({ account }) => account === spendable(user))?.amount ?? 0);
    violations.unless(this.unrepaid.get(grant)?.amount === amount, 'I6', event, () => `repays ${amount} of ${grant}, which issued ${String(this.issued.get(grant))} or is repaid already`);
    violations.unless(repaid === taken && repaid >= 0 && repaid + shortfall === amount, 'I6', event, () => `repays ${repaid} and misses ${shortfall} of ${amount}, and takes ${taken}`);
    this.unrepaid.delete(grant);
    this.monthOf(month).repaid += repaid;
  }

  private roles({ user, granted, revoked, changedAt }: RolesChanged['data']): void {
    if (granted.includes('moderator') || revoked.includes('moderator')) this.of(user).moderatorSince = granted.includes('moderator') ? changedAt : null;
    if (granted.includes('deleted') || revoked.includes('deleted')) this.of(user).deleted = granted.includes('deleted');
  }

  private entitled({ user, monthly, added, changedAt }: MonthlyEntitlementChanged['data']): void {
    const thanked = this.of(user);
    thanked.entitledSince = monthly === 0 ? null : (thanked.entitledSince ?? changedAt);
    thanked.entitlement = monthly;
    if (added > 0 && thanked.cursor === null) Object.assign(thanked, { since: changedAt, cursor: changedAt });
  }

  private of(user: number): Thanked {
    let thanked = this.thanked.get(user);
    if (!thanked) this.thanked.set(user, (thanked = { entitlement: 0, entitledSince: null, moderatorSince: null, deleted: false, since: null, cursor: null }));
    return thanked;
  }

  private monthOf(month: string): IssuedMonth {
    let totals = this.months.get(month);
    if (!totals) this.months.set(month, (totals = { grants: 0, issued: 0, repaid: 0 }));
    return totals;
  }
}

const month6 = (at: string): string => `${at.slice(0, 4)}${at.slice(5, 7)}`;

import type { Recorded } from '../kernel/event.js';
import type { CapExcessSwept, EscrowReleased } from '../kudos/account.events.js';
import type { PolicyAdopted } from '../kudos/policy.events.js';
import type { RolesChanged, TrustGranted, UserRegistered } from '../users/user.events.js';
import type { Books } from './books.js';
import type { Violations } from './violations.js';

/** horde-rules §1.8. */
const TRUST_AGE_MS = 7 * 24 * 3_600_000;

/** The published cap and the rules of trust, against what was decided: I10, I20 and I27. */
export class CapAndTrust {
  /** The newest adopted cap, and the highest: while nodes restart one after another, some still go by the one before. */
  private cap = Number.POSITIVE_INFINITY;
  private highestCap = Number.NEGATIVE_INFINITY;
  private readonly registeredAt = new Map<number, number>();
  private readonly trusted = new Set<number>();
  private readonly everTrusted = new Set<number>();

  constructor(private readonly violations: Violations, private readonly books: Books) {}

  /** After the books, whose balances it looks at. */
  add(event: Recorded): void {
    switch (event.type) {
      case 'PolicyAdopted.v1': return this.adopted(event.data as PolicyAdopted['data']);
      case 'AuthorizationOpened.v1':
      case 'RequestAccepted.v1': return this.ranked(event, (event.data as { priority: number }).priority);
      case 'CapExcessSwept.v1': return this.swept(event, event.data as CapExcessSwept['data']);
      case 'UserRegistered.v1': {
        const { user, registeredAt } = event.data as UserRegistered['data'];
        this.registeredAt.set(user, Date.parse(registeredAt));
        return;
      }
      case 'RolesChanged.v1': return this.changed(event.data as RolesChanged['data']);
      case 'TrustGranted.v1': return this.earned(event, event.data as TrustGranted['data']);
      case 'EscrowReleased.v1': {
        const { user } = event.data as EscrowReleased['data'];
        return this.violations.unless(this.everTrusted.has(user), 'I10', event, () => `releases the escrow of user ${user}, whom nobody has trusted`);
      }
      default: // No other event is about the cap or about trust.
    }
  }

  /** Trusted users whose escrow waits for its release: none for long. */
  get undrained(): number[] {
    return [...this.trusted].filter((user) => (this.books.users.get(user)?.escrow ?? 0) > 0);
  }
  /** Users above the cap, whose excess waits for its sweep; those that are exempt among them. */
  get aboveCap(): number[] {
    return [...this.books.users.values()].filter(({ spendable }) => spendable > this.cap).map(({ user }) => user);
  }

  private adopted({ kudosCap }: PolicyAdopted['data']): void {
    this.cap = kudosCap;
    this.highestCap = Math.max(this.highestCap, kudosCap);
  }

  private ranked(event: Recorded, priority: number): void {
    const isCapped = this.highestCap < 0 || priority <= this.highestCap;
    this.violations.unless(isCapped, 'I20', event, () => `stands in the queue with ${priority}, above the cap of ${this.highestCap}`);
  }

  private swept(event: Recorded, data: CapExcessSwept['data']): void {
    const { spendable = 0 } = this.books.users.get(data.user) ?? {};
    this.violations.unless(spendable >= data.cap, 'I27', event, () => `leaves user ${data.user} with ${spendable}, below the cap of ${data.cap}`);
  }

  private changed({ user, granted, revoked }: RolesChanged['data']): void {
    if (granted.includes('trusted')) this.trust(user);
    if (revoked.includes('trusted')) this.trusted.delete(user);
  }

  private earned(event: Recorded, { user, escrow, threshold, grantedAt }: TrustGranted['data']): void {
    const age = Date.parse(grantedAt) - (this.registeredAt.get(user) ?? Number.POSITIVE_INFINITY);
    this.violations.unless(age >= TRUST_AGE_MS, 'I10', event, () => `trusts user ${user}, who is not a week old`);
    this.violations.unless(escrow > threshold, 'I10', event, () => `trusts user ${user} for ${escrow}, which is not more than ${threshold}`);
    this.violations.unless(!this.trusted.has(user), 'I10', event, () => `trusts user ${user} a second time`);
    this.trust(user);
  }

  private trust(user: number): void {
    this.trusted.add(user);
    this.everTrusted.add(user);
  }
}

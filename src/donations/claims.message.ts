import type { Recorded } from '../kernel/event.js';
import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { KudosGranted } from '../kudos/grant.events.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { MonthlyEntitlementChanged, RolesChanged } from '../users/user.events.js';
import { MODERATOR_THANKS, type Reason, type Received } from './thanks.js';

export interface ClaimRow {
  readonly user: number;
  readonly entitlement: Kudos;
  readonly entitledSince: string | undefined;
  readonly moderatorSince: string | undefined;
  readonly deleted: boolean;
  readonly received: Received | undefined;
}
/** Where the fold starts: what the grants read model knows, and how far it had read. */
export interface ClaimsSource {
  claims(): Promise<{ readonly position: Position; readonly rows: Iterable<ClaimRow> }>;
}

type Claim = { -readonly [Part in keyof ClaimRow]: ClaimRow[Part] };
/** Who has a claim to monthly thanks by what the log says, and up to where everybody has been thanked (horde-rules §1.11). */
export class Claims implements NodeFold {
  readonly name = 'claims';
  readonly #claims = new Map<number, Claim>();

  constructor(private readonly source: ClaimsSource) {}

  async open(): Promise<Position> {
    const { position, rows } = await this.source.claims();
    for (const row of rows) this.#claims.set(row.user, { ...row });
    return position;
  }

  apply({ type, data }: Recorded): void {
    (this.#handlers as Partial<Record<string, (data: object) => void>>)[type]?.(data);
  }

  readonly #handlers = {
    'MonthlyEntitlementChanged.v1': ({ user, monthly, added, changedAt }: MonthlyEntitlementChanged['data']): void => {
      const claim = this.#of(user);
      if (claim.entitlement === 0) claim.entitledSince = changedAt;
      if (monthly === 0) claim.entitledSince = undefined;
      claim.entitlement = monthly;
      if (added > 0) claim.received ??= { since: changedAt, cursor: changedAt }; // what was added was given at once
    },
    'RolesChanged.v1': ({ user, granted, revoked, changedAt }: RolesChanged['data']): void => {
      if (granted.includes('moderator')) this.#of(user).moderatorSince = changedAt;
      if (revoked.includes('moderator')) this.#of(user).moderatorSince = undefined;
      if (granted.includes('deleted')) this.#of(user).deleted = true;
      if (revoked.includes('deleted')) this.#of(user).deleted = false;
    },
    'KudosGranted.v1': ({ user, month }: KudosGranted['data']): void => {
      if (month) this.#of(user).received = { since: month.since, cursor: month.cursor };
    },
  };

  /** Users with a claim; supporters whom the log does not know come from elsewhere. */
  get users(): readonly number[] {
    return [...this.#claims.values()].filter(({ entitlement, moderatorSince }) => entitlement > 0 || moderatorSince !== undefined).map(({ user }) => user);
  }

  of(user: number): { readonly reasons: readonly Reason[]; readonly received: Received | undefined; readonly deleted: boolean } {
    const claim = this.#claims.get(user);
    if (!claim) return { reasons: [], received: undefined, deleted: false };
    const { entitlement, entitledSince, moderatorSince, received, deleted } = claim;
    const reasons: Reason[] = [];
    if (entitlement > 0) reasons.push({ kind: 'entitlement', amount: entitlement, since: entitledSince });
    if (moderatorSince !== undefined) reasons.push({ kind: 'moderator', amount: MODERATOR_THANKS, since: moderatorSince });
    return { reasons, received, deleted };
  }

  #of(user: number): Claim {
    let claim = this.#claims.get(user);
    if (!claim) {
      claim = { user, entitlement: NO_KUDOS, entitledSince: undefined, moderatorSince: undefined, deleted: false, received: undefined };
      this.#claims.set(user, claim);
    }
    return claim;
  }
}

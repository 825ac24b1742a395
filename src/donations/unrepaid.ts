import { idOf, type Recorded } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import type { DonationOffset } from '../kudos/account.events.js';
import type { KudosGranted } from '../kudos/grant.events.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import { monthOf } from './months.js';

export interface UnrepaidGrant {
  /** The stream's key. */
  readonly grant: string;
  readonly month: string;
  readonly amount: Kudos;
}
export interface UnrepaidSource {
  unrepaid(): Promise<{ readonly position: Position; readonly rows: Iterable<UnrepaidGrant> }>;
}

/** Thanks that were issued, and that the account which repays them has not come to yet: oldest first. */
export class Unrepaid implements NodeFold {
  readonly name = 'unrepaid thanks';
  readonly #grants = new Map<string, UnrepaidGrant>();

  constructor(private readonly source: UnrepaidSource) {}

  async open(): Promise<Position> {
    const { position, rows } = await this.source.unrepaid();
    for (const row of rows) this.#grants.set(row.grant, row);
    return position;
  }

  apply({ type, stream, data }: Recorded): void {
    if (type === 'DonationOffset.v1') this.#grants.delete((data as DonationOffset['data']).grant);
    if (type !== 'KudosGranted.v1') return;
    const { kind, amount, grantedAt } = data as KudosGranted['data'];
    const grant = idOf(stream);
    if (kind === 'monthly') this.#grants.set(grant, { grant, month: monthOf(grantedAt), amount });
  }

  get grants(): Iterable<UnrepaidGrant> {
    return this.#grants.values();
  }
}

import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { RolesChanged, TrustGranted } from './user.events.js';

/** Where the fold starts: whom the users read model knows to be trusted, and how far it had read. */
export interface TrustedUsersSource {
  trustedUsers(): Promise<{ readonly position: Position; readonly users: Iterable<number> }>;
}

/** Who is trusted, by work or by a moderator, as far as this process has read. */
export class TrustedUsers implements NodeFold {
  readonly name = 'trusted users';
  readonly #trusted = new Set<number>();

  constructor(private readonly source: TrustedUsersSource) {}

  async open(): Promise<Position> {
    const { position, users } = await this.source.trustedUsers();
    for (const user of users) this.#trusted.add(user);
    return position;
  }

  apply({ type, data }: Recorded): void {
    if (type === 'TrustGranted.v1') this.#trusted.add((data as TrustGranted['data']).user);
    else if (type === 'RolesChanged.v1') {
      const { user, granted, revoked } = data as RolesChanged['data'];
      if (granted.includes('trusted')) this.#trusted.add(user);
      if (revoked.includes('trusted')) this.#trusted.delete(user);
    }
  }

  has(user: number): boolean {
    return this.#trusted.has(user);
  }
}

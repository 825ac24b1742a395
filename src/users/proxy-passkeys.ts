import type { Recorded } from '../kernel/event.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { PersonalDataErased, ProxyPasskeyIssued, Role, RolesChanged } from './user.events.js';

export interface PasskeyRow {
  readonly user: number;
  readonly passkeyHash: string | null;
  readonly roles: ReadonlySet<Role>;
}
/** Where the fold starts: who has a passkey or a role that matters for one. */
export interface ProxyPasskeysSource {
  passkeys(): Promise<{ readonly position: Position; readonly rows: Iterable<PasskeyRow> }>;
}

interface Holder {
  passkeyHash: string | undefined;
  readonly roles: Set<Role>;
}
const MATTERING: ReadonlySet<Role> = new Set(['service', 'flagged', 'deleted']);

/** For which addresses service accounts speak: a site calls for its visitors, and they are to be counted instead of it (horde-rules §9.5). */
export class ProxyPasskeys implements NodeFold {
  readonly name = 'proxy passkeys';
  readonly #holders = new Map<number, Holder>();
  readonly #byHash = new Map<string, Holder>();

  constructor(private readonly source: ProxyPasskeysSource, private readonly keyedHash: (purpose: 'proxy-passkey', text: string) => string) {}

  async open(): Promise<Position> {
    const { position, rows } = await this.source.passkeys();
    for (const { user, passkeyHash, roles } of rows) {
      this.#changed(user, roles, []);
      if (passkeyHash !== null) this.#issued(user, passkeyHash);
    }
    return position;
  }

  apply({ type, data }: Recorded): void {
    if (type === 'ProxyPasskeyIssued.v1') {
      const { user, passkeyHash } = data as ProxyPasskeyIssued['data'];
      this.#issued(user, passkeyHash);
    } else if (type === 'RolesChanged.v1') {
      const { user, granted, revoked } = data as RolesChanged['data'];
      this.#changed(user, granted, revoked);
    } else if (type === 'PersonalDataErased.v1') this.#gone((data as PersonalDataErased['data']).user);
  }

  /** The address, where the passkey is that of a service account that is neither flagged nor deleted (Q39: it is really compared). */
  spokenFor(address: string, passkey: string): string | undefined {
    if (this.#byHash.size === 0) return undefined;
    const roles = this.#byHash.get(this.keyedHash('proxy-passkey', passkey))?.roles;
    return roles?.has('service') && !roles.has('flagged') && !roles.has('deleted') ? address : undefined;
  }

  #issued(user: number, passkeyHash: string): void {
    const holder = this.#holder(user);
    if (holder.passkeyHash !== undefined) this.#byHash.delete(holder.passkeyHash);
    holder.passkeyHash = passkeyHash;
    this.#byHash.set(passkeyHash, holder);
  }

  #changed(user: number, granted: Iterable<Role>, revoked: Iterable<Role>): void {
    const roles = [...granted].filter((role) => MATTERING.has(role));
    const known = this.#holders.get(user);
    if (!known && roles.length === 0) return;
    const holder = known ?? this.#holder(user);
    for (const role of roles) holder.roles.add(role);
    for (const role of revoked) holder.roles.delete(role);
  }

  #gone(user: number): void {
    const holder = this.#holders.get(user);
    if (holder?.passkeyHash !== undefined) this.#byHash.delete(holder.passkeyHash);
    this.#holders.delete(user);
  }

  #holder(user: number): Holder {
    let holder = this.#holders.get(user);
    if (!holder) this.#holders.set(user, (holder = { passkeyHash: undefined, roles: new Set() }));
    return holder;
  }
}

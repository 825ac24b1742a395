import type { CommandBus } from '@nestjs/cqrs';
import type { Recorded } from '../../src/kernel/event.js';
import type { Kudos } from '../../src/kernel/kudos.js';
import { KudosCap } from '../../src/kudos/kudos-cap.message.js';
import { Pockets } from '../../src/kudos/pockets.js';
import { PromoteTrusted, PromotionParts, TrustThreshold } from '../../src/kudos/promote-trusted.reactor.js';
import { SweepExcess, SweepParts } from '../../src/kudos/sweep-excess.reactor.js';
import { BEGINNING } from '../../src/platform/event-log/event-log.js';
import type { NodeFold } from '../../src/platform/event-log/node-feed.js';
import type { Ports } from '../../src/platform/ports.js';
import { PRICE_POLICY_1 } from '../../src/pricing/price-policy.js';
import { Pricing } from '../../src/pricing/pricing.js';
import { UserDirectory, type KnownUser } from '../../src/users/directory.message.js';
import { TrustedUsers } from '../../src/users/trusted-users.message.js';
import type { Role, RolesChanged, TrustGranted, UserRegistered } from '../../src/users/user.events.js';
import { ANode } from './a-node.js';
import { SeededIds } from './ports.js';
import type { WatchedLog } from './watched-log.js';

/** The users read model, in memory. */
class Users implements NodeFold {
  readonly name = 'users';
  readonly known = new Map<number, KnownUser & { readonly roles: Set<Role>; suspicions: number }>();
  open() {
    return Promise.resolve(BEGINNING);
  }
  apply({ type, data }: Recorded): void {
    if (type === 'UserRegistered.v1') {
      const { user: id, accountClass, registeredAt } = data as UserRegistered['data'];
      this.known.set(id, { id, name: 'Ada', accountClass, registeredAt, roles: new Set(), suspicions: 0, concurrency: 30, workerInvited: 0, publicWorkers: false });
    } else if (type === 'TrustGranted.v1') this.known.get((data as TrustGranted['data']).user)!.roles.add('trusted');
    else if (type === 'RolesChanged.v1') {
      const { user, granted, revoked } = data as RolesChanged['data'];
      for (const role of granted) this.known.get(user)!.roles.add(role);
      for (const role of revoked) this.known.get(user)!.roles.delete(role);
    }
  }
}

/** A node that trusts and sweeps: real rules, feed and log; time and rounds are the test's. */
export class ATrustingNode extends ANode {
  readonly users = new Users();
  readonly pockets: Pockets;
  readonly trusted = new TrustedUsers({ trustedUsers: () => Promise.resolve({ position: BEGINNING, users: [] }) });
  readonly promotions: PromoteTrusted;
  readonly sweeps: SweepExcess;

  constructor(log: WatchedLog, { threshold, cap }: { threshold?: Kudos | undefined; cap?: Kudos }) {
    super(log);
    const rules = new KudosCap(cap);
    this.pockets = new Pockets({ pockets: () => Promise.resolve({ position: BEGINNING, rows: [] }) }, rules);
    for (const fold of [this.users, this.pockets, this.trusted]) this.feed.register(fold);
    const pricing = new Pricing(PRICE_POLICY_1, { version: 1, images: new Map(), texts: new Map() });
    const bus = { execute: (message: unknown) => this.execute(message) } as unknown as CommandBus;
    const ports = { clock: this.clock, ids: new SeededIds(99), feed: this.feed } as unknown as Ports;
    const directory = new UserDirectory({
      byKeyHash: () => Promise.resolve(undefined), byId: (id) => Promise.resolve(this.users.known.get(id)), waitFor: () => Promise.resolve(true),
    }, this.feed, () => '');
    this.feed.register(directory);
    this.promotions = new PromoteTrusted(this.pockets, this.trusted, bus, new PromotionParts(ports, pricing, new TrustThreshold(threshold), directory));
    this.sweeps = new SweepExcess(this.pockets, bus, new SweepParts(ports, pricing, rules, this.credits));
  }

  /** One round of each on views that have seen everything. */
  async round(): Promise<number> {
    await this.caughtUp();
    const steps = (await this.promotions.round()) + (await this.sweeps.round());
    await this.caughtUp();
    return steps;
  }
}

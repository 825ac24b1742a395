import { Injectable } from '@nestjs/common';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import { OPERATOR_ID, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { Pockets } from './pockets.js';
import { LedgerIndex } from './ledger-index.js';
import { CATCH_UP_MAX_MS } from './spending.message.js';

/** Who may do what admins may: the operator, and whom `ADMINS` names (horde-rules §1.6). */
export class AdminIds {
  constructor(private readonly ids: ReadonlySet<number>) {}
  has(user: Pick<KnownUser, 'id'>): boolean {
    return user.id === OPERATOR_ID || this.ids.has(user.id);
  }
}

/** What both ways of compensating need: they are rare, so they begin with views that have seen everything. */
@Injectable()
export class CompensationParts {
  constructor(
    readonly ports: Ports, readonly pricing: Pricing, readonly directory: UserDirectory, readonly pockets: Pockets,
  ) {}

  /** @throws RetryLater when the views or the index do not reach the head within a second */
  async caughtUp(index: LedgerIndex): Promise<void> {
    const { feed } = this.ports;
    const head = await feed.head();
    const reached = await Promise.all([feed.waitFor(head, CATCH_UP_MAX_MS), index.waitFor(head, CATCH_UP_MAX_MS)]);
    if (reached.includes(false)) throw new RetryLater('the index of transactions is catching up with the log');
  }
}

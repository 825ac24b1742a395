import { ledgerOf, type Recorded } from '../kernel/event.js';
import { centikudos, most, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { userOf } from '../kernel/ledger.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { Position } from '../platform/event-log/event-log.js';

/** Where the fold starts: what the balances read model knows, and how far it had read. */
export interface CreditsSource {
  creditsElsewhere(): Promise<{ readonly position: Position; readonly rows: Iterable<{ readonly user: number; readonly credits: number }> }>;
}

/**
 * What each account has been credited in streams other than its own. Such credits only grow (R1, R2), so a view that lags
 * can only be too small: it may delay a spend, never allow a wrong one (spec/ledger.md §4.2).
 */
export class Credits implements NodeFold {
  readonly name = 'credits';
  readonly #elsewhere = new Map<number, Kudos>();

  constructor(private readonly source: CreditsSource) {}

  async open(): Promise<Position> {
    const { position, rows } = await this.source.creditsElsewhere();
    for (const { user, credits } of rows) this.#elsewhere.set(user, centikudos(credits));
    return position;
  }

  apply(event: Recorded): void {
    const ledger = ledgerOf(event);
    if (!ledger) return;
    for (const { account, amount } of ledger.postings) {
      const owner = userOf(account);
      if (owner?.pocket !== 'spendable' || event.stream === `account-${owner.user}`) continue;
      this.#elsewhere.set(owner.user, plus(this.of(owner.user), most(NO_KUDOS, amount)));
    }
  }

  of(user: number): Kudos {
    return this.#elsewhere.get(user) ?? NO_KUDOS;
  }
}

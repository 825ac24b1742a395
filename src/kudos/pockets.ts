import { ledgerOf, type Recorded } from '../kernel/event.js';
import { centikudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { userOf } from '../kernel/ledger.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { KudosCap } from './kudos-cap.message.js';

export interface Pocket {
  readonly spendable: Kudos;
  readonly escrow: Kudos;
  /** Credits of escrow recorded in other streams than the account's own. */
  readonly escrowElsewhere: Kudos;
}
type PocketRow = { readonly user: number } & { readonly [Part in keyof Pocket]: number };

/** Where the fold starts: what the balances read model knows, and how far it had read. */
export interface PocketsSource {
  pockets(): Promise<{ readonly position: Position; readonly rows: Iterable<PocketRow> }>;
}

const EMPTY: Pocket = { spendable: NO_KUDOS, escrow: NO_KUDOS, escrowElsewhere: NO_KUDOS };

/**
 * What everybody has, as far as this process has read: who may have escrow to release and who may stand above the cap. It proposes; the
 * account's own stream decides.
 */
export class Pockets implements NodeFold {
  readonly name = 'pockets';
  readonly #pockets = new Map<number, { -readonly [Part in keyof Pocket]: number }>();
  readonly #escrowed = new Set<number>();
  readonly #aboveCap = new Set<number>();

  constructor(private readonly source: PocketsSource, private readonly cap: KudosCap) {}

  async open(): Promise<Position> {
    const { position, rows } = await this.source.pockets();
    for (const { user, spendable, escrow, escrowElsewhere } of rows) {
      this.#pockets.set(user, { spendable, escrow, escrowElsewhere });
      this.#sort(user);
    }
    return position;
  }

  apply(event: Recorded): void {
    const ledger = ledgerOf(event);
    if (!ledger) return;
    for (const { account, amount } of ledger.postings) {
      const owner = userOf(account);
      if (!owner) continue;
      const pocket = this.#pocket(owner.user);
      pocket[owner.pocket] += amount;
      if (owner.pocket === 'escrow' && event.stream !== `account-${owner.user}`) pocket.escrowElsewhere += Math.max(0, amount);
    }
    for (const { account } of ledger.postings) {
      const owner = userOf(account);
      if (owner) this.#sort(owner.user);
    }
  }

  of(user: number): Pocket {
    const pocket = this.#pockets.get(user);
    return pocket ? { spendable: centikudos(pocket.spendable), escrow: centikudos(pocket.escrow), escrowElsewhere: centikudos(pocket.escrowElsewhere) } : EMPTY;
  }

  /** What may still be sent to this user; of a view that may lag (spec/ledger.md §4.5, Cap). */
  roomOf(user: number): Kudos {
    return this.cap.roomOf(user, this.of(user).spendable);
  }

  /** Users with something in escrow. */
  get escrowed(): Iterable<number> {
    return this.#escrowed;
  }
  /** Users with more than the published cap. */
  get aboveCap(): Iterable<number> {
    return this.#aboveCap;
  }

  #pocket(user: number): { -readonly [Part in keyof Pocket]: number } {
    let pocket = this.#pockets.get(user);
    if (!pocket) this.#pockets.set(user, (pocket = { spendable: 0, escrow: 0, escrowElsewhere: 0 }));
    return pocket;
  }

  #sort(user: number): void {
    const { spendable, escrow } = this.#pocket(user);
    put(this.#escrowed, user, escrow > 0);
    put(this.#aboveCap, user, spendable > (this.cap.limitOf(user) ?? Infinity));
  }
}

const put = (set: Set<number>, user: number, belongs: boolean): void => {
  if (belongs) set.add(user);
  else set.delete(user);
};

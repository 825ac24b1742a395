import { centikudos, least, most, NO_KUDOS, type Kudos } from '../../kernel/kudos.js';
import { posting, userOf, type AccountName, type Posting } from '../../kernel/ledger.js';
import type { Both } from './reprice.js';

interface Side {
  spendable: number;
  escrow: number;
  earned: number;
  spent: number;
}
/** One user in the world that was and in the one that would have been, in centikudos. */
export interface UserFigures {
  readonly user: number;
  floor: number;
  readonly was: Side;
  readonly would: Side;
}
type World = 'was' | 'would';

/** The ledger twice: as it is, and as another policy would have made it. */
export class TwoBooks {
  readonly users = new Map<number, UserFigures>();
  /** Issued negative, burned positive. */
  readonly system = new Map<string, Record<World, number>>();

  of(user: number): UserFigures {
    let figures = this.users.get(user);
    if (!figures) {
      figures = { user, floor: 0, was: side(), would: side() };
      this.users.set(user, figures);
    }
    return figures;
  }

  book(postings: readonly Posting[], world: World): void {
    for (const { account, amount } of postings) {
      const owner = userOf(account);
      if (owner) this.of(owner.user)[world][owner.pocket] += amount;
      else this.#system(account)[world] += amount;
    }
  }

  earn(user: number, { was, would }: Both<number>): void {
    const figures = this.of(user);
    figures.was.earned += was;
    figures.would.earned += would;
  }
  spend(user: number, { was, would }: Both<number>): void {
    const figures = this.of(user);
    figures.was.spent += was;
    figures.would.spent += would;
  }

  /**
   * What of `due` the user could have paid. How much could be reached in the world that was is known exactly where the floor
   * forgave something, and otherwise it was enough; the difference of the two balances goes on top.
   */
  payable(user: number, was: { readonly due: Kudos; readonly paid: Kudos }, due: Kudos): Kudos {
    const figures = this.of(user);
    const reached = was.paid < was.due ? was.paid : most(was.due, centikudos(figures.was.spendable - figures.floor));
    return least(due, most(NO_KUDOS, centikudos(reached + figures.would.spendable - figures.was.spendable)));
  }

  #system(account: string): Record<World, number> {
    let figures = this.system.get(account);
    if (!figures) this.system.set(account, (figures = { was: 0, would: 0 }));
    return figures;
  }
}

const side = (): Side => ({ spendable: 0, escrow: 0, earned: 0, spent: 0 });

/** Recorded postings with one explained part of them replaced; what is not explained stays, and so does the order. */
export const replaced = (recorded: readonly Posting[], explained: readonly Posting[], instead: readonly Posting[]): readonly Posting[] => {
  const sums = new Map<AccountName, number>();
  const add = (postings: readonly Posting[], sign: 1 | -1): void => {
    for (const { account, amount } of postings) sums.set(account, (sums.get(account) ?? 0) + sign * amount);
  };
  add(recorded, 1);
  add(explained, -1);
  add(instead, 1);
  return [...sums].filter(([, amount]) => amount !== 0).map(([account, amount]) => posting(account, amount));
};

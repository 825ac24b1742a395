import type { Kudos } from '../kernel/kudos.js';

/** More than any balance can be: what a transfer may add where nothing is capped. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER as Kudos;

/** The published maximum that one can accumulate (design.md §6); undefined on a private horde. */
export class KudosCap {
  constructor(readonly limit: Kudos | undefined, private readonly exempt: ReadonlySet<number> = new Set()) {}

  /** The account that thanks for donations hoards what the operators' workers earn until it repays (spec/ledger.md §4.5). */
  limitOf(user: number): Kudos | undefined {
    return this.exempt.has(user) ? undefined : this.limit;
  }

  /** What may still be sent to somebody who has so much; below 0 above the cap. */
  roomOf(user: number, balance: Kudos): Kudos {
    const limit = this.limitOf(user);
    return limit === undefined ? NO_LIMIT : ((limit - balance) as Kudos);
  }
}

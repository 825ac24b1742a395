import { accept, refuse, type Decider } from '../kernel/decider.js';
import { balanced, posting, spendable } from '../kernel/ledger.js';
import type { Kudos } from '../kernel/kudos.js';
import type { BalanceAdjusted, UserId } from './account.events.js';

/** Once-only issuance: whoever creates the stream `grant-{key}` has granted (spec/ledger.md §4.3). */
export interface Grant {
  granted: { readonly user: UserId; readonly amount: Kudos } | undefined;
}
export interface GrantAdjustment {
  readonly type: 'GrantAdjustment';
  readonly txId: string;
  readonly user: UserId;
  readonly amount: Kudos;
  readonly by: UserId | 'system';
  readonly at: string;
  readonly policy: number;
}
export type GrantRc = 'GrantConflict';

export const grantDecider: Decider<Grant, GrantAdjustment, BalanceAdjusted, GrantRc> = {
  category: 'grant',
  stateVersion: 1,
  initialState: () => ({ granted: undefined }),
  evolve: (_grant, { data: { user, ledger } }) => ({
    granted: { user, amount: ledger.postings.find(({ account }) => account === spendable(user))!.amount },
  }),
  decide: ({ txId, user, amount, by, at, policy }, { granted }) => {
    if (granted) return granted.user === user && granted.amount === amount ? accept() : refuse('GrantConflict');
    // A debit belongs to the account's own stream, where its floor is guarded (R1, spec/ledger.md §4.2).
    if (amount <= 0) throw new RangeError(`${amount} is nothing to grant`);
    const ledger = balanced(
      { txId, kind: 'admin_adjustment', effectiveAt: at, policy },
      [posting('issue:adjustment', -amount), posting(spendable(user), amount)],
    );
    return accept({ type: 'BalanceAdjusted.v1', data: { user, by, ledger } });
  },
};

import { userOf, type AccountName, type LedgerTransaction, type Posting, type SystemAccount, type TransactionKind } from './ledger.js';

/** An account, or a pocket of any user's. */
export type Pocket = SystemAccount | 'spendable' | 'escrow';

/** Every account there is, and what its balance says (spec/ledger.md §4.1). */
export const ACCOUNTS: Readonly<Record<Pocket, string>> = {
  spendable: 'what a user can use; never below the floor of its class',
  escrow: 'what a user has earned and gets once trusted',
  'issue:opening': 'given to new accounts: their floor',
  'issue:uptime': 'created for workers that stay online',
  'issue:award': 'created as awards of the operator',
  'issue:monthly': 'created as monthly thanks, less what was repaid',
  'issue:rating': 'created for ratings of images',
  'issue:style': 'created for styles: nothing, they are paid from burn:style',
  'issue:adjustment': 'created by corrections of an admin',
  'issue:floor': 'debits that were forgiven at a floor',
  'issue:anonymous': 'what anonymous use has cost',
  'issue:makeup': 'paid to workers beyond what the requester owed, as for censored images',
  'burn:activation': 'the price of being admitted',
  'burn:settlement': 'fees of delivered jobs',
  'burn:alchemy': 'fees of delivered alchemy forms',
  'burn:adjustment': 'taken away by corrections of an admin',
  'burn:overflow': 'taken away beyond the cap, where a policy burns it',
  'burn:style': 'the part of an activation that is for the owner of the style, until its first job is delivered',
  'suspense:reconciliation': 'repairs that wait for their explanation; 0 when all is well',
  'pool:commons': 'what was above the cap; spent by nobody',
};

export interface Flow {
  /** Where the kudos come from: postings below zero. */
  readonly from: readonly Pocket[];
  readonly to: readonly Pocket[];
  /** When it happens. */
  readonly when: string;
}

const PAYERS = ['spendable', 'issue:floor', 'issue:anonymous'] as const;

/**
 * Every way a kudos moves: the accounts that a transaction of each kind may take from and give to. The audit holds the whole
 * log to it (I3), and the diagram in docs/generated/kudos-flow.md is drawn from it. A reversal may run any flow backwards.
 */
export const FLOWS: Readonly<Record<Exclude<TransactionKind, 'reversal'>, Flow>> = {
  opening: { from: ['issue:opening'], to: ['spendable'], when: 'an account is opened' },
  transfer: { from: ['spendable'], to: ['spendable'], when: 'a user gives to another' },
  activation: { from: PAYERS, to: ['burn:activation', 'burn:style'], when: 'a request is admitted' },
  generation: { from: [...PAYERS, 'issue:makeup', 'burn:style'], to: ['spendable', 'escrow', 'burn:settlement', 'burn:alchemy'], when: 'a job is delivered' },
  evaluation_promotion: { from: ['escrow'], to: ['spendable'], when: 'a user is trusted' },
  uptime_reward: { from: ['issue:uptime'], to: ['spendable', 'escrow'], when: 'a worker was online for ten minutes' },
  award: { from: ['issue:award'], to: ['spendable'], when: 'the operator gives an award' },
  monthly: { from: ['issue:monthly'], to: ['spendable'], when: 'a month of support has begun' },
  rating: { from: ['issue:rating'], to: ['spendable'], when: 'images of a request are rated' },
  monthly_offset: { from: ['spendable'], to: ['issue:monthly'], when: 'the operators\' workers repay the thanks for donations' },
  admin_adjustment: { from: ['issue:adjustment', 'spendable'], to: ['spendable', 'burn:adjustment'], when: 'an admin corrects a balance' },
  overflow: { from: ['spendable'], to: ['pool:commons'], when: 'a balance is above the cap' },
  reconciliation: { from: ['spendable', 'suspense:reconciliation'], to: ['spendable', 'suspense:reconciliation'], when: 'a drift is repaired' },
};

/** A posting that its kind of transaction may not have, or undefined when all of them may be. */
export const strayPosting = ({ kind, postings }: Pick<LedgerTransaction, 'kind' | 'postings'>): Posting | undefined => {
  if (kind === 'reversal') return undefined;
  const flow = FLOWS[kind] as Flow | undefined; // a foreign log may name kinds that we do not know
  return postings.find(({ account, amount }) => !(amount < 0 ? flow?.from : flow?.to)?.includes(pocketOf(account)));
};

const pocketOf = (account: AccountName): Pocket => userOf(account)?.pocket ?? (account as SystemAccount);

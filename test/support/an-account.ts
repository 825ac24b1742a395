import { transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos, NO_KUDOS, type Kudos } from '../../src/kernel/kudos.js';
import type { AccountName, LedgerTransaction, Posting } from '../../src/kernel/ledger.js';
import type {
  AdjustBalance, OpenAuthorization, SettleJob, TransferKudos, TransferParties,
} from '../../src/kudos/account.commands.js';
import { accountDecider } from '../../src/kudos/account.decider.js';
import type { AccountClass, AccountEvent } from '../../src/kudos/account.events.js';
import { TRANSFERS_REMEMBERED } from '../../src/kudos/account.state.js';
import { given } from './given.js';

type DataOf<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

/** User 7 pays; user 12's worker works; user 21 receives gifts. */
export const ME = 7;
export const OWNER = 12;
export const FRIEND = 21;
export const AT = '2026-03-01T12:00:00.000Z';
export const POLICY = 3;
export const REQUEST = '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10';
/** What `ME` was credited in other streams, unless a test says otherwise: with the opening grant a balance of 125. */
export const INCOME = kudos(100);
export const FLOOR = kudos(25);

export const account = (...events: readonly AccountEvent[]) => given(accountDecider, String(ME), ...events);

/** Written out by hand: what the books must say, independent of the code that makes them say it. */
const transaction = (parts: Pick<LedgerTransaction, 'txId' | 'kind'> & { readonly reverses?: string }, legs: readonly (readonly [AccountName, Kudos])[]): LedgerTransaction => ({
  txId: parts.txId, kind: parts.kind, effectiveAt: AT, policy: POLICY,
  postings: legs.filter(([, amount]) => amount !== 0).map(([name, amount]): Posting => ({ account: name, amount })), reverses: parts.reverses ?? null,
});
const neg = (amount: Kudos): Kudos => centikudos(-amount);

export const opened = (accountClass: AccountClass = 'oauth', user = ME): AccountEvent => {
  const floor = accountClass === 'pseudonymous' ? kudos(14) : kudos(25);
  return { type: 'AccountOpened.v1', data: {
    user, accountClass, ledger: transaction({ txId: transactionId('opening', user), kind: 'opening' }, [['issue:opening', neg(floor)], [`user:${user}:spendable`, floor]]),
  } };
};

export const transferred = (amount: Kudos, { txId = 'tx-1', to = FRIEND, booked = 'gifted' }: { txId?: string; to?: number; booked?: 'gifted' | 'donated' } = {}): AccountEvent => ({
  type: 'FundsTransferred.v1', data: {
    from: ME, to, amount, booked, ledger: transaction({ txId, kind: 'transfer' }, [[`user:${ME}:spendable`, neg(amount)], [`user:${to}:spendable`, amount]]),
  },
});

/** An account that has sent more gifts than it remembers, and has forgotten those up to the revision `FORGOTTEN`. */
export const forgetful: readonly AccountEvent[] = [opened(), ...Array.from({ length: TRANSFERS_REMEMBERED + 2 }, (_, k) => transferred(centikudos(1), { txId: `key-${k}` }))];
export const FORGOTTEN = 2; // the gifts key-0 and key-1 stand at the revisions 1 and 2

/** `paid` of the activation price; the floor forgave the rest. */
export const authorized = (parts: Partial<DataOf<'AuthorizationOpened.v1'>> & { readonly paid?: Kudos } = {}): AccountEvent => {
  const { paid, ...given } = parts;
  const request = given.request ?? REQUEST;
  const activation = given.activation ?? kudos(3);
  const gave = paid ?? activation;
  const ledger = transaction({ txId: transactionId('activation', request), kind: 'activation' }, [
    [`user:${ME}:spendable`, neg(gave)], ['issue:floor', centikudos(gave - activation)],
    ['burn:activation', centikudos(activation - (given.style?.reward ?? 0))], ['burn:style', given.style?.reward ?? NO_KUDOS],
  ]);
  return { type: 'AuthorizationOpened.v1', data: {
    user: ME, request, kind: 'image', jobs: 2, quote: kudos(23), activation, hold: NO_KUDOS, priority: kudos(125), policy: POLICY, reference: 1, openedAt: AT,
    ...given, ...(activation > 0 ? { ledger } : {}),
  } };
};

/** By default an untrusted owner's image worth 9, for which 10 are paid. */
export const settled = (job: string, parts: Partial<DataOf<'JobSettled.v1'>> & { readonly legs?: readonly (readonly [AccountName, Kudos])[] } = {}): AccountEvent => {
  const { legs, ...given } = parts;
  const ledger = transaction({ txId: transactionId('job', job), kind: 'generation' }, legs ?? [
    [`user:${ME}:spendable`, kudos(-10)], [`user:${OWNER}:spendable`, kudos(4.5)], [`user:${OWNER}:escrow`, kudos(4.5)], ['burn:settlement', kudos(1)],
  ]);
  return { type: 'JobSettled.v1', data: {
    request: REQUEST, job, kind: 'image', payer: ME, owner: OWNER, worker: 'worker-1', model: 'stable_diffusion', price: kudos(9), debit: kudos(10),
    forgiven: NO_KUDOS, captured: NO_KUDOS, spendable: kudos(4.5), escrow: kudos(4.5), things: 7_864_320, settledAt: AT, policy: POLICY,
    ...given, ...(legs?.length === 0 ? {} : { ledger }),
  } };
};

export const released = (amount: Kudos, request = REQUEST): AccountEvent => ({ type: 'HoldReleased.v1', data: { user: ME, request, amount, releasedAt: AT } });
export const closed = (count: number, rest: Kudos = NO_KUDOS, request = REQUEST): AccountEvent => ({
  type: 'AuthorizationClosed.v1', data: { user: ME, request, settled: count, released: rest, closedAt: AT },
});
export const reversed = (paid: Kudos, request = REQUEST): AccountEvent => ({ type: 'TransactionReversed.v1', data: {
  user: ME, request, reason: 'abandoned', ledger: transaction(
    { txId: transactionId('abandoned', request), kind: 'reversal', reverses: transactionId('activation', request) },
    [['burn:activation', neg(paid)], [`user:${ME}:spendable`, paid]],
  ),
} });
export const adjusted = (amount: Kudos, txId = 'adjust-1'): AccountEvent => ({ type: 'BalanceAdjusted.v1', data: {
  user: ME, by: 1, ledger: transaction({ txId, kind: 'admin_adjustment' }, [[`user:${ME}:spendable`, neg(amount)], ['burn:adjustment', amount]]),
} });

export const innocent: TransferParties = {
  recipientUnknown: false, recipientKeyExpired: false, reversesRecentGift: false, senderSuspicious: false, senderFlagged: false, senderEducation: false, recipientSuspicious: false,
  recipientFlagged: false, recipientEducation: false, recipientDeleted: false, senderDeleted: false, recipientRoom: centikudos(Number.MAX_SAFE_INTEGER),
};
const spending = { at: AT, policy: POLICY, creditsElsewhere: INCOME, creditsComplete: true } as const;

export const send = (amount: Kudos, parts: Partial<TransferKudos> = {}): TransferKudos => ({
  type: 'TransferKudos', ...spending, txId: 'tx-1', keyed: true, indexedThrough: -1, to: FRIEND, amount, parties: innocent, ...parts,
});
export const authorize = (parts: Partial<OpenAuthorization> = {}): OpenAuthorization => ({
  type: 'OpenAuthorization', ...spending, request: REQUEST, kind: 'image', jobs: 2, quote: kudos(23), activation: kudos(3), required: NO_KUDOS,
  flagged: false, priorityCap: kudos(10_000_000), reference: 1, ...parts,
});
export const settle = (job: string, parts: Partial<SettleJob> = {}): SettleJob => ({
  type: 'SettleJob', ...spending, request: REQUEST, job, kind: 'image', owner: OWNER, ownerTrusted: false, worker: 'worker-1', model: 'stable_diffusion',
  price: kudos(9), debit: kudos(10), things: 7_864_320, ended: null, ...parts,
});
export const adjust = (amount: Kudos, parts: Partial<AdjustBalance> = {}): AdjustBalance => ({ type: 'AdjustBalance', ...spending, txId: 'adjust-1', amount, by: 1, ...parts });
export const release = (jobs: number) => ({ type: 'ReleaseHold', request: REQUEST, jobs, at: AT, policy: POLICY } as const);
export const close = (...submitted: readonly string[]) => ({ type: 'CloseAuthorization', request: REQUEST, submitted, at: AT, policy: POLICY } as const);
export const abandon = { type: 'AbandonAuthorization', request: REQUEST, at: AT, policy: POLICY } as const;

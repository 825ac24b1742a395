import { centikudos, kudos, minus, negated, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { ledgerOf } from '../kernel/event.js';
import { escrow, spendable, type LedgerTransaction } from '../kernel/ledger.js';
import { reversalId } from '../kernel/ids.js';
import { unreachable } from '../kernel/unreachable.js';
import type { AccountClass, AccountEvent, AuthorizationOpened, UserId } from './account.events.js';
import { lessParts, lessReserved, newReservation, outsideBudget, type Reservation } from './shared-key-reservation.js';
import { evolveSharedKeys, type SharedKey } from './shared-key.state.js';

/** An admitted request that may still cost its payer something. Bounded: closed ones are forgotten. */
export interface Authorization {
  readonly quote: Kudos;
  readonly activation: Kudos;
  /** None where nothing was paid for it. */
  readonly activationTx: string | undefined;
  /** What the payer really gave for the activation; the floor forgave the rest. */
  readonly paid: Kudos;
  readonly jobs: number;
  /** What was set aside at first: equal parts, one a job, the remainder in the first (spec/ledger.md §4.4). */
  readonly hold: Kudos;
  /** What is still set aside. */
  held: Kudos;
  /** What jobs that were never handed out have given back of it. */
  released: Kudos;
  /** Debited so far, activation included: never above the quote (I26). */
  debited: Kudos;
  settled: ReadonlySet<string>;
  /** Whose style it uses, and what waits at burn:style for that owner. */
  readonly style: AuthorizationOpened['data']['style'];
  /** Asked for with one of the payer's shared keys that still exists. */
  sharedKey: Reservation | undefined;
  /** Alchemy: what is set aside for each form that is at a worker, by job. Part of `held`. */
  formHolds: ReadonlyMap<string, Kudos>;
}

/** A transfer as it was asked for, so that a repeated key can be told from a reused one. */
export interface RememberedTransfer {
  readonly to: UserId;
  readonly amount: Kudos;
  readonly sharedKey?: string | undefined;
  readonly revision: number;
}

/** A bulk call: one entry, however many transfers it was, so that a busy payer's are remembered as long as anybody's. */
export interface RememberedBulk {
  readonly list: string;
  /** A bit for each place of the list that is done. */
  readonly done: bigint;
  readonly revision: number;
}

/** Everything the payer's rules need. Owned by the runner, folded in place: a busy account has thousands of events. */
export interface Account {
  readonly user: UserId;
  accountClass: AccountClass | undefined;
  /** Spendable kudos from this stream alone: credits less debits. Income recorded elsewhere arrives with the command. */
  own: Kudos;
  ownEscrow: Kudos;
  /** Sum of the open authorizations' holds. */
  held: Kudos;
  readonly authorizations: Map<string, Authorization>;
  /** By the hash that names them in events; at most as many as an account may have. */
  readonly sharedKeys: Map<string, SharedKey>;
  /** The newest transfers and corrections by txId, oldest first; older ones are found in the statement's unique index. */
  readonly transfers: Map<string, RememberedTransfer>;
  /** The newest bulk calls, by call. */
  readonly bulks: Map<string, RememberedBulk>;
  /** Grants that this account has been asked to repay: one has this, all others none. */
  readonly offsets: Set<string>;
  /** Transfers up to this revision are no longer remembered here. */
  forgottenThrough: number;
  revision: number;
}

/** spec/ledger.md §4.7: the newest 1,024 at least. */
export const TRANSFERS_REMEMBERED = 1_024;

/** horde-rules §1.1: what an account can neither spend nor give away. */
export const floorOf = (accountClass: AccountClass): Kudos => (accountClass === 'pseudonymous' ? kudos(14) : kudos(25));

export const newAccount = (id: string): Account => ({
  user: Number(id), accountClass: undefined, own: NO_KUDOS, ownEscrow: NO_KUDOS, held: NO_KUDOS,
  authorizations: new Map(), sharedKeys: new Map(), transfers: new Map(), bulks: new Map(), offsets: new Set(), forgottenThrough: -1, revision: -1,
});

/** Spendable kudos, floor included. `creditsElsewhere` may lag: it can only be too small (spec/ledger.md §4.2). */
export const balanceOf = (account: Account, creditsElsewhere: Kudos): Kudos => plus(account.own, creditsElsewhere);

/** What a refusable debit may use. */
export const availableOf = (account: Account, creditsElsewhere: Kudos): Kudos =>
  centikudos(balanceOf(account, creditsElsewhere) - account.held - (account.accountClass ? floorOf(account.accountClass) : 0));

export const evolve = (account: Account, event: AccountEvent): Account => {
  account.revision += 1;
  foldPostings(account, event);
  evolveSharedKeys(account.sharedKeys, event);
  switch (event.type) {
    case 'AccountOpened.v1':
      account.accountClass = event.data.accountClass;
      return account;
    case 'FundsTransferred.v1':
      return event.data.bulk ? rememberBulk(account, event.data.bulk) : rememberTransfer(account, event.data.ledger.txId, transferOf(event.data, account.revision));
    case 'AuthorizationOpened.v1':
      return openAuthorization(account, event.data);
    case 'JobSettled.v1':
      return settleJob(account, event.data);
    case 'HoldReleased.v1':
      return withdrawParts(account, event.data);
    case 'FormHoldPlaced.v1':
      return placeFormHold(account, event.data);
    case 'AuthorizationClosed.v1':
      releaseHold(account, event.data.request, event.data.released);
      account.authorizations.delete(event.data.request);
      return account;
    case 'BalanceAdjusted.v1':
      return rememberAdjustment(account, event.data.ledger);
    case 'DonationOffset.v1':
      account.offsets.add(event.data.grant);
      return account;
    case 'SharedKeyChanged.v1':
      return event.data.budget ? changeReservations(account, event.data.key, outsideBudget) : account;
    case 'SharedKeyDeleted.v1':
      return changeReservations(account, event.data.key, () => undefined);
    case 'TransactionReversed.v1':
      return rememberReversal(account, event.data);
    case 'BalanceReconciled.v1':
      return rememberReconciliation(account, event.data);
    case 'SharedKeyCreated.v1':
    case 'EscrowReleased.v1':
    case 'CapExcessSwept.v1':
      return account; // their postings, or keys, are all there is to them
    default:
      return unreachable(event);
  }
};

type DataOf<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

const transferOf = ({ to, amount, sharedKey }: DataOf<'FundsTransferred.v1'>, revision: number): RememberedTransfer => (
  { to, amount, revision, ...(sharedKey === undefined ? {} : { sharedKey }) }
);

const changeReservations = (account: Account, key: string, change: (reservation: Reservation) => Reservation | undefined): Account => {
  for (const authorization of account.authorizations.values())
    if (authorization.sharedKey?.key === key) authorization.sharedKey = change(authorization.sharedKey);
  return account;
};

/** What most open authorizations have none of; they are many. */
const NO_JOBS: ReadonlySet<string> = new Set();
const NO_HOLDS: ReadonlyMap<string, Kudos> = new Map();

const openAuthorization = (account: Account, data: DataOf<'AuthorizationOpened.v1'>): Account => {
  const { request, quote, activation, jobs, hold, style, ledger } = data;
  const paid = ledger ? negated(ownPart(account, ledger)) : NO_KUDOS;
  account.authorizations.set(request, {
    quote, activation, activationTx: ledger?.txId, paid, jobs, hold, held: hold, released: NO_KUDOS, debited: activation, settled: NO_JOBS, formHolds: NO_HOLDS,
    style,
    sharedKey: newReservation(data),
  });
  account.held = plus(account.held, hold);
  return account;
};

const settleJob = (account: Account, { request, job, captured, debit, sharedKey }: DataOf<'JobSettled.v1'>): Account => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return account;
  authorization.settled = new Set([...authorization.settled, job]);
  authorization.debited = plus(authorization.debited, debit);
  authorization.sharedKey = lessReserved(authorization.sharedKey, sharedKey?.reserved);
  dropFormHold(authorization, job);
  return releaseHold(account, request, captured);
};

const withdrawParts = (account: Account, { request, amount, job, sharedKey }: DataOf<'HoldReleased.v1'>): Account => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return account;
  if (job !== undefined) dropFormHold(authorization, job);
  else authorization.released = plus(authorization.released, amount);
  authorization.sharedKey = lessParts(authorization.sharedKey, sharedKey?.released);
  return releaseHold(account, request, amount);
};

const placeFormHold = (account: Account, { request, job, amount }: DataOf<'FormHoldPlaced.v1'>): Account => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return account;
  authorization.formHolds = new Map([...authorization.formHolds, [job, amount]]);
  authorization.held = plus(authorization.held, amount);
  account.held = plus(account.held, amount);
  return account;
};

const dropFormHold = (authorization: Authorization, job: string): void => {
  const left = new Map(authorization.formHolds);
  left.delete(job);
  authorization.formHolds = left;
};

const releaseHold = (account: Account, request: string, amount: Kudos): Account => {
  const authorization = account.authorizations.get(request);
  if (!authorization) return account;
  authorization.held = minus(authorization.held, amount);
  account.held = minus(account.held, amount);
  return account;
};

/** A correction is remembered as kudos sent to nobody else, so that it happens once however often it is asked. */
const rememberAdjustment = (account: Account, ledger: LedgerTransaction): Account =>
  rememberTransfer(account, ledger.txId, { to: account.user, amount: negated(ownPart(account, ledger)), revision: account.revision });

/** Under what it takes back, whoever took it back: an abandoned request's price is not given back a second time. */
const rememberReversal = (account: Account, { taken, ledger }: DataOf<'TransactionReversed.v1'>): Account =>
  rememberTransfer(account, reversalId(ledger.reverses!), { to: account.user, amount: taken ?? NO_KUDOS, revision: account.revision });

/** By the amount that was asked for. */
const rememberReconciliation = (account: Account, { receivable, ledger }: DataOf<'BalanceReconciled.v1'>): Account =>
  rememberTransfer(account, ledger.txId, { to: account.user, amount: minus(ownPart(account, ledger), receivable), revision: account.revision });

const ownPart = ({ user }: Account, { postings }: LedgerTransaction): Kudos =>
  plus(...postings.filter(({ account }) => account === spendable(user)).map(({ amount }) => amount));

const rememberTransfer = (account: Account, txId: string, transfer: RememberedTransfer): Account => {
  account.transfers.set(txId, transfer);
  return forgetOldest(account, account.transfers);
};

const rememberBulk = (account: Account, { call, place, list }: NonNullable<DataOf<'FundsTransferred.v1'>['bulk']>): Account => {
  const before = account.bulks.get(call)?.done ?? 0n;
  account.bulks.delete(call); // the newest is last
  account.bulks.set(call, { list, done: before | (1n << BigInt(place)), revision: account.revision });
  return forgetOldest(account, account.bulks);
};

const forgetOldest = (account: Account, remembered: Map<string, { readonly revision: number }>): Account => {
  if (remembered.size <= TRANSFERS_REMEMBERED) return account;
  const [oldest, { revision }] = remembered.entries().next().value!;
  remembered.delete(oldest);
  account.forgottenThrough = Math.max(account.forgottenThrough, revision);
  return account;
};

/** Whether the transfer at this place of a bulk call is done. */
export const isDone = (bulk: RememberedBulk | undefined, place: number): boolean => bulk !== undefined && (bulk.done & (1n << BigInt(place))) !== 0n;

const foldPostings = (account: Account, event: AccountEvent): void => {
  const ledger = ledgerOf(event);
  if (!ledger) return;
  for (const { account: name, amount } of ledger.postings) {
    if (name === spendable(account.user)) account.own = plus(account.own, amount);
    else if (name === escrow(account.user)) account.ownEscrow = plus(account.ownEscrow, amount);
  }
};

import type { Kudos } from '../kernel/kudos.js';
import type { Posting, TransactionKind } from '../kernel/ledger.js';
import type { RequestKind } from '../kernel/request-kind.js';
import type { AccountClass, SharedKeyLimits, UserId } from './account.events.js';

/** What every command brings along, because the rules ask no clock and no other stream. */
interface Given {
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Version of the adopted policy. */
  readonly policy: number;
}
interface Spending extends Given {
  /** Credits of this account recorded in other streams, as far as they have been read. */
  readonly creditsElsewhere: Kudos;
  /**
   * `creditsElsewhere` reaches the head captured when the command arrived. Without it nothing is refused for want of kudos
   * and nothing forgiven at the floor: a view that lags may only delay (spec/ledger.md §4.2).
   */
  readonly creditsComplete: boolean;
}

export interface OpenAccount extends Given {
  readonly type: 'OpenAccount';
  readonly accountClass: AccountClass;
}

/** What is known of the two parties of a transfer besides their balances; each decides one refusal (horde-rules §5). */
export interface TransferParties {
  /** The recipient sent kudos to the sender less than 60 s ago. */
  readonly reversesRecentGift: boolean;
  readonly senderSuspicious: boolean;
  readonly senderFlagged: boolean;
  readonly senderEducation: boolean;
  readonly recipientSuspicious: boolean;
  readonly recipientFlagged: boolean;
  readonly recipientEducation: boolean;
  readonly recipientDeleted: boolean;
  readonly senderDeleted: boolean;
  /** What the recipient lacks to the published cap; below 0 above it (design.md §6). */
  readonly recipientRoom: Kudos;
  /** There is, or no longer is, such a user or shared key. */
  readonly recipientUnknown: boolean;
  /** The shared key that is the target is past its expiry. */
  readonly recipientKeyExpired: boolean;
}

/** One transfer as it was asked for. */
export interface TransferItem {
  readonly txId: string;
  readonly to: UserId;
  readonly amount: Kudos;
  /** The recipient's shared key that they are for. */
  readonly sharedKey?: string;
  readonly parties: TransferParties;
}

export interface TransferKudos extends Spending, TransferItem {
  readonly type: 'TransferKudos';
  /** The sender chose the transaction's id with an Idempotency-Key; otherwise it is fresh and needs no look-up. */
  readonly keyed: boolean;
  /** The statement's index was searched for `txId` up to this revision of the account's stream, and did not hold it. */
  readonly indexedThrough: number;
}

/** Several transfers in one append; each happens or is refused by itself. */
export interface TransferMany extends Spending {
  readonly type: 'TransferMany';
  /** Id of the call, from its Idempotency-Key. */
  readonly call: string;
  /** Fingerprint of all that was asked for, done before or not. */
  readonly list: string;
  /** As for TransferKudos; what the index held is not among the items. */
  readonly indexedThrough: number;
  readonly items: readonly (TransferItem & { readonly place: number })[];
}

/** A request that is sent with a shared key. */
export interface SharedKeyUse {
  readonly key: string;
  /** Kudos that were ever sent to the key, as far as they have been read; complete when the payer's credits are. */
  readonly credited: Kudos;
  /** What the key's limits look at; undefined when a style brought the key, which waives them (horde-rules §1.10). */
  readonly asks: { readonly pixels: number; readonly steps: number; readonly tokens: number } | undefined;
}

export interface StyleUsed {
  readonly style: string;
  readonly owner: UserId;
  readonly surcharge: Kudos;
}

export interface OpenAuthorization extends Spending {
  readonly type: 'OpenAuthorization';
  readonly request: string;
  readonly kind: RequestKind;
  readonly jobs: number;
  readonly quote: Kudos;
  readonly activation: Kudos;
  /** What must be available before the request is admitted; 0 when no upfront kudos are needed (horde-rules §3). */
  readonly required: Kudos;
  readonly flagged: boolean;
  /** Balances above it have no more say in the queue (design.md §6). */
  readonly priorityCap: Kudos;
  readonly reference: number;
  /** The style that is used, and what of the activation price is for its owner. */
  readonly style?: StyleUsed;
  readonly sharedKey?: SharedKeyUse;
}

export interface SettleJob extends Spending {
  readonly type: 'SettleJob';
  readonly request: string;
  readonly job: string;
  readonly kind: RequestKind;
  readonly owner: UserId;
  readonly ownerTrusted: boolean;
  readonly worker: string;
  readonly team?: string;
  readonly model: string;
  readonly price: Kudos;
  /** What the owner gets where that is not the price. */
  readonly reward?: Kudos;
  readonly debit: Kudos;
  readonly things: number;
  /** Unpaid, and counted nowhere: a worker tested itself with a request of its owner. */
  readonly selfTest?: true;
  /** The request ended with this job: close its authorization in the same append if nothing else is open. */
  readonly ended: readonly string[] | null;
}

export interface ReleaseHold extends Given {
  readonly type: 'ReleaseHold';
  readonly request: string;
  /** Jobs that were never handed out and never will be. */
  readonly jobs: number;
}

/** Sets aside what one form costs, for a worker that wants to be sure of it; refused when it is not there. */
export interface PlaceFormHold extends Spending {
  readonly type: 'PlaceFormHold';
  readonly request: string;
  readonly job: string;
  readonly amount: Kudos;
}
/** Frees what was set aside for a form that was given back, or never handed out. */
export interface ReleaseFormHold extends Given {
  readonly type: 'ReleaseFormHold';
  readonly request: string;
  readonly job: string;
}

export interface CloseAuthorization extends Given {
  readonly type: 'CloseAuthorization';
  readonly request: string;
  /** Every job of the ended request that was delivered. */
  readonly submitted: readonly string[];
  /** Unless there was one, its price is given back: what it asked for was lost (spec/ledger.md §4.5, Expiry). */
  readonly refund?: boolean;
}

export interface AbandonAuthorization extends Given {
  readonly type: 'AbandonAuthorization';
  readonly request: string;
}

export interface AdjustBalance extends Spending {
  readonly type: 'AdjustBalance';
  readonly txId: string;
  /** Centikudos to take away; credits go to a grant stream. */
  readonly amount: Kudos;
  readonly by: UserId | 'system';
}

/** The owner is trusted: everything that waits becomes the owner's to spend. */
export interface ReleaseEscrow extends Given {
  readonly type: 'ReleaseEscrow';
  /** Credits of this account's escrow recorded in other streams, as far as they have been read: too small delays, and never gives too much. */
  readonly escrowElsewhere: Kudos;
}

export interface SweepExcess extends Given {
  readonly type: 'SweepExcess';
  /** As for spending; a view that lags sweeps too little, and the next round the rest. */
  readonly creditsElsewhere: Kudos;
  readonly cap: Kudos;
}

/** A transaction as the statement's index knows it. */
export interface Original {
  readonly txId: string;
  readonly kind: TransactionKind;
  readonly postings: readonly Posting[];
  readonly request: string | null;
  readonly job: string | null;
}

export interface ReverseTransaction extends Spending {
  readonly type: 'ReverseTransaction';
  readonly original: Original;
  readonly by: UserId;
  /** Take everything, even what makes the account go below its floor. */
  readonly force: boolean;
  readonly escrowElsewhere: Kudos;
  /** As for transfers: the index was searched up to this revision, and did not hold the reversal. */
  readonly indexedThrough: number;
}

export interface ReconcileBalance extends Spending {
  readonly type: 'ReconcileBalance';
  readonly txId: string;
  /** Centikudos, signed: more than 0 is given, less is taken. */
  readonly amount: Kudos;
  readonly by: UserId;
  readonly reference: string;
  readonly indexedThrough: number;
}

/** The account of DONATION_SOURCE_USER repays what was issued as thanks for donations, as far as it can. */
export interface OffsetDonation extends Spending {
  readonly type: 'OffsetDonation';
  readonly grant: string;
  readonly month: string;
  readonly amount: Kudos;
}

export interface CreateSharedKey extends Given {
  readonly type: 'CreateSharedKey';
  readonly key: string;
  readonly id: string;
  readonly name: string | null;
  readonly budget: Kudos | null;
  readonly expiresAt: string | null;
  readonly limits: SharedKeyLimits;
  /** How many keys the owner may have. */
  readonly keysMax: number;
}

export interface ChangeSharedKey extends Given {
  readonly type: 'ChangeSharedKey';
  readonly key: string;
  readonly name?: string;
  readonly budget?: Kudos | null;
  /** Kudos that were ever sent to the key. */
  readonly credited: Kudos;
  readonly expiresAt?: string | null;
  readonly limits: Partial<SharedKeyLimits>;
}

export interface DeleteSharedKey extends Given {
  readonly type: 'DeleteSharedKey';
  readonly key: string;
}

/** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
export interface ReadAccount {
  readonly type: 'ReadAccount';
}

export type AccountCommand =
  | OffsetDonation
  | ReadAccount | OpenAccount | TransferKudos | TransferMany | OpenAuthorization | SettleJob | ReleaseHold | PlaceFormHold | ReleaseFormHold
  | CloseAuthorization | AbandonAuthorization | AdjustBalance | CreateSharedKey | ChangeSharedKey | DeleteSharedKey
  | ReleaseEscrow | SweepExcess | ReverseTransaction | ReconcileBalance;

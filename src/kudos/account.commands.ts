import type { Kudos } from '../kernel/kudos.js';
import type { RequestKind } from '../kernel/request-kind.js';
import type { AccountClass, UserId } from './account.events.js';

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
}

export interface TransferKudos extends Spending {
  readonly type: 'TransferKudos';
  readonly txId: string;
  /** The sender chose the transaction's id with an Idempotency-Key; otherwise it is fresh and needs no look-up. */
  readonly keyed: boolean;
  /** The statement's index was searched for `txId` up to this revision of the account's stream, and did not hold it. */
  readonly indexedThrough: number;
  readonly to: UserId;
  readonly amount: Kudos;
  readonly parties: TransferParties;
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
}

export interface SettleJob extends Spending {
  readonly type: 'SettleJob';
  readonly request: string;
  readonly job: string;
  readonly kind: RequestKind;
  readonly owner: UserId;
  readonly ownerTrusted: boolean;
  readonly worker: string;
  readonly model: string;
  readonly price: Kudos;
  /** What the owner gets where that is not the price. */
  readonly reward?: Kudos;
  readonly debit: Kudos;
  readonly things: number;
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

/** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
export interface ReadAccount {
  readonly type: 'ReadAccount';
}

export type AccountCommand =
  | ReadAccount | OpenAccount | TransferKudos | OpenAuthorization | SettleJob | ReleaseHold | PlaceFormHold | ReleaseFormHold | CloseAuthorization | AbandonAuthorization | AdjustBalance;

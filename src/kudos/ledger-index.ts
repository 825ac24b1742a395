import type { Kudos } from '../kernel/kudos.js';
import type { Original } from './account.commands.js';

/** A transaction as the statement's index knows it. */
export interface IndexedTransaction extends Original {
  readonly position: number;
  readonly reverses: string | null;
  readonly receivable: Kudos | null;
  readonly idem: string | null;
}

/** The statement read model, as far as compensations need it. */
export abstract class LedgerIndex {
  abstract find(txId: string): Promise<IndexedTransaction | undefined>;
  abstract reversalOf(txId: string): Promise<IndexedTransaction | undefined>;
  /** The reversal that was asked for with a key of this keyed hash. */
  abstract reversalByKey(idem: string): Promise<IndexedTransaction | undefined>;
  /** Revision of the account's stream up to which the index has read; −1 if nothing of it. */
  abstract indexedThrough(user: number): Promise<number>;
  abstract waitFor(position: number, timeoutMs: number): Promise<boolean>;
}

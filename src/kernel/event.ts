import type { LedgerTransaction } from './ledger.js';

/** A stored fact: `PascalCase.vN` and its data. Shapes are never edited; a change is a new version and an upcast. */
export interface Stored<Type extends string, Data extends object> {
  readonly type: Type;
  readonly data: Data;
}
export type AnyEvent = Stored<string, object>;

/**
 * Personal text inside an event (spec/ledger.md §4.12). A decider states it plainly; the codec seals it under the
 * subject's key before it is stored (AES-256-GCM, bound to event id and field). A reader sees `sealed` until the vault
 * reveals it, and `erased` once the subject's key is gone.
 */
export type Personal =
  | { readonly subject: string; readonly plain: string }
  | { readonly subject: string; readonly sealed: string }
  | { readonly subject: string; readonly erased: true };

export const personal = (subject: string, plain: string): Personal => ({ subject, plain });
/** The revealed text, or undefined while sealed and for ever once erased. */
export const plainText = (value: Personal): string | undefined => ('plain' in value ? value.plain : undefined);

/** Who asked: a user's key, the system itself (a reactor, a timer) or the operator's command line. No secrets. */
export interface Actor {
  readonly kind: 'user' | 'anonymous' | 'system' | 'operator';
  readonly user?: number;
}

/** Stored beside every event (spec/ledger.md §4.4). `prevHash` chains the events of one stream by their leaf hashes. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  /** Hex leaf hash of the predecessor in this stream; null for revision 0. */
  readonly prevHash: string | null;
  readonly actor: Actor;
  /** Keyed hash of the Idempotency-Key and fingerprint of its request. */
  readonly idem?: { readonly key: string; readonly fingerprint: string };
  /** Version of the metadata's own shape. */
  readonly schema: 1;
  readonly node: string;
  readonly traceparent?: string;
}

/** An event as folds see it: decoded, upcast, with its place in the log. */
export interface Recorded<Event extends AnyEvent = AnyEvent> {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly id: string;
  readonly type: Event['type'];
  readonly data: Event['data'];
  readonly metadata: EventMetadata;
}

export interface CarriesLedger {
  readonly ledger?: LedgerTransaction;
}
/** The `ledger` block of any event, if it moves value: all that auditors and balances look at. */
export const ledgerOf = (event: { readonly data: object }): LedgerTransaction | undefined => (event.data as CarriesLedger).ledger;

/** The text before the first dash: the stream's category (spec/ledger.md §4.3). */
export const categoryOf = (stream: string): string => {
  const dash = stream.indexOf('-');
  return dash < 0 ? stream : stream.slice(0, dash);
};
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

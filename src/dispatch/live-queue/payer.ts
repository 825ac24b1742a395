import { isAddress, NOBODY, type PayerId } from '../../requests/rules/payer-id.js';
import type { FairnessPolicy } from './fairness-policy.js';

/** Everybody without an account. */
export const ANONYMOUS = 0;

/** When a payer was last handed something out, and from when its waiting requests age (ADR 0035); −Infinity: from acceptance. */
export interface LastServed {
  readonly handedOutAtMs: number;
  readonly agesFromMs: number;
}

/** The requests of one payer, and when it was last served. Times are milliseconds since 1970, −Infinity: never. */
export class Payer<Entry = unknown> implements LastServed {
  /** Unfinished requests, and completed ones that a later request's key is still net of. */
  readonly entries = new Set<Entry>();
  /** Of those, the unfinished ones: few, however many have completed in the last minutes. */
  readonly unfinished = new Set<Entry>();
  handedOutAtMs = -Infinity;
  agesFromMs = -Infinity;
  /** The price of all its unfinished jobs. */
  unfinishedPrice = 0;
  /** The latest acceptance, and the latest time that any of its events names. */
  acceptedAtMs = -Infinity;
  latestMs = -Infinity;

  constructor(readonly id: PayerId, private readonly policy: Pick<FairnessPolicy, 'refreshAtHandOut'>) {}

  /** Requests of nobody in particular have nothing in common: no key is net of another, no hand-out refreshes another. */
  get isOne(): boolean {
    return this.id !== NOBODY;
  }

  get isAnonymous(): boolean {
    return !this.isOne || isAddress(this.id);
  }

  /** All its waiting requests live on from there. */
  get refreshedAtMs(): number {
    return this.policy.refreshAtHandOut ? this.handedOutAtMs : -Infinity;
  }

  add(entry: Entry & { readonly acceptedAtMs: number; readonly completedAtMs: number | undefined }): void {
    this.entries.add(entry);
    if (entry.completedAtMs === undefined) this.unfinished.add(entry);
    this.acceptedAtMs = Math.max(this.acceptedAtMs, entry.acceptedAtMs);
    this.latestMs = Math.max(this.latestMs, entry.acceptedAtMs);
  }

  /** In any order, and as often as it comes: of the latest counts. */
  served({ handedOutAtMs, agesFromMs }: LastServed): void {
    if (!this.isOne) return;
    this.handedOutAtMs = Math.max(this.handedOutAtMs, handedOutAtMs);
    this.agesFromMs = Math.max(this.agesFromMs, agesFromMs);
  }
}

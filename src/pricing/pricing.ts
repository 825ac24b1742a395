import type { ReferenceSnapshot } from '../reference/reference.js';
import type { PricePolicy } from './price-policy.js';

/** What an operator may set about prices, and what else has been in force. */
export interface PricingSettings {
  /** Policies that were adopted before: requests which they priced are served and paid by them. */
  readonly earlier?: readonly PricePolicy[];
  /** Requests that name workers need their price upfront (`HORDE_UPFRONT_KUDOS_ON_WORKERLIST`, horde-rules §3.1). */
  readonly upfrontOnWorkerList?: boolean;
  /** Jobs for named workers cost a token price, and go to those that put the requester first (`HORDE_REQUIRE_MATCHED_TARGETING`, §2.2). */
  readonly matchedTargeting?: boolean;
}

/** The adopted policy and the model reference in force; every priced event names the versions it was priced by. */
export class Pricing {
  readonly upfrontOnWorkerList: boolean;
  readonly matchedTargeting: boolean;
  readonly #policies: ReadonlyMap<number, PricePolicy>;

  /** `escrow`: half of what untrusted owners earn waits until they are trusted (horde-rules §1.8); off on a private horde. */
  constructor(readonly policy: PricePolicy, readonly reference: ReferenceSnapshot, readonly escrow = true, settings: PricingSettings = {}) {
    this.upfrontOnWorkerList = settings.upfrontOnWorkerList ?? false;
    this.matchedTargeting = settings.matchedTargeting ?? false;
    this.#policies = new Map([...(settings.earlier ?? []), policy].map((each) => [each.version, each]));
  }

  /**
   * The policy that a request was quoted by: a change in between does not touch it (spec/ledger.md §4.5, Quote). Undefined for
   * one that another node, of a newer release, has adopted meanwhile.
   */
  policyOf(version: number): PricePolicy | undefined {
    return this.#policies.get(version);
  }
}

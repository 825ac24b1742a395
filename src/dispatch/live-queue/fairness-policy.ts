/** Which promises of fairness are in force (design.md §6); each can be switched off alone. */
export interface FairnessPolicy {
  /** A payer's key counts less the price of the payer's own earlier, unfinished jobs. */
  readonly netOfUnfinished: boolean;
  /** A request's key drops by the price of one job whenever one of its jobs is handed out. */
  readonly lowerAtHandOut: boolean;
  /** A request ages from its payer's last hand-out, not from its own acceptance, if that is later: tried, and not the default (ADR 0026). */
  readonly ageFromHandOut: boolean;
  /** A hand-out refreshes the expiry of all waiting requests of its payer. */
  readonly refreshAtHandOut: boolean;
  /** One claim in so many of each worker serves the payer who has waited longest; 0: none does. */
  readonly fairShare: number;
  /** A pop leaves jobs of a request to idle workers that could serve it. */
  readonly spreadBatches: boolean;
  /** A pop takes a further job of a request only while its lowered key still beats the next request. */
  readonly yieldBatches: boolean;
  /** What an address may have unfinished without an account shrinks as the wait grows. */
  readonly limitAnonymous: boolean;
}

/** design.md §6: simulated there; in one of eight, poor payers' work expired. */
export const FAIR_SHARE = 4;

export const FAIRNESS_POLICY: FairnessPolicy = Object.freeze({
  netOfUnfinished: true, lowerAtHandOut: true, ageFromHandOut: false, refreshAtHandOut: true, fairShare: FAIR_SHARE, spreadBatches: true, yieldBatches: true, limitAnonymous: true,
});

/** What the operator of a horde may switch. */
export interface FairnessSettings {
  readonly fairShare: number;
  readonly fairBatches: boolean;
  readonly anonymousLimits: boolean;
}
export const fairnessPolicyOf = ({ fairShare, fairBatches, anonymousLimits }: FairnessSettings): FairnessPolicy =>
  Object.freeze({ ...FAIRNESS_POLICY, fairShare, spreadBatches: fairBatches, yieldBatches: fairBatches, limitAnonymous: anonymousLimits });

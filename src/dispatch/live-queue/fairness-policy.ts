/** Which promises of fairness are in force (design.md §6); each can be switched off alone. */
export interface FairnessPolicy {
  /** A payer's key counts less the price of the payer's own earlier, unfinished jobs. */
  readonly netOfUnfinished: boolean;
  /** A request's key drops by the price of one job whenever one of its jobs is handed out. */
  readonly lowerAtHandOut: boolean;
  /**
   * A hand-out takes the time that its request has waited from its payer, who has saved no more than this by not asking; what is
   * missing is taken from the age of the payer's other requests (ADR 0035). Milliseconds; Infinity: nobody's age is touched.
   */
  readonly ageingCreditMs: number;
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

/** As long as a request lives: who asks for four images and waits five minutes for them gets them together. */
export const AGEING_CREDIT_MS = 20 * 60_000;

export const FAIRNESS_POLICY: FairnessPolicy = Object.freeze({
  netOfUnfinished: true, lowerAtHandOut: true, ageingCreditMs: AGEING_CREDIT_MS, refreshAtHandOut: true, fairShare: FAIR_SHARE, spreadBatches: true, yieldBatches: true, limitAnonymous: true,
});

/** What the operator of a horde may switch. */
export interface FairnessSettings {
  readonly fairShare: number;
  readonly fairAges: boolean;
  readonly fairBatches: boolean;
  readonly anonymousLimits: boolean;
}
export const fairnessPolicyOf = ({ fairShare, fairAges, fairBatches, anonymousLimits }: FairnessSettings): FairnessPolicy => Object.freeze({
  ...FAIRNESS_POLICY, fairShare, ageingCreditMs: fairAges ? AGEING_CREDIT_MS : Infinity, spreadBatches: fairBatches, yieldBatches: fairBatches, limitAnonymous: anonymousLimits,
});

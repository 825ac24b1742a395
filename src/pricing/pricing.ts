import type { ReferenceSnapshot } from '../reference/reference.js';
import type { PricePolicy } from './price-policy.js';

/** The adopted policy and the model reference in force; every priced event names the versions it was priced by. */
export class Pricing {
  /** `escrow`: half of what untrusted owners earn waits until they are trusted (horde-rules §1.8); off on a private horde. */
  constructor(readonly policy: PricePolicy, readonly reference: ReferenceSnapshot, readonly escrow = true) {}
}

import type { ReferenceSnapshot } from '../reference/reference.js';
import type { PricePolicy } from './price-policy.js';

/** The adopted policy and the model reference in force; every priced event names the versions it was priced by. */
export class Pricing {
  constructor(readonly policy: PricePolicy, readonly reference: ReferenceSnapshot) {}
}

import { centikudos, roundHalfEven, type Kudos } from '../../kernel/kudos.js';
import type { RequestFacts } from '../../requests/request.events.js';

/** Which parts of the order are in force; the defaults are design.md §6, "equal kudos, equal wait". */
export interface PriorityPolicy {
  /** A registered payer's key counts less the price of the payer's own earlier, unfinished jobs. */
  readonly netOfUnfinished: boolean;
  /** A request's key drops by the price of one job whenever one of its jobs is handed out. */
  readonly lowerAtHandOut: boolean;
}
export const PRIORITY_POLICY: PriorityPolicy = Object.freeze({ netOfUnfinished: true, lowerAtHandOut: true });

/** +50 kudos per 10 s of waiting for everyone (horde-rules §6.1) = 0.5 centikudos per millisecond. */
export const AGEING_CENTIKUDOS_PER_MS = 0.5;

/** What one job weighs in the order: its even share of the quote. An alchemy request may have none. */
export const jobPrice = ({ quote, jobs }: RequestFacts): Kudos => centikudos(jobs === 0 ? 0 : roundHalfEven(quote / jobs));

/**
 * The static sort key in centikudos (design.md §2.6): everybody ages alike, so instead of raising everyone the key falls
 * with the time of activation. Halves are exact: the values stay below 2^50.
 */
export const keyAtActivation = ({ priority }: RequestFacts, acceptedAtMs: number): number =>
  priority - acceptedAtMs * AGEING_CENTIKUDOS_PER_MS;

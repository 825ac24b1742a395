import { centikudos, roundHalfEven, type Kudos } from '../../kernel/kudos.js';
import type { RequestFacts } from '../../requests/request.events.js';

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

import { OutboundFailed, type Outbound, type OutboundLimits } from '../platform/outbound/outbound.js';
import { AddressScorer, type AddressVerdict } from './address-checks.message.js';

/** A pop waits for it (horde-rules §9.2); an answer is a number, or an object of a few members. */
export const SCORER_LIMITS: OutboundLimits = { timeoutMs: 2_000, bytesMax: 16 * 1_024 };
/** From here on an address is unsafe (horde-rules §9.2). */
const UNSAFE_FROM = 0.93;
/** Where the address goes in the URL. */
export const ADDRESS_PLACE = '{ip}';

/** Asks a service that answers with a score from 0 to 1: as a bare number, or as the `result` or `score` of an object. */
export class HttpAddressScorer extends AddressScorer {
  constructor(private readonly outbound: Outbound, private readonly url: string) {
    super();
  }

  override async verdict(ip: string): Promise<AddressVerdict> {
    try {
      const score = scoreIn(await this.outbound.getJson({ url: new URL(this.url.replaceAll(ADDRESS_PLACE, encodeURIComponent(ip))), headers: {} }));
      return score >= UNSAFE_FROM ? 'unsafe' : 'safe';
    } catch (error) {
      if (!(error instanceof OutboundFailed)) throw error;
      // Asked too often, or not reached: nobody knows. Any other answer is a fault of the service, for which nobody is shut out.
      return error.status === undefined || error.status === TOO_MANY_REQUESTS ? 'unknown' : 'safe';
    }
  }
}

const TOO_MANY_REQUESTS = 429;

/** What is no score counts as none: it is below every limit. */
const scoreIn = (answer: unknown): number => {
  if (typeof answer !== 'object' || answer === null) return Number(answer);
  const { result, score } = answer as { readonly result?: unknown; readonly score?: unknown };
  return Number(result ?? score);
};

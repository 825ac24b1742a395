import { AddressChecks } from '../operations/address-checks.message.js';
import { HttpAddressScorer, SCORER_LIMITS } from '../operations/http-address-scorer.js';
import { FetchOutbound } from '../platform/outbound/outbound.js';
import type { Platform } from './platform.js';

/** Asks whoever the settings name about the addresses of strangers; without one, everybody is safe. */
export const makeAddressChecks = ({ config: { addressChecker }, clock }: Pick<Platform, 'config' | 'clock'>): AddressChecks =>
  new AddressChecks(addressChecker && new HttpAddressScorer(new FetchOutbound(SCORER_LIMITS), addressChecker.url), addressChecker?.allowed ?? [], clock);

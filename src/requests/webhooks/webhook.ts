import { createHmac } from 'node:crypto';
import type { Secrets } from '../../platform/vault/secrets.js';

/** Stands with a request's content, never in events. */
export interface Webhook {
  readonly url: string;
  /** Whose deliveries are bounded together. */
  readonly caller: string;
}

/** What deliveries of this request are signed with. Derived, so that nothing is stored and every node knows it; told to the sender once. */
export const webhookSecret = (secrets: Pick<Secrets, 'keyedHash'>, request: string): string => secrets.keyedHash('webhook', request);

/** `t=<unix seconds>,v1=<hex>`: the time is signed with the body, so that an old delivery cannot be sent again as a new one. */
export const signatureOf = (secret: string, body: string, nowMs: number): string => {
  const time = Math.floor(nowMs / 1_000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`, 'utf8').digest('hex')}`;
};

/** A receiver is asked so often, and then given up. */
export const ATTEMPTS_MAX = 8;
const FIRST_RETRY_MS = 30_000;
/** Spread, so that a receiver that was away is not met by everything at once. */
const JITTER = 0.25;

/** After so many attempts: 30 s, a minute, two …; all eight take about an hour. `random` is in [0, 1). */
export const retryDelayMs = (attempts: number, random: number): number => Math.round(FIRST_RETRY_MS * 2 ** (attempts - 1) * (1 - JITTER + 2 * JITTER * random));

import { iso } from '../../kernel/clock.js';
import { NOBODY, payerOf } from '../../requests/rules/payer-id.js';
import type { FairnessPolicy } from './fairness-policy.js';
import { AGEING_CENTIKUDOS_PER_MS } from './priority-key.js';
import type { QueuedRequest } from './queue-row.js';

/** Who is served within a second has not waited: nothing is noted of it, so that a horde with workers to spare writes not a byte more. */
const WAITED_MIN_MS = 1_000;

type Ages = Pick<QueuedRequest, 'acceptedAtMs' | 'agesFromMs'>;

/**
 * From when the payer's waiting requests age once more jobs of this one are handed out: each job takes the time that the request has
 * waited, from what the payer has saved by not asking, of which there is no more than the credit (ADR 0035). Milliseconds since 1970.
 */
export const agesFromAfter = ({ acceptedAtMs, agesFromMs }: Ages, jobs: number, atMs: number, creditMs: number): number => {
  if (creditMs === Infinity) return agesFromMs;
  const waitedMs = Math.max(0, atMs - acceptedAtMs);
  const afterFirstMs = Math.max(agesFromMs + waitedMs, atMs - creditMs);
  return Math.max(agesFromMs, Math.min(afterFirstMs + (jobs - 1) * waitedMs, atMs));
};

/** The same for the log, as `JobAssigned.v1` has it; undefined: nothing to note. */
export const payerAgesFrom = (entry: QueuedRequest, jobs: number, atMs: number, { ageingCreditMs }: FairnessPolicy): string | undefined => {
  if (ageingCreditMs === Infinity || payerOf(entry.facts) === NOBODY || atMs - entry.acceptedAtMs < WAITED_MIN_MS) return undefined;
  return iso(agesFromAfter(entry, jobs, atMs, ageingCreditMs));
};

/** What the key of a request drops by once its payer's requests age from there. Centikudos. */
export const ageTaken = ({ acceptedAtMs, agesFromMs }: Ages, fromMs: number): number =>
  (Math.max(acceptedAtMs, fromMs) - Math.max(acceptedAtMs, agesFromMs)) * AGEING_CENTIKUDOS_PER_MS;

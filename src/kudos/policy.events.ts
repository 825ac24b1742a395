// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: policy
import type { Stored } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';

/** The rules of the economy from here on; every priced event names their version (spec/ledger.md §4.3). */
export type PolicyAdopted = Stored<'PolicyAdopted.v1', {
  version: number;
  reference: number;
  /** SHA-256 of the price policy's JSON: which numbers exactly. */
  prices: string;
  floors: { oauth: Kudos; pseudonymous: Kudos };
  kudosCap: Kudos;
  adoptedAt: string;
}>;

export type PolicyEvent = PolicyAdopted;
export const POLICY_EVENT_TYPES = ['PolicyAdopted.v1'] as const satisfies readonly PolicyEvent['type'][];

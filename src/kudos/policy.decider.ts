import { isDeepStrictEqual } from 'node:util';
import { accept, refuse, type Decider } from '../kernel/decider.js';
import type { PolicyAdopted, PolicyEvent } from './policy.events.js';

export interface AdoptedPolicy {
  readonly current?: PolicyAdopted['data'];
}
export interface AdoptPolicy {
  readonly type: 'AdoptPolicy';
  readonly policy: PolicyAdopted['data'];
}
/** The log was written under a newer policy than this build knows. */
export type PolicyRc = 'PolicyTooOld';

const sameRules = (one: PolicyAdopted['data'], other: PolicyAdopted['data']): boolean =>
  isDeepStrictEqual({ ...one, adoptedAt: '' }, { ...other, adoptedAt: '' });

export const policyDecider: Decider<AdoptedPolicy, AdoptPolicy, PolicyEvent, PolicyRc> = {
  category: 'policy',
  stateVersion: 1,
  initialState: () => ({}),
  evolve: (_policy, { data }) => ({ current: data }),
  decide: ({ policy }, { current }) => {
    if (!current) return accept({ type: 'PolicyAdopted.v1', data: policy });
    if (policy.version < current.version) return refuse('PolicyTooOld');
    return sameRules(policy, current) ? accept() : accept({ type: 'PolicyAdopted.v1', data: policy });
  },
};

import { accept, refuse, type Decision } from '../kernel/decider.js';
import type { Kudos } from '../kernel/kudos.js';
import type { Role, TrustGranted } from './user.events.js';

/** horde-rules §1.8: nobody is trusted by itself before. */
export const TRUST_AGE_MS = 7 * 24 * 60 * 60_000;

export interface GrantTrust {
  readonly type: 'GrantTrust';
  /** What waits in escrow, as far as it has been read: credits only grow, so it can only be too small. */
  readonly escrow: Kudos;
  /** KUDOS_TRUST_THRESHOLD. */
  readonly threshold: Kudos;
  readonly suspicious: boolean;
  readonly at: string;
}
interface Candidate {
  readonly id: number;
  readonly registeredAt: string | undefined;
  readonly roles: ReadonlySet<Role>;
}

export const isOldEnough = (registeredAt: string, at: string): boolean => Date.parse(at) - Date.parse(registeredAt) >= TRUST_AGE_MS;

/** horde-rules §1.8: strictly more than the threshold, a week old, nothing suspected. The anonymous user has no stream, so it cannot be asked for. */
export const grantTrust = ({ escrow, threshold, suspicious, at }: GrantTrust, { id, registeredAt, roles }: Candidate): Decision<TrustGranted, 'UserNotFound' | 'TrustNotEarned'> => {
  if (registeredAt === undefined) return refuse('UserNotFound');
  if (roles.has('trusted')) return accept();
  if (suspicious || escrow <= threshold || !isOldEnough(registeredAt, at)) return refuse('TrustNotEarned');
  return accept({ type: 'TrustGranted.v1', data: { user: id, escrow, threshold, grantedAt: at } });
};

import type { Role, SuspicionReason } from './user.events.js';

/** horde-rules §1.7: so many suspicions make an untrusted user, or the worker of one, suspicious. */
export const SUSPICIONS_MAX = 5;

/** These count each time that they are seen. */
export const REPEATED: ReadonlySet<SuspicionReason> = new Set<SuspicionReason>(['UNREASONABLY_FAST', 'TOO_MANY_JOBS_ABORTED']);

/** Whether so many suspicions have consequences; trust is above suspicion. */
export const isSuspect = (count: number, roles: ReadonlySet<Role>): boolean => !roles.has('trusted') && count >= SUSPICIONS_MAX;

import type { KnownUser } from './directory.message.js';

/** horde-rules §1.7: so many suspicions make an untrusted user suspicious. */
export const SUSPICIONS_MAX = 5;

/** Who neither sends nor receives kudos, and is never trusted by itself (horde-rules §1.7, §1.8). */
export const isSuspicious = ({ roles, suspicions }: Pick<KnownUser, 'roles' | 'suspicions'>): boolean =>
  !roles.has('trusted') && suspicions >= SUSPICIONS_MAX;

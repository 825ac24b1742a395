import type { KnownUser } from './directory.message.js';
import { isSuspect } from './suspicion-rules.js';

/** Who neither sends nor receives kudos, and is never trusted by itself (horde-rules §1.7, §1.8). */
export const isSuspicious = ({ roles, suspicions }: Pick<KnownUser, 'roles' | 'suspicions'>): boolean => isSuspect(suspicions, roles);

import { refusedBy } from '../platform/http/refusals.js';
import { idOfAlias, type KnownUser, type UserDirectory } from '../users/directory.message.js';
import { popRefusals } from '../workers/worker.refusals.js';

/** Whose worker pops. @throws Refused in the order of horde-api C1.5 */
export const popOwner = async (directory: UserDirectory, apiKey: string, priority: readonly string[]): Promise<KnownUser> => {
  if (priority.some((alias) => !alias.includes('#') || idOfAlias(alias) === undefined)) throw refusedBy(popRefusals, 'InvalidPriorityUsername');
  const owner = await directory.byKey(apiKey);
  if (!owner) throw refusedBy(popRefusals, 'InvalidAPIKey');
  if (owner.roles.has('deleted')) throw refusedBy(popRefusals, 'DeletedUser');
  if (owner.roles.has('flagged')) throw refusedBy(popRefusals, 'WorkerFlaggedMaintenance');
  if (owner.id === 0) throw refusedBy(popRefusals, 'AnonForbiddenWorker');
  return owner;
};

/** Ours: as many as the words of a blacklist. They are kept with what is remembered of the worker, and looked through for each request. */
export const PRIORITISED_MAX = 200;

/** Users whom the worker puts first, each once, and no more than so many; `popOwner` has seen that they are aliases. */
export const prioritised = (aliases: readonly string[]): number[] => [...new Set(aliases.map((alias) => idOfAlias(alias)!))].slice(0, PRIORITISED_MAX);

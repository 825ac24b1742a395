import type { RequestKind } from '../kernel/request-kind.js';
import { parseUuid } from '../kernel/ids.js';
import { refusedBy } from '../platform/http/refusals.js';
import { jobRefusals } from '../requests/request.refusals.js';
import type { KnownUser, UserDirectory } from '../users/directory.message.js';
import type { FoundJob, JobFinder } from './job-finder.js';

/** The job that a worker hands in, and its owner who does. @throws Refused in the order of horde-api C1.6 */
export const ownJob = async (
  { id, kind }: { readonly id: string; readonly kind: RequestKind }, apiKey: string, { finder, directory }: { readonly finder: JobFinder; readonly directory: UserDirectory },
): Promise<{ found: FoundJob; user: KnownUser }> => {
  const job = parseUuid(id);
  const found = job === undefined ? undefined : await finder.find(job);
  if (!found || found.kind !== kind) throw refusedBy(jobRefusals, 'InvalidJobID', { job: id });
  const user = await directory.byKey(apiKey);
  if (!user) throw refusedBy(jobRefusals, 'InvalidAPIKey');
  if (user.id !== found.owner) throw refusedBy(jobRefusals, 'WrongCredentials');
  return { found, user };
};

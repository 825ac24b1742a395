import { inKudos, type Kudos } from '../kernel/kudos.js';
import { refusedBy } from '../platform/http/refusals.js';
import { jobRefusals } from '../requests/request.refusals.js';
import type { DeliverParts } from './deliver-parts.js';
import { endDecoy } from './decoys.js';
import type { FoundJob } from './job-finder.js';

interface Pretended {
  readonly faulted: boolean;
  /** What a real one would have earned; may refuse what the worker sent, as for a real one. */
  readonly reward: () => Kudos;
}

/**
 * Answers a worker that hands in a decoy as it is answered for any job, with an amount that nobody owes it (horde-rules §4.1).
 * Nothing is appended. Two copies at the same instant are both thanked for; a real job would refuse one.
 * @throws Refused DuplicateGen, AbortedGen
 */
export const takeDecoy = async ({ ports, registry }: DeliverParts, { job, worker, decoy }: FoundJob, { faulted, reward }: Pretended): Promise<{ reward: number; position: number }> => {
  const { deadlineMs, ended } = decoy!;
  const { position } = ports.feed; // a real answer names a position, too
  const isLate = ports.clock.now() > deadlineMs;
  if (ended === 'delivered' && registry.byId(worker)?.maintenance) return { reward: 0, position };
  if (ended === 'delivered') throw refusedBy(jobRefusals, 'DuplicateGen', { job });
  if (!faulted && (ended === 'faulted' || isLate)) throw refusedBy(jobRefusals, 'AbortedGen', { job });
  const amount = faulted ? 0 : inKudos(reward());
  await endDecoy(ports, job, faulted ? 'faulted' : 'delivered');
  return { reward: amount, position };
};

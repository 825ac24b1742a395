import type { PopNote } from './pop-journal.js';
import { shown } from './reasons.js';

/** What the summary looks at, besides the pops. */
export interface Circumstances {
  readonly online: boolean;
  readonly maintenance: boolean;
  /** Unfinished jobs of its kind, in the whole horde. */
  readonly unfinished: number;
  /** Jobs that wait for one of its models. */
  readonly forItsModels: number;
}

/** In one sentence, the first that is true. */
export const summaryOf = (notes: readonly PopNote[], { online, maintenance, unfinished, forItsModels }: Circumstances): string => {
  const given = notes.reduce((sum, { jobs }) => sum + jobs.length, 0);
  const last = notes.at(-1);
  if (maintenance) return 'The worker is in maintenance: it gets the requests of its owner only. Switch maintenance off to serve everybody.';
  if (!online) return 'The worker has not called for five minutes: see whether it is running and can reach the horde.';
  if (!last) return 'The worker is here, but its calls were answered by another node. Ask again: each node tells of the calls that it answered.';
  if (last.outcome === 'jobs') return `Its last call was given work: ${given} ${given === 1 ? 'job' : 'jobs'} in the last ${notes.length} calls.`;
  if (unfinished === 0) return 'Nothing is asked of the horde at the moment: the worker gets the next request that it can serve.';
  if (shown(last.skipped).length > 0) return 'There are requests, but none that this worker may serve. The reasons are below, the most frequent first.';
  if (last.missed > 0) return 'There were requests for it, but other workers took them first. Call again at once after an empty answer.';
  if (forItsModels === 0) return 'All that is asked for is being worked on, and nothing more waits for the models of this worker.';
  return 'All that this worker can serve is being worked on: it gets the next request.';
};

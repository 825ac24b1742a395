import type { ModelSet } from './model-sets.js';

/** What waits for one model; a request that names several counts for each. */
export interface ModelLoad {
  readonly waiting: number;
  readonly waitingThings: number;
  /** Waiting and pending. */
  readonly jobs: number;
  readonly things: number;
}

export const added = (load: ModelLoad | undefined, { waiting, waitingThings, jobs, things }: ModelSet): ModelLoad => ({
  waiting: waiting + (load?.waiting ?? 0),
  waitingThings: waitingThings + (load?.waitingThings ?? 0),
  jobs: jobs + (load?.jobs ?? 0),
  things: things + (load?.things ?? 0),
});

import type { ServingOrder } from './live-queue/lane.js';

/** Workers counted; beyond it, the one that asked longest ago begins anew. */
const WORKERS_MAX = 20_000;

/** The order that one pop goes by. */
export interface FairTurn {
  readonly order: ServingOrder;
  /** How many jobs the pop took for others than the worker's owner; after none, the next pop goes by the same order. Only the first call counts. */
  readonly settle: (jobs: number) => void;
}

/**
 * One claim in so many of each worker goes to the payer who has waited longest (design.md §6). A job is a claim, so a batch that
 * was taken by key is followed by as many turns as it delayed: batching takes nothing from the share of those who wait.
 */
export class FairTurns {
  /** By worker: jobs taken by key which no turn has followed yet. */
  readonly #unanswered = new Map<string, number>();

  /** 0: nobody gets a turn. */
  constructor(private readonly fairShare: number) {}

  /** Counted as one job when the pop begins, so that several pops of one worker at once do not all take the same turn. */
  take(worker: string): FairTurn {
    const others = this.fairShare - 1;
    const isTurn = this.fairShare > 0 && this.#of(worker) >= others;
    this.#add(worker, isTurn ? -others : 1);
    let isSettled = false;
    return {
      order: isTurn ? 'turn' : 'key',
      settle: (jobs) => {
        if (!isSettled) this.#add(worker, isTurn ? (jobs === 0 ? others : 0) : jobs - 1);
        isSettled = true;
      },
    };
  }

  /** Workers begin at different counts: many that take one or two jobs each serve the lane as often as one that stays. */
  #of(worker: string): number {
    return this.#unanswered.get(worker) ?? sumOf(worker) % Math.max(1, this.fairShare);
  }

  #add(worker: string, jobs: number): void {
    const unanswered = this.#of(worker) + jobs;
    this.#unanswered.delete(worker); // last in the map: asked last
    this.#unanswered.set(worker, unanswered);
    if (this.#unanswered.size > WORKERS_MAX) this.#unanswered.delete(this.#unanswered.keys().next().value!);
  }
}

const sumOf = (worker: string): number => {
  let sum = 0;
  for (let at = 0; at < worker.length; at += 1) sum += worker.charCodeAt(at);
  return sum;
};

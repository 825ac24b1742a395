import type { ServingOrder } from './live-queue/lane.js';

/** Workers counted; beyond it, the one that asked longest ago begins anew. */
const WORKERS_MAX = 20_000;

/** The order that one pop goes by. */
export interface FairTurn {
  readonly order: ServingOrder;
  /** The pop has served nobody, or its own owner: the next one goes by the same order. */
  giveBack(): void;
}

/** One claim in so many of each worker goes to the payer who has waited longest (design.md §6). */
export class FairTurns {
  readonly #claims = new Map<string, number>();

  /** 0: none does. */
  constructor(private readonly fairShare: number) {}

  /** Counted when the pop begins, so that several pops of one worker at once do not all take the same turn. */
  take(worker: string): FairTurn {
    const claims = this.#claims.get(worker) ?? firstOf(worker);
    this.#count(worker, claims + 1);
    return {
      order: this.fairShare > 0 && claims % this.fairShare === this.fairShare - 1 ? 'turn' : 'key',
      giveBack: () => { this.#count(worker, (this.#claims.get(worker) ?? claims + 1) - 1); },
    };
  }

  #count(worker: string, claims: number): void {
    this.#claims.delete(worker); // last in the map: asked last
    this.#claims.set(worker, claims);
    if (this.#claims.size > WORKERS_MAX) this.#claims.delete(this.#claims.keys().next().value!);
  }
}

/** Workers begin at different counts: many of them that make one or two claims each serve the lane as often as one that stays. */
const firstOf = (worker: string): number => {
  let sum = 0;
  for (let at = 0; at < worker.length; at += 1) sum += worker.charCodeAt(at);
  return sum;
};

import { Injectable } from '@nestjs/common';
import { NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { Spending } from '../kudos/spending.message.js';
import { RetryLater } from '../platform/retry-later.js';
import type { RequestFacts } from '../requests/request.events.js';
import { asksForKudos } from './matching/common-match.js';
import type { WorkerFacts } from './matching/facts.js';

/** What payers have, for workers that want to know (`require_upfront_kudos`, horde-rules §6.5, 22). */
@Injectable()
export class Purses {
  constructor(private readonly spending: Spending) {}

  /** A payer is looked at once in a pop: one may have many requests in the way. */
  ofPop(): PursesOfPop {
    return new PursesOfPop(this.spending);
  }
}

interface Purse {
  readonly account: Awaited<ReturnType<Spending['account']>>;
  /** Beyond what is held for its requests. */
  readonly available: Kudos;
}

export class PursesOfPop {
  readonly #known = new Map<number, Purse>();

  constructor(private readonly spending: Spending) {}

  /**
   * What the payer can give for a job of the request at this moment: what is promised to nothing else, and what was set aside
   * for it. Where the worker does not ask, or while the views lag too far behind to tell, what it had when it was accepted.
   */
  async availableTo(facts: RequestFacts, worker: WorkerFacts): Promise<Kudos> {
    if (!asksForKudos(facts, worker)) return facts.priority;
    if (facts.payer === 0) return NO_KUDOS;
    try {
      const { account, available } = await this.#purseOf(facts);
      return plus(available, account.authorizations.get(facts.request)?.held ?? NO_KUDOS);
    } catch (error) {
      if (error instanceof RetryLater) return facts.priority;
      throw error;
    }
  }

  async #purseOf({ payer, unitPriceMax }: RequestFacts): Promise<Purse> {
    const known = this.#known.get(payer) ?? { account: await this.spending.account(payer), available: await this.spending.available(payer, unitPriceMax) };
    this.#known.set(payer, known);
    return known;
  }
}

import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { Spending } from '../kudos/spending.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import type { RequestFacts } from '../requests/request.events.js';
import { OnRequest } from '../requests/request.message.js';
import { Settling } from '../requests/settling.message.js';

/** What a payer has, as one pop has found it. */
export interface Purse {
  readonly account: Awaited<ReturnType<Spending['account']>>;
  /** Beyond what is held for its requests. */
  readonly available: Kudos;
}

/** What pops do to requests: they hand them out, or find that nobody can serve them any more. */
@Injectable()
export class PopRequests {
  constructor(
    readonly commands: CommandBus, private readonly settling: Settling, private readonly spending: Spending, private readonly ports: Ports,
  ) {}

  /**
   * What its payer can give for a job of it at this moment: what nothing else is promised, and what was set aside for it.
   * While the views lag too far behind to tell, what the payer had when it was accepted. A payer is looked at once: one may
   * have many requests in the way.
   */
  async availableFor({ request, payer, priority, unitPriceMax }: RequestFacts, known: Map<number, Purse>): Promise<Kudos> {
    if (payer === 0) return NO_KUDOS;
    try {
      const purse = known.get(payer) ?? { account: await this.spending.account(payer), available: await this.spending.available(payer, unitPriceMax) };
      known.set(payer, purse);
      return plus(purse.available, purse.account.authorizations.get(request)?.held ?? NO_KUDOS);
    } catch (error) {
      if (error instanceof RetryLater) return priority;
      throw error;
    }
  }

  /**
   * Its prompt or one of its images is gone: whoever waits for it waits in vain, and its payer gets the price back if nothing
   * was delivered (spec/ledger.md §4.5, Expiry). Only of what the stores say, not of what they could not be asked.
   */
  async contentLost(request: string): Promise<void> {
    const { clock, ids } = this.ports;
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: ids.uuid() };
    const outcome = await this.commands.execute(new OnRequest(request, { type: 'LoseContent', at: iso(clock.now()) }, context));
    if (outcome.outcome === 'appended') await this.settling.closeCompleted(outcome.events, context);
  }
}

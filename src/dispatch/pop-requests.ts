import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { minus, NO_KUDOS, plus, type Kudos } from '../kernel/kudos.js';
import { Spending } from '../kudos/spending.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import type { RequestFacts } from '../requests/request.events.js';
import { OnRequest } from '../requests/request.message.js';
import { Settling } from '../requests/settling.message.js';

/** What pops do to requests: they hand them out, or find that nobody can serve them any more. */
@Injectable()
export class PopRequests {
  constructor(
    readonly commands: CommandBus, private readonly settling: Settling, private readonly spending: Spending, private readonly ports: Ports,
  ) {}

  /**
   * What its payer can give for a job of it at this moment: what nothing else is promised, and what was set aside for it.
   * While the views lag too far behind to tell, what the payer had when it was accepted.
   */
  async availableFor({ request, payer, priority, unitPriceMax }: RequestFacts): Promise<Kudos> {
    if (payer === 0) return NO_KUDOS;
    try {
      const held = (await this.spending.account(payer)).authorizations.get(request)?.held ?? NO_KUDOS;
      return held >= unitPriceMax ? held : plus(held, await this.spending.available(payer, minus(unitPriceMax, held)));
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

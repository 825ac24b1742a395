import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import type { Kudos } from '../kernel/kudos.js';
import { Spending } from '../kudos/spending.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { RetryLater } from '../platform/retry-later.js';
import type { RequestFacts } from '../requests/request.events.js';
import { Settling } from '../requests/settling.message.js';
import { PopParts } from './pop-parts.js';

/** What a pop sets aside, and gives back when nothing comes of it. */
@Injectable()
export class UpfrontForms {
  constructor(private readonly spending: Spending, private readonly settling: Settling, private readonly parts: PopParts) {}

  /** True, false, or why it cannot be said now. Anonymous users have nothing that could be set aside. */
  async secure({ request, payer }: RequestFacts, { job, amount }: { job: string; amount: Kudos }, context: CommandContext): Promise<boolean | RetryLater> {
    if (payer === 0) return false;
    try {
      const outcome = await this.spending.spend(payer, (seen) => ({
        type: 'PlaceFormHold', request, job, amount, ...seen, at: iso(this.parts.ports.clock.now()), policy: this.parts.pricing.policy.version,
      }), context);
      return outcome.outcome !== 'refused';
    } catch (error) {
      if (error instanceof RetryLater) return error;
      throw error;
    }
  }

  release({ request, payer }: RequestFacts, job: string, context: CommandContext): Promise<void> {
    return this.settling.releaseForm(request, payer, job, context);
  }
}

import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { Spending } from '../kudos/spending.message.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import { Unrepaid, type UnrepaidGrant } from './unrepaid.js';

/** Repayments a round at most, so that a long list does not starve the requests of people. */
const ROUND_MAX = 200;

/** DONATION_SOURCE_USER: who repays thanks for donations from what the operators' workers earn; undefined where nobody does. */
export class DonationSource {
  constructor(readonly user: number | undefined) {}
}

@Injectable()
export class RepayParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing) {}
}

/**
 * Repays every month's issue of thanks from the account that the operators' workers earn for (spec/ledger.md §4.5), once for each
 * grant and oldest first. A process that dies between a grant and its repayment leaves it on the list.
 */
@Injectable()
export class RepayThanks {
  constructor(private readonly unrepaid: Unrepaid, private readonly source: DonationSource, private readonly spending: Spending, private readonly parts: RepayParts) {}

  /** Returns how many it repaid, or found nothing to repay with. One that fails is tried again before any that came later. */
  async round(): Promise<number> {
    const { user } = this.source;
    if (user === undefined) return 0;
    let repaid = 0;
    for (const grant of [...this.unrepaid.grants].slice(0, ROUND_MAX)) {
      try {
        await this.#repay(user, grant);
      } catch (error) {
        if (error instanceof RetryLater) return repaid; // views that lag, or an account that is being opened: the next round tries again
        throw error;
      }
      repaid += 1;
    }
    return repaid;
  }

  async #repay(user: number, grant: UnrepaidGrant): Promise<void> {
    const { ports: { clock, ids }, pricing } = this.parts;
    await this.spending.spend(user, (seen) => ({
      type: 'OffsetDonation', ...grant, ...seen, at: iso(clock.now()), policy: pricing.policy.version,
    }), { actor: { kind: 'system' }, correlationId: ids.uuid() });
  }
}

import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { Spending } from '../kudos/spending.message.js';
import { Rounds } from '../platform/commanding/rounds.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { Unrepaid, type UnrepaidGrant } from './unrepaid.js';

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
  readonly #rounds = new Rounds('repayments of thanks');

  constructor(private readonly unrepaid: Unrepaid, private readonly source: DonationSource, private readonly spending: Spending, private readonly parts: RepayParts) {}

  /** Returns how many it tried. @throws AggregateError afterwards, of what failed */
  async round(): Promise<number> {
    const { user } = this.source;
    return user === undefined ? 0 : this.#rounds.run([...this.unrepaid.grants].map((grant) => () => this.#repay(user, grant)));
  }

  async #repay(user: number, grant: UnrepaidGrant): Promise<void> {
    const { ports: { clock, ids }, pricing } = this.parts;
    await this.spending.spend(user, (seen) => ({
      type: 'OffsetDonation', ...grant, ...seen, at: iso(clock.now()), policy: pricing.policy.version,
    }), { actor: { kind: 'system' }, correlationId: ids.uuid() });
  }
}

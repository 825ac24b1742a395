import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { negated, type Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import { balanceOf } from './account.state.js';
import { Credits } from './credits.js';
import { OnGrant } from './grant.message.js';
import { CATCH_UP_MAX_MS, Spending } from './spending.message.js';

@Injectable()
export class AdjustingParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing) {}
}

/** Corrections of a balance, as events: a credit is granted once, a debit is the account's own (spec/ledger.md §4.4). */
@Injectable()
export class Adjusting {
  constructor(private readonly commands: CommandBus, private readonly spending: Spending, private readonly credits: Credits, private readonly parts: AdjustingParts) {}

  /** Exact: folded from the account's stream and from credits that have reached the head. @throws RetryLater */
  async balanceOf(user: number): Promise<Kudos> {
    const { feed } = this.parts.ports;
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the account views are catching up with the log');
    return balanceOf(await this.spending.account(user), this.credits.of(user));
  }

  /**
   * Centikudos, signed; a debit stops at the floor. Returns the position to see, −1 when nothing moved; `conflict` when the transaction's
   * id stands for another credit.
   */
  async adjust(user: number, amount: Kudos, context: CommandContext, { txId, by }: Adjustment = { txId: this.parts.ports.ids.uuid(), by: 'system' }): Promise<number | 'conflict'> {
    const { ports: { clock }, pricing } = this.parts;
    const given = { txId, by, at: iso(clock.now()), policy: pricing.policy.version };
    if (amount > 0) {
      const granted = await this.commands.execute(new OnGrant(given.txId, { type: 'GrantAdjustment', ...given, user, amount }, context));
      if (granted.outcome === 'refused') return 'conflict';
      return granted.outcome === 'appended' ? granted.position : -1;
    }
    const taken = await this.spending.spend(user, (seen) => ({ type: 'AdjustBalance', ...given, amount: negated(amount), ...seen }), context);
    return taken.outcome === 'appended' ? taken.position : -1;
  }
}

/** Which correction it is, once however often it is asked, and whose. */
export interface Adjustment {
  readonly txId: string;
  readonly by: number | 'system';
}

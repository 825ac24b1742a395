import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { transactionId } from '../kernel/ids.js';
import type { MonthOfThanks } from '../kudos/grant.events.js';
import { grantKeys, OnGrant } from '../kudos/grant.message.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import { UserDirectory } from '../users/directory.message.js';
import { Claims } from './claims.message.js';
import { Members } from './members.message.js';
import { amountOf, monthDue } from './thanks.js';

const CATCH_UP_MAX_MS = 10_000;

@Injectable()
export class ThanksParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly directory: UserDirectory) {}
}

/**
 * Thanks everybody whose month is due, one month each (horde-rules §1.11). The stream of a month's grant can be created once, so a
 * second node, a restart or a retry finds it and gives nothing.
 */
@Injectable()
export class MonthlyThanks {
  constructor(private readonly claims: Claims, private readonly members: Members, private readonly commands: CommandBus, private readonly parts: ThanksParts) {}

  /** Returns how many months it granted. @throws AggregateError afterwards, of what failed */
  async round(): Promise<number> {
    const { ports: { feed, clock } } = this.parts;
    await this.members.refresh();
    // A cursor that another node has moved a moment ago must be known: from an old one the wrong month would follow.
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the claims to monthly thanks are catching up with the log');
    const now = iso(clock.now());
    const failures: unknown[] = [];
    let granted = 0;
    for (const user of new Set([...this.claims.users, ...this.members.users()])) {
      try {
        granted += Number(await this.#thank(user, now));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} users could not be thanked`);
    return granted;
  }

  async #thank(user: number, now: string): Promise<boolean> {
    const { reasons, received, deleted } = this.claims.of(user);
    if (deleted) return false;
    const month = monthDue([...reasons, ...this.members.reasonsOf(user)], received, now);
    // The platforms of supporters know nothing of our accounts: a number there may be nobody's.
    if (!month || !(await this.parts.directory.byId(user))) return false;
    return this.#grant(user, month, now);
  }

  async #grant(user: number, month: MonthOfThanks, now: string): Promise<boolean> {
    const outcome = await this.commands.execute(new OnGrant(grantKeys.monthly(user, month.month), {
      type: 'GrantMonthly', txId: transactionId('monthly', user, month.month), user, amount: amountOf(month), by: 'system', month, at: now,
      policy: this.parts.pricing.policy.version,
    }, { actor: { kind: 'system' }, correlationId: this.parts.ports.ids.uuid() }));
    return outcome.outcome === 'appended';
  }
}

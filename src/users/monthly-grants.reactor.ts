import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { Kudos } from '../kernel/kudos.js';
import { OnGrant } from '../kudos/grant.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';

export interface MonthlyDue {
  readonly grant: string;
  readonly user: number;
  readonly amount: Kudos;
}
/** The users read model: what was added to an entitlement and is not credited yet. */
export abstract class MonthlyDues {
  abstract due(limit: number): Promise<readonly MonthlyDue[]>;
}

/** A round at most. */
const ROUND_MAX = 200;

/**
 * Credits at once what is added to a monthly entitlement (horde-rules §1.11). The entitlement is in the log first, so that a process that
 * dies between leaves it due; its grant's stream lets it through once.
 */
@Injectable()
export class MonthlyGrants {
  constructor(private readonly commands: CommandBus, private readonly dues: MonthlyDues, private readonly ports: Ports, private readonly pricing: Pricing) {}

  /** Once, however often it is asked; returns the position to see, −1 when it was credited before. */
  async credit({ grant, user, amount }: MonthlyDue, context: CommandContext): Promise<number> {
    const at = iso(this.ports.clock.now());
    const outcome = await this.commands.execute(new OnGrant(grant, {
      type: 'GrantMonthly', txId: grant, user, amount, by: 'system', at, policy: this.pricing.policy.version,
    }, context));
    return outcome.outcome === 'appended' ? outcome.position : -1;
  }

  /** One round over what a dead process left; returns how many. */
  async round(): Promise<number> {
    const due = await this.dues.due(ROUND_MAX);
    for (const each of due) await this.credit(each, { actor: { kind: 'system' }, correlationId: this.ports.ids.uuid() });
    return due.length;
  }
}

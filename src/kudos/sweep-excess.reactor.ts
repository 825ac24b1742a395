import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { Kudos } from '../kernel/kudos.js';
import { Rounds } from '../platform/commanding/rounds.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { OnAccount } from './account.message.js';
import { Credits } from './credits.js';
import { KudosCap } from './kudos-cap.message.js';
import { Pockets } from './pockets.js';

@Injectable()
export class SweepParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly cap: KudosCap, readonly credits: Credits) {}
}

/**
 * Moves what stands above the published cap to pool:commons (design.md §6). Until then it has no effect: the place in the queue is clamped at
 * once, and nobody is sent more. Delivered at least once; the account's own stream makes it exact.
 */
@Injectable()
export class SweepExcess {
  readonly #rounds = new Rounds('sweeps');

  constructor(private readonly pockets: Pockets, private readonly commands: CommandBus, private readonly parts: SweepParts) {}

  /** Returns how many accounts it looked at. @throws AggregateError afterwards, of what failed */
  round(): Promise<number> {
    return this.#rounds.run([...this.pockets.aboveCap].map((user) => () => this.#sweep(user, this.parts.cap.limitOf(user)!)));
  }

  async #sweep(user: number, cap: Kudos): Promise<void> {
    const { ports: { clock, ids }, pricing, credits } = this.parts;
    await this.commands.execute(new OnAccount(user, {
      type: 'SweepExcess', cap, creditsElsewhere: credits.of(user), at: iso(clock.now()), policy: pricing.policy.version,
    }, { actor: { kind: 'system' }, correlationId: ids.uuid() }));
  }
}

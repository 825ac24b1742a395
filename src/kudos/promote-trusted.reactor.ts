import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Rounds } from '../platform/commanding/rounds.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { UserDirectory } from '../users/directory.message.js';
import { isSuspicious } from '../users/suspicion.message.js';
import { TrustedUsers } from '../users/trusted-users.message.js';
import { OnUser } from '../users/user.message.js';
import { OnAccount } from './account.message.js';
import { Pockets } from './pockets.js';

/** KUDOS_TRUST_THRESHOLD; undefined where nobody is trusted by itself. */
export class TrustThreshold {
  constructor(readonly amount: Kudos | undefined) {}
}

@Injectable()
export class PromotionParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly threshold: TrustThreshold, readonly directory: UserDirectory) {}
}

/**
 * Trusts who has earned it, and gives trusted users what waits for them, whoever trusted them and whenever it came (horde-rules §1.8). What
 * is due follows from the log alone, so a crash between the two steps, a restart or a second node changes nothing; age comes with time,
 * so whoever is still too young stays on the list.
 */
@Injectable()
export class PromoteTrusted {
  readonly #rounds = new Rounds('promotions');

  constructor(
    private readonly pockets: Pockets, private readonly trusted: TrustedUsers, private readonly commands: CommandBus, private readonly parts: PromotionParts,
  ) {}

  /** Returns how many steps it tried. @throws AggregateError afterwards, of what failed */
  round(): Promise<number> {
    const { threshold: { amount: threshold } } = this.parts;
    const steps: (() => Promise<unknown>)[] = [];
    for (const user of this.pockets.escrowed) {
      if (this.trusted.has(user)) steps.push(() => this.#release(user));
      else if (threshold !== undefined && this.pockets.of(user).escrow > threshold) steps.push(() => this.#promote(user, threshold));
    }
    return this.#rounds.run(steps);
  }

  /** Trust first: whoever dies in between leaves a trusted user with escrow, which the next round finds. */
  async #promote(user: number, threshold: Kudos): Promise<void> {
    const known = await this.parts.directory.byId(user);
    if (!known) return;
    const outcome = await this.commands.execute(new OnUser(user, {
      type: 'GrantTrust', escrow: this.pockets.of(user).escrow, threshold, suspicious: isSuspicious(known), at: this.#now(),
    }, this.#context()));
    if (outcome.outcome !== 'refused') await this.#release(user);
  }

  async #release(user: number): Promise<void> {
    await this.commands.execute(new OnAccount(user, {
      type: 'ReleaseEscrow', escrowElsewhere: this.pockets.of(user).escrowElsewhere, at: this.#now(), policy: this.parts.pricing.policy.version,
    }, this.#context()));
  }

  #now(): string {
    return iso(this.parts.ports.clock.now());
  }
  #context(): CommandContext {
    return { actor: { kind: 'system' }, correlationId: this.parts.ports.ids.uuid() };
  }
}

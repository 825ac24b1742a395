import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { OnAccount } from '../kudos/account.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { EndWorkers } from '../workers/end-workers.message.js';

export interface Erasure {
  readonly user: number;
  readonly workers: readonly string[];
  /** By their keyed hashes. */
  readonly sharedKeys: readonly string[];
}
/** Wiped users of whom something is left: a key of personal data, workers, shared keys. */
export abstract class UnfinishedErasures {
  abstract due(limit: number): Promise<readonly Erasure[]>;
  /** Once is as good as twice. */
  abstract eraseKey(user: number): Promise<void>;
  /** As far as everything written before the call tells. @throws RetryLater */
  abstract of(user: number): Promise<Erasure>;
}

const ROUND_MAX = 50;

@Injectable()
export class ErasureParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing) {}
}

/**
 * Ends what is left of a wiped user (horde-rules §1.9). `PersonalDataErased.v1` comes first, so that a process that dies between leaves a
 * user whom nobody finds and whose erasure is due.
 */
@Injectable()
export class Erasures {
  constructor(private readonly unfinished: UnfinishedErasures, private readonly workers: EndWorkers, private readonly commands: CommandBus, private readonly parts: ErasureParts) {}

  async erase(user: number): Promise<void> {
    await this.#finish(await this.unfinished.of(user));
  }

  /** One round over what a dead process left; returns how many users. */
  async round(): Promise<number> {
    const due = await this.unfinished.due(ROUND_MAX);
    for (const erasure of due) await this.#finish(erasure);
    return due.length;
  }

  async #finish({ user, workers, sharedKeys }: Erasure): Promise<void> {
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: this.parts.ports.ids.uuid() };
    const at = iso(this.parts.ports.clock.now());
    for (const worker of workers) await this.workers.end({ worker, by: user, at }, context);
    for (const key of sharedKeys) await this.commands.execute(new OnAccount(user, { type: 'DeleteSharedKey', key, at, policy: this.parts.pricing.policy.version }, context));
    await this.unfinished.eraseKey(user);
  }
}

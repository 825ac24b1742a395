import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { EndWorkers } from '../workers/end-workers.message.js';

export interface Erasure {
  readonly user: number;
  readonly workers: readonly string[];
}
/** Wiped users of whom something is left: a key of personal data, or workers. */
export abstract class UnfinishedErasures {
  abstract due(limit: number): Promise<readonly Erasure[]>;
  /** Once is as good as twice. */
  abstract eraseKey(user: number): Promise<void>;
  abstract workersOf(user: number): Promise<readonly string[]>;
}

const ROUND_MAX = 50;

/**
 * Ends what is left of a wiped user (horde-rules §1.9). `PersonalDataErased.v1` comes first, so that a process that dies between leaves a
 * user whom nobody finds and whose erasure is due.
 */
@Injectable()
export class Erasures {
  constructor(private readonly unfinished: UnfinishedErasures, private readonly workers: EndWorkers, private readonly ports: Ports) {}

  async erase(user: number): Promise<void> {
    await this.#finish({ user, workers: await this.unfinished.workersOf(user) });
  }

  /** One round over what a dead process left; returns how many users. */
  async round(): Promise<number> {
    const due = await this.unfinished.due(ROUND_MAX);
    for (const erasure of due) await this.#finish(erasure);
    return due.length;
  }

  async #finish({ user, workers }: Erasure): Promise<void> {
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: this.ports.ids.uuid() };
    for (const worker of workers) await this.workers.end({ worker, by: user, at: iso(this.ports.clock.now()) }, context);
    await this.unfinished.eraseKey(user);
  }
}

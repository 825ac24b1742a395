import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal } from '../kernel/event.js';
import { HordeModes } from '../operations/horde-modes.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import type { SuspicionReason } from '../users/user.events.js';
import { OnUser } from '../users/user.message.js';
import { WorkerRegistry } from './registry.message.js';
import { Suspects } from './suspects.js';
import { OnWorker } from './worker.message.js';

/** horde-rules §7.5: aborts in an hour that are nobody's business yet. */
const ABORTS_MAX = 20;
const ABORTS_ALCHEMIST_MAX = 100;
/** While the horde is raided, and then nobody is told: no maintenance, only the suspicion. */
const ABORTS_RAID_MAX = 10;
/** A round at most, so that a flood of them does not starve the requests of people. */
const ROUND_MAX = 200;
/** Workers know maintenance by these words (horde-api B.10). */
const ABORTED_TOO_OFTEN = 'Maintenance mode was switched on for this worker, because it has given up too many jobs within the hour. '
  + 'Please look at its log, and switch maintenance off again when it is well.';

@Injectable()
export class SuspectingParts {
  constructor(readonly ports: Ports, readonly modes: HordeModes) {}
}

/**
 * Holds against workers what they did (horde-rules §7.5, §7.6). Delivered at least once: the owner's stream counts each cause once.
 * Order of effects: maintenance, then the suspicion that ends the matter; a process that dies between leaves it due.
 */
@Injectable()
export class Suspecting {
  constructor(
    private readonly suspects: Suspects, private readonly registry: WorkerRegistry, private readonly commands: CommandBus, private readonly parts: SuspectingParts,
  ) {}

  /** One round; returns how many matters it ended. */
  async round(): Promise<number> {
    const aborted = [...this.suspects.dueAborts((worker) => this.#abortsMax(worker))].slice(0, ROUND_MAX);
    for (const { worker, cause } of aborted) await this.#tooManyAborts(worker, cause);
    const fast = [...this.suspects.dueFast()].slice(0, ROUND_MAX);
    for (const { job, worker, owner } of fast) {
      if (!(await this.#suspect(owner, { worker, reason: 'UNREASONABLY_FAST', cause: job }))) this.suspects.drop(job);
    }
    return aborted.length + fast.length;
  }

  #abortsMax(worker: string): number {
    if (this.registry.byId(worker)?.kind === 'interrogation') return ABORTS_ALCHEMIST_MAX;
    return this.parts.modes.raid ? ABORTS_RAID_MAX : ABORTS_MAX;
  }

  async #tooManyAborts(worker: string, cause: string): Promise<void> {
    const owner = this.registry.byId(worker)?.owner;
    if (owner === undefined) {
      this.suspects.calm(worker); // deleted meanwhile
      return;
    }
    if (!this.parts.modes.raid) {
      const message = personal(`user-${owner}`, ABORTED_TOO_OFTEN);
      await this.commands.execute(new OnWorker(worker, { type: 'EnterMaintenance', message, at: iso(this.parts.ports.clock.now()) }, this.#context()));
    }
    if (!(await this.#suspect(owner, { worker, reason: 'TOO_MANY_JOBS_ABORTED', cause }))) this.suspects.calm(worker);
  }

  /** False when that is known already, or the owner is nobody any more. */
  async #suspect(owner: number, sight: { readonly worker: string; readonly reason: SuspicionReason; readonly cause: string }): Promise<boolean> {
    const outcome = await this.commands.execute(new OnUser(owner, { type: 'SuspectWorker', ...sight, at: iso(this.parts.ports.clock.now()) }, this.#context()));
    return outcome.outcome === 'appended';
  }

  #context(): CommandContext {
    return { actor: { kind: 'system' }, correlationId: this.parts.ports.ids.uuid() };
  }
}

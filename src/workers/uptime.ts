import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { isValidatedBackend, parseBridge } from '../dispatch/matching/bridge.js';
import { iso } from '../kernel/clock.js';
import type { Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { uptimeReward, type Readiness } from '../pricing/uptime-reward.js';
import { ACCRUAL_MS, countedFrom } from './accrue-uptime.js';
import type { KnownWorker } from './registry.message.js';
import { OnWorker } from './worker.message.js';

/** Counts the time for which workers are ready, and pays for it (horde-rules §7.4). */
@Injectable()
export class Uptime {
  constructor(private readonly commands: CommandBus, private readonly ports: Ports, private readonly pricing: Pricing) {}

  /** The worker has just called. Costs nothing but once in five minutes: presence is no event, only what follows from it. */
  async called(worker: KnownWorker, context: CommandContext): Promise<void> {
    const now = this.ports.clock.now();
    if (worker.maintenance || worker.paused) return;
    const fromMs = countedFrom(worker.uptimeThroughMs, worker.presentSinceMs);
    if (fromMs > worker.uptimeThroughMs) worker.outageMs = 0; // it lay before its return
    if (now - fromMs - worker.outageMs < ACCRUAL_MS) return;
    await this.commands.execute(new OnWorker(worker.id, {
      type: 'AccrueUptime', presentSince: iso(worker.presentSinceMs), notBefore: iso(worker.uptimeThroughMs),
      ...(worker.outageMs > 0 ? { outageMs: worker.outageMs } : {}), reward: this.#reward(worker),
      ownerTrusted: worker.ownerTrusted || !this.pricing.escrow, ...(worker.team === undefined ? {} : { team: worker.team }), at: iso(now), policy: this.pricing.policy.version,
    }, context));
  }

  #reward(worker: KnownWorker): Kudos {
    const { policy, reference } = this.pricing;
    return uptimeReward(readinessOf(worker), policy, reference);
  }
}

const readinessOf = ({ kind, declaration: { models, allowLora, maxContextLength, agent } }: KnownWorker): Readiness => {
  switch (kind) {
    case 'image': return { kind, models: models.length, loras: allowLora };
    case 'text': return { kind, model: models[0], maxContextLength, validatedBackend: isValidatedBackend(parseBridge(agent)) };
    case 'interrogation': return { kind };
  }
};

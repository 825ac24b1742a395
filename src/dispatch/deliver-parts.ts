import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import type { RequestKind } from '../requests/request.events.js';
import type { KnownUser } from '../users/directory.message.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import { speedLimit } from './matching/speed-limits.js';

/** A trusted owner's fast machine does not fill the log with what has no consequence. */
const SUSPICIONS_COUNTED_MAX = 100;

/** Whether a worker is suspected of delivering faster than anybody can. */
export class SpeedLimits {
  constructor(readonly pricing: Pricing, private readonly apply: boolean) {}

  /** Things per second beyond which the delivery is held against its worker; nothing where it is not. */
  of(job: { readonly kind: RequestKind; readonly model: string }, owner: KnownUser): { readonly speedMax?: number } {
    if (!this.apply || owner.suspicions >= SUSPICIONS_COUNTED_MAX) return {};
    const limit = speedLimit({ ...job, ownerTrusted: owner.roles.has('trusted') }, this.pricing.reference);
    return limit === undefined ? {} : { speedMax: limit };
  }

}

/** What a delivery needs besides the job and the people in it, in one place. */
@Injectable()
export class DeliverParts {
  constructor(readonly ports: Ports, readonly commands: CommandBus, readonly registry: WorkerRegistry, readonly speedLimits: SpeedLimits) {}

  get pricing(): Pricing {
    return this.speedLimits.pricing;
  }
}

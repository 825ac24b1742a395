import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Outage } from '../kernel/outage.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import type { RequestKind } from '../requests/request.events.js';
import type { KnownUser } from '../users/directory.message.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import { speedLimit } from './matching/speed-limits.js';

/** A trusted owner's fast machine does not fill the log with what has no consequence. */
const SUSPICIONS_COUNTED_MAX = 100;

/** What a delivery says of its worker's speed: whether it is suspected of delivering faster than anybody can, or whether that cannot be told. */
export class SpeedLimits {
  constructor(readonly pricing: Pricing, private readonly outages: { readonly all: readonly Outage[] }, private readonly apply: boolean) {}

  /** When nobody served: a time in which no worker can be judged. */
  get unjudged(): { readonly outages: readonly Outage[] } {
    return { outages: this.outages.all };
  }

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

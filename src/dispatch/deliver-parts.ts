import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { WorkerRegistry } from '../workers/registry.message.js';

/** What a delivery needs besides the job and the people in it, in one place. */
@Injectable()
export class DeliverParts {
  constructor(readonly ports: Ports, readonly commands: CommandBus, readonly pricing: Pricing, readonly registry: WorkerRegistry) {}
}

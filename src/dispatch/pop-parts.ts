import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { WorkerViews } from './worker-view.js';

/** What a pop needs besides the queue and the worker, in one place. */
@Injectable()
export class PopParts {
  constructor(readonly ports: Ports, readonly commands: CommandBus, readonly pricing: Pricing, readonly views: WorkerViews) {}
}

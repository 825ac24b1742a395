import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../kernel/clock.js';
import { Ids } from '../kernel/ids.js';
import { Contents } from '../platform/content/contents.js';
import { Pricing } from '../pricing/pricing.js';
import { WorkerViews } from './worker-view.js';

/** The ports and views that a pop needs, in one place. */
@Injectable()
export class PopParts {
  constructor(
    readonly clock: Clock, readonly ids: Ids, readonly commands: CommandBus, readonly contents: Contents, readonly pricing: Pricing, readonly views: WorkerViews,
  ) {}
}

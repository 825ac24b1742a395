import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../kernel/clock.js';
import { Ids } from '../kernel/ids.js';
import { BlobStore } from '../platform/blobs/blob-store.js';
import { Contents } from '../platform/content/contents.js';
import { Pricing } from '../pricing/pricing.js';
import { WorkerRegistry } from '../workers/registry.message.js';

/** The ports and views that a delivery needs, in one place. */
@Injectable()
export class DeliverParts {
  constructor(
    readonly clock: Clock, readonly ids: Ids, readonly commands: CommandBus, readonly contents: Contents, readonly blobs: BlobStore,
    readonly pricing: Pricing, readonly registry: WorkerRegistry,
  ) {}
}

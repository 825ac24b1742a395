import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Ids } from '../kernel/ids.js';
import type { Kudos } from '../kernel/kudos.js';
import { Contents } from '../platform/content/contents.js';
import { Pricing } from '../pricing/pricing.js';

/** Balances above it have no more say in the queue (design.md §6). */
export class PriorityCap {
  constructor(readonly kudos: Kudos) {}
}

/** The ports that admission needs, in one place. */
@Injectable()
export class AdmissionParts {
  constructor(
    readonly clock: Clock, readonly ids: Ids, readonly contents: Contents, readonly pricing: Pricing, readonly priorityCap: PriorityCap,
  ) {}
}

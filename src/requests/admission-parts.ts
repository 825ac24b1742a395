import { Injectable } from '@nestjs/common';
import type { Kudos } from '../kernel/kudos.js';
import { SharedKeyRegistry } from '../kudos/shared-key-registry.message.js';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';

/** Balances above it have no more say in the queue (design.md §6). */
export class PriorityCap {
  constructor(readonly kudos: Kudos) {}
}

/** What admission needs besides the account and the request. */
@Injectable()
export class AdmissionParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly priorityCap: PriorityCap, readonly sharedKeys: SharedKeyRegistry) {}
}

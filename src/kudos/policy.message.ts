import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { AdoptedPolicy, AdoptPolicy, PolicyRc } from './policy.decider.js';
import type { PolicyEvent } from './policy.events.js';

/** The one stream of the economy's rules. */
export class OnPolicy extends Command<Outcome<PolicyEvent, AdoptedPolicy, PolicyRc>> {
  constructor(readonly command: AdoptPolicy, readonly context: CommandContext) {
    super();
  }
}

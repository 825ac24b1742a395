import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { BalanceAdjusted } from './account.events.js';
import type { Grant, GrantAdjustment, GrantRc } from './grant.decider.js';

/** One grant, by its key. */
export class OnGrant extends Command<Outcome<BalanceAdjusted, Grant, GrantRc>> {
  constructor(readonly key: string, readonly command: GrantAdjustment, readonly context: CommandContext) {
    super();
  }
}

import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import { awardKey, monthlyKey, ratingKey, type Grant, type GrantCommand, type GrantEvent, type GrantRc } from './grant.decider.js';

/** One grant, by its key. */
export class OnGrant extends Command<Outcome<GrantEvent, Grant, GrantRc>> {
  constructor(readonly key: string, readonly command: GrantCommand, readonly context: CommandContext) {
    super();
  }
}

/** Keys from which the same thing always gets the same stream. */
export const grantKeys = { award: awardKey, monthly: monthlyKey, rating: ratingKey } as const;

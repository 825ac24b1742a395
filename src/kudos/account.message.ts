import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { AccountCommand } from './account.commands.js';
import type { AccountRc } from './account.decider.js';
import type { AccountEvent, UserId } from './account.events.js';
import type { Account } from './account.state.js';

export type AccountOutcome = Outcome<AccountEvent, Account, AccountRc>;

/** Anything that may be asked of one account. One bus message per decider, not one class per command. */
export class OnAccount extends Command<AccountOutcome> {
  constructor(readonly account: UserId, readonly command: AccountCommand, readonly context: CommandContext) {
    super();
  }
}

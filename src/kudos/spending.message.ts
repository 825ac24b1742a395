import { CommandBus } from '@nestjs/cqrs';
import { Injectable } from '@nestjs/common';
import type { Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { NodeFeed } from '../platform/event-log/node-feed.js';
import { RetryLater } from '../platform/retry-later.js';
import type { AccountCommand } from './account.commands.js';
import { availableOf, type Account } from './account.state.js';
import { OnAccount, type AccountOutcome } from './account.message.js';
import { Credits } from './credits.js';

/** How long a command waits for the views to reach the head before it says "try again" (design.md §5). */
export const CATCH_UP_MAX_MS = 1_000;

/** How often a refusal is looked at again because kudos have come in meanwhile: each time somebody else got through. */
const REFUSALS_MAX = 3;

export interface CreditsSeen {
  readonly creditsElsewhere: Kudos;
  readonly creditsComplete: boolean;
}

/** Runs commands that depend on what an account may spend: at once if it can be afforded, else on complete knowledge. */
@Injectable()
export class Spending {
  constructor(private readonly commands: CommandBus, private readonly feed: NodeFeed, private readonly credits: Credits) {}

  /**
   * The head is asked for only when what is known would not do, and captured once for a try: a moving target would never be
   * reached. The wait happens outside the account's mailbox, so nobody queues behind it.
   * @throws RetryLater when the views do not reach the head within a second
   */
  async spend(user: number, command: (seen: CreditsSeen) => AccountCommand, context: CommandContext): Promise<AccountOutcome> {
    const first = await this.commands.execute(new OnAccount(user, command({ creditsElsewhere: this.credits.of(user), creditsComplete: false }), context));
    if (first.outcome !== 'refused' || first.rc !== 'CreditsBehind') return orRetry(first);
    let head = await this.feed.head();
    for (let attempt = 1; ; attempt++) {
      if (!(await this.feed.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the account views are catching up with the log');
      const creditsElsewhere = this.credits.of(user);
      const outcome = orRetry(await this.commands.execute(new OnAccount(user, command({ creditsElsewhere, creditsComplete: true }), context)));
      if (outcome.outcome !== 'refused' || attempt === REFUSALS_MAX) return outcome;
      // By now the account may have spent what has come in since these credits were read. The two put together would say "not enough" of
      // somebody who had enough all the time: so a "no" stands only when nothing has come in meanwhile.
      const later = await this.feed.head();
      if (later === head) return outcome;
      head = later;
      if (!(await this.feed.waitFor(head, CATCH_UP_MAX_MS)) || this.credits.of(user) === creditsElsewhere) return outcome;
    }
  }

  /** What a refusable debit of `wanted` may use; when that would not do, as of everything that was written before the call. @throws RetryLater */
  async available(user: number, wanted: Kudos): Promise<Kudos> {
    const early = await this.#availableNow(user);
    if (early >= wanted) return early;
    if (!(await this.feed.waitFor(await this.feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the account views are catching up with the log');
    return this.#availableNow(user);
  }

  async #availableNow(user: number): Promise<Kudos> {
    return availableOf(await this.account(user), this.credits.of(user));
  }

  /** The account as it is at the head of the log. */
  async account(user: number): Promise<Account> {
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: '' };
    return (await this.commands.execute(new OnAccount(user, { type: 'ReadAccount' }, context))).state;
  }
}

const orRetry = (outcome: AccountOutcome): AccountOutcome => {
  // Registered a moment ago, and the process died before the account opened: its reactor is about to do it.
  if (outcome.outcome === 'refused' && outcome.rc === 'AccountNotOpen') throw new RetryLater('the account is being opened');
  return outcome;
};

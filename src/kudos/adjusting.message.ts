import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { transactionId } from '../kernel/ids.js';
import { negated, type Kudos } from '../kernel/kudos.js';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { Pricing } from '../pricing/pricing.js';
import type { AccountOutcome } from './account.message.js';
import { balanceOf } from './account.state.js';
import { Credits } from './credits.js';
import type { Grant, GrantEvent, GrantRc } from './grant.decider.js';
import { OnGrant } from './grant.message.js';
import { LedgerIndex } from './ledger-index.js';
import { CATCH_UP_MAX_MS, Spending } from './spending.message.js';

@Injectable()
export class AdjustingParts {
  constructor(readonly ports: Ports, readonly pricing: Pricing, readonly index: LedgerIndex) {}

  /** The index shows everything that was written before the call. @throws RetryLater */
  async caughtUp(): Promise<void> {
    if (!(await this.index.waitFor(await this.ports.feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the statements are catching up with the log');
  }
}

/** Corrections of a balance, as events: a credit is granted once, a debit is the account's own (spec/ledger.md §4.4). */
@Injectable()
export class Adjusting {
  constructor(private readonly commands: CommandBus, private readonly spending: Spending, private readonly credits: Credits, private readonly parts: AdjustingParts) {}

  /** Exact: folded from the account's stream and from credits that have reached the head. @throws RetryLater */
  async balanceOf(user: number): Promise<Kudos> {
    const { feed } = this.parts.ports;
    if (!(await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS))) throw new RetryLater('the account views are catching up with the log');
    return balanceOf(await this.spending.account(user), this.credits.of(user));
  }

  /**
   * Centikudos, signed; a debit stops at the floor. Returns the position to see, −1 when nothing moved; `conflict` when the key was used
   * before for another correction of this user. @throws RetryLater
   */
  async adjust(user: number, amount: Kudos, context: CommandContext, { key, by }: Adjustment = { by: 'system' }): Promise<number | 'conflict'> {
    const { ids, secrets } = this.parts.ports;
    if (key === undefined) return positionOf(await this.#move({ user, amount, by, txId: ids.uuid() }, context));
    const [credit, debit] = [transactionId('adjustment', by, user, key), transactionId('deduction', by, user, key)];
    const asked = secrets.keyedHash('idempotency', `adjustment|${by}|${user}|${key}|${amount}`);
    const before = await this.#before(asked, [credit, debit]);
    if (before !== undefined) return before;
    const outcome = await this.#move({ user, amount, by, txId: amount > 0 ? credit : debit }, { ...context, idem: { key: asked, fingerprint: asked } });
    // Unchanged: there was nothing to take, or somebody else has used the key by now.
    return outcome.outcome === 'unchanged' ? ((await this.#before(asked, [credit, debit])) ?? -1) : positionOf(outcome);
  }

  #move({ user, amount, ...asked }: Correction, context: CommandContext): Promise<Moved> {
    const { ports: { clock }, pricing } = this.parts;
    const given = { ...asked, at: iso(clock.now()), policy: pricing.policy.version };
    if (amount > 0) return this.commands.execute(new OnGrant(given.txId, { type: 'GrantAdjustment', ...given, user, amount }, context));
    return this.spending.spend(user, (seen) => ({ type: 'AdjustBalance', ...given, amount: negated(amount), ...seen }), context);
  }

  /**
   * Whether the key was used before, for the same or for something else. A credit has a stream of its own and a debit stands in the
   * account's, so each has its own id: two of one id would be two transactions that nobody can tell apart.
   */
  async #before(asked: string, txIds: readonly string[]): Promise<-1 | 'conflict' | undefined> {
    await this.parts.caughtUp();
    for (const txId of txIds) {
      const earlier = await this.parts.index.find(txId);
      if (earlier) return earlier.idem === asked ? -1 : 'conflict';
    }
    return undefined;
  }
}

interface Correction {
  readonly user: number;
  readonly amount: Kudos;
  readonly by: number | 'system';
  readonly txId: string;
}
type Moved = AccountOutcome | Outcome<GrantEvent, Grant, GrantRc>;

const positionOf = (outcome: Moved): number | 'conflict' => {
  if (outcome.outcome === 'refused') return 'conflict';
  return outcome.outcome === 'appended' ? outcome.position : -1;
};

/** Whose correction it is, and what tells it from others of the same user: once, however often it is asked. */
export interface Adjustment {
  readonly by: number | 'system';
  readonly key?: string | undefined;
}

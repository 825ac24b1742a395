import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock, iso } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import type { Kudos } from '../kernel/kudos.js';
import { OnAccount } from '../kudos/account.message.js';
import type { RequestKind } from '../kernel/request-kind.js';
import { Spending } from '../kudos/spending.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { retryAfter } from '../platform/http/answer-error.js';
import { Pricing } from '../pricing/pricing.js';
import type { JobFaulted, RequestCompleted, RequestEvent } from './request.events.js';
import type { Request } from './request.state.js';

/** What a delivered job of a registered payer owes, as its JobSubmitted froze it. */
export interface Owed {
  readonly request: string;
  readonly payer: number;
  readonly kind: RequestKind;
  readonly job: string;
  readonly worker: string;
  readonly owner: number;
  readonly ownerTrusted: boolean;
  readonly model: string;
  readonly price: Kudos;
  readonly reward?: Kudos;
  readonly team?: string;
  readonly debit: Kudos;
  readonly things: number;
  /** Nobody pays, and it counts for nothing. */
  readonly selfTest?: true;
  /** The policy that the job was priced by. */
  readonly policy: number;
}

/** A request that is over, as its last event says. */
export type Ended = Pick<RequestCompleted['data'], 'request' | 'payer' | 'submitted'> & { readonly refund?: boolean };

/** Pays for what was delivered and ends what has ended. Every step is idempotent, so anybody may do it again. */
@Injectable()
export class Settling {
  constructor(
    private readonly spending: Spending, private readonly commands: CommandBus, private readonly clock: Clock, private readonly pricing: Pricing,
  ) {}

  /**
   * Settles one job; `ended` are all delivered jobs of its request if this was the last one. Returns the position to see.
   * @throws RetryLater while the views lag too far behind to tell what the payer has
   */
  async settle(owed: Owed, ended: readonly string[] | null, context: CommandContext): Promise<number | undefined> {
    const { payer, ...job } = owed;
    const outcome = await this.spending.spend(payer, (seen) => ({
      type: 'SettleJob', ...job, ...seen, ended, at: this.#now(),
    }), context);
    if (outcome.outcome === 'refused') throw new Error(`job ${owed.job} cannot be settled: ${outcome.rc}`);
    return outcome.outcome === 'appended' ? outcome.position : undefined;
  }

  /** As `settle`, while somebody waits: what cannot be paid now is the repair's to pay, and undefined. */
  async settleOrLeave(owed: Owed, ended: readonly string[] | null, context: CommandContext): Promise<number | undefined> {
    try {
      return await this.settle(owed, ended, context);
    } catch (error) {
      if (retryAfter(error) !== undefined) return undefined;
      throw error;
    }
  }

  /** Ends the authorization of a request that has ended; false while one of its jobs is still to be settled (I28). */
  async close({ request, payer, submitted, refund = false }: Ended, context: CommandContext): Promise<boolean> {
    const outcome = await this.commands.execute(new OnAccount(payer, {
      type: 'CloseAuthorization', request, submitted, refund, at: this.#now(), policy: this.pricing.policy.version,
    }, context));
    return outcome.outcome !== 'refused';
  }

  /**
   * As `close`, when an append ended its request: does nothing while that goes on, or when it was anonymous. Told by the
   * acknowledged events and not by the runner's state, which may already hold an end that is never written.
   */
  async closeCompleted(appended: readonly Recorded<RequestEvent>[], context: CommandContext): Promise<void> {
    const last = appended.at(-1);
    if (last?.type !== 'RequestCompleted.v1') return;
    const ended = last.data as RequestCompleted['data'];
    if (ended.payer !== 0) await this.close(ended, context);
  }

  /** Frees the parts of a hold whose jobs will never be handed out. */
  async release(request: string, payer: number, jobs: number, context: CommandContext): Promise<void> {
    await this.commands.execute(new OnAccount(payer, {
      type: 'ReleaseHold', request, jobs, at: this.#now(), policy: this.pricing.policy.version,
    }, context));
  }

  /** Frees what was set aside for a form whose worker gave it back, or never got it. */
  async releaseForm(request: string, payer: number, job: string, context: CommandContext): Promise<void> {
    await this.commands.execute(new OnAccount(payer, {
      type: 'ReleaseFormHold', request, job, at: this.#now(), policy: this.pricing.policy.version,
    }, context));
  }

  /** As `releaseForm`, for all that an append to the request's stream gave back. */
  async releaseReturned(appended: readonly Recorded<RequestEvent>[], { facts, jobs }: Request, context: CommandContext): Promise<void> {
    for (const { type, data } of appended) {
      if (type !== 'JobFaulted.v1' && type !== 'JobExpired.v1') continue;
      const { request, job } = data as JobFaulted['data'];
      if (jobs.get(job)?.held !== undefined) await this.releaseForm(request, facts!.payer, job, context);
    }
  }

  /** Gives back the price of a request that never came. */
  async abandon(request: string, payer: number, context: CommandContext): Promise<void> {
    await this.commands.execute(new OnAccount(payer, {
      type: 'AbandonAuthorization', request, at: this.#now(), policy: this.pricing.policy.version,
    }, context));
  }

  #now(): string {
    return iso(this.clock.now());
  }
}

import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock, iso } from '../kernel/clock.js';
import { Ids } from '../kernel/ids.js';
import { Registration } from '../users/registration.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Rounds } from '../platform/commanding/rounds.js';
import { OpenWork, type FormHoldSeen, type OpenAuthorizationSeen } from './open-work.js';
import { OnRequest } from './request.message.js';
import { Settling } from './settling.message.js';

/** The step is normally done inline within milliseconds; only what a dead process left is older than this. */
const GRACE_MS = 2_000;
/** spec/ledger.md §4.5: an authorization whose request has not come after 30 s is abandoned. */
const ABANDON_AFTER_MS = 30_000;

@Injectable()
export class RepairParts {
  constructor(readonly clock: Clock, readonly ids: Ids, readonly registration: Registration) {}
}

/** Ends what a process that died between two appends had begun. Delivered at least once; the deciders make it exactly once. */
@Injectable()
export class Repairs {
  readonly #rounds = new Rounds('repairs');

  constructor(
    private readonly openWork: OpenWork, private readonly settling: Settling, private readonly commands: CommandBus,
    private readonly parts: RepairParts,
  ) {}

  /**
   * One round over everything that is due; returns how many steps it tried. One that fails keeps none of the others from
   * being tried. @throws AggregateError afterwards, of what failed
   */
  async round(): Promise<number> {
    const steps: (() => Promise<unknown>)[] = [];
    for (const { user, accountClass } of this.openWork.dueOpenings(GRACE_MS)) {
      steps.push(() => this.parts.registration.openAccount(user, accountClass, this.#context()));
    }
    for (const owed of this.openWork.dueSettlements(GRACE_MS)) steps.push(() => this.settling.settle(owed, null, this.#context()));
    for (const hold of this.openWork.dueFormHolds({ placed: ABANDON_AFTER_MS, returned: GRACE_MS })) steps.push(() => this.#freeForm(hold));
    const grace = { opened: ABANDON_AFTER_MS, completed: GRACE_MS, abandoned: GRACE_MS, ended: GRACE_MS };
    for (const authorization of this.openWork.dueAuthorizations(grace)) steps.push(() => this.#finish(authorization));
    return this.#rounds.run(steps);
  }

  async #finish(authorization: OpenAuthorizationSeen): Promise<unknown> {
    const { request, payer, stage } = authorization;
    if (stage === 'completed') return this.settling.close(authorization, this.#context());
    if (stage === 'abandoned') return this.settling.abandon(request, payer, this.#context());
    // Whichever lands first on the request's stream decides whether it ever came.
    const outcome = await this.commands.execute(new OnRequest(request, { type: 'AbandonRequest', payer, at: iso(this.parts.clock.now()) }, this.#context()));
    if (outcome.outcome !== 'refused') return this.settling.abandon(request, payer, this.#context());
    const delivered = String(outcome.detail['submitted']).split(',').filter(Boolean);
    this.openWork.advance({ request, payer }, outcome.detail['completed'] === 1 ? { submitted: delivered, refund: outcome.detail['refund'] === 1 } : undefined);
  }

  /** Unless its form is at a worker after all, or was delivered: then its settlement captures it. */
  async #freeForm({ request, payer, job, stage }: FormHoldSeen): Promise<void> {
    if (stage === 'placed') {
      const { outcome, ...why } = await this.commands.execute(new OnRequest(request, { type: 'ExplainJob', job }, this.#context()));
      if (outcome !== 'refused' || ('rc' in why && why.rc === 'DuplicateGen')) {
        this.openWork.formAssigned(job);
        return;
      }
    }
    await this.settling.releaseForm(request, payer, job, this.#context());
  }

  #context(): CommandContext {
    return { actor: { kind: 'system' }, correlationId: this.parts.ids.uuid() };
  }
}

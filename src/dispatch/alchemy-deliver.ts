import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { inKudos, type Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Refused, refusedBy } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import { formsOf } from '../pricing/alchemy-forms.js';
import { owedFor } from '../requests/owed.message.js';
import { OnRequest, type RequestOutcome } from '../requests/request.message.js';
import { jobRefusals } from '../requests/request.refusals.js';
import { Settling } from '../requests/settling.message.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import { takeDecoy } from './decoy-deliver.js';
import { frozenOf, positionOf, submittedOf, teamOf, type Delivered } from './deliver.js';
import { DeliverParts } from './deliver-parts.js';
import { JobFinder, type FoundJob } from './job-finder.js';
import { ownJob } from './own-job.js';

export interface FormDelivery {
  readonly id: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly faulted: boolean;
}

const RESULT_LIFE_MS = 24 * 60 * 60_000;
/** Ours: words about an image are short, and an image is uploaded. */
const RESULT_CHARACTERS_MAX = 1_048_576;
/** horde-rules §7.6: alchemists are measured in seconds per form. */
const THINGS_OF_FORM = 1;

/** Takes the result of a form and pays for it: as `Deliver`, with the money that was frozen when the request was accepted. */
@Injectable()
export class AlchemyDeliver {
  constructor(
    readonly finder: JobFinder, readonly directory: UserDirectory, private readonly settling: Settling, private readonly parts: DeliverParts,
  ) {}

  async deliver(delivery: FormDelivery, apiKey: string): Promise<Delivered> {
    const { found, user } = await ownJob({ id: delivery.id, kind: 'alchemy' }, apiKey, this);
    if (found.decoy) return takeDecoy(this.parts, found, { faulted: delivery.faulted, reward: () => this.#pretendedReward(delivery, found) });
    const context: CommandContext = { actor: { kind: 'user', user: user.id }, correlationId: this.parts.ports.ids.uuid() };
    if (delivery.faulted) return this.#giveBack(found, context);
    if (found.facts) return this.#submit(delivery, found, { user, context });
    const outcome = await this.#ask(found, { type: 'ExplainJob', job: found.job }, context);
    if (outcome === undefined) return { reward: 0, position: -1 };
    throw new RetryLater('the form is at its worker, but this node does not know its request yet');
  }

  #pretendedReward({ result }: FormDelivery, { facts, form }: FoundJob): Kudos {
    this.#textOf(result); // refused as it would be
    return formsOf(facts!)[form!]!.price;
  }

  async #giveBack(found: FoundJob, context: CommandContext): Promise<Delivered> {
    const outcome = await this.#ask(found, { type: 'FaultJob', job: found.job, at: this.#now() }, context);
    if (outcome?.outcome !== 'appended') return { reward: 0, position: -1 };
    await this.settling.releaseReturned(outcome.events, outcome.state, context);
    await this.settling.closeCompleted(outcome.events, context);
    return { reward: 0, position: outcome.position };
  }

  /** Order of effects: the result's content, the event that names it, the payer's settlement, which a repair would make up for. */
  async #submit({ result }: FormDelivery, found: FoundJob, { user, context }: { user: KnownUser; context: CommandContext }): Promise<Delivered> {
    const facts = found.facts!;
    const { price, debit } = formsOf(facts)[found.form!]!;
    const stored = await this.#store(result);
    const { policy, reference } = facts; // the money was frozen under them
    const value = { price, debit, things: THINGS_OF_FORM, ...teamOf(this.parts.registry.byId(found.worker)) };
    const ownerTrusted = user.roles.has('trusted') || !this.parts.pricing.escrow;
    const outcome = await this.#ask(found, {
      type: 'SubmitJob', job: found.job, state: 'ok', ...stored, seed: 0, ...value, ownerTrusted, policy, reference, ...this.parts.speedLimits.unjudged, at: this.#now(),
    }, context);
    if (outcome === undefined) return { reward: 0, position: -1 };
    const frozen = frozenOf(outcome, found.job);
    const position = facts.payer === 0 ? undefined : await this.settling.settleOrLeave(owedFor(frozen, facts), submittedOf(outcome), context);
    return { reward: inKudos(frozen.price), position: position ?? positionOf(outcome) };
  }

  async #store(result: FormDelivery['result']): Promise<{ result: string; resultHash: string }> {
    const { ids, contents, clock } = this.parts.ports;
    const text = this.#textOf(result);
    const id = ids.uuid();
    await contents.put({ id, kind: 'result', text, expiresAt: clock.now() + RESULT_LIFE_MS });
    return { result: id, resultHash: contents.hash(text) };
  }

  #textOf(result: FormDelivery['result']): string {
    const text = JSON.stringify({ salt: this.parts.ports.ids.bytes(16).toString('hex'), result });
    if (text.length > RESULT_CHARACTERS_MAX) throw new Refused('BadRequest', 400, `A result has ${RESULT_CHARACTERS_MAX} characters at most; images are uploaded.`);
    return text;
  }

  /** Undefined when it was delivered before, by a worker in maintenance: that is told so by a reward of 0 (horde-api C3.5). */
  async #ask(found: FoundJob, command: OnRequest['command'], context: CommandContext): Promise<RequestOutcome | undefined> {
    const outcome = await this.parts.commands.execute(new OnRequest(found.request, command, context));
    if (outcome.outcome !== 'refused') return outcome;
    if (outcome.rc === 'DuplicateGen' && this.parts.registry.byId(found.worker)?.maintenance) return undefined;
    throw refusedBy(jobRefusals, outcome.rc as keyof typeof jobRefusals, { job: found.job });
  }

  #now(): string {
    return iso(this.parts.ports.clock.now());
  }
}

import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { inKudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { PricePolicy } from '../pricing/price-policy.js';
import { Refused, refusedBy } from '../platform/http/refusals.js';
import { RetryLater } from '../platform/retry-later.js';
import type { JobState, JobSubmitted, RequestFacts } from '../requests/request.events.js';
import { OnRequest, type RequestOutcome } from '../requests/request.message.js';
import { jobRefusals } from '../requests/request.refusals.js';
import { owedFor } from '../requests/owed.message.js';
import { Settling } from '../requests/settling.message.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { DeliverParts } from './deliver-parts.js';
import { takeDecoy } from './decoy-deliver.js';
import { payOf, valueOfJob, type JobValue } from './job-value.js';
import { JobFinder, type FoundJob } from './job-finder.js';
import { ownJob } from './own-job.js';

/** What a worker hands in. */
export interface Delivery {
  readonly kind: 'image' | 'text';
  readonly id: string;
  readonly generation: string;
  readonly seed: number;
  readonly state: 'ok' | 'censored' | 'faulted' | 'csam';
  readonly metadata: readonly { readonly type: string; readonly value: string; readonly ref?: string | undefined }[];
}

export interface Delivered {
  readonly reward: number;
  readonly position: number;
}

const METADATA_MAX = 50;
/** In place of an image that the worker has put where it was told to (horde-api C1.6). */
const UPLOADED = 'R2';
const RESULT_LIFE_MS = 24 * 60 * 60_000;

/**
 * Takes a job's result and pays for it (horde-rules §4.3). Order of effects: the result's content under a fresh id, then
 * the event that names it (one of several submits wins), then the payer's settlement. If the process dies before the last
 * step, a repair settles: the event has frozen every input.
 */
@Injectable()
export class Deliver {
  constructor(
    readonly finder: JobFinder, readonly directory: UserDirectory, private readonly settling: Settling, private readonly parts: DeliverParts,
  ) {}

  async deliver(delivery: Delivery, apiKey: string): Promise<Delivered> {
    const { found, user } = await ownJob(delivery, apiKey, this);
    if (delivery.metadata.length > METADATA_MAX) throw new Refused('BadRequest', 400, `At most ${METADATA_MAX} gen_metadata entries are accepted.`);
    if (found.decoy) return this.#pretend(delivery, { found, user });
    const context: CommandContext = { actor: { kind: 'user', user: user.id }, correlationId: this.parts.ports.ids.uuid() };
    if (delivery.state === 'faulted') return this.#fault(found, context);
    try {
      // A job that is not pending any more is refused by its decider; there is nothing to price or to store.
      return await (found.facts ? this.#submit(delivery, { found, facts: found.facts, user }, context) : this.#refused(found, context));
    } catch (error) {
      if (this.#isDoneInMaintenance(error, found)) return { reward: 0, position: -1 };
      throw error;
    }
  }

  /** A worker that is in maintenance when it delivers again is thanked, not refused (horde-api C1.6). */
  #isDoneInMaintenance(error: unknown, { worker }: FoundJob): boolean {
    return error instanceof Refused && error.rc === 'DuplicateGen' && this.parts.registry.byId(worker)?.maintenance === true;
  }

  async #fault(found: FoundJob, context: CommandContext): Promise<Delivered> {
    const outcome = await this.#ask(found, { type: 'FaultJob', job: found.job, at: this.#now() }, context);
    if (outcome.outcome === 'appended') await this.settling.closeCompleted(outcome.events, context);
    return { reward: 0, position: positionOf(outcome) };
  }

  /** The decider says why: delivered before, or taken away. */
  async #refused(found: FoundJob, context: CommandContext): Promise<Delivered> {
    await this.#ask(found, { type: 'ExplainJob', job: found.job }, context);
    throw new RetryLater('the job is pending, but this node does not know its request yet');
  }

  async #submit(delivery: Delivery, { found, facts, user }: { found: FoundJob; facts: RequestFacts; user: KnownUser }, context: CommandContext): Promise<Delivered> {
    const state = stateOf(delivery);
    const policy = this.#policyOf(facts);
    const value = this.#valueOf(delivery, { found, facts, user }, policy);
    const pay = { ...payOf(value.price, this.#agentOf(found), policy), ...teamOf(this.parts.registry.byId(found.worker)) };
    const result = await this.#store(delivery, { job: found.job, state });
    const outcome = await this.#ask(found, {
      type: 'SubmitJob', job: found.job, state, ...result, seed: delivery.seed, ...value, ...pay, ownerTrusted: this.#isPaidInFull(user),
      policy: policy.version, reference: this.parts.pricing.reference.version, ...this.parts.speedLimits.of(found, user), ...this.parts.speedLimits.unjudged, at: this.#now(),
    }, context);
    const frozen = frozenOf(outcome, found.job);
    // Inline, so that the owner sees the kudos at once; what cannot be paid now is the repair's to pay.
    const position = facts.payer === 0 ? undefined : await this.settling.settleOrLeave(owedFor(frozen, facts), submittedOf(outcome), context);
    return { reward: inKudos(frozen.reward ?? frozen.price), position: position ?? positionOf(outcome) };
  }

  /** A reward is named as for any job, and the result is thrown away (horde-rules §4.1). */
  #pretend(delivery: Delivery, { found, user }: { found: FoundJob; user: KnownUser }): Promise<Delivered> {
    const facts = found.facts!;
    return takeDecoy(this.parts, found, {
      faulted: delivery.state === 'faulted',
      reward: () => {
        if (delivery.kind === 'image' && delivery.generation !== UPLOADED) decodedImage(delivery.generation);
        const policy = this.#policyOf(facts);
        const { price } = this.#valueOf(delivery, { found, facts, user }, policy);
        return payOf(price, this.#agentOf(found), policy).reward ?? price;
      },
    });
  }

  #isPaidInFull(owner: KnownUser): boolean {
    return owner.roles.has('trusted') || !this.parts.pricing.escrow;
  }

  /** The one that the request was quoted by, whatever has been adopted since. @throws RetryLater a newer release quoted it */
  #policyOf({ policy }: RequestFacts): PricePolicy {
    const frozen = this.parts.pricing.policyOf(policy);
    if (!frozen) throw new RetryLater(`the request was priced by policy ${policy}, which this node does not know yet`);
    return frozen;
  }

  #agentOf({ worker }: FoundJob): string {
    return this.parts.registry.byId(worker)?.declaration.agent ?? '';
  }

  #valueOf(delivery: Delivery, { found, facts, user }: { found: FoundJob; facts: RequestFacts; user: KnownUser }, policy: PricePolicy): JobValue {
    const censored = stateOf(delivery) !== 'ok';
    const job = { facts, model: found.model, censored, text: delivery.generation, agent: this.#agentOf(found), ownerTrusted: user.roles.has('trusted') };
    return valueOfJob(job, policy, this.parts.pricing.reference);
  }

  /**
   * Text and metadata go to the content store; images lie in the blob store already or are put there now. What is stored
   * here has a fresh id, which the event names: a losing duplicate never replaces the winner's.
   */
  async #store(delivery: Delivery, { job, state }: { job: string; state: JobState }): Promise<{ result: string; resultHash: string | null }> {
    const { ids, contents, clock, blobs } = this.parts.ports;
    const blob = delivery.generation === UPLOADED ? job : ids.uuid();
    if (delivery.kind === 'image' && blob !== job) await blobs.put(blobKey(blob), decodedImage(delivery.generation));
    const metadata = withVerdict(delivery, state);
    if (delivery.kind === 'image' && metadata.length === 0) return { result: `blob:${blob}`, resultHash: null };
    const text = JSON.stringify({
      salt: ids.bytes(16).toString('hex'), metadata, ...(delivery.kind === 'text' ? { text: delivery.generation } : { blob }),
    });
    const id = ids.uuid();
    await contents.put({ id, kind: 'result', text, expiresAt: clock.now() + RESULT_LIFE_MS });
    return { result: id, resultHash: contents.hash(text) };
  }

  async #ask(found: FoundJob, command: OnRequest['command'], context: CommandContext): Promise<RequestOutcome> {
    const outcome = await this.parts.commands.execute(new OnRequest(found.request, command, context));
    if (outcome.outcome === 'refused') throw refusedBy(jobRefusals, outcome.rc as keyof typeof jobRefusals, { job: found.job });
    return outcome;
  }

  #now(): string {
    return iso(this.parts.ports.clock.now());
  }
}

/** The team that what the worker delivers counts for. */
export const teamOf = (worker: KnownWorker | undefined): { readonly team?: string } => (worker?.team === undefined ? {} : { team: worker.team });

export const blobKey = (job: string): string => `${job}.webp`;

export const positionOf = (outcome: RequestOutcome): number => (outcome.outcome === 'appended' ? outcome.position : -1);

/** What a submit has frozen: only that is owed. @throws when nothing was appended, which no submit is answered with */
export const frozenOf = (outcome: RequestOutcome, job: string): JobSubmitted['data'] => {
  const event = outcome.outcome === 'appended' ? outcome.events.find(({ type }) => type === 'JobSubmitted.v1') : undefined;
  if (!event) throw new Error(`job ${job} was submitted without an event`);
  return event.data as JobSubmitted['data'];
};

/** All delivered jobs of the request, if this append was its last. */
export const submittedOf = (outcome: RequestOutcome): readonly string[] | null => {
  if (outcome.outcome !== 'appended') return null;
  const last = outcome.events.at(-1);
  return last?.type === 'RequestCompleted.v1' ? (last.data as { submitted: readonly string[] }).submitted : null;
};

/** horde-rules §4.3: images are censored by their metadata, texts also by their state. */
const stateOf = ({ kind, state, metadata }: Delivery): JobState => {
  const censorship = metadata.find(({ type }) => type === 'censorship');
  if (censorship) return censorship.value === 'csam' ? 'csam' : 'censored';
  return kind === 'text' && (state === 'csam' || state === 'censored') ? state : 'ok';
};

const withVerdict = ({ kind, metadata }: Delivery, state: JobState): Delivery['metadata'] =>
  kind === 'text' && state === 'csam' && metadata.length === 0 ? [{ type: 'censorship', value: 'csam' }] : metadata;

const decodedImage = (base64: string): Buffer => {
  const bytes = /^[A-Za-z0-9+/\s_-]+={0,2}\s*$/.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0);
  if (bytes.length === 0) throw new Refused('BadRequest', 400, 'The generation is neither R2 nor a base64 image.');
  return bytes;
};

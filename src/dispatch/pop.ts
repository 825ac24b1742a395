import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import type { Kudos } from '../kernel/kudos.js';
import type { ImageJobFeatures } from '../pricing/job-features.js';
import { imageBaseline } from '../reference/reference.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { Refused } from '../platform/http/refusals.js';
import { OnRequest } from '../requests/request.message.js';
import type { RequestFacts } from '../requests/request.events.js';
import type { StoredSources } from '../requests/rules/source-image.js';
import type { KnownUser } from '../users/directory.message.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { Arrivals } from './arrivals.js';
import { giveDecoys, isFooled, requestsThatTricked } from './decoys.js';
import { maintenanceRefusal } from './maintenance.js';
import { LiveQueue, matcherOf, type AnyWorkerFacts } from './live-queue.message.js';
import type { ServingOrder } from './live-queue/lane.js';
import type { PoppingWorker, QueuedRequest } from './live-queue/queue-row.js';
import { imageBatch, textBatch } from './matching/batch.js';
import { asksForKudos } from './matching/common-match.js';
import type { Encounter, ImageNeeds, ImageWorkerFacts, SkipReason } from './matching/facts.js';
import { chosenModel, servingImageModels, servingModels, withinQuote } from './matching/model-choice.js';
import { imageTtlS, TEXT_TTL_S } from './matching/ttl.js';
import { pages } from './pages.js';
import { PopParts } from './pop-parts.js';
import type { Purse } from './pop-requests.js';
import type { Visitor } from './visits.js';

/** What one pop wants. */
export interface PopAsked extends Visitor {
  readonly kind: 'image' | 'text';
  readonly amount: number;
}

/** What requests keep in the content store for the worker that takes them. */
export interface StoredRequest {
  readonly payload: { readonly prompt: string } & Record<string, unknown>;
  readonly softprompt?: string | null;
  readonly sources?: StoredSources;
}

export interface HandedOut {
  readonly outcome: 'jobs';
  readonly jobs: readonly string[];
  readonly model: string;
  readonly ttlS: number;
  readonly facts: RequestFacts;
  readonly stored: StoredRequest;
  /** Waiting jobs of the request, these included: what seed variations count. */
  readonly remaining: number;
  readonly worker: PoppingWorker<AnyWorkerFacts>;
  readonly position: number;
}
export interface NothingToDo {
  readonly outcome: 'nothing';
  /** Absent when it was deleted while it waited. */
  readonly worker?: string;
  readonly skipped: Readonly<Record<string, number>>;
}

/** Candidates looked at before a pop gives up; prompts are fetched a page at a time (horde-rules §6.3). */
const CANDIDATES_MAX = 1_000;

/** Hands out jobs: the queue in memory proposes, the log decides (design.md §2.6). */
@Injectable()
export class Pop {
  readonly #match;

  constructor(private readonly queue: LiveQueue, private readonly arrivals: Arrivals, private readonly parts: PopParts) {
    this.#match = matcherOf(parts.pricing.reference);
  }

  async pop(owner: KnownUser, asked: PopAsked): Promise<HandedOut | NothingToDo> {
    return this.arrivals.visits.receive<HandedOut | NothingToDo>(owner, asked, async (known) => {
      const answer = await this.#find(owner, asked, known);
      return { found: answer.outcome === 'jobs', answer };
    }, { outcome: 'nothing', skipped: {} });
  }

  async #find(owner: KnownUser, asked: PopAsked, known: KnownWorker): Promise<HandedOut | NothingToDo> {
    const worker = this.parts.views.of(known, asked.wish);
    const turn = this.arrivals.fairness.takeTurn(known.id);
    const look: Look = { owner, asked, known, worker, order: turn.order, skipped: new Map(), candidates: 0, lost: [], purses: new Map() };
    const handedOut = await this.#take(look);
    turn.settle(!handedOut || worker.ownerIds.includes(handedOut.facts.payer) ? 0 : handedOut.jobs.length);
    for (const request of look.lost) await this.parts.requests.contentLost(request); // not before: it changes the queue that was walked through
    if (handedOut) {
      this.parts.journal.note(known.id, 'jobs', { jobs: handedOut.jobs });
      return handedOut;
    }
    if (known.maintenance) throw await this.#inMaintenance(known);
    const skipped = this.#skippedCounts(worker, look.skipped);
    const missed = [...look.skipped.values()].reduce((left, count) => left - count, look.candidates);
    this.parts.journal.note(known.id, 'nothing', { missed, skipped });
    return { outcome: 'nothing', worker: known.id, skipped };
  }

  async #take(look: Look): Promise<HandedOut | undefined> {
    const { contents } = this.parts.ports;
    for (const page of pages(this.queue.candidates(look.worker, CANDIDATES_MAX, look.order))) {
      const requests = page.map(({ request }) => request);
      const stored = await contents.getMany(requests);
      const tricking = await requestsThatTricked(contents, look.known, requests);
      for (const { request, facts } of page) {
        const handedOut = await this.#meet(look, facts, { text: stored.get(request), tricked: tricking.has(request) });
        if (handedOut) return handedOut;
      }
    }
    return undefined;
  }

  async #meet(look: Look, facts: RequestFacts, { text, tricked }: { text: string | undefined; tricked: boolean }): Promise<HandedOut | undefined> {
    look.candidates += 1;
    const content = await this.#whole(text);
    if (!content) {
      look.lost.push(facts.request); // it must not stand in the way of others
      return undefined;
    }
    const { prompt } = content.payload;
    const encounter: Encounter = { tricked, prompt, unsafeIp: false, payerAvailable: await this.#availableTo(look, facts), price: facts.unitPriceMax };
    const reason = this.#match(facts, look.worker.facts, encounter);
    if (!reason) return this.#claim({ ...look, content }, facts.request);
    look.skipped.set(reason, (look.skipped.get(reason) ?? 0) + 1);
    return undefined;
  }

  /** Asked only where the worker wants to know. */
  async #availableTo({ worker, purses }: Look, facts: RequestFacts): Promise<Kudos> {
    return asksForKudos(facts, worker.facts) ? this.parts.requests.availableFor(facts, purses) : facts.priority;
  }

  #inMaintenance(known: KnownWorker): Promise<Refused> {
    this.parts.journal.note(known.id, 'refused');
    return maintenanceRefusal(known, this.arrivals.database);
  }

  /** Undefined when it is gone, or one of its images is. */
  async #whole(text: string | undefined): Promise<StoredRequest | undefined> {
    const content = text === undefined ? undefined : (JSON.parse(text) as StoredRequest);
    return content && !(await this.#lacksImages(content)) ? content : undefined;
  }

  async #lacksImages({ sources }: StoredRequest): Promise<boolean> {
    for (const source of sources ? [sources.image, sources.mask, ...sources.extra] : []) {
      if (source && !(await this.parts.ports.blobs.exists(source.key))) return true;
    }
    return false;
  }

  /** Undefined when another pop was faster. */
  async #claim(claim: Claim, request: string): Promise<HandedOut | undefined> {
    const { asked, known, worker, order } = claim;
    const entry = this.queue.find(request);
    const free = entry ? entry.waiting - entry.reserved : 0;
    if (!entry || free < 1) return undefined;
    if (asked.patience?.gone.aborted) return undefined; // nobody would hear of it
    const { facts } = entry;
    const model = chosenModel(this.#servingModels(facts, worker.facts), this.parts.ports.ids.random());
    if (model === undefined) return undefined;
    const wanted = this.#batch(entry, { asked, known, model, free });
    const amount = this.arrivals.fairness.amount(entry, { id: known.id, worker, order, free, wanted });
    const jobs = Array.from({ length: amount }, () => this.parts.ports.ids.uuid());
    const offer: Offer = { jobs, model, ttlS: this.#ttlS(facts, model, known.declaration.extraSlow), facts, remaining: entry.waiting };
    return isFooled(known, facts) ? this.#pretend(claim, offer) : this.#assign(claim, offer);
  }

  /** As `#assign`, for a worker that is paused and not told: the queue and the log know nothing of it. */
  async #pretend({ known, worker, content }: Claim, offer: Offer): Promise<HandedOut> {
    const { ports } = this.parts;
    await giveDecoys(ports, known, { ...offer, jobs: offer.jobs.map((job) => ({ job, model: offer.model })) });
    return { outcome: 'jobs', ...offer, stored: content, worker, position: ports.feed.position };
  }

  /**
   * Slots are reserved in memory before the append is awaited, so that pops on this node never collide; another node's
   * claim shows as a refusal, and the next candidate is tried.
   */
  async #assign({ owner, asked, known, worker, content }: Claim, offer: Offer): Promise<HandedOut | undefined> {
    const { jobs, model, ttlS, facts: { request } } = offer;
    const reservation = this.queue.reserve(request, jobs.length, jobs);
    if (!reservation) return undefined;
    try {
      const outcome = await this.parts.commands.execute(new OnRequest(request, {
        type: 'AssignJobs', jobs, worker: known.id, owner: known.owner, model, ttlS, extraSlow: known.declaration.extraSlow, selfTest: asked.wish.test, at: iso(this.parts.ports.clock.now()),
      }, contextOf(owner, this.parts.ports.ids.uuid())));
      if (outcome.outcome !== 'appended') return undefined;
      const assigned = outcome.events.map(({ data }) => (data as { job: string }).job);
      return { outcome: 'jobs', ...offer, jobs: assigned, stored: content, worker, position: outcome.position };
    } finally {
      reservation.release();
    }
  }

  #servingModels(facts: RequestFacts, worker: AnyWorkerFacts): readonly string[] {
    if (facts.kind === 'text') return servingModels(facts, worker, () => true); // settlement never pays above the quote
    const { reference } = this.parts.pricing;
    const policy = this.parts.pricing.policyOf(facts.policy);
    if (!policy) return []; // quoted by a newer release: its nodes hand it out
    const needs = facts as RequestFacts & ImageNeeds;
    return servingImageModels(needs, worker as ImageWorkerFacts, reference, withinQuote(needs, policy, reference));
  }

  #batch({ facts }: QueuedRequest, { asked, known, model, free }: { asked: PopAsked; known: KnownWorker; model: string; free: number }): number {
    const wish = { amount: asked.amount, waiting: free, disableBatching: facts.disableBatching };
    if (facts.kind === 'text') return textBatch(wish);
    return imageBatch(facts.features as ImageJobFeatures, imageBaseline(this.parts.pricing.reference, model), known.declaration.maxPixels, wish);
  }

  #ttlS(facts: RequestFacts, model: string, extraSlow: boolean): number {
    if (facts.kind === 'text') return TEXT_TTL_S;
    return imageTtlS(facts.features as ImageJobFeatures, imageBaseline(this.parts.pricing.reference, model), { extraSlow });
  }

  #skippedCounts(worker: PoppingWorker<AnyWorkerFacts>, evaluated: ReadonlyMap<SkipReason, number>): Record<string, number> {
    const counts = this.queue.skippedCounts(worker);
    for (const [reason, count] of evaluated) counts[reason] = (counts[reason] ?? 0) + count;
    return counts;
  }
}

/** What a pop is about to hand out. */
type Offer = Pick<HandedOut, 'jobs' | 'model' | 'ttlS' | 'facts' | 'remaining'>;
/** A worker looks for something to do. */
interface Look {
  readonly owner: KnownUser;
  readonly asked: PopAsked;
  readonly known: KnownWorker;
  readonly worker: PoppingWorker<AnyWorkerFacts>;
  readonly order: ServingOrder;
  /** By what only shows when worker and request meet. */
  readonly skipped: Map<SkipReason, number>;
  candidates: number;
  /** Requests whose content is gone. */
  readonly lost: string[];
  /** Of payers that were asked about. */
  readonly purses: Map<number, Purse>;
}
interface Claim extends Look {
  readonly content: StoredRequest;
}

const contextOf = (owner: KnownUser, correlationId: string): CommandContext => ({ actor: { kind: 'user', user: owner.id }, correlationId });

import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import type { ImageJobFeatures } from '../pricing/job-features.js';
import { imageBaseline } from '../reference/reference.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { Refused } from '../platform/http/refusals.js';
import { Database } from '../platform/postgres/database.js';
import { OnRequest } from '../requests/request.message.js';
import type { RequestFacts } from '../requests/request.events.js';
import type { StoredSources } from '../requests/rules/source-image.js';
import type { KnownUser } from '../users/directory.message.js';
import { CheckIn, type Arrival } from '../workers/check-in.message.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { maintenanceRefusal } from './maintenance.js';
import { LiveQueue, matcherOf, type AnyWorkerFacts } from './live-queue.message.js';
import type { PoppingWorker, QueuedRequest } from './live-queue/queue-row.js';
import { imageBatch, textBatch } from './matching/batch.js';
import type { Encounter, ImageNeeds, ImageWorkerFacts, SkipReason } from './matching/facts.js';
import { chosenModel, servingImageModels, servingModels, withinQuote } from './matching/model-choice.js';
import { imageTtlS, TEXT_TTL_S } from './matching/ttl.js';
import { pages } from './pages.js';
import { PopParts } from './pop-parts.js';
import type { PopWish } from './worker-view.js';

/** What one pop wants. */
export interface PopAsked extends Arrival {
  readonly kind: 'image' | 'text';
  readonly amount: number;
  readonly wish: PopWish;
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
  readonly skipped: Readonly<Record<string, number>>;
}

/** Candidates looked at before a pop gives up; prompts are fetched a page at a time (horde-rules §6.3). */
const CANDIDATES_MAX = 1_000;

/** Hands out jobs: the queue in memory proposes, the log decides (design.md §2.6). */
@Injectable()
export class Pop {
  readonly #match;

  constructor(
    private readonly queue: LiveQueue, private readonly checkIn: CheckIn, private readonly parts: PopParts, private readonly database: Database,
  ) {
    this.#match = matcherOf(parts.pricing.reference);
  }

  async pop(owner: KnownUser, asked: PopAsked): Promise<HandedOut | NothingToDo> {
    const known = await this.checkIn.arrive(owner, asked);
    const worker = this.parts.views.of(known, asked.wish);
    const skipped = new Map<SkipReason, number>();
    let candidates = 0;
    for (const page of pages(this.queue.candidates(worker, CANDIDATES_MAX))) {
      const stored = await this.parts.ports.contents.getMany(page.map(({ request }) => request));
      for (const { request, facts } of page) {
        const text = stored.get(request);
        candidates += 1;
        if (text === undefined) continue; // expired content: its request is about to expire too, and must not block the queue
        const content = JSON.parse(text) as StoredRequest;
        if (await this.#lacksImages(content)) continue; // as expired content
        const reason = this.#reason(facts, worker, content);
        if (reason) {
          skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
          continue;
        }
        const handedOut = await this.#claim({ request, asked, known, worker, content }, contextOf(owner, this.parts.ports.ids.uuid()));
        if (!handedOut) continue;
        this.parts.journal.note(known.id, 'jobs', { jobs: handedOut.jobs });
        return handedOut;
      }
    }
    if (known.maintenance) throw await this.#inMaintenance(known);
    const counts = this.#skippedCounts(worker, skipped);
    const missed = [...skipped.values()].reduce((left, count) => left - count, candidates);
    this.parts.journal.note(known.id, 'nothing', { missed, skipped: counts });
    return { outcome: 'nothing', skipped: counts };
  }

  #inMaintenance(known: KnownWorker): Promise<Refused> {
    this.parts.journal.note(known.id, 'refused');
    return maintenanceRefusal(known, this.database);
  }

  async #lacksImages({ sources }: StoredRequest): Promise<boolean> {
    for (const source of sources ? [sources.image, sources.mask, ...sources.extra] : []) {
      if (source && !(await this.parts.ports.blobs.exists(source.key))) return true;
    }
    return false;
  }

  /** What depends on the pair of request and worker, or on the prompt. */
  #reason(facts: RequestFacts, { facts: worker }: PoppingWorker<AnyWorkerFacts>, { payload: { prompt } }: StoredRequest): SkipReason | undefined {
    const encounter: Encounter = { tricked: false, prompt, unsafeIp: false, payerAvailable: facts.priority, price: facts.unitPriceMax };
    return this.#match(facts, worker, encounter);
  }

  /**
   * Slots are reserved in memory before the append is awaited, so that pops on this node never collide; another node's
   * claim shows as a refusal, and the next candidate is tried.
   */
  async #claim({ request, asked, known, worker, content }: Claim, context: CommandContext): Promise<HandedOut | undefined> {
    const entry = this.queue.find(request);
    const free = entry ? entry.waiting - entry.reserved : 0;
    if (!entry || free < 1) return undefined;
    const { facts } = entry;
    const model = chosenModel(this.#servingModels(facts, worker.facts), this.parts.ports.ids.random());
    if (model === undefined) return undefined;
    const jobs = Array.from({ length: this.#batch(entry, { asked, known, model, free }) }, () => this.parts.ports.ids.uuid());
    const reservation = this.queue.reserve(request, jobs.length, jobs);
    if (!reservation) return undefined;
    const remaining = entry.waiting;
    const ttlS = this.#ttlS(facts, model, known.declaration.extraSlow);
    try {
      const outcome = await this.parts.commands.execute(new OnRequest(request, {
        type: 'AssignJobs', jobs, worker: known.id, owner: known.owner, model, ttlS, extraSlow: known.declaration.extraSlow, at: iso(this.parts.ports.clock.now()),
      }, context));
      if (outcome.outcome !== 'appended') return undefined;
      const assigned = outcome.events.map(({ data }) => (data as { job: string }).job);
      return { outcome: 'jobs', jobs: assigned, model, ttlS, facts, stored: content, remaining, worker, position: outcome.position };
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

interface Claim {
  readonly request: string;
  readonly asked: PopAsked;
  readonly known: KnownWorker;
  readonly worker: PoppingWorker<AnyWorkerFacts>;
  readonly content: StoredRequest;
}

const contextOf = (owner: KnownUser, correlationId: string): CommandContext => ({ actor: { kind: 'user', user: owner.id }, correlationId });

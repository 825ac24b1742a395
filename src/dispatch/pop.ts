import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { Refused } from '../platform/http/refusals.js';
import { OnRequest } from '../requests/request.message.js';
import type { RequestFacts } from '../requests/request.events.js';
import type { StoredSources } from '../requests/rules/source-image.js';
import type { KnownUser } from '../users/directory.message.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { Arrivals } from './arrivals.js';
import { giveDecoys, isFooled, requestsThatTricked } from './decoys.js';
import type { FairTurn } from './fair-turns.js';
import type { LostOfPop } from './lost-content.js';
import { LiveQueue, matcherOf, type AnyWorkerFacts } from './live-queue.message.js';
import type { ServingOrder } from './live-queue/lane.js';
import type { PoppingWorker } from './live-queue/queue-row.js';
import type { Encounter, SkipReason } from './matching/facts.js';
import { chosenModel } from './matching/model-choice.js';
import { Offers } from './offers.js';
import { pages } from './pages.js';
import { PopParts } from './pop-parts.js';
import { Purses, type PursesOfPop } from './purses.js';
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
  readonly #offers;

  constructor(private readonly queue: LiveQueue, private readonly arrivals: Arrivals, private readonly parts: PopParts, private readonly purses: Purses) {
    this.#match = matcherOf(parts.pricing.reference);
    this.#offers = new Offers(parts.pricing);
  }

  async pop(owner: KnownUser, asked: PopAsked): Promise<HandedOut | NothingToDo> {
    return this.arrivals.visits.receive<HandedOut | NothingToDo>(owner, asked, async (known) => {
      const lost = this.arrivals.lost.ofPop();
      const turn = this.arrivals.fairness.takeTurn(known.id);
      try {
        const answer = await this.#find(owner, asked, { known, lost, turn });
        await lost.end();
        return { found: answer.outcome === 'jobs', answer };
      } finally {
        turn.settle(0); // a pop that came to nothing, in whichever way, has cost nobody a turn
      }
    }, { outcome: 'nothing', skipped: {} });
  }

  async #find(owner: KnownUser, asked: PopAsked, { known, lost, turn }: { known: KnownWorker; lost: LostOfPop; turn: FairTurn }): Promise<HandedOut | NothingToDo> {
    const { declaration } = known; // another call of the same worker may replace it meanwhile
    const worker = this.parts.views.of(known, asked.wish);
    const skipped = new Map<SkipReason, number>();
    let candidates = 0;
    const purses = this.purses.ofPop();
    for (const page of pages(this.parts.nodes.preferred(this.queue.candidates(worker, CANDIDATES_MAX, turn.order), worker.ownerIds))) {
      const requests = page.map(({ request }) => request);
      const stored = await this.parts.ports.contents.getMany(requests);
      const tricking = await requestsThatTricked(this.parts.ports.contents, known, requests);
      for (const { request, facts } of page) {
        const content = await this.#contentOf(stored.get(request));
        candidates += 1;
        if (!content) {
          lost.add(request); // and nobody waits for it
          continue;
        }
        const { prompt } = content.payload;
        const reason = await this.#reason(facts, worker, { prompt, tricked: tricking.has(request), purses });
        if (reason) {
          skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
          continue;
        }
        const handedOut = await this.#claim({ request, asked, known, worker, content, order: turn.order }, contextOf(owner, this.parts.ports.ids.uuid()));
        if (!handedOut) continue;
        turn.settle(worker.ownerIds.includes(facts.payer) ? 0 : handedOut.jobs.length);
        this.parts.journal.note(known.id, 'jobs', { jobs: handedOut.jobs });
        return handedOut;
      }
    }
    if (known.maintenance) throw await this.#inMaintenance(known);
    const counts = this.#skippedCounts(worker, skipped);
    const missed = [...skipped.values()].reduce((left, count) => left - count, candidates);
    this.parts.journal.note(known.id, 'nothing', { missed, skipped: counts, declaration });
    return { outcome: 'nothing', worker: known.id, skipped: counts };
  }

  #inMaintenance(known: KnownWorker): Promise<Refused> {
    this.parts.journal.note(known.id, 'refused');
    return this.arrivals.maintenance.refusal(known);
  }

  /** Undefined when it, or one of its images, is gone. */
  async #contentOf(text: string | undefined): Promise<StoredRequest | undefined> {
    if (text === undefined) return undefined;
    const content = JSON.parse(text) as StoredRequest;
    const { sources } = content;
    for (const source of sources ? [sources.image, sources.mask, ...sources.extra] : []) {
      if (source && !(await this.parts.ports.blobs.exists(source.key))) return undefined;
    }
    return content;
  }

  /** What depends on the pair of request and worker, or on the prompt. */
  async #reason(
    facts: RequestFacts, { facts: worker }: PoppingWorker<AnyWorkerFacts>, { prompt, tricked, purses }: { prompt: string; tricked: boolean; purses: PursesOfPop },
  ): Promise<SkipReason | undefined> {
    const encounter: Encounter = { tricked, prompt, unsafeIp: false, payerAvailable: await purses.availableTo(facts, worker), price: facts.unitPriceMax };
    return this.#match(facts, worker, encounter);
  }

  /** Undefined when another pop was faster. */
  async #claim(claim: Claim, context: CommandContext): Promise<HandedOut | undefined> {
    const { request, asked, known, worker, order } = claim;
    const entry = this.queue.find(request);
    const free = entry ? entry.waiting - entry.reserved : 0;
    if (!entry || free < 1) return undefined;
    if (asked.patience?.isGone) return undefined; // nobody would hear of it
    const { facts } = entry;
    const model = chosenModel(this.#offers.models(facts, worker.facts), this.parts.ports.ids.random());
    if (model === undefined) return undefined;
    const wanted = this.#offers.batch(facts, { model, maxPixels: known.declaration.maxPixels, amount: asked.amount, free });
    const amount = this.arrivals.fairness.amount(entry, { id: known.id, worker, order, free, wanted });
    const atMs = this.parts.ports.clock.now();
    const given = { at: iso(atMs), payerAgesFrom: this.arrivals.fairness.payerAgesFrom(entry, amount, worker, atMs) };
    const jobs = Array.from({ length: amount }, () => this.parts.ports.ids.uuid());
    const offer: Offer = { jobs, model, ttlS: this.#offers.ttlS(facts, model, known.declaration.extraSlow), facts, remaining: entry.waiting };
    return isFooled(known, facts) ? this.#pretend(claim, offer) : this.#assign({ ...claim, given }, offer, context);
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
  async #assign({ request, asked, known, worker, content, given }: Claim & { given: HandOutMoment }, offer: Offer, context: CommandContext): Promise<HandedOut | undefined> {
    const { jobs, model, ttlS } = offer;
    const reservation = this.queue.reserve(request, jobs.length, jobs);
    if (!reservation) return undefined;
    try {
      const outcome = await this.arrivals.unheard.unlessInDoubt(request, jobs, this.parts.commands.execute(new OnRequest(request, {
        type: 'AssignJobs', jobs, worker: known.id, owner: known.owner, model, ttlS, extraSlow: known.declaration.extraSlow, selfTest: asked.wish.test, ...given,
      }, context)));
      if (outcome.outcome !== 'appended') return undefined;
      const assigned = outcome.events.map(({ data }) => (data as { job: string }).job);
      this.arrivals.unheard.watch(asked.patience, request, assigned);
      return { outcome: 'jobs', ...offer, jobs: assigned, stored: content, worker, position: outcome.position };
    } finally {
      reservation.release();
    }
  }

  #skippedCounts(worker: PoppingWorker<AnyWorkerFacts>, evaluated: ReadonlyMap<SkipReason, number>): Record<string, number> {
    const counts = this.queue.skippedCounts(worker);
    for (const [reason, count] of evaluated) counts[reason] = (counts[reason] ?? 0) + count;
    return counts;
  }
}

/** What a pop is about to hand out. */
type Offer = Pick<HandedOut, 'jobs' | 'model' | 'ttlS' | 'facts' | 'remaining'>;
/** When, and what it takes from the age of the payer's other requests. */
interface HandOutMoment {
  readonly at: string;
  readonly payerAgesFrom: string | undefined;
}
interface Claim {
  readonly request: string;
  readonly asked: PopAsked;
  readonly known: KnownWorker;
  readonly worker: PoppingWorker<AnyWorkerFacts>;
  readonly content: StoredRequest;
  readonly order: ServingOrder;
}

const contextOf = (owner: KnownUser, correlationId: string): CommandContext => ({ actor: { kind: 'user', user: owner.id }, correlationId });

import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { RetryLater } from '../platform/retry-later.js';
import { formsOf, serviceOf } from '../pricing/alchemy-forms.js';
import type { FormFacts } from '../pricing/job-features.js';
import type { StoredAlchemy } from '../requests/rules/alchemy-request.js';
import type { RequestFacts } from '../requests/request.events.js';
import { OnRequest, type RequestOutcome } from '../requests/request.message.js';
import type { KnownUser } from '../users/directory.message.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { Arrivals } from './arrivals.js';
import type { FairTurn } from './fair-turns.js';
import { FORM_TTL_S } from './matching/ttl.js';
import { LiveQueue, type AnyWorkerFacts } from './live-queue.message.js';
import type { ServingOrder } from './live-queue/lane.js';
import type { PoppingWorker, QueuedRequest } from './live-queue/queue-row.js';
import { giveDecoys, isFooled, requestsThatTricked } from './decoys.js';
import type { LostOfPop } from './lost-content.js';
import { pages } from './pages.js';
import { PopParts } from './pop-parts.js';
import { PromisedForms } from './promised-forms.js';
import { UpfrontForms } from './upfront-forms.js';
import type { Visitor } from './visits.js';
import type { Patience } from './waiting-workers.js';
import type { PopWish } from './worker-view.js';

export interface AlchemyAsked extends Omit<Visitor, 'kind'> {
  readonly amount: number;
}

/** A form in its worker's hands. */
export interface HandedForm {
  readonly job: string;
  readonly form: FormFacts;
  readonly payload: object | null;
  /** Where the source image lies. */
  readonly source: string;
}
export interface AlchemyPopped {
  readonly forms: readonly HandedForm[];
  readonly position: number;
  readonly skipped: Readonly<Record<string, number>>;
}

/** horde-rules §6.9. */
const CANDIDATES_MAX = 100;

interface Pop {
  readonly owner: KnownUser;
  readonly known: KnownWorker;
  readonly worker: PoppingWorker<AnyWorkerFacts>;
  readonly wish: PopWish;
  /** Aborted as the worker hangs up. */
  readonly patience: Patience | undefined;
  readonly context: CommandContext;
  readonly taken: HandedForm[];
  amount: number;
  position: number;
  /** Forms that their payer could not afford upfront. */
  unaffordable: number;
  /** The views lagged too far to tell what a payer has. */
  behind: RetryLater | undefined;
  /** Requests without their source image, or without what was asked for. */
  readonly lost: LostOfPop;
  /** Forms taken for others than the worker's owner and whom it puts first. */
  forOthers: number;
}
interface Candidate {
  readonly request: string;
  readonly content: StoredAlchemy;
  readonly order: ServingOrder;
}
interface Offered {
  readonly job: string;
  readonly form: number;
  readonly held: Kudos;
}

/** Hands out forms, several of one or more requests at once: the queue in memory proposes, the log decides. */
@Injectable()
export class AlchemyPop {
  readonly #promised = new PromisedForms();

  constructor(
    private readonly queue: LiveQueue, private readonly money: UpfrontForms, private readonly parts: PopParts, private readonly arrivals: Arrivals,
  ) {}

  async pop(owner: KnownUser, asked: AlchemyAsked): Promise<AlchemyPopped> {
    return this.arrivals.visits.receive<AlchemyPopped>(owner, { ...asked, kind: 'interrogation' }, async (known) => {
      const answer = await this.#find(owner, asked, known);
      return { found: answer.forms.length > 0, answer };
    }, { forms: [], position: -1, skipped: {} });
  }

  async #find(owner: KnownUser, { amount, wish, patience }: AlchemyAsked, known: KnownWorker): Promise<AlchemyPopped> {
    const { declaration } = known;
    const worker = this.parts.views.of(known, wish);
    const context: CommandContext = { actor: { kind: 'user', user: owner.id }, correlationId: this.parts.ports.ids.uuid() };
    const pop: Pop = { owner, known, worker, wish, patience, context, taken: [], amount, position: -1, unaffordable: 0, behind: undefined, forOthers: 0, lost: this.arrivals.lost.ofPop() };
    const turn = this.arrivals.fairness.takeTurn(known.id);
    try {
      await this.#take(pop, turn);
      await pop.lost.end();
    } finally {
      turn.settle(pop.forOthers);
    }
    const { journal } = this.parts;
    if (pop.taken.length > 0) {
      journal.note(known.id, 'jobs', { jobs: pop.taken.map(({ job }) => job) });
      return { forms: pop.taken, position: pop.position, skipped: {} };
    }
    if (pop.behind) throw pop.behind;
    if (known.maintenance) {
      journal.note(known.id, 'refused');
      throw await this.arrivals.maintenance.refusal(known);
    }
    const counted = this.queue.skippedCounts(worker);
    const skipped = { ...counted, kudos: (counted['kudos'] ?? 0) + pop.unaffordable };
    journal.note(known.id, 'nothing', { skipped, declaration });
    return { forms: [], position: -1, skipped };
  }

  /** Again as long as it helps: who took a job of one request goes on to the next, and may come back for more. */
  async #take(pop: Pop, turn: FairTurn): Promise<void> {
    for (let before = -1; pop.taken.length > before && pop.taken.length < pop.amount;) {
      before = pop.taken.length;
      await this.#takeFromEach(pop, turn);
    }
  }

  async #takeFromEach(pop: Pop, { order }: FairTurn): Promise<void> {
    for (const page of pages(this.parts.nodes.preferred(this.queue.candidates(pop.worker, CANDIDATES_MAX, order), pop.worker.ownerIds))) {
      const requests = page.map(({ request }) => request);
      const contents = await this.parts.ports.contents.getMany(requests);
      const tricking = await requestsThatTricked(this.parts.ports.contents, pop.known, requests);
      for (const request of requests) {
        if (pop.taken.length >= pop.amount || pop.patience?.isGone) return;
        const text = contents.get(request);
        const content = text === undefined ? undefined : (JSON.parse(text) as StoredAlchemy);
        if (!content || !(await this.parts.ports.blobs.exists(content.source))) pop.lost.add(request);
        else if (!tricking.has(request)) await this.#claim(pop, { request, content, order });
      }
    }
  }

  /** Forms are promised in memory before anything is awaited, so that pops on this node never ask for the same one. */
  async #claim(pop: Pop, { request, content, order }: Candidate): Promise<void> {
    const entry = this.queue.find(request);
    if (!entry) return;
    const able = this.#freeForms(entry, pop.worker);
    const wanted = Math.min(able.length, pop.amount - pop.taken.length);
    const free = able.slice(0, this.arrivals.fairness.amount(entry, { id: pop.known.id, worker: pop.worker, order, free: able.length, wanted }));
    const jobs = free.map((form) => ({ job: this.parts.ports.ids.uuid(), form }));
    if (isFooled(pop.known, entry.facts)) return this.#pretend(pop, entry.facts, content, jobs);
    const reservation = this.queue.reserve(request, jobs.length, jobs.map(({ job }) => job));
    if (!reservation) return;
    const promise = this.#promised.add(request, free);
    try {
      await this.#handOut(pop, entry.facts, content, jobs);
    } finally {
      reservation.release();
      promise.release();
    }
  }

  /** For a worker that is paused and not told: the queue and the log know nothing of it. */
  async #pretend(pop: Pop, facts: RequestFacts, content: StoredAlchemy, jobs: readonly { job: string; form: number }[]): Promise<void> {
    if (jobs.length === 0) return;
    const { ports } = this.parts;
    const forms = formsOf(facts);
    await giveDecoys(ports, pop.known, { facts, ttlS: FORM_TTL_S, jobs: jobs.map((each) => ({ ...each, model: serviceOf(forms[each.form]!) })) });
    pop.position = Math.max(pop.position, ports.feed.position);
    for (const { job, form } of jobs) pop.taken.push({ job, form: forms[form]!, payload: content.payloads[form] ?? null, source: content.source });
  }

  #freeForms({ request, facts, waitingForms }: QueuedRequest, { models }: PoppingWorker<AnyWorkerFacts>): number[] {
    const forms = formsOf(facts);
    const able = [...waitingForms].filter((form) => models.includes(serviceOf(forms[form]!)) && !this.#promised.has(request, form));
    return able.sort((a, b) => a - b);
  }

  async #handOut(pop: Pop, facts: RequestFacts, content: StoredAlchemy, jobs: readonly { job: string; form: number }[]): Promise<void> {
    const offered = await this.#secured(pop, facts, jobs);
    if (offered.length === 0) return;
    const { known, owner, context } = pop;
    const ownerTrusted = owner.roles.has('trusted') || !this.parts.pricing.escrow;
    const [atMs, entry] = [this.parts.ports.clock.now(), this.queue.find(facts.request)];
    const payerAgesFrom = entry && this.arrivals.fairness.payerAgesFrom(entry, offered.length, pop.worker, atMs);
    const outcome = await this.arrivals.unheard.unlessInDoubt(facts.request, offered.map(({ job }) => job), this.parts.commands.execute(new OnRequest(facts.request, {
      type: 'AssignForms', forms: offered, worker: known.id, owner: known.owner, ownerTrusted, ttlS: FORM_TTL_S, selfTest: pop.wish.test,
      payerAgesFrom, at: iso(atMs),
    }, context)));
    const assigned = new Set(jobsIn(outcome));
    if (outcome.outcome === 'appended') {
      pop.position = Math.max(pop.position, outcome.position);
      this.arrivals.unheard.watch(pop.patience, facts.request, [...assigned]);
    }
    if (!pop.worker.ownerIds.includes(facts.payer)) pop.forOthers += assigned.size;
    const forms = formsOf(facts);
    for (const { job, form, held } of offered) {
      if (assigned.has(job)) pop.taken.push({ job, form: forms[form]!, payload: content.payloads[form] ?? null, source: content.source });
      else if (held > NO_KUDOS) await this.money.release(facts, job, context); // another node was faster, or the request ended
    }
  }

  /**
   * Payer first, as ever (horde-rules §3.4): what a form costs is set aside before it is handed out. If the process dies
   * in between, a repair sees that nobody got the form, and frees it.
   */
  async #secured(pop: Pop, facts: RequestFacts, jobs: readonly { job: string; form: number }[]): Promise<readonly Offered[]> {
    if (!needsUpfront(pop, facts)) return jobs.map((each) => ({ ...each, held: NO_KUDOS }));
    const offered: Offered[] = [];
    const forms = formsOf(facts);
    for (const { job, form } of jobs) {
      const { debit } = forms[form]!;
      const secured = await this.money.secure(facts, { job, amount: debit }, pop.context);
      if (secured === true) offered.push({ job, form, held: debit });
      else if (secured instanceof RetryLater) pop.behind = secured;
      else pop.unaffordable += 1;
    }
    return offered;
  }
}

const jobsIn = (outcome: RequestOutcome): string[] => (outcome.outcome === 'appended' ? outcome.events.map(({ data }) => (data as { job: string }).job) : []);

/** Trusted payers, and whom the worker puts first, are believed without. */
const needsUpfront = ({ wish, known }: Pop, { payer, payerTrusted }: RequestFacts): boolean =>
  wish.requireUpfrontKudos && !payerTrusted && payer !== known.owner && !wish.prioritised.includes(payer);

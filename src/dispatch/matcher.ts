import type { RequestFacts } from '../requests/request.events.js';
import type { Pricing } from '../pricing/pricing.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { matcherOf } from './live-queue.message.js';
import { isWithdrawn, WorkerViews } from './worker-view.js';

/** Everything of a request that decides who may serve it; a request that is only being asked for has no id yet. */
export type Servable = Omit<RequestFacts, 'request' | 'priority' | 'contentHash' | 'acceptedAt' | 'policy' | 'reference' | 'payer' | 'payerTrusted'>
  & Partial<Pick<RequestFacts, 'payer' | 'payerTrusted'>>;

const NO_WISH = { prioritised: [], requireUpfrontKudos: false, blacklist: [], test: false };

/** May this worker serve that request, as far as both are known before they meet? */
export class Matcher {
  readonly #match;

  /** Its own views: pops with wishes would replace them at every turn. */
  readonly #views: WorkerViews;

  constructor(pricing: Pricing) {
    this.#match = matcherOf(pricing.reference);
    this.#views = new WorkerViews(pricing, isWithdrawn);
  }

  mayServe(worker: KnownWorker, asked: Servable): boolean {
    const facts = { payer: 0, payerTrusted: false, ...asked };
    if (facts.models.length > 0 && !facts.models.some((model) => worker.declaration.models.includes(model))) return false;
    const { facts: view } = this.#views.of(worker, NO_WISH);
    return this.#match(facts as RequestFacts, view) === undefined;
  }
}

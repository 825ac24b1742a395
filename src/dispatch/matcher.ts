import type { Pricing } from '../pricing/pricing.js';
import type { RequestFacts, RequestKind } from '../requests/request.events.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { matcherOf, type AnyWorkerFacts } from './live-queue.message.js';
import { matchFacets } from './live-queue/match-facets.js';
import { Signatures } from './live-queue/signatures.js';
import { Verdicts } from './live-queue/verdicts.js';
import { isTargeted } from './matching/common-match.js';
import { isWithdrawn, WorkerViews } from './worker-view.js';

/** Everything of a request that decides who may serve it; a request that is only being asked for has no id yet. */
export type Servable = Omit<RequestFacts, 'request' | 'priority' | 'contentHash' | 'acceptedAt' | 'policy' | 'reference' | 'payer' | 'payerTrusted'>
  & Partial<Pick<RequestFacts, 'payer' | 'payerTrusted'>>;

const NO_WISH = { prioritised: [], requireUpfrontKudos: false, blacklist: [], test: false };

/** Room for what 5,000 workers may serve of some hundred values each. */
const VERDICT_BYTES_MAX = 16 * 2 ** 20;

/** What was found out about the requests of one kind, part by part. */
interface Known {
  readonly signatures: Signatures;
  readonly verdicts: Verdicts<AnyWorkerFacts>;
}

/**
 * May this worker serve that request, as far as both are known before they meet? To ask the rules takes microseconds, and thousands of
 * workers may be asked at once: what they said of each part of a request is remembered, worker by worker, as the queue does for pops.
 */
export class Matcher {
  readonly #match;
  readonly #known: Readonly<Record<RequestKind, Known>>;
  /** Its own views: pops with wishes would replace them at every turn. */
  readonly #views: WorkerViews;

  constructor(pricing: Pricing) {
    this.#match = matcherOf(pricing.reference);
    this.#views = new WorkerViews(pricing, isWithdrawn);
    const facets = matchFacets(pricing.reference);
    const known = (kind: RequestKind): Known => {
      const signatures = new Signatures(facets[kind].facets);
      return { signatures, verdicts: new Verdicts<AnyWorkerFacts>(this.#match, signatures, facets[kind].precedence, VERDICT_BYTES_MAX) };
    };
    this.#known = { image: known('image'), text: known('text'), alchemy: known('alchemy') };
  }

  /** Calls `ask` with the question for one request; the workers that it is put to serve one of the request's models, if it names any. */
  asking<Answer>(asked: Servable, ask: (mayServe: (worker: KnownWorker) => boolean) => Answer): Answer {
    const facts = { payer: 0, payerTrusted: false, ...asked } as RequestFacts;
    // Whom a request names is one look at its list: what is remembered of it would be of use to that request alone.
    const untargeted = facts.workers.length === 0 ? facts : { ...facts, workers: [], workerBlacklist: false };
    const { signatures, verdicts } = this.#known[facts.kind];
    const signature = signatures.acquire(untargeted);
    try {
      return ask((worker) => {
        const { facts: view } = this.#views.of(worker, NO_WISH);
        if (worker.owner === facts.payer) return this.#match(facts, view) === undefined;
        return isTargeted(facts, view) && verdicts.serves(view, signature, untargeted);
      });
    } finally {
      signatures.release(signature);
    }
  }
}

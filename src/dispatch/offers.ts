import type { ImageJobFeatures } from '../pricing/job-features.js';
import type { Pricing } from '../pricing/pricing.js';
import { imageBaseline } from '../reference/reference.js';
import type { RequestFacts } from '../requests/request.events.js';
import type { Declaration } from '../workers/worker.events.js';
import type { AnyWorkerFacts } from './live-queue.message.js';
import { imageBatch, textBatch } from './matching/batch.js';
import type { ImageNeeds, ImageWorkerFacts } from './matching/facts.js';
import { servingImageModels, servingModels, withinQuote } from './matching/model-choice.js';
import { imageTtlS, TEXT_TTL_S } from './matching/ttl.js';

/** What a pop may be given of one request: with which models, how many at once, for how long. */
export class Offers {
  constructor(private readonly pricing: Pricing) {}

  /** One of them is chosen for the whole batch (horde-rules §12.20). */
  models(facts: RequestFacts, worker: AnyWorkerFacts): readonly string[] {
    if (facts.kind === 'text') return servingModels(facts, worker, () => true); // settlement never pays above the quote
    const { reference } = this.pricing;
    const policy = this.pricing.policyOf(facts.policy);
    if (!policy) return []; // quoted by a newer release: its nodes hand it out
    const needs = facts as RequestFacts & ImageNeeds;
    return servingImageModels(needs, worker as ImageWorkerFacts, reference, withinQuote(needs, policy, reference));
  }

  /** Of `free` jobs, for a pop that asks for `amount`. */
  batch(facts: RequestFacts, { model, maxPixels, amount, free }: { readonly model: string; readonly amount: number; readonly free: number } & Pick<Declaration, 'maxPixels'>): number {
    const wish = { amount, waiting: free, disableBatching: facts.disableBatching };
    if (facts.kind === 'text') return textBatch(wish);
    return imageBatch(facts.features as ImageJobFeatures, imageBaseline(this.pricing.reference, model), maxPixels, wish);
  }

  ttlS(facts: RequestFacts, model: string, extraSlow: boolean): number {
    if (facts.kind === 'text') return TEXT_TTL_S;
    return imageTtlS(facts.features as ImageJobFeatures, imageBaseline(this.pricing.reference, model), { extraSlow });
  }
}

import type { Kudos } from '../../kernel/kudos.js';
import { imageUnitPrice } from '../../pricing/image-price.js';
import type { PricePolicy } from '../../pricing/price-policy.js';
import type { ReferenceSnapshot } from '../../reference/reference.js';
import type { CommonNeeds, ImageNeeds, ImageWorkerFacts, WorkerFacts } from './facts.js';
import { isPainting } from './image-needs.js';

/**
 * The models that may serve the request, of which one is chosen for the whole batch: requested and declared, or any
 * declared one where none is requested. `isAffordable` keeps out what is dearer than the request's frozen quote (I26);
 * it is only asked of models that the request did not name. Empty: skip the request.
 */
export const servingModels = ({ models }: CommonNeeds, worker: WorkerFacts, isAffordable: (model: string) => boolean): readonly string[] =>
  models.length > 0 ? models.filter((model) => worker.models.has(model)) : [...worker.models].filter(isAffordable);

/** As `servingModels`; where none is requested, models for inpainting serve painting requests and no others. */
export const servingImageModels = (
  request: ImageNeeds, worker: ImageWorkerFacts, reference: ReferenceSnapshot, isAffordable: (model: string) => boolean,
): readonly string[] => {
  const painting = isPainting(request.features);
  return servingModels(request, worker, (model) => (reference.images.get(model)?.inpainting ?? false) === painting && isAffordable(model));
};

/** Nothing dearer than the quote of an image request serves it, by the policy that quoted it (spec/ledger.md §4.5, Quote). */
export const withinQuote = (
  { features, unitPriceMax }: Pick<ImageNeeds, 'features'> & { readonly unitPriceMax: Kudos }, policy: PricePolicy, reference: ReferenceSnapshot,
) => (model: string): boolean => imageUnitPrice(features, model, policy, reference) <= unitPriceMax;

/** One of them; `random` is in [0, 1). */
export const chosenModel = (models: readonly string[], random: number): string | undefined => models[Math.floor(random * models.length)];

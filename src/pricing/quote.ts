import { most, plus, times, type Kudos } from '../kernel/kudos.js';
import type { ReferenceSnapshot } from '../reference/reference.js';
import { imageActivation, textActivation } from './activation.js';
import { imageDebit, textDebit } from './burn.js';
import { imagePriceOn, imageUnitPrice } from './image-price.js';
import type { ImageJobFeatures, TextJobFeatures } from './job-features.js';
import type { PricePolicy } from './price-policy.js';
import { textPriceBySize, textReward } from './text-price.js';

/**
 * The most that a request can cost (spec/ledger.md §4.5, I26). It is frozen with the request: `unitPrice` bounds what may
 * be assigned to it, and settlement reads policy and reference of these versions.
 */
export interface Quote {
  readonly activation: Kudos;
  /** V of the dearest model: nothing dearer may serve the request. */
  readonly unitPrice: Kudos;
  /** The model that it is the price of; absent when nobody could be asked. */
  readonly dearest?: string;
  /** What the requester pays for one job on the dearest model. */
  readonly perJob: Kudos;
  readonly jobs: number;
  /** `kudos_quote`: activation + jobs × perJob. */
  readonly total: Kudos;
  readonly policy: number;
  readonly reference: number;
}

export interface ImageQuoteRequest {
  readonly features: ImageJobFeatures;
  readonly jobs: number;
  /** As requested; empty means any. */
  readonly models: readonly string[];
  /** What live workers offer now; only read when `models` is empty. */
  readonly offered: readonly string[];
  readonly slowWorkers: boolean;
  readonly workerBlacklist: boolean;
}

export interface TextQuoteRequest {
  readonly features: TextJobFeatures;
  readonly jobs: number;
  readonly models: readonly string[];
  readonly offered: readonly string[];
  readonly styled: boolean;
}

/** The full price of an image request, an upper bound in every case. */
export const imageQuote = (request: ImageQuoteRequest, policy: PricePolicy, reference: ReferenceSnapshot): Quote => {
  const { features, slowWorkers, workerBlacklist } = request;
  const models = request.models.length > 0 ? request.models : request.offered;
  const { unitPrice, ...named } = dearestOf(models, (model) => imageUnitPrice(features, model, policy, reference))
    ?? { unitPrice: imagePriceOn(policy.image.unnamedBaseline, features, policy) };
  const perJob = imageDebit(unitPrice, features, { censored: false, slowWorkers, workerBlacklist }, policy);
  return quote({ activation: imageActivation(features, policy), unitPrice, ...named, perJob, jobs: request.jobs }, policy, reference);
};

/** The full price of a text request, as if every token asked for were delivered by a validated backend. */
export const textQuote = (request: TextQuoteRequest, policy: PricePolicy, reference: ReferenceSnapshot): Quote => {
  const models = request.models.length > 0 ? request.models : request.offered;
  const { unitPrice, ...named } = dearestOf(models, (model) => dearestTextPrice(request.features, model, policy, reference))
    ?? { unitPrice: textPriceBySize(policy.text.unnamedParameters, wholeOf(request.features), policy) };
  const perJob = textDebit(unitPrice, { censored: false }, policy);
  return quote({ activation: textActivation(request, policy), unitPrice, ...named, perJob, jobs: request.jobs }, policy, reference);
};

/** The most that a text on the named model can be worth; an unknown model by the dearer of its two rules, for trusted owners and others. */
export const dearestTextPrice = (features: TextJobFeatures, model: string, policy: PricePolicy, reference: ReferenceSnapshot): Kudos => {
  const work = { ...wholeOf(features), model, validatedBackend: true };
  return most(...[true, false].map((ownerTrusted) => textReward({ ...work, ownerTrusted }, policy, reference)));
};

/** The `kudos` of a text's 202 answer: one text at its dearest (Q13: upstream always says 0). */
export const firstTextPrice = ({ unitPrice }: Quote): Kudos => unitPrice;

const wholeOf = ({ maxLength, promptTokens, maxContextLength, matchedTargeting }: TextJobFeatures) => ({
  tokens: maxLength, promptTokens, maxContextLength, ...(matchedTargeting && { matchedTargeting }),
});

/** The first of the dearest, so that the same request is always quoted by the same model. */
const dearestOf = (models: readonly string[], priceOf: (model: string) => Kudos): { readonly unitPrice: Kudos; readonly dearest?: string } | undefined => {
  let found: { readonly unitPrice: Kudos; readonly dearest: string } | undefined;
  for (const dearest of models) {
    const unitPrice = priceOf(dearest);
    if (!found || unitPrice > found.unitPrice) found = { unitPrice, dearest };
  }
  return found;
};

const quote = (parts: Pick<Quote, 'activation' | 'unitPrice' | 'dearest' | 'perJob' | 'jobs'>, policy: PricePolicy, reference: ReferenceSnapshot): Quote => ({
  ...parts,
  total: plus(parts.activation, times(parts.perJob, parts.jobs)),
  policy: policy.version,
  reference: reference.version,
});

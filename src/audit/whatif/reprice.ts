import { least, NO_KUDOS, type Kudos } from '../../kernel/kudos.js';
import { imageActivation, textActivation } from '../../pricing/activation.js';
import { imageDebit, ownerReward, textDebit } from '../../pricing/burn.js';
import { imageUnitPrice } from '../../pricing/image-price.js';
import { alchemyDebit, alchemyFormPrice } from '../../pricing/alchemy-price.js';
import type { AlchemyJobFeatures, ImageJobFeatures, TextJobFeatures } from '../../pricing/job-features.js';
import type { PricePolicy } from '../../pricing/price-policy.js';
import { imageQuote, textQuote } from '../../pricing/quote.js';
import { textReward } from '../../pricing/text-price.js';
import type { ReferenceSnapshot } from '../../reference/reference.js';
import type { JobSubmitted, RequestFacts } from '../../requests/request.events.js';

/** The money of one delivered job. */
export interface JobMoney {
  readonly price: Kudos;
  /** What the worker's owner gets. */
  readonly reward: Kudos;
  /** What the requester owes. */
  readonly debit: Kudos;
}
/** The policy that was in force for a request, and the one that is asked about. */
export interface Policies {
  readonly was: PricePolicy;
  readonly would: PricePolicy;
}
export interface Both<Value> {
  readonly was: Value;
  readonly would: Value;
}

type Delivered = JobSubmitted['data'];

/** A worker's test of itself: free under any policy. */
const FREE: JobMoney = { price: NO_KUDOS, reward: NO_KUDOS, debit: NO_KUDOS };

/**
 * What a delivered job would have cost. Undefined when what is stored does not explain what it did cost (it was priced by
 * another model reference, or before its events told enough): such a job is left as it was, and counted.
 */
export const repricedJob = (facts: RequestFacts, job: Delivered, policies: Policies, reference: ReferenceSnapshot): Both<JobMoney> | undefined => {
  if (job.selfTest) return { was: FREE, would: FREE };
  const of = (policy: PricePolicy): JobMoney | undefined => (facts.kind === 'alchemy' ? formMoney(facts, job, policy) : jobMoney(facts, job, policy, reference));
  const was = facts.reference === reference.version ? of(policies.was) : undefined;
  if (!was || was.price !== job.price || was.debit !== job.debit || was.reward !== (job.reward ?? job.price)) return undefined;
  const would = of(policies.would);
  return would && { was, would };
};

/** One form is one job, priced by its kind and the tiles of the source image. */
const formMoney = ({ features, slowWorkers }: RequestFacts, { form, bridge = '' }: Delivered, policy: PricePolicy): JobMoney | undefined => {
  const { tiles, forms } = features as AlchemyJobFeatures;
  const asked = forms[form ?? -1];
  if (!asked) return undefined;
  const price = alchemyFormPrice({ form: asked.form, tiles, ...(asked.controlType !== undefined && { controlType: asked.controlType }) }, policy);
  return { price, reward: ownerReward(price, bridge, policy), debit: alchemyDebit(price, { slowWorkers }, policy) };
};

/** V of the dearest model under the policy: the bound of what may be charged. */
const quotedPrice = (facts: RequestFacts, policy: PricePolicy, reference: ReferenceSnapshot): Kudos => {
  const { kind, models, dearest, slowWorkers, workerBlacklist } = facts;
  const offered = dearest === undefined ? [] : [dearest];
  if (kind === 'image') {
    return imageQuote({ features: facts.features as ImageJobFeatures, jobs: 1, models, offered, slowWorkers, workerBlacklist }, policy, reference).unitPrice;
  }
  return textQuote({ features: facts.features as TextJobFeatures, jobs: 1, models, offered, styled: false }, policy, reference).unitPrice;
};

const jobMoney = (facts: RequestFacts, job: Delivered, policy: PricePolicy, reference: ReferenceSnapshot): JobMoney | undefined => {
  const value = valueOf(facts, job, policy, reference);
  if (value === undefined) return undefined;
  const price = least(value, quotedPrice(facts, policy, reference));
  return { price, reward: ownerReward(price, job.bridge ?? '', policy), debit: debitOf(facts, job, price, policy) };
};

const valueOf = (facts: RequestFacts, { model, things, text }: Delivered, policy: PricePolicy, reference: ReferenceSnapshot): Kudos | undefined => {
  if (facts.kind === 'image') return imageUnitPrice(facts.features as ImageJobFeatures, model, policy, reference);
  if (!text) return undefined;
  return textReward({ ...(facts.features as TextJobFeatures), ...text, tokens: things, model }, policy, reference);
};

const debitOf = ({ kind, features, slowWorkers, workerBlacklist }: RequestFacts, { state }: Delivered, price: Kudos, policy: PricePolicy): Kudos => {
  const censored = state !== 'ok';
  return kind === 'image' ? imageDebit(price, features as ImageJobFeatures, { censored, slowWorkers, workerBlacklist }, policy) : textDebit(price, { censored }, policy);
};

/** horde-rules §3.6: a request brings at most so many extra source images. */
const EXTRA_SOURCE_IMAGES_MAX = 5;

/**
 * What an activation would have cost. The event of the payer's account does not say what it was for, so the cases are tried:
 * each has a price of its own. Undefined when none explains it.
 */
export const repricedActivation = (kind: string, activation: Kudos, { was, would }: Policies): Kudos | undefined => {
  for (const priced of kind === 'image' ? IMAGE_ACTIVATIONS : kind === 'text' ? TEXT_ACTIVATIONS : []) if (priced(was) === activation) return priced(would);
  return undefined;
};

type ActivationCase = (policy: PricePolicy) => Kudos;
const IMAGE_ACTIVATIONS: readonly ActivationCase[] = Array.from({ length: EXTRA_SOURCE_IMAGES_MAX + 1 }, (_, extraSourceImages) => (policy) =>
  imageActivation({ extraSourceImages } as ImageJobFeatures, policy));
const TEXT_ACTIVATIONS: readonly ActivationCase[] = [false, true].map((styled) => (policy) => textActivation({ styled }, policy));

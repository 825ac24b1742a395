import { least, type Kudos } from '../kernel/kudos.js';
import { imageDebit, ownerReward, textDebit } from '../pricing/burn.js';
import { imageUnitPrice } from '../pricing/image-price.js';
import type { ImageJobFeatures, TextJobFeatures } from '../pricing/job-features.js';
import type { PricePolicy } from '../pricing/price-policy.js';
import { textReward } from '../pricing/text-price.js';
import { generatedTokens } from '../pricing/tokens.js';
import type { ReferenceSnapshot } from '../reference/reference.js';
import type { RequestFacts } from '../requests/request.events.js';
import { isValidatedBackend, parseBridge } from './matching/bridge.js';
import { thingsOfJob } from './live-queue/match-signature.js';

/** The frozen money of one job: V, what its requester owes, how much work it was, and what else the price depended on. */
export interface JobValue {
  readonly price: Kudos;
  readonly debit: Kudos;
  readonly things: number;
  readonly text?: { readonly validatedBackend: boolean; readonly ownerTrusted: boolean };
}

interface Priced {
  readonly facts: RequestFacts;
  readonly model: string;
  readonly censored: boolean;
}

/** Never above what was quoted, whatever the reference or the offer have become since (spec/ledger.md §4.5, Quote). */
export const valueOfImage = ({ facts, model, censored }: Priced, policy: PricePolicy, reference: ReferenceSnapshot): JobValue => {
  const features = facts.features as ImageJobFeatures;
  const price = least(imageUnitPrice(features, model, policy, reference), facts.unitPriceMax);
  const { slowWorkers, workerBlacklist } = facts;
  return { price, debit: imageDebit(price, features, { censored, slowWorkers, workerBlacklist }, policy), things: thingsOfJob(facts) };
};

/** A delivered job, and what its price may depend on besides its request. */
export interface PricedJob extends Priced {
  readonly text: string;
  readonly agent: string;
  readonly ownerTrusted: boolean;
}

export const valueOfJob = (job: PricedJob, policy: PricePolicy, reference: ReferenceSnapshot): JobValue =>
  (job.facts.kind === 'image' ? valueOfImage(job, policy, reference) : valueOfText(job, policy, reference));

export const valueOfText = (
  { facts, model, censored, text, agent, ownerTrusted }: PricedJob,
  policy: PricePolicy, reference: ReferenceSnapshot,
): JobValue => {
  const features = facts.features as TextJobFeatures;
  const tokens = generatedTokens(text, features.maxLength);
  const judged = { validatedBackend: isValidatedBackend(parseBridge(agent)), ownerTrusted };
  const price = least(textReward({ ...features, ...judged, tokens, model }, policy, reference), facts.unitPriceMax);
  return { price, debit: textDebit(price, { censored }, policy), things: tokens, text: judged };
};

/** Bridges name themselves, at any length; what events keep of it is enough to tell one from another. */
const BRIDGE_NAME_MAX = 100;

/** Who made it, and what its owner gets for it where the policy pays that bridge another amount than the price. */
export const payOf = (price: Kudos, agent: string, policy: PricePolicy): { readonly bridge: string; readonly reward?: Kudos } => {
  const bridge = parseBridge(agent).name.slice(0, BRIDGE_NAME_MAX);
  const reward = ownerReward(price, bridge, policy);
  return { bridge, ...(reward === price ? {} : { reward }) };
};

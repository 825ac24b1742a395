import { kudos, inKudos, type Kudos } from '../kernel/kudos.js';
import type { ImageJobFeatures } from './job-features.js';
import { numberFor, type PricePolicy } from './price-policy.js';

/** What besides the price decides what the requester pays for one image. */
export interface ImageBurn {
  readonly censored: boolean;
  readonly slowWorkers: boolean;
  /** The flag alone: it costs even with an empty list. */
  readonly workerBlacklist: boolean;
}

/** What the requester pays for one image that is worth `price`. The order of the factors is contract (horde-rules §2.4). */
export const imageDebit = (price: Kudos, features: ImageJobFeatures, on: ImageBurn, { image: { burn } }: PricePolicy): Kudos => {
  let amount = on.censored ? 0 : inKudos(price);
  if (features.sourceImage) amount *= burn.sourceImage;
  for (const name of features.postProcessing ?? []) amount *= numberFor(name, burn.postProcessors) ?? 1;
  amount += burn.perJob;
  if (!on.slowWorkers) amount *= burn.fastWorkersOnly;
  if (on.workerBlacklist) amount *= burn.workerBlacklist;
  return kudos(amount);
};

/** What the requester pays for one text that is worth `reward` (horde-rules §2.7). */
export const textDebit = (reward: Kudos, { censored }: { readonly censored: boolean }, { text }: PricePolicy): Kudos =>
  kudos((censored ? 0 : inKudos(reward)) + text.perJob);

/** What the worker's owner gets of a job's price: all of it, unless the policy names the bridge (design §6). */
export const ownerReward = (price: Kudos, bridge: string, { bridgeMultipliers }: PricePolicy): Kudos =>
  kudos(inKudos(price) * (numberFor(bridge, bridgeMultipliers) ?? 1));

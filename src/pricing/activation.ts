import { kudos, type Kudos } from '../kernel/kudos.js';
import type { ImageJobFeatures } from './job-features.js';
import type { PricePolicy } from './price-policy.js';

/** Charged once when an image request is accepted: 3, and 5 for each extra source image (horde-rules §2.5, Q10). */
export const imageActivation = ({ extraSourceImages = 0 }: ImageJobFeatures, { activation }: PricePolicy): Kudos =>
  kudos(activation.base + activation.image + activation.extraSourceImage * extraSourceImages);

/** Charged once when a text request is accepted: 1, or 3 with a style (horde-rules §2.5). */
export const textActivation = ({ styled }: { readonly styled: boolean }, { activation }: PricePolicy): Kudos =>
  kudos(activation.base + (styled ? activation.foreignTextStyle : 0));

/** What of the activation price is for the owner of somebody else's style (horde-rules §2.9); never more than that price. */
export const styleReward = (policy: PricePolicy): Kudos => kudos(policy.styleReward);

import { textParameters, type ReferenceSnapshot } from '../../reference/reference.js';
import type { RequestKind } from '../../requests/request.events.js';

/** Things per second that nobody delivers (horde-rules §7.6). */
const IMAGE_MAX = 20_000_000;
const TEXT_MAX = 150;
/** Of an untrusted owner, by the model's billions of parameters. */
const TEXT_UNTRUSTED: readonly (readonly [billions: number, tokensPerSecond: number])[] = [[70, 30], [14, 100]];
/** A mixture of eight is that much faster than its size. */
const MIXTURE = /8x/i;
const MIXTURE_FACTOR = 3;

/** Undefined where no delivery is too fast. */
export const speedLimit = (
  { kind, model, ownerTrusted }: { readonly kind: RequestKind; readonly model: string; readonly ownerTrusted: boolean }, reference: ReferenceSnapshot,
): number | undefined => {
  switch (kind) {
    case 'image': return IMAGE_MAX;
    case 'text': return ownerTrusted ? TEXT_MAX : untrustedText(model, reference);
    default: return undefined;
  }
};

const untrustedText = (model: string, reference: ReferenceSnapshot): number => {
  const billions = textParameters(reference, model);
  const limit = TEXT_UNTRUSTED.find(([least]) => billions !== undefined && billions >= least)?.[1] ?? TEXT_MAX;
  return Math.min(TEXT_MAX, MIXTURE.test(model) ? limit * MIXTURE_FACTOR : limit);
};

import { kudos, type Kudos } from '../kernel/kudos.js';
import { textParameters, type ReferenceSnapshot } from '../reference/reference.js';
import type { PricePolicy, UptimePolicy } from './price-policy.js';

/** What a worker has been ready for: all that the reward for its time depends on (horde-rules §7.4). */
export type Readiness =
  | { readonly kind: 'image'; readonly models: number; readonly loras: boolean }
  | { readonly kind: 'text'; readonly model: string | undefined; readonly maxContextLength: number; readonly validatedBackend: boolean }
  | { readonly kind: 'interrogation' };

/** What ten minutes of it are worth. Rounded once. */
export const uptimeReward = (ready: Readiness, { uptime }: PricePolicy, reference: ReferenceSnapshot): Kudos => {
  switch (ready.kind) {
    case 'image': return kudos(uptime.image.base + uptime.image.perModel * ready.models + (ready.loras ? uptime.image.loras : 0));
    case 'text': return textReward(ready, uptime.text, reference);
    case 'interrogation': return kudos(uptime.interrogation);
  }
};

const textReward = (ready: Extract<Readiness, { kind: 'text' }>, text: UptimePolicy['text'], reference: ReferenceSnapshot): Kudos => {
  const base = text.base + (text.perContextStep * Math.min(ready.maxContextLength, text.contextMax)) / text.contextStep;
  const billions = ready.model === undefined ? undefined : textParameters(reference, ready.model);
  if (billions === undefined) return kudos(base * text.unknownModel);
  return kudos(base * (ready.validatedBackend ? 1 : text.unvalidated) * Math.max(billions / text.divisor, text.leastSize));
};

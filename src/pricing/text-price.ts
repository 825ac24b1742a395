import { kudos, type Kudos } from '../kernel/kudos.js';
import { textParameters, type ReferenceSnapshot } from '../reference/reference.js';
import type { PricePolicy, TextPolicy } from './price-policy.js';

/** One delivered text: all that its price depends on. */
export interface TextWork {
  /** Tokens delivered (`generatedTokens`). */
  readonly tokens: number;
  readonly promptTokens: number;
  readonly maxContextLength: number;
  readonly model: string;
  readonly validatedBackend: boolean;
  readonly ownerTrusted: boolean;
  readonly matchedTargeting?: true;
}

/** What one text is worth, and what its worker's owner earns (horde-rules §2.7). Rounded once. */
export const textReward = (work: TextWork, { text }: PricePolicy, reference: ReferenceSnapshot): Kudos => {
  if (work.matchedTargeting) return kudos(text.matchedTargeting);
  const context = contextMultiplier(work, text);
  const billions = textParameters(reference, work.model);
  if (billions === undefined) return kudos(work.ownerTrusted ? work.tokens * text.unknownPerToken * context : context);
  return kudos(perToken(billions, text) * work.tokens * (work.validatedBackend ? 1 : text.unvalidated) * context);
};

/** As `textReward` for a known size, at its dearest backend. */
export const textPriceBySize = (billions: number, work: Omit<TextWork, 'model' | 'validatedBackend' | 'ownerTrusted'>, { text }: PricePolicy): Kudos =>
  kudos(work.matchedTargeting ? text.matchedTargeting : perToken(billions, text) * work.tokens * contextMultiplier(work, text));

const perToken = (billions: number, { bonusFrom, bonusExponent, divisor }: TextPolicy): number =>
  (Math.max(billions, bonusFrom) / bonusFrom) ** bonusExponent * (billions / divisor);

/** Long prompts cost more: by the prompt's tokens as far as they fit the context, in quote and settlement alike (design §6, Q14). */
const contextMultiplier = (work: Pick<TextWork, 'promptTokens' | 'maxContextLength'>, { context }: TextPolicy): number => {
  const tokens = Math.min(work.promptTokens, work.maxContextLength);
  const grown = context.base + context.power ** Math.log2(tokens / context.tokensAtOne);
  return Math.min(context.most, Math.max(context.least, grown));
};

import { COMMON_RULES, KUDOS_RULE, STRANGERS_RULE, TARGETING_RULE, UNSAFE_IP_RULE } from './common-match.js';
import { firstReason, skip, type MatchRule, type TextNeeds, type TextWorkerFacts } from './facts.js';

/**
 * The matcher of texts (horde-rules §6.6): why the worker may not serve the request, or undefined. As for images, prompt,
 * address, decoys and kudos are asked when they meet.
 */
export const textMatch: MatchRule<TextNeeds, TextWorkerFacts> = firstReason<TextNeeds, TextWorkerFacts>([
  ...COMMON_RULES,
  TARGETING_RULE,
  UNSAFE_IP_RULE,
  skip('max_context_length', ({ features }, { maxContextLength }) => features.maxContextLength > maxContextLength),
  skip('max_length', ({ features }, { maxLength }) => features.maxLength > maxLength),
  skip('bridge_version', ({ validatedBackends }, { validatedBackend }) => validatedBackends && !validatedBackend),
  skip('matching_softprompt', ({ features }, { softprompts }) => features.softprompt !== undefined && features.softprompt !== '' && !softprompts.has(features.softprompt)),
  STRANGERS_RULE,
  KUDOS_RULE,
]);

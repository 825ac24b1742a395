import { COMMON_RULES, STRANGERS_RULE } from './common-match.js';
import { firstReason, skip, type AlchemyNeeds, type AlchemyWorkerFacts, type MatchRule } from './facts.js';

/**
 * The matcher of alchemy (horde-rules §6.9): why the worker may not serve the request, or undefined. What a worker can do
 * stands in place of models. Upfront kudos are no matter of matching: they are set aside when a form is handed out.
 */
export const alchemyMatch: MatchRule<AlchemyNeeds, AlchemyWorkerFacts> = firstReason<AlchemyNeeds, AlchemyWorkerFacts>([
  ...COMMON_RULES,
  skip('max_tiles', ({ features }, { maxTiles }) => features.tiles > maxTiles),
  STRANGERS_RULE,
]);

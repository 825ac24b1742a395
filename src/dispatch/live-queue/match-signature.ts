import type { AlchemyJobFeatures, ImageJobFeatures, TextJobFeatures } from '../../pricing/job-features.js';
import { accurateSteps, ADAPTIVE_SAMPLER } from '../../reference/samplers.js';
import type { RequestFacts, RequestKind } from '../../requests/request.events.js';
import { pixelsteps } from '../matching/things.js';
import type { Facets } from './signatures.js';

/**
 * Everything that matching reads of a request but its payer, as text: of two requests with equal signatures that both
 * share a model with a worker, a stranger's worker may serve both or neither, for the same reason. What only changes the
 * price or the picture (cfg_scale, strengths, seeds) stays out, so that the queue has few signatures.
 */
export const matchSignature = (facts: RequestFacts): string => {
  const flags = [
    facts.payerTrusted, facts.nsfw, facts.trustedWorkers, facts.validatedBackends, facts.slowWorkers, facts.extraSlowWorkers,
    facts.workerBlacklist, facts.r2, facts.models.length === 0,
  ].map(Number).join('');
  const features = PARTS[facts.kind](facts);
  return JSON.stringify([flags, facts.workers.length === 0 ? 0 : facts.workers.toSorted(), ...features]);
};

const PARTS: Readonly<Record<RequestKind, (facts: RequestFacts) => readonly unknown[]>> = {
  image: (facts) => imageParts(facts, facts.features as ImageJobFeatures),
  text: ({ features }) => textParts(features as TextJobFeatures),
  alchemy: ({ features }) => [(features as AlchemyJobFeatures).tiles],
};

const given = (value: unknown): 0 | 1 => (value === undefined ? 0 : 1);

const imageParts = (facts: RequestFacts, features: ImageJobFeatures): readonly unknown[] => [
  features.width * features.height,
  features.sampler === ADAPTIVE_SAMPLER ? [features.steps, features.samplerOrder] : accurateSteps(features.sampler, features.steps),
  features.sampler, features.scheduler, features.karras, features.sourceImage, features.sourceMask, features.sourceProcessing,
  features.hiresFix, features.tiling, features.transparent, (features.clipSkip ?? 1) > 1, features.postProcessing?.toSorted(),
  features.controlType, given(features.controlStrength), features.imageIsControl, features.returnControlMap,
  given(features.loras), features.lorasVersioned,
  given(features.tis), features.workflow, given(features.extraTexts), given(features.extraSourceImages),
  features.samplerSettings, given(features.flowShift), features.matchedTargeting,
  // Two rules look at the requested models themselves: steps against each model's limits, and hires_fix against its baseline.
  facts.models.length > 1 || features.hiresFix ? facts.models.toSorted() : 0,
];

const textParts = (features: TextJobFeatures): readonly unknown[] => [
  features.maxLength, features.maxContextLength, features.softprompt, features.matchedTargeting,
];

/** Work of one job: pixelsteps of an image, tokens of a text (horde-rules §2.2.1, §2.8); each form is one. */
export const thingsOfJob = ({ kind, features }: RequestFacts): number => {
  if (kind === 'alchemy') return 1;
  return kind === 'text' ? (features as TextJobFeatures).maxLength : pixelsteps(features as ImageJobFeatures);
};

/** All in one part: right for any matcher, but every new signature is a question to it (`matchFacets` splits it up). */
const WHOLE: Facets = { facets: [{ name: 'whole', keyOf: matchSignature, partOf: (facts) => facts }], precedence: [] };
export const wholeFacets = { image: WHOLE, text: WHOLE, alchemy: WHOLE } as const;

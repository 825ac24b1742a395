import type { AlchemyJobFeatures, ImageJobFeatures, TextJobFeatures } from '../../pricing/job-features.js';
import { imageBaseline, type ReferenceSnapshot } from '../../reference/reference.js';
import { accurateSteps, ADAPTIVE_SAMPLER, steppingMaximum } from '../../reference/samplers.js';
import type { RequestFacts, RequestKind } from '../../requests/request.events.js';
import { stepBudgetOf } from '../matching/image-match.js';
import { isPainting } from '../matching/image-needs.js';
import type { Facet, Facets } from './signatures.js';

/**
 * What the matchers read of a request, in independent parts. A worker serves a request exactly if it would serve each
 * part alone, and each part takes few values, so a worker's verdicts are few however varied the queue is. That the parts
 * together say what the matcher says of the whole is a test.
 */
export const matchFacets = (reference: ReferenceSnapshot): Readonly<Record<RequestKind, Facets>> => ({
  image: { facets: [SIZE, IMAGE_FLAGS, POST_PROCESSING, SAMPLER, ADD_ONS, SOURCE, steps(reference), workflow(reference)], precedence: IMAGE_PRECEDENCE },
  text: { facets: [TEXT_FLAGS, CONTEXT, LENGTH, BACKEND], precedence: TEXT_PRECEDENCE },
  alchemy: { facets: [ALCHEMY_FLAGS, TILES], precedence: ALCHEMY_PRECEDENCE },
});

/**
 * Where two parts fail, the reason that the matcher meets first (horde-rules §6.5). Two reasons come up at two places: as
 * `part:reason` where a part stands for the other place.
 */
const IMAGE_PRECEDENCE = [
  'maintenance', 'stale', 'nsfw', 'untrusted', 'worker_id', 'flags:performance', 'max_pixels', 'img2img', 'painting', 'lora', 'post-processing',
  'controlnet', 'performance', 'bridge_version', 'models', 'workflow:controlnet', 'step_count',
] as const;
const TEXT_PRECEDENCE = [
  'maintenance', 'stale', 'models', 'nsfw', 'untrusted', 'worker_id', 'performance', 'max_context_length', 'max_length', 'bridge_version', 'matching_softprompt',
] as const;
const ALCHEMY_PRECEDENCE = ['maintenance', 'stale', 'models', 'nsfw', 'untrusted', 'worker_id', 'performance', 'max_tiles'] as const;

const image = ({ features }: RequestFacts): ImageJobFeatures => features as ImageJobFeatures;
const text = ({ features }: RequestFacts): TextJobFeatures => features as TextJobFeatures;

/** An image request that every bridge can serve, but for the models and the kind of source, which rules combine with others. */
const plainImage = (facts: RequestFacts, features: Partial<ImageJobFeatures>, flags: Partial<RequestFacts> = {}): RequestFacts => {
  const { sourceImage, sourceProcessing } = image(facts);
  return {
    ...facts, ...HARMLESS, ...flags,
    features: {
      width: 0, height: 0, steps: 0, sampler: 'k_euler', karras: false, cfgScale: 0,
      ...(sourceImage ? { sourceImage } : {}), ...(sourceProcessing ? { sourceProcessing } : {}), ...features,
    },
  };
};
const plainText = (facts: RequestFacts, features: Partial<TextJobFeatures>, flags: Partial<RequestFacts> = {}): RequestFacts => ({
  ...facts, ...HARMLESS, ...flags, features: { maxLength: 0, maxContextLength: 0, promptTokens: 0, ...features },
});
const HARMLESS = {
  nsfw: false, trustedWorkers: false, validatedBackends: false, slowWorkers: true, extraSlowWorkers: true, workers: [], workerBlacklist: false, r2: false,
} as const satisfies Partial<RequestFacts>;

/** What every image part looks at besides its own. */
const imageKey = (facts: RequestFacts, ...own: readonly unknown[]): string =>
  JSON.stringify([facts.models.length === 0, image(facts).sourceImage === true, isPainting(image(facts)), ...own]);
const textKey = (facts: RequestFacts, ...own: readonly unknown[]): string => JSON.stringify([facts.models.length === 0, ...own]);

const flagsOf = ({ nsfw, trustedWorkers, slowWorkers, workers, workerBlacklist }: RequestFacts): Partial<RequestFacts> =>
  ({ nsfw, trustedWorkers, slowWorkers, workers, workerBlacklist });
const flagValues = ({ nsfw, trustedWorkers, slowWorkers, workers, workerBlacklist, features }: RequestFacts): readonly unknown[] =>
  [nsfw, trustedWorkers, slowWorkers, workers.toSorted(), workers.length > 0 && workerBlacklist, features.matchedTargeting];

/** Only the named features, and of those only what is there. */
const only = (features: ImageJobFeatures, ...names: readonly (keyof ImageJobFeatures)[]): Partial<ImageJobFeatures> =>
  Object.fromEntries(names.flatMap((name) => (features[name] === undefined ? [] : [[name, features[name]]])));

const IMAGE_FLAGS: Facet = {
  name: 'flags',
  keyOf: (facts) => imageKey(facts, ...flagValues(facts)),
  partOf: (facts) => plainImage(facts, only(image(facts), 'matchedTargeting'), flagsOf(facts)),
};
const SIZE: Facet = {
  name: 'size',
  keyOf: (facts) => imageKey(facts, image(facts).width * image(facts).height, facts.extraSlowWorkers),
  partOf: (facts) => plainImage(facts, only(image(facts), 'width', 'height'), { extraSlowWorkers: facts.extraSlowWorkers }),
};
const ADD_ONS: Facet = {
  name: 'add-ons',
  keyOf: (facts) => {
    const { loras, lorasVersioned, tis, clipSkip = 1, tiling, transparent } = image(facts);
    return imageKey(facts, loras !== undefined, lorasVersioned, tis !== undefined, clipSkip > 1, tiling, transparent);
  },
  partOf: (facts) => plainImage(facts, only(image(facts), 'loras', 'lorasVersioned', 'tis', 'clipSkip', 'tiling', 'transparent')),
};
const POST_PROCESSING: Facet = {
  name: 'post-processing',
  keyOf: (facts) => imageKey(facts, image(facts).postProcessing?.toSorted()),
  partOf: (facts) => plainImage(facts, only(image(facts), 'postProcessing')),
};
const SOURCE: Facet = {
  name: 'source',
  keyOf: (facts) => {
    const { controlType, controlStrength, imageIsControl, returnControlMap, extraSourceImages } = image(facts);
    return imageKey(facts, facts.r2, controlType, controlStrength !== undefined, imageIsControl, returnControlMap, extraSourceImages !== undefined);
  },
  partOf: (facts) => plainImage(
    facts, only(image(facts), 'controlType', 'controlStrength', 'imageIsControl', 'returnControlMap', 'extraSourceImages'), { r2: facts.r2 },
  ),
};
const SAMPLER: Facet = {
  name: 'sampler',
  keyOf: (facts) => {
    const { sampler, scheduler, karras, samplerSettings, flowShift } = image(facts);
    return imageKey(facts, sampler === ADAPTIVE_SAMPLER ? 'k_euler' : sampler, scheduler, karras, samplerSettings, flowShift !== undefined, sampler === ADAPTIVE_SAMPLER);
  },
  partOf: (facts) => plainImage(facts, only(image(facts), 'sampler', 'scheduler', 'karras', 'samplerSettings', 'flowShift')),
};

/** hires_fix is a matter of the requested models' families. */
const workflow = (reference: ReferenceSnapshot): Facet => ({
  name: 'workflow',
  keyOf: (facts) => {
    const { workflow: name, hiresFix } = image(facts);
    const baselines = hiresFix ? new Set(facts.models.map((model) => imageBaseline(reference, model))) : undefined;
    return imageKey(facts, name, baselines && [baselines.has('stable_cascade'), baselines.has('stable_diffusion_xl')]);
  },
  partOf: (facts) => plainImage(facts, only(image(facts), 'workflow', 'hiresFix')),
});

/** Steps are measured by the worker's models, or by the requested ones where there are several: between two budgets all are alike. */
const steps = (reference: ReferenceSnapshot): Facet => {
  const budgets = [...new Set(['', ...reference.images.keys()].map((model) => stepBudgetOf(reference, model)))]; // '' as any unknown model
  const budgetsBelow = (work: number): number => budgets.filter((budget) => budget < work).length;
  const exceeds = (facts: RequestFacts): boolean => workOf(facts) > Math.min(...facts.models.map((model) => stepBudgetOf(reference, model)));
  return {
    name: 'steps',
    keyOf: (facts) => imageKey(facts, image(facts).sampler === ADAPTIVE_SAMPLER, facts.models.length > 1 ? exceeds(facts) : budgetsBelow(workOf(facts))),
    // Where its own models decide, the part is asked about with those of any request that shares it: so it is no work at all, or more than any of them allows.
    partOf: (facts) => stepsPart(facts, facts.models.length > 1 ? (exceeds(facts) ? Math.max(...budgets) + 1 : 0) : image(facts).steps),
  };
};

const workOf = (facts: RequestFacts): number => {
  const { sampler, samplerOrder, steps: count } = image(facts);
  return steppingMaximum(sampler, count, { contract: true, ...(samplerOrder === undefined ? {} : { order: samplerOrder }) })!;
};

/** As much work by a sampler that every bridge has; the adaptive one is measured in its own way. */
const stepsPart = (facts: RequestFacts, count: number): RequestFacts => {
  const { sampler } = image(facts);
  return plainImage(facts, sampler === ADAPTIVE_SAMPLER ? { ...only(image(facts), 'sampler', 'samplerOrder'), steps: count } : { steps: accurateSteps(sampler, count) });
};

const plainAlchemy = (facts: RequestFacts, tiles: number, flags: Partial<RequestFacts> = {}): RequestFacts =>
  ({ ...facts, ...HARMLESS, ...flags, features: { tiles, forms: [] } });
const tilesOf = ({ features }: RequestFacts): number => (features as AlchemyJobFeatures).tiles;
const ALCHEMY_FLAGS: Facet = {
  name: 'flags',
  keyOf: (facts) => textKey(facts, ...flagValues(facts)),
  partOf: (facts) => plainAlchemy(facts, 0, flagsOf(facts)),
};
const TILES: Facet = { name: 'tiles', keyOf: (facts) => textKey(facts, tilesOf(facts)), partOf: (facts) => plainAlchemy(facts, tilesOf(facts)) };

const TEXT_FLAGS: Facet = {
  name: 'flags',
  keyOf: (facts) => textKey(facts, ...flagValues(facts)),
  partOf: (facts) => plainText(facts, facts.features.matchedTargeting ? { matchedTargeting: true } : {}, flagsOf(facts)),
};
const CONTEXT: Facet = {
  name: 'context',
  keyOf: (facts) => textKey(facts, text(facts).maxContextLength),
  partOf: (facts) => plainText(facts, { maxContextLength: text(facts).maxContextLength }),
};
const LENGTH: Facet = {
  name: 'length',
  keyOf: (facts) => textKey(facts, text(facts).maxLength),
  partOf: (facts) => plainText(facts, { maxLength: text(facts).maxLength }),
};
const BACKEND: Facet = {
  name: 'backend',
  keyOf: (facts) => textKey(facts, facts.validatedBackends, text(facts).softprompt),
  partOf: (facts) => {
    const { softprompt } = text(facts);
    return plainText(facts, softprompt === undefined ? {} : { softprompt }, { validatedBackends: facts.validatedBackends });
  },
};

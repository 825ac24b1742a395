import { imageBaseline, requirementsOf, type ReferenceSnapshot } from '../../reference/reference.js';
import { isExtendedControlType, resolvedScheduler } from '../../reference/catalogue.js';
import { steppingMaximum } from '../../reference/samplers.js';
import { takesSampler } from './bridge.js';
import { COMMON_RULES, KUDOS_RULE, STRANGERS_RULE, TARGETING_RULE, UNSAFE_IP_RULE } from './common-match.js';
import { firstReason, skip, type ImageNeeds, type ImageWorkerFacts, type MatchRule } from './facts.js';
import { isCapable, isPainting } from './image-needs.js';

type ImageRule = MatchRule<ImageNeeds, ImageWorkerFacts>;

const STEPS_LEAST_DEFAULT = 20;
const STEPS_MOST_DEFAULT = 40;

/** Steps that a worker which limits them gives to a model: the middle of what the model wants (horde-rules §6.5, 19). */
export const stepBudgetOf = (reference: ReferenceSnapshot, model: string): number => {
  const { min_steps = STEPS_LEAST_DEFAULT, max_steps = STEPS_MOST_DEFAULT } = requirementsOf(reference, model);
  return (min_steps + max_steps) / 2;
};

/** Switches of the worker; what the bridge cannot do at all counts under `bridge_version`. */
const SWITCH_RULES: readonly ImageRule[] = [
  skip('max_pixels', ({ features }, { maxPixels }) => features.width * features.height > maxPixels),
  skip('img2img', ({ features }, { allowImg2img }) => features.sourceImage === true && !allowImg2img),
  skip('painting', ({ features }, { allowPainting }) => isPainting(features) && !allowPainting),
  skip('lora', ({ features }, { allowLora }) => features.loras !== undefined && !allowLora),
  skip('post-processing', ({ features }, { allowPostProcessing }) => features.postProcessing !== undefined && !allowPostProcessing),
  skip('controlnet', ({ features }, worker) => features.controlType !== undefined && !allowsControl(features.controlType, worker)),
  skip('performance', (request, { extraSlow }) => extraSlow && !request.extraSlowWorkers),
];

const allowsControl = (type: string, { allowControlnet, allowExtendedControlnet }: ImageWorkerFacts): boolean =>
  allowControlnet && (allowExtendedControlnet || !isExtendedControlType(type));

const BRIDGE_RULES: readonly ImageRule[] = [
  skip('bridge_version', ({ features, r2 }, { bridge }) => !isCapable(bridge.capabilities, features) || (r2 && !bridge.capabilities.has('r2'))),
  skip('bridge_version', ({ features }, { bridge }) =>
    !takesSampler(bridge, features.sampler, resolvedScheduler(features.scheduler, features.karras) === 'karras')),
  skip('bridge_version', ({ features }, { allowSdxlControlnet }) => features.transparent === true && !allowSdxlControlnet),
  skip('bridge_version', (_request, { servesFlux, bridge }) => servesFlux && !bridge.capabilities.has('flux')),
  skip('models', ({ features }, worker) => (isPainting(features) ? !worker.servesInpainting : worker.servesOnlyInpainting)),
  skip('controlnet', ({ features }, { servesSdxl, allowSdxlControlnet }) => features.workflow === 'qr_code' && servesSdxl && !allowSdxlControlnet),
];

/** Rules that look up models. Of a request that names one model or none, they look at the worker's (horde-rules §6.5, 19). */
const modelRules = (reference: ReferenceSnapshot): readonly ImageRule[] => [
  skip('bridge_version', (request, worker) => request.features.hiresFix === true && !rendersHiresFix(request, worker, reference)),
  UNSAFE_IP_RULE,
  skip('step_count', ({ features, models }, worker) => {
    if (!worker.limitMaxSteps) return false;
    const order = features.samplerOrder === undefined ? {} : { order: features.samplerOrder };
    const work = steppingMaximum(features.sampler, features.steps, { contract: worker.adaptiveContract, ...order });
    const budget = models.length > 1 ? Math.min(...models.map((model) => stepBudgetOf(reference, model))) : worker.stepBudget;
    return work === undefined || work > budget;
  }),
];

const rendersHiresFix = ({ models }: ImageNeeds, worker: ImageWorkerFacts, reference: ReferenceSnapshot): boolean => {
  const baselines = models.map((model) => imageBaseline(reference, model));
  const cascade = models.length === 0 ? worker.servesCascade : baselines.includes('stable_cascade');
  const sdxl = models.length === 0 ? worker.servesSdxl : baselines.includes('stable_diffusion_xl');
  const { capabilities } = worker.bridge;
  return (!cascade || capabilities.has('stable_cascade_2pass')) && (!sdxl || capabilities.has('hires_fix_sdxl'));
};

/**
 * The matcher of images: why the worker may not serve the request, in the documented order, or undefined. Without an
 * encounter it says what the queue alone can tell; prompt, address, decoys and kudos are asked when they meet.
 */
export const imageMatcher = (reference: ReferenceSnapshot): ImageRule =>
  firstReason<ImageNeeds, ImageWorkerFacts>([
    ...COMMON_RULES, TARGETING_RULE, ...SWITCH_RULES, ...BRIDGE_RULES, ...modelRules(reference), STRANGERS_RULE, KUDOS_RULE,
  ]);

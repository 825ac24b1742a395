import { imageBaseline, textParameters, type ReferenceSnapshot } from '../../reference/reference.js';
import type { Declaration } from '../../workers/worker.events.js';
import { ADAPTIVE_CONTRACT, isValidatedBackend, parseBridge } from './bridge.js';
import type { AlchemyWorkerFacts, ImageWorkerFacts, TextWorkerFacts, WorkerFacts } from './facts.js';
import { stepBudgetOf } from './image-match.js';

/** What a worker says of itself with every pop, as its stream stores it. */
export type Declared = Omit<Declaration, 'threads'>;

/** What the horde knows of it, and what this pop adds. */
export interface Standing {
  readonly worker: string;
  readonly owner: number;
  readonly ownerTrusted: boolean;
  readonly maintenance: boolean;
  readonly stale: boolean;
  /** Things per second: pixelsteps of an image worker, tokens of a text worker; of an alchemist seconds per form. */
  readonly speed: number;
  readonly prioritised: ReadonlySet<number>;
  readonly requireUpfrontKudos: boolean;
  readonly blacklist: readonly string[];
}

/** Image workers below this are slow, in pixelsteps per second (horde-rules §7.6). */
export const SLOW_PIXELSTEPS = 500_000;
/** An alchemist that takes as long for a form, in seconds, is slow (horde-rules §6.9). */
export const SLOW_FORM_S = 10;
/** Tiles that an alchemist takes if it does not say (horde-api B.9). */
export const MAX_TILES_DEFAULT = 80;
/** Models with this mark are reserved for the users that they are special to. */
export const SPECIAL_MARK = 'horde_special';
/** A retired beta model: its workers take no request that names no model (horde-api D.3). */
const RETIRED_BETA = 'SDXL_beta::stability.ai#6901';

const commonFacts = (declared: Declared, standing: Standing, fast: boolean): WorkerFacts => ({
  worker: standing.worker, owner: standing.owner, ownerTrusted: standing.ownerTrusted, maintenance: standing.maintenance, stale: standing.stale,
  bridge: parseBridge(declared.agent), models: new Set(declared.models), nsfw: declared.nsfw, allowUnsafeIp: declared.allowUnsafeIp,
  extraSlow: declared.extraSlow, fast,
  takesAnyModel: !declared.models.some((model) => model.includes(SPECIAL_MARK) || model === RETIRED_BETA),
  prioritised: standing.prioritised, requireUpfrontKudos: standing.requireUpfrontKudos,
  blacklist: standing.blacklist.filter((word) => word !== '').map((word) => word.toLowerCase()),
});

/** Worked out once, whenever a worker declares something new. */
export const imageWorkerFacts = (declared: Declared, standing: Standing, reference: ReferenceSnapshot): ImageWorkerFacts => {
  const baselines = new Set(declared.models.map((model) => imageBaseline(reference, model)));
  const inpainting = declared.models.filter((model) => reference.images.get(model)?.inpainting === true).length;
  const { maxPixels, allowImg2img, allowPainting, allowPostProcessing, allowControlnet, allowExtendedControlnet, allowSdxlControlnet, allowLora, limitMaxSteps } = declared;
  return {
    ...commonFacts(declared, standing, standing.speed >= SLOW_PIXELSTEPS),
    maxPixels, allowImg2img, allowPainting, allowPostProcessing, allowControlnet, allowExtendedControlnet, allowSdxlControlnet, allowLora, limitMaxSteps,
    adaptiveContract: declared.samplerContract === ADAPTIVE_CONTRACT,
    servesInpainting: inpainting > 0,
    servesOnlyInpainting: inpainting > 0 && inpainting === declared.models.length,
    servesSdxl: baselines.has('stable_diffusion_xl'), servesCascade: baselines.has('stable_cascade'), servesFlux: baselines.has('flux_1'),
    stepBudget: Math.min(...declared.models.map((model) => stepBudgetOf(reference, model))),
  };
};

export const textWorkerFacts = (declared: Declared, standing: Standing, reference: ReferenceSnapshot): TextWorkerFacts => {
  const common = commonFacts(declared, standing, standing.speed >= slowTokens(declared.models[0], reference));
  return {
    ...common, maxLength: declared.maxLength, maxContextLength: declared.maxContextLength, softprompts: new Set(declared.softprompts),
    validatedBackend: isValidatedBackend(common.bridge),
  };
};

export const alchemyWorkerFacts = (declared: Declared, standing: Standing): AlchemyWorkerFacts => ({
  ...commonFacts(declared, standing, standing.speed < SLOW_FORM_S), maxTiles: declared.maxTiles ?? MAX_TILES_DEFAULT,
});

/** Text workers below this are slow, in tokens per second, by their first model (horde-rules §6.6). */
export const slowTokens = (model: string | undefined, reference: ReferenceSnapshot): number => {
  if (model === undefined) return 3;
  const billions = textParameters(reference, model) ?? 0;
  if (billions >= 20) return 3;
  return billions >= 13 ? 4 : 5;
};

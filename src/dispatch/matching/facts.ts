import type { Kudos } from '../../kernel/kudos.js';
import type { AlchemyJobFeatures, ImageJobFeatures, TextJobFeatures } from '../../pricing/job-features.js';
import type { Bridge } from './bridge.js';

/** What matching reads of a waiting request; the facts that `RequestAccepted` stores fit it. */
export interface CommonNeeds {
  /** 0 is anonymous. */
  readonly payer: number;
  readonly payerTrusted: boolean;
  /** Empty: any. */
  readonly models: readonly string[];
  readonly nsfw: boolean;
  readonly trustedWorkers: boolean;
  readonly validatedBackends: boolean;
  readonly slowWorkers: boolean;
  readonly extraSlowWorkers: boolean;
  readonly workers: readonly string[];
  readonly workerBlacklist: boolean;
  readonly r2: boolean;
}
export interface ImageNeeds extends CommonNeeds { readonly features: ImageJobFeatures }
export interface TextNeeds extends CommonNeeds { readonly features: TextJobFeatures }
export interface AlchemyNeeds extends CommonNeeds { readonly features: AlchemyJobFeatures }

/** What matching reads of a worker of either kind. Built once per declaration, as what is derived takes time. */
export interface WorkerFacts {
  readonly worker: string;
  readonly owner: number;
  readonly ownerTrusted: boolean;
  /** Serves its owner's requests only. */
  readonly maintenance: boolean;
  /** Last seen too long ago. */
  readonly stale: boolean;
  readonly bridge: Bridge;
  readonly models: ReadonlySet<string>;
  readonly nsfw: boolean;
  readonly allowUnsafeIp: boolean;
  readonly extraSlow: boolean;
  /** Fast enough for requests that refuse slow workers. */
  readonly fast: boolean;
  /** May take requests that name no model. */
  readonly takesAnyModel: boolean;
  /** Payers whom the worker puts first, its owner not among them. */
  readonly prioritised: ReadonlySet<number>;
  readonly requireUpfrontKudos: boolean;
  /** Lower-case words that no prompt may contain. */
  readonly blacklist: readonly string[];
}

export interface ImageWorkerFacts extends WorkerFacts {
  readonly maxPixels: number;
  readonly allowImg2img: boolean;
  readonly allowPainting: boolean;
  readonly allowPostProcessing: boolean;
  readonly allowControlnet: boolean;
  readonly allowExtendedControlnet: boolean;
  readonly allowSdxlControlnet: boolean;
  readonly allowLora: boolean;
  readonly limitMaxSteps: boolean;
  /** It keeps the adaptive sampler within bounds. */
  readonly adaptiveContract: boolean;
  readonly servesInpainting: boolean;
  readonly servesOnlyInpainting: boolean;
  readonly servesSdxl: boolean;
  readonly servesCascade: boolean;
  readonly servesFlux: boolean;
  /** The least of its models' step budgets. */
  readonly stepBudget: number;
}

export interface TextWorkerFacts extends WorkerFacts {
  readonly maxLength: number;
  readonly maxContextLength: number;
  readonly softprompts: ReadonlySet<string>;
  readonly validatedBackend: boolean;
}

export interface AlchemyWorkerFacts extends WorkerFacts {
  readonly maxTiles: number;
}

/** What is only known when a worker meets a request. */
export interface Encounter {
  /** The worker was given a decoy of this request before. */
  readonly tricked: boolean;
  /** Absent while it has not been read. */
  readonly prompt?: string;
  /** The request came from an address that is rated unsafe. */
  readonly unsafeIp: boolean;
  /** What the payer can spend now, above the floor, and what one job earns. */
  readonly payerAvailable: Kudos;
  readonly price: Kudos;
}

/** Why a worker may not serve a request. The first three are never shown. */
export type SkipReason =
  | 'maintenance' | 'stale' | 'secret' | 'worker_id' | 'performance' | 'nsfw' | 'blacklist' | 'untrusted' | 'models' | 'bridge_version' | 'kudos'
  | 'max_pixels' | 'unsafe_ip' | 'img2img' | 'painting' | 'post-processing' | 'lora' | 'controlnet' | 'step_count' | 'max_length'
  | 'max_context_length' | 'matching_softprompt' | 'max_tiles';

/** One rule of matching: the reason it gives, or undefined. The encounter is absent while only the queue is searched. */
export type MatchRule<Needs, Facts> = (request: Needs, worker: Facts, encounter?: Encounter) => SkipReason | undefined;

export const firstReason = <Needs, Facts>(rules: readonly MatchRule<Needs, Facts>[]): MatchRule<Needs, Facts> => (request, worker, encounter) => {
  for (const rule of rules) {
    const reason = rule(request, worker, encounter);
    if (reason !== undefined) return reason;
  }
  return undefined;
};

/** A rule as a reason and a condition. */
export const skip = <Needs, Facts>(reason: SkipReason, fails: (request: Needs, worker: Facts, encounter?: Encounter) => boolean): MatchRule<Needs, Facts> =>
  (request, worker, encounter) => (fails(request, worker, encounter) ? reason : undefined);

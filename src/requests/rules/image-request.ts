import type { ImageJobFeatures, SourceProcessing } from '../../pricing/job-features.js';
import { SAMPLER_SETTINGS } from '../../reference/sampler-settings.js';
import { defined } from './defined.js';
import { imageFeatures } from './image-features.js';
import { MODELS_DEFAULT } from './image-subject.js';
import type { ImagePayload, LoraPayload, TiPayload } from './payload.js';
import type { ImageParams, ImageRequestBody, LoraParams, TiParams } from './request-body.js';
import * as standard from './request-defaults.js';

/** Switches that image and text requests share, with their effective values. */
export interface RequestSwitches {
  readonly trustedWorkers: boolean;
  readonly validatedBackends: boolean;
  readonly slowWorkers: boolean;
  readonly extraSlowWorkers: boolean;
  /** The first five, as the horde writes their ids; all must exist. */
  readonly workers: readonly string[];
  readonly workerBlacklist: boolean;
  readonly disableBatching: boolean;
  readonly dryRun: boolean;
  readonly allowDowngrade: boolean;
  readonly webhook?: string;
}

export interface NormalisedImageRequest extends RequestSwitches {
  readonly jobs: number;
  readonly models: readonly string[];
  readonly features: ImageJobFeatures;
  readonly payload: ImagePayload;
  readonly nsfw: boolean;
  readonly censorNsfw: boolean;
  readonly r2: boolean;
  readonly shared: boolean;
  readonly replacementFilter: boolean;
  readonly sources: ImageSources;
}

/** Images that came with the request, as URL or base64. */
export interface ImageSources {
  readonly image?: string;
  readonly mask?: string;
  readonly processing: SourceProcessing;
  readonly extra: readonly { readonly image: string; readonly strength: number }[];
}

export interface Circumstances {
  readonly anonymous: boolean;
  /** The setting under which jobs for named workers cost a token price (horde-rules §2.2). */
  readonly matchedTargeting?: boolean;
}

/** A checked body with every default in place (horde-api B.9). */
export const normaliseImage = (body: ImageRequestBody, { anonymous, matchedTargeting = false }: Circumstances): NormalisedImageRequest => {
  const params = body.params ?? {};
  const switches = requestSwitches(body);
  const looks = lookSwitches(body);
  const payload = imagePayload(body.prompt, params, !looks.nsfw && looks.censorNsfw);
  return {
    ...switches,
    disableBatching: switches.disableBatching || params.workflow === 'qr_code',
    jobs: params.n ?? 1,
    models: body.models ?? MODELS_DEFAULT,
    features: imageFeatures(body, payload, matchedTargeting && namesWorkers(switches)),
    payload,
    ...looks,
    // Anonymous images are shared, those made from an image of the requester never (design §6, Q08).
    shared: body.source_image === undefined && (anonymous || body.shared === true),
    sources: imageSources(body),
  };
};

const lookSwitches = (body: ImageRequestBody) => ({
  nsfw: body.nsfw ?? true,
  censorNsfw: body.censor_nsfw ?? true,
  r2: body.r2 ?? true,
  replacementFilter: body.replacement_filter ?? true,
});

export const requestSwitches = (body: Omit<ImageRequestBody, 'params'>): RequestSwitches => ({
  trustedWorkers: body.trusted_workers ?? false,
  validatedBackends: body.validated_backends ?? false,
  slowWorkers: body.slow_workers ?? true,
  extraSlowWorkers: body.extra_slow_workers ?? false,
  workers: (body.workers ?? []).slice(0, standard.WORKERS_MAX).map((id) => id.toLowerCase()),
  workerBlacklist: body.worker_blacklist ?? false,
  disableBatching: body.disable_batching ?? false,
  dryRun: body.dry_run ?? false,
  allowDowngrade: body.allow_downgrade ?? false,
  ...defined({ webhook: body.webhook }),
});

export const namesWorkers = ({ workers, workerBlacklist }: RequestSwitches): boolean => workers.length > 0 && !workerBlacklist;

/** The payload after a downgrade or any other change of size and steps. */
export const withSizeOf = (payload: ImagePayload, { width, height, steps }: ImageJobFeatures): ImagePayload => ({ ...payload, width, height, steps });

const imagePayload = (prompt: string, params: ImageParams, censored: boolean): ImagePayload => ({
  prompt,
  sampler_name: params.sampler_name ?? standard.SAMPLER_DEFAULT,
  cfg_scale: params.cfg_scale ?? standard.CFG_SCALE_DEFAULT,
  height: params.height ?? standard.SIDE_DEFAULT,
  width: params.width ?? standard.SIDE_DEFAULT,
  steps: effectiveSteps(params),
  karras: params.karras ?? standard.KARRAS_DEFAULT,
  ...paramSwitches(params),
  ...whenSent(params, censored),
});

const paramSwitches = (params: ImageParams) => ({
  tiling: params.tiling ?? false,
  hires_fix: params.hires_fix ?? false,
  transparent: params.transparent ?? false,
  image_is_control: params.image_is_control ?? false,
  return_control_map: params.return_control_map ?? false,
});

/** Members that workers are sent only when the request has them. An empty list counts as not sent. */
const whenSent = (params: ImageParams, censored: boolean) =>
  defined({
    use_nsfw_censor: censored ? (true as const) : undefined,
    seed: params.seed === '' ? undefined : params.seed,
    seed_variation: params.seed_variation,
    denoising_strength: params.denoising_strength,
    hires_fix_denoising_strength: params.hires_fix_denoising_strength,
    post_processing: filled(params.post_processing),
    clip_skip: params.clip_skip,
    facefixer_strength: params.facefixer_strength,
    loras: filled(params.loras?.map(loraPayload)),
    tis: filled(params.tis?.map(tiPayload)),
    special: params.special,
    workflow: params.workflow,
    control_type: params.control_type,
    extra_texts: filled(params.extra_texts),
    control_strength: params.control_strength,
    scheduler: params.scheduler,
    sampler_solver_type: params.sampler_solver_type,
    flow_shift: params.flow_shift,
    ...Object.fromEntries(SAMPLER_SETTINGS.map((name) => [name, params[name]])),
  });

const filled = <Item>(list: readonly Item[] | undefined): readonly Item[] | undefined => (list && list.length > 0 ? list : undefined);

const effectiveSteps = ({ steps, control_type }: ImageParams): number => {
  if (control_type === undefined) return steps ?? standard.STEPS_DEFAULT;
  return Math.min(steps ?? standard.STEPS_DEFAULT_WITH_CONTROL, standard.STEPS_MAX_WITH_CONTROL);
};

const loraPayload = ({ name, model, clip, is_version, inject_trigger }: LoraParams): LoraPayload => ({
  name, model: model ?? standard.LORA_STRENGTH_DEFAULT, clip: clip ?? standard.LORA_STRENGTH_DEFAULT, is_version: is_version ?? false,
  ...defined({ inject_trigger }),
});
const tiPayload = ({ name, strength, inject_ti }: TiParams): TiPayload => ({ name, strength: strength ?? standard.TI_STRENGTH_DEFAULT, ...defined({ inject_ti }) });

const imageSources = (body: ImageRequestBody): ImageSources => ({
  ...defined({ image: body.source_image, mask: body.source_mask }),
  processing: body.source_image === undefined ? standard.SOURCE_PROCESSING_DEFAULT : (body.source_processing ?? standard.SOURCE_PROCESSING_DEFAULT),
  extra: (body.extra_source_images ?? []).map(({ image, strength }) => ({ image, strength: strength ?? standard.EXTRA_SOURCE_STRENGTH_DEFAULT })),
});

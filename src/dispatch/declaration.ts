import { cutText } from '../platform/cut-text.js';
import { sanitised } from '../platform/sanitised-text.js';
import type { Declaration } from '../workers/worker.events.js';
import { ANNOTATION, serviceOf } from '../pricing/alchemy-forms.js';
import type { AlchemyPopFields, ImagePopFields, TextPopFields } from './bodies/pop.body.js';

/** horde-rules §7.3. */
const IMAGE_MODELS_MAX = 300;
const TEXT_MODELS_MAX = 200;
const SOFTPROMPTS_MAX = 200;
const AGENT_MAX = 1_000;
const SOFTPROMPT_NAME_MAX = 100;

const unique = (names: readonly string[], most: number): string[] => [...new Set(names)].slice(0, most);

export const imageDeclaration = (body: ImagePopFields): Declaration => ({
  ...common(body), models: unique(body.models, IMAGE_MODELS_MAX), maxPixels: body.max_pixels,
  allowImg2img: body.allow_img2img, allowPainting: body.allow_painting, allowUnsafeIp: body.allow_unsafe_ipaddr,
  allowPostProcessing: body.allow_post_processing, allowControlnet: body.allow_controlnet,
  allowExtendedControlnet: body.allow_extended_controlnet, allowSdxlControlnet: body.allow_sdxl_controlnet, allowLora: body.allow_lora,
  limitMaxSteps: body.limit_max_steps, samplerContract: body.sampler_execution_contract_version ?? null,
  maxLength: 0, maxContextLength: 0, softprompts: [],
});

export const textDeclaration = (body: TextPopFields): Declaration => ({
  ...common(body), models: unique(body.models, TEXT_MODELS_MAX), maxPixels: 0,
  allowImg2img: true, allowPainting: true, allowUnsafeIp: true, allowPostProcessing: true, allowControlnet: false,
  allowExtendedControlnet: false, allowSdxlControlnet: false, allowLora: false, limitMaxSteps: false, samplerContract: null,
  maxLength: body.max_length, maxContextLength: body.max_context_length,
  softprompts: unique(body.softprompts, SOFTPROMPTS_MAX).map((name) => cutText(name, SOFTPROMPT_NAME_MAX)),
});

/** A worker that names no form captions (horde-api C3.4). */
const FORM_DEFAULT = 'caption';

/** What an alchemist can do stands where others name their models. */
export const alchemistDeclaration = (body: AlchemyPopFields): Declaration => {
  const forms = body.forms.length > 0 ? body.forms : [FORM_DEFAULT];
  const services = forms.flatMap((form) => (form === ANNOTATION ? body.annotation_types.map((controlType) => serviceOf({ form, controlType })) : [form]));
  return {
    agent: sanitised(body.bridge_agent, AGENT_MAX), threads: body.threads, nsfw: false, extraSlow: false, models: [...new Set(services)],
    maxPixels: 0, allowImg2img: false, allowPainting: false, allowUnsafeIp: true, allowPostProcessing: false, allowControlnet: false,
    allowExtendedControlnet: false, allowSdxlControlnet: false, allowLora: false, limitMaxSteps: false, samplerContract: null,
    maxLength: 0, maxContextLength: 0, softprompts: [], maxTiles: body.max_tiles,
  };
};

const common = (body: ImagePopFields | TextPopFields) => ({
  agent: sanitised(body.bridge_agent, AGENT_MAX), threads: body.threads, nsfw: body.nsfw, extraSlow: body.extra_slow_worker,
});

import { Arr, Bool, Free, Int, Num, Obj, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { obj, str } from '../../platform/http/body/rules.js';
import { CONTROL_TYPES, POST_PROCESSORS, SCHEDULERS } from '../../reference/catalogue.js';
import { SOLVER_TYPES } from '../../reference/sampler-settings.js';
import { SAMPLER_NAMES } from '../../reference/samplers.js';
import { CommonRequestFields } from './common.body.js';

class LoraBody {
  @Str({ min: 1, max: 255 }) name!: string;
  @Num({ min: -5, max: 5, default: 1 }) model!: number;
  @Num({ min: -5, max: 5, default: 1 }) clip!: number;
  @Optional() @Str({ min: 1, max: 30 }) inject_trigger?: string;
  @Bool({ default: false }) is_version!: boolean;
}

class TiBody {
  @Str({ min: 1, max: 255 }) name!: string;
  @Optional() @Str({ enum: ['prompt', 'negprompt'] }) inject_ti?: string;
  @Num({ min: -5, max: 5, default: 1 }) strength!: number;
}

class ExtraTextBody {
  @Str({ min: 1 }) text!: string;
  @Str({ min: 3 }) reference!: string;
}

/** horde-api C1.1 and horde-api-since-5.1.5 §3.1. */
class ImageParamsBody {
  @Optional() @Str({ enum: SAMPLER_NAMES }) sampler_name?: string;
  @Optional() @Str({ enum: SCHEDULERS }) scheduler?: string;
  @Optional() @Num({ min: 0 }) sampler_eta?: number;
  @Optional() @Num({ min: 0 }) sampler_s_noise?: number;
  @Optional() @Num({ min: 0 }) sampler_s_churn?: number;
  @Optional() @Num({ min: 0 }) sampler_s_tmin?: number;
  @Optional() @Num({ min: 0 }) sampler_s_tmax?: number;
  @Optional() @Int({ min: 1 }) sampler_order?: number;
  @Optional() @Str({ enum: SOLVER_TYPES }) sampler_solver_type?: string;
  @Optional() @Num() flow_shift?: number;
  @Optional() @Num({ min: 0, max: 100 }) cfg_scale?: number;
  @Optional() @Num({ min: 0.01, max: 1 }) denoising_strength?: number;
  @Optional() @Num({ min: 0.01, max: 1 }) hires_fix_denoising_strength?: number;
  @Optional() @Int({ min: 64, max: 3072, multipleOf: 64 }) height?: number;
  @Optional() @Int({ min: 64, max: 3072, multipleOf: 64 }) width?: number;
  @Optional() @Int({ min: 1, max: 500 }) steps?: number;
  @Optional() @Int({ min: 1, max: 20 }) n?: number;
  @Optional() @Str() seed?: string;
  @Optional() @Int({ min: 1, max: 1000 }) seed_variation?: number;
  @Optional() @Arr(str({ enum: POST_PROCESSORS }), { unique: true }) post_processing?: string[];
  @Optional() @Bool() karras?: boolean;
  @Optional() @Bool() tiling?: boolean;
  @Optional() @Bool() hires_fix?: boolean;
  @Optional() @Bool() transparent?: boolean;
  @Optional() @Int({ min: 1, max: 12 }) clip_skip?: number;
  @Optional() @Num({ min: 0, max: 1 }) facefixer_strength?: number;
  @Optional() @Arr(obj(() => LoraBody)) loras?: LoraBody[];
  @Optional() @Arr(obj(() => TiBody)) tis?: TiBody[];
  @Optional() @Free() special?: Record<string, unknown>;
  @Optional() @Str({ enum: ['qr_code'] }) workflow?: string;
  @Optional() @Str({ enum: CONTROL_TYPES }) control_type?: string;
  @Optional() @Num() control_strength?: number;
  @Optional() @Bool() image_is_control?: boolean;
  @Optional() @Bool() return_control_map?: boolean;
  @Optional() @Arr(obj(() => ExtraTextBody)) extra_texts?: ExtraTextBody[];
}

export class ImageRequestFields extends CommonRequestFields {
  @Str({ min: 1 }) prompt!: string;
  @Optional() @Obj(() => ImageParamsBody) params?: ImageParamsBody;
  @Optional() @Bool() nsfw?: boolean;
  @Optional() @Bool() censor_nsfw?: boolean;
  @Optional() @Str() source_image?: string;
  @Optional() @Str({ enum: ['img2img', 'inpainting', 'outpainting', 'remix'] }) source_processing?: 'img2img' | 'inpainting' | 'outpainting' | 'remix';
  @Optional() @Str() source_mask?: string;
  @Optional() @Bool() r2?: boolean;
  @Optional() @Bool() shared?: boolean;
  @Optional() @Bool() replacement_filter?: boolean;
  @Optional() @Str({ min: 10, max: 1024 }) webhook?: string;
}

import { Arr, Bool, Free, Int, Num, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { int, obj, str } from '../../platform/http/body/rules.js';
import { POST_PROCESSORS, SCHEDULERS } from '../../reference/catalogue.js';
import { SOLVER_TYPES } from '../../reference/sampler-settings.js';
import { SAMPLER_NAMES } from '../../reference/samplers.js';

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

/** The parameters of an image that a request and a style may both name (horde-api C1.1, C14.3; since-5.1.5 §3.1). */
export class ImageStyleParams {
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
}

/** The same for texts (horde-api C2.1; since-5.1.5 §3.7: with both lengths). */
export class TextStyleParams {
  @Optional() @Int({ min: 16, max: 4096 }) max_length?: number;
  @Optional() @Int({ min: 80, max: 1_048_576 }) max_context_length?: number;
  @Optional() @Num({ min: 1, max: 3 }) rep_pen?: number;
  @Optional() @Int({ min: 0, max: 4096 }) rep_pen_range?: number;
  @Optional() @Num({ min: 0, max: 10 }) rep_pen_slope?: number;
  @Optional() @Num({ min: 0, max: 5 }) temperature?: number;
  @Optional() @Int({ min: 0, max: 200 }) top_k?: number;
  @Optional() @Num({ min: 0.001, max: 1 }) top_p?: number;
  @Optional() @Num({ min: 0, max: 1 }) typical?: number;
  @Optional() @Num({ min: 0, max: 1 }) tfs?: number;
  @Optional() @Num({ min: 0, max: 1 }) top_a?: number;
  @Optional() @Num({ min: 0, max: 1 }) min_p?: number;
  @Optional() @Num({ min: 0, max: 10 }) smoothing_factor?: number;
  @Optional() @Num({ min: 0, max: 5 }) dynatemp_range?: number;
  @Optional() @Num({ min: 0, max: 5 }) dynatemp_exponent?: number;
  @Optional() @Arr(int()) sampler_order?: number[];
  @Optional() @Arr(str()) stop_sequence?: string[];
  @Optional() @Bool() frmtadsnsp?: boolean;
  @Optional() @Bool() frmtrmblln?: boolean;
  @Optional() @Bool() frmtrmspch?: boolean;
  @Optional() @Bool() frmttriminc?: boolean;
  @Optional() @Bool() singleline?: boolean;
  @Optional() @Bool() use_default_badwordsids?: boolean;
}

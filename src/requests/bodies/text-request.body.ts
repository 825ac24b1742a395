import { Arr, Bool, Int, Num, Obj, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { int, str } from '../../platform/http/body/rules.js';
import { CommonRequestFields } from './common.body.js';

/** horde-api C2.1. */
class TextParamsBody {
  @Optional() @Int({ min: 1, max: 20 }) n?: number;
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

export class TextRequestFields extends CommonRequestFields {
  @Str() prompt!: string;
  @Optional() @Obj(() => TextParamsBody) params?: TextParamsBody;
  @Optional() @Str({ min: 1 }) softprompt?: string;
  @Optional() @Str() webhook?: string;
}

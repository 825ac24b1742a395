import { Arr, Bool, Int, Num, Obj, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { obj } from '../../platform/http/body/rules.js';
import { CONTROL_TYPES } from '../../reference/catalogue.js';
import { CommonRequestFields } from './common.body.js';
import { ImageStyleParams } from './style-params.message.js';

class ExtraTextBody {
  @Str({ min: 1 }) text!: string;
  @Str({ min: 3 }) reference!: string;
}

/** horde-api C1.1 and horde-api-since-5.1.5 §3.1. */
class ImageParamsBody extends ImageStyleParams {
  @Optional() @Int({ min: 1, max: 20 }) n?: number;
  @Optional() @Str() seed?: string;
  @Optional() @Int({ min: 1, max: 1000 }) seed_variation?: number;
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

import { Int, Obj, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { CommonRequestFields } from './common.body.js';
import { TextStyleParams } from './style-params.message.js';

/** horde-api C2.1. */
class TextParamsBody extends TextStyleParams {
  @Optional() @Int({ min: 1, max: 20 }) n?: number;
}

export class TextRequestFields extends CommonRequestFields {
  @Str() prompt!: string;
  @Optional() @Obj(() => TextParamsBody) params?: TextParamsBody;
  @Optional() @Str({ min: 1 }) softprompt?: string;
  @Optional() @Str() webhook?: string;
}

import { Arr, Bool, Free, Obj, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { obj, str } from '../../platform/http/body/rules.js';
import { ImageStyleParams, TextStyleParams } from '../../requests/bodies/style-params.message.js';
import { TEMPLATE_FIELDS_MAX } from '../../requests/rules/style-contract.js';
import { INFO_MAX, NAME_MAX, TAG_MAX } from '../style-checks.js';

/** horde-api C14.3. */
const INFO_MIN = 10;
const IMAGE_PROMPT_MIN = 7;
const TEXT_PROMPT_MIN = 3;
const KEY_LENGTH = 36;
/** since-5.1.5 §3.7. */
const FIELD_NAME_MAX = 32;
const FIELD_DESCRIPTION_MAX = 200;

class PolicyBody {
  @Str({ enum: ['none', 'listed', 'all'], default: 'none' }) override!: 'none' | 'listed' | 'all';
  @Arr(str({ min: 1, max: 64 }), { max: 64, unique: true, default: () => [] }) overridable!: string[];
  /** Numbers by parameter. */
  @Optional() @Free() ceilings?: Record<string, number>;
}

class FieldBody {
  @Str({ min: 1, max: FIELD_NAME_MAX, pattern: /^[a-z][a-z0-9_]*$/ }) name!: string;
  @Str({ min: 1, max: FIELD_DESCRIPTION_MAX }) description!: string;
  @Bool({ default: false }) required!: boolean;
}

/** How many models and tags there may be is checked with the rules, where it has a return code. */
class StyleFields {
  @Optional() @Bool() public?: boolean;
  @Optional() @Bool() nsfw?: boolean;
  @Optional() @Arr(str({ min: 1, max: TAG_MAX })) tags?: string[];
  @Optional() @Arr(str({ min: 1, max: 255 })) models?: string[];
  @Optional() @Str({ min: KEY_LENGTH, max: KEY_LENGTH }) sharedkey?: string;
  @Optional() @Obj(() => PolicyBody) parameter_policy?: PolicyBody;
  @Optional() @Arr(obj(() => FieldBody), { max: TEMPLATE_FIELDS_MAX }) template_fields?: FieldBody[];
}

export class NewImageStyle extends StyleFields {
  @Str({ min: 1, max: NAME_MAX }) name!: string;
  @Str({ min: INFO_MIN, max: INFO_MAX }) info!: string;
  @Optional() @Str({ min: IMAGE_PROMPT_MIN }) prompt?: string;
  @Optional() @Obj(() => ImageStyleParams) params?: ImageStyleParams;
}
export class NewTextStyle extends StyleFields {
  @Str({ min: 1, max: NAME_MAX }) name!: string;
  @Str({ min: INFO_MIN, max: INFO_MAX }) info!: string;
  @Optional() @Str({ min: TEXT_PROMPT_MIN }) prompt?: string;
  @Optional() @Obj(() => TextStyleParams) params?: TextStyleParams;
}
/** Of a PATCH every member is optional, and what is missing stays as it is (horde-api C14.5). */
export class ImageStyleChanges extends StyleFields {
  @Optional() @Str({ min: 1, max: NAME_MAX }) name?: string;
  @Optional() @Str({ min: 1, max: INFO_MAX }) info?: string;
  @Optional() @Str({ min: IMAGE_PROMPT_MIN }) prompt?: string;
  @Optional() @Obj(() => ImageStyleParams) params?: ImageStyleParams;
}
export class TextStyleChanges extends StyleFields {
  @Optional() @Str({ min: 1, max: NAME_MAX }) name?: string;
  @Optional() @Str({ min: 1, max: INFO_MAX }) info?: string;
  @Optional() @Str({ min: TEXT_PROMPT_MIN }) prompt?: string;
  @Optional() @Obj(() => TextStyleParams) params?: TextStyleParams;
}

export class NewExample {
  @Str() url!: string;
  @Bool() primary!: boolean;
}
export class ExampleChanges {
  @Optional() @Str() url?: string;
  @Optional() @Bool() primary?: boolean;
}

export class NewCollection {
  @Str({ min: 1, max: NAME_MAX }) name!: string;
  @Arr(str({ min: 1, max: 1024 })) styles!: string[];
  @Optional() @Str({ min: 1, max: INFO_MAX }) info?: string;
  @Optional() @Bool() public?: boolean;
}
export class CollectionChanges {
  @Optional() @Str({ min: 1, max: NAME_MAX }) name?: string;
  @Optional() @Arr(str({ min: 1, max: 1024 })) styles?: string[];
  @Optional() @Str({ min: 1, max: INFO_MAX }) info?: string;
  @Optional() @Bool() public?: boolean;
}

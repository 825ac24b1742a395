import { Arr, Bool, Free, Num, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { obj, str } from '../../platform/http/body/rules.js';

export class ExtraSourceImageBody {
  @Str({ min: 1 }) image!: string;
  @Num({ default: 1 }) strength!: number;
}

/** Ours: more than there are models, and each takes a place in every index of the queue, 2 kB of memory and some microseconds of each change. */
const MODELS_MAX = 1_000;
/** As long as a worker can name one (horde-api C1.5). */
const MODEL_NAME_MAX = 255;

/** Members that image and text requests share (horde-api C1.1, C2.1); effective defaults come with the rules. */
export class CommonRequestFields {
  @Optional() @Bool() trusted_workers?: boolean;
  @Optional() @Bool() validated_backends?: boolean;
  @Optional() @Bool() slow_workers?: boolean;
  @Optional() @Bool() extra_slow_workers?: boolean;
  @Optional() @Arr(str()) workers?: string[];
  @Optional() @Bool() worker_blacklist?: boolean;
  @Optional() @Arr(str({ min: 1, max: MODEL_NAME_MAX }), { max: MODELS_MAX }) models?: string[];
  @Optional() @Arr(obj(() => ExtraSourceImageBody)) extra_source_images?: ExtraSourceImageBody[];
  @Optional() @Bool() dry_run?: boolean;
  @Optional() @Str() proxied_account?: string;
  @Optional() @Bool() disable_batching?: boolean;
  @Optional() @Bool() allow_downgrade?: boolean;
  @Optional() @Str({ min: 3, max: 1024 }) style?: string;
  /** Texts by name; what is no text is refused with the style. */
  @Optional() @Free() template_fields?: Record<string, string>;
}

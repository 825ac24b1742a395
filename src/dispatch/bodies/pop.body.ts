import { Arr, Bool, Int, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { str } from '../../platform/http/body/rules.js';
import { ALCHEMY_FORMS, ANNOTATION_TYPES } from '../../reference/catalogue.js';

/** Ours: seconds that a pop may wait for a job, below the 30 s after which clients and balancers commonly give a call up. */
const WAIT_S_MAX = 25;

/** Effective defaults (horde-api B.9), not the published ones. */
class PopFields {
  @Str({ nul: 'drop' }) name!: string;
  @Arr(str(), { default: () => [] }) priority_usernames!: string[];
  @Bool({ default: true }) nsfw!: boolean;
  @Arr(str({ min: 3, max: 255 }), { default: () => [] }) models!: string[];
  @Str({ max: 1000, default: 'unknown:0:unknown' }) bridge_agent!: string;
  @Int({ min: 1, max: 50, default: 1 }) threads!: number;
  @Bool({ default: false }) require_upfront_kudos!: boolean;
  @Int({ min: 1, max: 20, default: 1 }) amount!: number;
  @Bool({ default: false }) extra_slow_worker!: boolean;
  /** Ours: the worker tests itself with its owner's requests, unpaid (docs/decisions/0028). */
  @Bool({ default: false }) test!: boolean;
  @Int({ min: 0, max: WAIT_S_MAX, default: 0 }) wait!: number;
}

/** horde-api C1.5. */
export class ImagePopFields extends PopFields {
  @Int({ default: 262_144 }) max_pixels!: number;
  @Arr(str(), { default: () => [] }) blacklist!: string[];
  @Bool({ default: true }) allow_img2img!: boolean;
  @Bool({ default: true }) allow_painting!: boolean;
  @Bool({ default: true }) allow_unsafe_ipaddr!: boolean;
  @Bool({ default: true }) allow_post_processing!: boolean;
  @Bool({ default: false }) allow_controlnet!: boolean;
  @Bool({ default: false }) allow_extended_controlnet!: boolean;
  @Bool({ default: false }) allow_sdxl_controlnet!: boolean;
  @Bool({ default: false }) allow_lora!: boolean;
  @Bool({ default: false }) limit_max_steps!: boolean;
  @Optional() @Str() sampler_execution_contract_version?: string;
}

/** horde-api C2.4. */
export class TextPopFields extends PopFields {
  @Int({ default: 512 }) max_length!: number;
  @Int({ default: 2048 }) max_context_length!: number;
  @Arr(str(), { default: () => [] }) softprompts!: string[];
}

/** horde-api C3.4 and since-5.1.5 §3.5; upfront kudos horde-rules §3.4. */
export class AlchemyPopFields {
  @Str({ nul: 'drop' }) name!: string;
  @Arr(str(), { default: () => [] }) priority_usernames!: string[];
  @Arr(str({ enum: ALCHEMY_FORMS }), { default: () => [] }) forms!: string[];
  @Arr(str({ enum: ANNOTATION_TYPES }), { unique: true, default: () => [] }) annotation_types!: string[];
  @Int({ default: 1 }) amount!: number;
  @Str({ max: 1000, default: 'unknown:0:unknown' }) bridge_agent!: string;
  @Int({ min: 1, max: 100, default: 1 }) threads!: number;
  @Int({ min: 1, max: 256, default: 80 }) max_tiles!: number;
  @Bool({ default: false }) require_upfront_kudos!: boolean;
  @Bool({ default: false }) test!: boolean;
  @Int({ min: 0, max: WAIT_S_MAX, default: 0 }) wait!: number;
}

import { Arr, Bool, Free, Int, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { obj } from '../../platform/http/body/rules.js';

const STATES = ['ok', 'censored', 'faulted', 'csam'] as const;
export type SubmittedState = (typeof STATES)[number];

class ImageMetadataBody {
  @Str({
    enum: ['lora', 'ti', 'censorship', 'source_image', 'source_mask', 'extra_source_images', 'batch_index', 'information', 'aesthetic_score'],
  }) type!: string;
  @Str({ enum: ['download_failed', 'parse_failed', 'baseline_mismatch', 'csam', 'nsfw', 'see_ref'] }) value!: string;
  @Optional() @Str({ max: 255, nul: 'replace' }) ref?: string;
}

class TextMetadataBody {
  @Str({ enum: ['censorship'] }) type!: string;
  @Str({ enum: ['csam'] }) value!: string;
  @Optional() @Str({ max: 255, nul: 'replace' }) ref?: string;
}

/** horde-api C1.6. */
export class ImageSubmitFields {
  @Str() id!: string;
  @Str({ nul: 'replace' }) generation!: string;
  @Int() seed!: number;
  @Str({ enum: STATES, default: 'ok' }) state!: SubmittedState;
  @Bool({ default: false }) censored!: boolean;
  @Optional() @Arr(obj(() => ImageMetadataBody)) gen_metadata?: ImageMetadataBody[];
}

/** horde-api C2.5. */
export class TextSubmitFields {
  @Str() id!: string;
  @Str({ nul: 'replace' }) generation!: string;
  @Int({ default: 0 }) seed!: number;
  @Str({ enum: STATES, default: 'ok' }) state!: SubmittedState;
  @Optional() @Arr(obj(() => TextMetadataBody)) gen_metadata?: TextMetadataBody[];
}

/** horde-api C3.5. Of the state only `faulted` matters, so it may be anything. */
export class AlchemySubmitFields {
  @Str() id!: string;
  @Free({ nul: 'replace' }) result!: Record<string, unknown>;
  @Str({ default: 'ok' }) state!: string;
}

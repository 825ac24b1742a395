/**
 * Bodies as they come over the wire, after the schema (horde-api C1.1, C2.1; horde-api-since-5.1.5 §3). The controllers'
 * validated classes fit these shapes.
 */
type Maybe<Value> = Value | undefined;

export interface CommonRequestBody {
  readonly prompt: string;
  readonly trusted_workers?: Maybe<boolean>;
  readonly validated_backends?: Maybe<boolean>;
  readonly slow_workers?: Maybe<boolean>;
  readonly extra_slow_workers?: Maybe<boolean>;
  readonly workers?: Maybe<readonly string[]>;
  readonly worker_blacklist?: Maybe<boolean>;
  readonly models?: Maybe<readonly string[]>;
  readonly extra_source_images?: Maybe<readonly ExtraSourceImage[]>;
  readonly dry_run?: Maybe<boolean>;
  readonly proxied_account?: Maybe<string>;
  readonly disable_batching?: Maybe<boolean>;
  readonly allow_downgrade?: Maybe<boolean>;
  readonly webhook?: Maybe<string>;
  readonly style?: Maybe<string>;
  /** What a style's template asks for besides the prompt; only with a style. */
  readonly template_fields?: Maybe<Readonly<Record<string, string>>>;
}

export interface ImageRequestBody extends CommonRequestBody {
  readonly params?: Maybe<ImageParams>;
  readonly nsfw?: Maybe<boolean>;
  readonly censor_nsfw?: Maybe<boolean>;
  readonly source_image?: Maybe<string>;
  readonly source_processing?: Maybe<'img2img' | 'inpainting' | 'outpainting' | 'remix'>;
  readonly source_mask?: Maybe<string>;
  readonly r2?: Maybe<boolean>;
  readonly shared?: Maybe<boolean>;
  readonly replacement_filter?: Maybe<boolean>;
}

export interface TextRequestBody extends CommonRequestBody {
  readonly params?: Maybe<TextParams>;
  readonly softprompt?: Maybe<string>;
}

export interface ExtraSourceImage {
  readonly image: string;
  readonly strength?: Maybe<number>;
}

export interface ImageParams {
  readonly sampler_name?: Maybe<string>;
  readonly scheduler?: Maybe<string>;
  readonly sampler_eta?: Maybe<number>;
  readonly sampler_s_noise?: Maybe<number>;
  readonly sampler_s_churn?: Maybe<number>;
  readonly sampler_s_tmin?: Maybe<number>;
  readonly sampler_s_tmax?: Maybe<number>;
  readonly sampler_order?: Maybe<number>;
  readonly sampler_solver_type?: Maybe<string>;
  readonly flow_shift?: Maybe<number>;
  readonly cfg_scale?: Maybe<number>;
  readonly denoising_strength?: Maybe<number>;
  readonly hires_fix_denoising_strength?: Maybe<number>;
  readonly height?: Maybe<number>;
  readonly width?: Maybe<number>;
  readonly steps?: Maybe<number>;
  readonly n?: Maybe<number>;
  readonly seed?: Maybe<string>;
  readonly seed_variation?: Maybe<number>;
  readonly post_processing?: Maybe<readonly string[]>;
  readonly karras?: Maybe<boolean>;
  readonly tiling?: Maybe<boolean>;
  readonly hires_fix?: Maybe<boolean>;
  readonly transparent?: Maybe<boolean>;
  readonly clip_skip?: Maybe<number>;
  readonly facefixer_strength?: Maybe<number>;
  readonly loras?: Maybe<readonly LoraParams[]>;
  readonly tis?: Maybe<readonly TiParams[]>;
  readonly special?: Maybe<Readonly<Record<string, unknown>>>;
  readonly workflow?: Maybe<string>;
  readonly control_type?: Maybe<string>;
  readonly control_strength?: Maybe<number>;
  readonly image_is_control?: Maybe<boolean>;
  readonly return_control_map?: Maybe<boolean>;
  readonly extra_texts?: Maybe<readonly ExtraText[]>;
  /** Undocumented; only refused together with `return_control_map`. */
  readonly init_as_image?: unknown;
}

export interface LoraParams {
  readonly name: string;
  readonly model?: Maybe<number>;
  readonly clip?: Maybe<number>;
  readonly inject_trigger?: Maybe<string>;
  readonly is_version?: Maybe<boolean>;
}
export interface TiParams {
  readonly name: string;
  readonly inject_ti?: Maybe<string>;
  readonly strength?: Maybe<number>;
}
export interface ExtraText {
  readonly text: string;
  readonly reference: string;
}

/** Numbers and switches that only reach the worker, in the order of the wire. */
export const TEXT_PASS_THROUGH = [
  'rep_pen', 'rep_pen_range', 'rep_pen_slope', 'temperature', 'tfs', 'top_a', 'top_k', 'top_p', 'typical', 'min_p', 'smoothing_factor',
  'dynatemp_range', 'dynatemp_exponent', 'singleline', 'frmtadsnsp', 'frmtrmblln', 'frmtrmspch', 'frmttriminc', 'use_default_badwordsids',
  'sampler_order', 'stop_sequence',
] as const;
type TextNumber = Exclude<(typeof TEXT_PASS_THROUGH)[number], TextSwitch | 'sampler_order' | 'stop_sequence'>;
type TextSwitch = 'singleline' | 'frmtadsnsp' | 'frmtrmblln' | 'frmtrmspch' | 'frmttriminc' | 'use_default_badwordsids';

export type TextParams = { readonly [Key in TextNumber]?: Maybe<number> } & { readonly [Key in TextSwitch]?: Maybe<boolean> } & {
  readonly n?: Maybe<number>;
  readonly max_length?: Maybe<number>;
  readonly max_context_length?: Maybe<number>;
  readonly sampler_order?: Maybe<readonly number[]>;
  readonly stop_sequence?: Maybe<readonly string[]>;
};

import type { ExtraText } from './request-body.js';

/**
 * What workers are told of a request, in the names of the wire and with the effective defaults in place. Stored with the
 * content, not in events. What was not asked for is absent, and unknown members of the request are dropped.
 */
export interface ImagePayload {
  readonly prompt: string;
  readonly sampler_name: string;
  readonly cfg_scale: number;
  readonly height: number;
  readonly width: number;
  readonly steps: number;
  readonly karras: boolean;
  readonly tiling: boolean;
  readonly hires_fix: boolean;
  readonly transparent: boolean;
  readonly image_is_control: boolean;
  readonly return_control_map: boolean;
  readonly use_nsfw_censor?: true;
  readonly seed?: string;
  readonly seed_variation?: number;
  readonly denoising_strength?: number;
  readonly hires_fix_denoising_strength?: number;
  readonly post_processing?: readonly string[];
  readonly clip_skip?: number;
  readonly facefixer_strength?: number;
  readonly loras?: readonly LoraPayload[];
  readonly tis?: readonly TiPayload[];
  readonly special?: Readonly<Record<string, unknown>>;
  readonly workflow?: string;
  readonly control_type?: string;
  readonly extra_texts?: readonly ExtraText[];
  /** Since 5.1.6: only for bridges that know them. */
  readonly control_strength?: number;
  readonly scheduler?: string;
  readonly sampler_eta?: number;
  readonly sampler_s_noise?: number;
  readonly sampler_s_churn?: number;
  readonly sampler_s_tmin?: number;
  readonly sampler_s_tmax?: number;
  readonly sampler_order?: number;
  readonly sampler_solver_type?: string;
  readonly flow_shift?: number;
}

export interface LoraPayload {
  readonly name: string;
  readonly model: number;
  readonly clip: number;
  readonly is_version: boolean;
  readonly inject_trigger?: string;
}
export interface TiPayload {
  readonly name: string;
  readonly strength: number;
  readonly inject_ti?: string;
}

export interface TextPayload {
  readonly prompt: string;
  readonly max_length: number;
  readonly max_context_length: number;
  readonly min_p: number;
  readonly smoothing_factor: number;
  readonly dynatemp_range: number;
  readonly dynatemp_exponent: number;
  readonly [sent: string]: unknown;
}

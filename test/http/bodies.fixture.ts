import { Arr, Bool, Free, Int, Num, Obj, Optional, Str } from '../../src/platform/http/body/body-decorators.js';
import { obj, str } from '../../src/platform/http/body/rules.js';

/** A body of the size and shape of a real image request (horde-api C1.1), for tests and measurements. */
class Lora {
  @Str({ min: 1, max: 255 }) name!: string;
  @Num({ min: -5, max: 5, default: 1 }) model!: number;
  @Num({ min: -5, max: 5, default: 1 }) clip!: number;
  @Optional() @Str({ min: 1, max: 30 }) inject_trigger?: string;
  @Bool({ default: false }) is_version!: boolean;
}
const flag = Bool({ default: false });

export class ImageParams {
  @Str({ enum: ['k_lms', 'k_euler', 'k_euler_a', 'DDIM', 'lcm'], default: 'k_euler_a' }) sampler_name!: string;
  @Num({ min: 0, max: 100, default: 5 }) cfg_scale!: number;
  @Optional() @Num({ min: 0.01, max: 1 }) denoising_strength?: number;
  @Int({ min: 64, max: 3072, multipleOf: 64, default: 512 }) height!: number;
  @Int({ min: 64, max: 3072, multipleOf: 64, default: 512 }) width!: number;
  @Int({ min: 1, max: 500, default: 30 }) steps!: number;
  @Int({ min: 1, max: 20, default: 1 }) n!: number;
  @Optional() @Str() seed?: string;
  @Optional() @Int({ min: 1, max: 1000 }) seed_variation?: number;
  @Optional() @Arr(str({ enum: ['GFPGAN', 'RealESRGAN_x4plus', 'CodeFormers'] }), { unique: true }) post_processing?: string[];
  @Bool({ default: true }) karras!: boolean;
  @flag tiling!: boolean;
  @flag hires_fix!: boolean;
  @flag transparent!: boolean;
  @Optional() @Int({ min: 1, max: 12 }) clip_skip?: number;
  @Optional() @Num({ min: 0, max: 1 }) facefixer_strength?: number;
  @Optional() @Arr(obj(() => Lora)) loras?: Lora[];
  @Optional() @Free() special?: Record<string, unknown>;
  @Optional() @Str({ enum: ['canny', 'hed', 'depth'] }) control_type?: string;
  @flag image_is_control!: boolean;
  @flag return_control_map!: boolean;
}

export class ImageBody {
  @Str({ min: 1 }) prompt!: string;
  @Obj(() => ImageParams, { default: () => new ImageParams() }) params!: ImageParams;
  @Bool({ default: true }) nsfw!: boolean;
  @Bool({ default: true }) censor_nsfw!: boolean;
  @flag trusted_workers!: boolean;
  @flag validated_backends!: boolean;
  @Bool({ default: true }) slow_workers!: boolean;
  @flag extra_slow_workers!: boolean;
  @Arr(str(), { default: () => [] }) workers!: string[];
  @flag worker_blacklist!: boolean;
  @Arr(str(), { default: () => ['stable_diffusion'] }) models!: string[];
  @Optional() @Str() source_image?: string;
  @Str({ enum: ['img2img', 'inpainting', 'outpainting', 'remix'], default: 'img2img' }) source_processing!: string;
  @Bool({ default: true }) r2!: boolean;
  @flag shared!: boolean;
  @Bool({ default: true }) replacement_filter!: boolean;
  @flag dry_run!: boolean;
  @Optional() @Str({ min: 10, max: 1024 }) webhook?: string;
  @Optional() @Str({ min: 3, max: 1024 }) style?: string;
}

export const imageRequest = {
  prompt: 'a lighthouse on a cliff in a storm, waves breaking, oil on canvas, dramatic light, detailed brushwork ### blurry, text, watermark',
  params: {
    sampler_name: 'k_euler_a', cfg_scale: 7.5, height: 1024, width: 1024, steps: 30, n: 2, karras: true, hires_fix: false, tiling: false,
    clip_skip: 1, post_processing: ['GFPGAN'], seed: '1234567890', loras: [{ name: '48139', model: 0.8, clip: 1, is_version: true }, { name: 'GlowingRunesAI', model: 1 }],
  },
  nsfw: false, censor_nsfw: true, trusted_workers: false, slow_workers: true, worker_blacklist: false, workers: [],
  models: ['AlbedoBase XL (SDXL)'], r2: true, shared: false, replacement_filter: true,
};

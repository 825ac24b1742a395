/** Names of bridges that have capabilities; all others have none (horde-rules §7.7, horde-api D.7). */
export const REGEN = 'AI Horde Worker reGen';
export const HORDE_WORKER = 'AI Horde Worker';
export const WEBUI_BRIDGE = 'SD-WebUI Stable Horde Worker Bridge';
export const AUTO_WEB_BRIDGE = 'HordeAutoWebBridge';

/** From this version on, cumulative. */
type Versions = readonly (readonly [from: number, capabilities: string])[];

const CAPABILITIES: ReadonlyMap<string, Versions> = new Map<string, Versions>([
  [REGEN, [
    [1, 'img2img inpainting karras post-processing GFPGAN RealESRGAN_x4plus r2 CodeFormers clip_skip r2_source controlnet strip_background'
      + ' return_control_map RealESRGAN_x4plus_anime_6B NMKD_Siax 4x_AnimeSharp image_is_control RealESRGAN_x2plus hires_fix hires_fix_sdxl tiling'],
    [2, 'textual_inversion lora'], [3, 'lora_versions'], [5, 'extra_source_images'], [6, 'stable_cascade_2pass'], [7, 'qr_code extra_texts workflow'],
    [8, 'layer_diffuse'], [9, 'flux'],
    [13, '4xNomos8kSC 4xLSDIRplus 4xNomosWebPhoto_RealPLKSR 4xNomos2_realplksr_dysample 4xNomos2_hq_dat2 2xModernSpanimationV1 GFPGANv1.3 RestoreFormer'],
    // horde-api-since-5.1.5 §3.8
    [17, 'extended_controlnet schedulers sampler_settings flow_shift'], [18, 'control_strength'],
  ]],
  [HORDE_WORKER, [
    [3, 'img2img'], [4, 'inpainting'], [6, 'karras'], [7, 'post-processing GFPGAN RealESRGAN_x4plus'], [8, 'r2'], [9, 'CodeFormers'],
    [13, 'hires_fix clip_skip'], [14, 'r2_source'], [15, 'controlnet'], [18, 'strip_background return_control_map RealESRGAN_x4plus_anime_6B'],
    [19, 'NMKD_Siax 4x_AnimeSharp'], [21, 'RealESRGAN_x2plus'], [22, 'lora'], [23, 'image_is_control'], [24, 'textual_inversion'],
  ]],
  [WEBUI_BRIDGE, [[1, 'inpainting karras r2 CodeFormers'], [2, 'tiling'], [3, 'r2_source'], [4, 'clip_skip']]],
  [AUTO_WEB_BRIDGE, [[1, 'painting img2img karras'], [2, 'tiling']]],
]);

/** Everything that a bridge of that name and version can do. */
export const capabilitiesOf = (name: string, version: number): ReadonlySet<string> =>
  new Set((CAPABILITIES.get(name) ?? []).filter(([from]) => version >= from).flatMap(([, capabilities]) => capabilities.split(' ')));

import { describe, expect, it } from '@jest/globals';
import type { ImageJobFeatures } from '../../pricing/job-features.js';
import { CLASSIC_CONTROL_TYPES, CONTROL_TYPES, POST_PROCESSORS } from '../../reference/catalogue.js';
import { AUTO_WEB_BRIDGE, capabilitiesOf, HORDE_WORKER, REGEN, WEBUI_BRIDGE } from './bridge-capabilities.js';
import { isCapable } from './image-needs.js';

const plain: ImageJobFeatures = { width: 512, height: 512, steps: 30, sampler: 'k_euler', karras: true, cfgScale: 7.5 };
const can = (bridge: string, version: number, features: Partial<ImageJobFeatures>): boolean => isCapable(capabilitiesOf(bridge, version), { ...plain, ...features });
const NEVER = 99;

describe('what a bridge must be able to do', () => {
  // One row a need (horde-rules §6.5, §7.7; horde-api-since-5.1.5 §3.8): the first version that may be given it, of each official bridge.
  it.each<readonly [string, Partial<ImageJobFeatures>, number, number]>([
    ['nothing at all', {}, 0, 0],
    ['img2img', { sourceImage: true }, 1, 3],
    ['inpainting', { sourceImage: true, sourceProcessing: 'inpainting' }, 1, 4],
    ['outpainting', { sourceImage: true, sourceProcessing: 'outpainting' }, 1, 4],
    ['remix', { sourceImage: true, sourceProcessing: 'remix' }, 1, 3],
    ['extra source images', { extraSourceImages: 1 }, 5, NEVER],
    ['LoRAs', { loras: 1 }, 2, 22],
    ['versions of LoRAs', { loras: 1, lorasVersioned: true }, 3, NEVER],
    ['textual inversions', { tis: 1 }, 2, 24],
    ['a face fixer', { postProcessing: ['GFPGAN'] }, 1, 7],
    ['an older post-processor and a newer one', { postProcessing: ['GFPGAN', 'CodeFormers'] }, 1, 9],
    ['a post-processor of the newest', { postProcessing: ['RestoreFormer'] }, 13, NEVER],
    ['a post-processor that nobody knows', { postProcessing: ['magic'] }, NEVER, NEVER],
    ['control', { controlType: 'canny' }, 1, 15],
    ['control by more than the classic types', { controlType: 'lineart' }, 17, NEVER],
    ['how strong control is', { controlType: 'canny', controlStrength: 1 }, 18, NEVER],
    ['a source that is a control map', { controlType: 'canny', imageIsControl: true }, 1, 23],
    ['a source said to be a control map, without control', { imageIsControl: true }, 0, 0],
    ['the control map in return', { controlType: 'canny', returnControlMap: true }, 1, 18],
    ['a QR code', { workflow: 'qr_code' }, 7, NEVER],
    ['tiling', { tiling: true }, 1, NEVER],
    ['transparency', { transparent: true }, 8, NEVER],
    ['hires_fix', { hiresFix: true }, 1, 13],
    ['clip_skip', { clipSkip: 2 }, 1, 13],
    ['a clip_skip of 1', { clipSkip: 1 }, 0, 0],
    ['a classic scheduler', { scheduler: 'karras' }, 0, 0],
    ['a newer scheduler', { scheduler: 'beta' }, 17, NEVER],
    ['settings of the sampler', { samplerSettings: true }, 17, NEVER],
    ['flow shift', { flowShift: 3 }, 17, NEVER],
  ])('for %s', (_what, features, regen, hordeWorker) => {
    for (const [bridge, least] of [[REGEN, regen], [HORDE_WORKER, hordeWorker]] as const) {
      for (let version = 0; version <= 30; version += 1) expect([bridge, version, can(bridge, version, features)]).toEqual([bridge, version, version >= least]);
    }
  });

  it('names each post-processor: an official bridge has those of its version, all of them in the end', () => {
    for (const name of POST_PROCESSORS) {
      const since = Array.from({ length: 31 }, (_, version) => version).find((version) => can(REGEN, version, { postProcessing: [name] }));
      expect([name, since]).toEqual([name, /^(4xNomos|4xLSDIRplus|2xModern|GFPGANv1.3|RestoreFormer)/.test(name) ? 13 : 1]);
    }
  });

  it('is the extended kind of control for every type but the classic ones', () => {
    for (const controlType of CONTROL_TYPES) {
      expect([controlType, can(REGEN, 16, { controlType })]).toEqual([controlType, (CLASSIC_CONTROL_TYPES as readonly string[]).includes(controlType)]);
      expect(can(REGEN, 17, { controlType })).toBe(true);
    }
  });

  it.each([[WEBUI_BRIDGE, { tiling: true }, 2], [WEBUI_BRIDGE, { clipSkip: 2 }, 4], [AUTO_WEB_BRIDGE, { sourceImage: true }, 1], [AUTO_WEB_BRIDGE, { tiling: true }, 2], ['mine', { tiling: true }, NEVER]] as const)(
    'of %s for %j is version %d', (bridge, features, least) => {
      for (let version = 0; version <= 30; version += 1) expect(can(bridge, version, features)).toBe(version >= least);
    });
});

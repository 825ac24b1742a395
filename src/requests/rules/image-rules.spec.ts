import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadReference } from '../../reference/load-reference.js';
import type { ReferenceSnapshot } from '../../reference/reference.js';
import { SAMPLER_NAMES } from '../../reference/samplers.js';
import { imageRefusal, IMAGE_RULES } from './image-rules.js';
import { imageSubject } from './image-subject.js';
import type { ImageParams, ImageRequestBody } from './request-body.js';
import { STAGE_BATCHING, STAGE_CALLER, STAGE_PARAMETERS, STAGE_SOURCES, type RequestRuleRc, type RuleCaller } from './rule.js';

const bundled = loadReference();
const NET = { name: 'some_net', baseline: 'stable diffusion 1', type: 'controlnet', nsfw: false, inpainting: false, requirements: {} } as const;
const reference: ReferenceSnapshot = { ...bundled, images: new Map([...bundled.images, [NET.name, NET]]) };
const stranger: RuleCaller = { username: 'someone#7', trusted: false, patron: false, special: false };

type Loose<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };
interface Draft {
  body: Loose<ImageRequestBody>;
  params: Loose<ImageParams>;
  models: string[];
  caller: Loose<RuleCaller>;
}
const draft = (): Draft => ({ body: { prompt: 'a horde' }, params: {}, models: ['stable_diffusion'], caller: { ...stranger } });
const refusalOf = ({ body, params, models, caller }: Draft, stage?: readonly [number, number]) =>
  imageRefusal(imageSubject({ ...body, params, models }, caller, reference), stage);
const lora = { name: 'x' };
const extra = { image: 'AAAA' };

/** In the published order. Each entry makes a request fail its rule, whatever the entries below it did. */
const FAULTS: readonly (readonly [RequestRuleRc, (draft: Draft) => void])[] = [
  ['TooManyExtraSourceImages', ({ body }) => { body.extra_source_images = Array(6).fill(extra); }],
  ['MoreThanMinExtraSourceImage', ({ body }) => { body.extra_source_images = [extra, extra]; }],
  ['MissingPrompt', ({ body }) => { body.prompt = ''; }],
  ['InvalidPromptEncoding', ({ body }) => { body.prompt = 'half \ud83d'; }],
  ['RequiresTrust', ({ body, params }) => { body.disable_batching = true; params.n = 2; }],
  ['FlowShiftOutOfRange', ({ params }) => { params.flow_shift = 101; }],
  ['FlowShiftInapplicable', ({ params }) => { params.flow_shift = 3; }],
  ['SamplerKnobInapplicable', ({ params }) => { params.sampler_order = 2; }],
  ['SamplerKnobOutOfRange', ({ params }) => { params.sampler_eta = 101; }],
  ['SamplerSolverTypeUnsupported', ({ params }) => { params.sampler_solver_type = 'phi_1'; }],
  ['SamplerSchedulerMismatch', ({ params }) => { params.sampler_name = 'dpmpp_3m_sde'; params.scheduler = 'normal'; }],
  ['SchedulerBaselineMismatch', ({ params, models }) => { params.scheduler = 'gits'; models.push('Flux.1-Schnell fp8 (Compact)'); }],
  ['ControlStrengthWithoutControlType', ({ params }) => { params.control_strength = 1; delete params.control_type; delete params.workflow; }],
  ['ControlStrengthOutOfRange', ({ params }) => { params.control_strength = 3.1; params.control_type = 'canny'; }],
  ['HiResMismatch', ({ params, models }) => { params.hires_fix = true; models.push('Z-Image-Turbo'); }],
  ['TooManyLoras', ({ params }) => { params.loras = Array(6).fill(lora); }],
  ['BadLoraVersion', ({ params }) => { params.loras = [{ name: '12a', is_version: true }]; }],
  ['TooManyTIs', ({ params }) => { params.tis = Array(21).fill({ name: 'x' }); }],
  ['InvalidTransparencyModel', ({ params, models }) => { params.transparent = true; models.push('Stable Cascade 1.0'); }],
  ['ControlNetMismatch', ({ params, models }) => { params.workflow = 'qr_code'; models.push('Stable Cascade 1.0'); delete params.transparent; }],
  ['InvalidPromptSize', ({ body }) => { body.prompt = 'word '.repeat(7501); }],
  ['UnexpectedModelName', ({ models }) => { models.push('GFPGAN'); }],
  ['TooManyUpscalers', ({ params }) => { params.post_processing = ['GFPGAN', 'NMKD_Siax', '4x_AnimeSharp']; }],
  ['BadCFGNumber', ({ params }) => { params.cfg_scale = Infinity; }],
  ['BadCFGDecimals', ({ params }) => { params.cfg_scale = 7.555; }],
  ['SpecialModelNeedsSpecialUser', ({ models, caller }) => { models.push('horde_special'); caller.special = false; }],
  ['SpecialMissingUsername', ({ models, caller }) => { models.push('horde_special'); caller.special = true; }],
  ['SpecialForbidden', ({ models, caller }) => { models.push('horde_special::other#9'); caller.special = true; }],
  ['SpecialMissingPayload', ({ models, params, caller }) => { models.push('horde_special::someone#7'); caller.special = true; params.special = {}; }],
  ['SpecialFieldNeedsSpecialUser', ({ params, caller }) => { params.special = { a: 1 }; caller.special = false; }],
  ['SourceMaskUnnecessary', ({ body }) => { body.source_mask = 'AAAA'; delete body.source_image; }],
  ['ControlNetUnsupported', ({ params, models }) => { params.control_type = 'hough'; models.push('stable_diffusion_2.1'); delete params.transparent; }],
  ['ControlNetSourceMissing', ({ params, body }) => { params.control_type = 'canny'; delete body.source_image; }],
  ['ControlNetInpaintingMismatch', ({ params, body }) => { params.control_type = 'canny'; body.source_image = 'AAAA'; body.source_processing = 'inpainting'; }],
  ['ControlNetMismatch', ({ params, body, models }) => { params.control_type = 'canny'; body.source_image = 'AAAA'; models.push('SDXL 1.0'); }],
  ['InvalidTransparencyImg2Img', ({ params, body }) => { params.transparent = true; body.extra_source_images = [extra]; }],
  ['InvalidTransparencyCN', ({ params, body }) => { params.transparent = true; params.control_type = 'canny'; body.source_image = 'AAAA'; delete body.extra_source_images; }],
  ['InvalidRemixModel', ({ body }) => { body.source_processing = 'remix'; }],
  ['InvalidExtraSourceImages', ({ body }) => { body.extra_source_images = [extra]; body.source_processing = 'img2img'; }],
  ['InvalidExtraTexts', ({ params }) => { params.extra_texts = [{ text: 'a', reference: 'abc' }]; delete params.workflow; }],
  ['MissingExtraTexts', ({ params }) => { params.workflow = 'qr_code'; params.extra_texts = []; }],
  ['ControlNetInvalidPayload', ({ params }) => { params.init_as_image = 'yes'; params.return_control_map = true; }],
  ['SourceImageRequiredForModel', ({ body, models }) => { delete body.source_image; models.push('Stable Diffusion 2 Depth'); }],
  ['UnexpectedModelName', ({ body, models }) => { delete body.source_image; models.push('some_net'); }],
  ['NulByteInPayload', ({ params }) => { params.seed = 'a\0b'; }],
];

describe('an image request', () => {
  it.each(FAULTS.map(([rc], at) => [at, rc] as const))('%d: with this and every later fault is refused as %s', (at, rc) => {
    const spoilt = draft();
    for (const [, spoil] of FAULTS.slice(at).reverse()) spoil(spoilt);
    expect(refusalOf(spoilt)).toBe(rc);
  });

  it('has a fault in this table for every rule', () => {
    expect(FAULTS.map(([rc]) => rc)).toEqual(IMAGE_RULES.map(({ rc }) => rc));
    expect(IMAGE_RULES.map(({ row }) => row)).toEqual([...IMAGE_RULES].map(({ row }) => row).sort((a, b) => a - b));
  });

  it('is checked by every rule in exactly one stage', () => {
    const stages = [STAGE_CALLER, STAGE_BATCHING, STAGE_PARAMETERS, STAGE_SOURCES];
    for (const { row } of IMAGE_RULES) expect(stages.filter(([from, upTo]) => row >= from && row <= upTo)).toHaveLength(1);
    expect(refusalOf({ ...draft(), body: { prompt: '' } }, STAGE_PARAMETERS)).toBeUndefined();
  });

  it.each<[string, (draft: Draft) => void]>([
    ['of the plain kind', () => undefined],
    ['of a patron with five extra images', ({ body, caller, models }) => { caller.patron = true; body.extra_source_images = Array(5).fill(extra); body.source_processing = 'remix'; models.splice(0, 1, 'Stable Cascade 1.0'); }],
    ['of a trusted user without batching', ({ body, params, caller }) => { caller.trusted = true; body.disable_batching = true; params.n = 2; }],
    ['with an emoji', ({ body }) => { body.prompt = '😀'; }],
    ['with no flow shift on flux', ({ params, models }) => { params.flow_shift = 0; models.splice(0, 1, 'Flux.1-Schnell fp8 (Compact)'); }],
    ['with a flow shift on flux', ({ params, models }) => { params.flow_shift = 100; models.splice(0, 1, 'Flux.1-Schnell fp8 (Compact)'); }],
    ['with karras on dpmpp_3m_sde', ({ params }) => { params.sampler_name = 'dpmpp_3m_sde'; }],
    ['with simple on any model', ({ params, models }) => { params.scheduler = 'simple'; models.length = 0; }],
    ['with gits on SDXL', ({ params, models }) => { params.scheduler = 'gits'; models.push('SDXL 1.0'); }],
    ['with churn on k_heun', ({ params }) => { params.sampler_name = 'k_heun'; params.sampler_s_tmax = 1e9; params.sampler_s_churn = 100; }],
    ['with the adaptive sampler of order 2', ({ params }) => { params.sampler_name = 'k_dpm_adaptive'; params.sampler_order = 2; }],
    ['with phi_2 on seeds_2', ({ params }) => { params.sampler_name = 'seeds_2'; params.sampler_solver_type = 'phi_2'; }],
    ['with control on SD2', ({ body, params, models }) => { body.source_image = 'A'; params.control_type = 'canny'; models.push('stable_diffusion_2.1'); delete params.transparent; }],
    ['of a QR code with its strength', ({ params }) => { params.workflow = 'qr_code'; params.control_strength = 0.01; params.extra_texts = [{ text: 'a', reference: 'qr_code' }]; }],
    ['with one upscaler and two face fixers', ({ params }) => { params.post_processing = ['GFPGAN', 'CodeFormers', 'NMKD_Siax']; }],
    ['with a cfg of two decimals', ({ params }) => { params.cfg_scale = 7.55; }],
    ['of exactly 7500 words', ({ body }) => { body.prompt = 'word '.repeat(7500); }],
    ['with a numbered LoRA', ({ params }) => { params.loras = [{ name: '1234', is_version: true }]; }],
    ['on its own special model', ({ models, caller, params }) => { models.push('horde_special::someone#7'); caller.special = true; params.special = { a: 1 }; }],
    ['for any model under a feature', ({ models, params }) => { models.length = 0; params.hires_fix = true; }],
  ])('%s is accepted', (_what, change) => {
    const changed = draft();
    change(changed);
    expect(refusalOf(changed)).toBeUndefined();
  });

  it.each([['FlowShiftInapplicable', { flow_shift: 3 }], ['SchedulerBaselineMismatch', { scheduler: 'gits' }]] as const)(
    'for any model is refused what only some families take: %s',
    (rc, params) => expect(refusalOf({ ...draft(), params, models: [] })).toBe(rc),
  );

  it('for a remix is refused when one of its models cannot', () => {
    const { body, ...rest } = draft();
    expect(refusalOf({ ...rest, body: { ...body, source_processing: 'remix' }, models: ['Stable Cascade 1.0', 'stable_diffusion'] })).toBe('InvalidRemixModel');
  });

  it('is checked by the last rule of a stage too', () => {
    const spoilt = draft();
    spoilt.body.disable_batching = true;
    spoilt.params.n = 2;
    expect([STAGE_CALLER, STAGE_BATCHING].map((stage) => refusalOf(spoilt, stage))).toEqual([undefined, 'RequiresTrust']);
    spoilt.models = ['horde_special::someone#7'];
    spoilt.caller.special = true;
    expect(refusalOf(spoilt, STAGE_PARAMETERS)).toBe('SpecialMissingPayload');
  });

  it('is never refused for a sampler alone', () => {
    fc.assert(fc.property(fc.constantFrom(...SAMPLER_NAMES), (sampler_name) => expect(refusalOf({ ...draft(), params: { sampler_name } })).toBeUndefined()));
  });

  it('is judged by the model that is assumed when it names none', () => {
    expect(imageRefusal(imageSubject({ prompt: 'a', params: { transparent: true } }, stranger, reference))).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { normaliseImage } from '../../requests/rules/image-request.js';
import type { ImageParams } from '../../requests/rules/request-body.js';
import { normaliseText } from '../../requests/rules/text-request.js';
import { parseBridge } from './bridge.js';
import { imagePopPayload } from './image-pop-payload.js';
import { imagePopAnswer, noImageJob, noTextJob, textPopAnswer } from './pop-answer.js';

const regen = (version: number) => parseBridge(`AI Horde Worker reGen:${version}:u`);
const payloadOf = (params: ImageParams, version = 18, body: object = {}) =>
  imagePopPayload(normaliseImage({ prompt: 'a ### b', params, ...body }, { anonymous: false }).payload, { images: 2, seed: 7 }, regen(version));
const PLAIN = {
  prompt: 'a ### b', ddim_steps: 30, n_iter: 2, seed: '7', sampler_name: 'k_euler_a', cfg_scale: 5, height: 512, width: 512, karras: true, tiling: false,
  hires_fix: false, transparent: false, image_is_control: false, return_control_map: false,
};
const NEW: ImageParams = {
  scheduler: 'beta', sampler_eta: 1, sampler_s_noise: 1, sampler_s_churn: 1, sampler_s_tmin: 1, sampler_s_tmax: 1, sampler_order: 2, sampler_solver_type: 'heun',
  flow_shift: 2, control_strength: 0.5,
};

describe('the payload of an image pop', () => {
  it('of a plain request has the fourteen members that are always there, and no others', () => expect(payloadOf({})).toEqual(PLAIN));

  it('has what was asked for, without the seed\'s variation and what nobody knows', () => {
    const params = {
      seed_variation: 3, denoising_strength: 0.5, hires_fix_denoising_strength: 0.4, post_processing: ['GFPGAN'], clip_skip: 2, facefixer_strength: 0.5,
      loras: [{ name: 'x' }], tis: [{ name: 'y', inject_ti: 'prompt' }], special: { a: 1 }, workflow: 'qr_code', control_type: 'canny',
      extra_texts: [{ text: 't', reference: 'qr_code' }], steps: 10, unknown: 1,
    };
    expect(payloadOf(params, 18, { nsfw: false })).toEqual({
      ...PLAIN, ddim_steps: 10, use_nsfw_censor: true, denoising_strength: 0.5, hires_fix_denoising_strength: 0.4, post_processing: ['GFPGAN'], clip_skip: 2,
      facefixer_strength: 0.5, loras: [{ name: 'x', model: 1, clip: 1, is_version: false }], tis: [{ name: 'y', strength: 1, inject_ti: 'prompt' }],
      special: { a: 1 }, workflow: 'qr_code', control_type: 'canny', extra_texts: [{ text: 't', reference: 'qr_code' }],
    });
  });

  it('shows a bridge only the fields that its version knows', () => {
    expect(payloadOf(NEW, 16)).toEqual(PLAIN);
    const { control_strength: _, ...until17 } = NEW;
    expect(payloadOf(NEW, 17)).toEqual({ ...PLAIN, ...until17 });
    expect(payloadOf(NEW, 18)).toEqual({ ...PLAIN, ...NEW });
  });

  it.each([[{ scheduler: 'karras', karras: false }, true], [{ scheduler: 'normal', karras: true }, false], [{ karras: false }, false], [{ scheduler: 'beta', karras: false }, false]])(
    'carries %j in the old switch as %p',
    (params, karras) => expect(payloadOf(params, 12)).toEqual({ ...PLAIN, karras }),
  );
});

describe('an image pop', () => {
  const { payload } = normaliseImage({ prompt: 'a' }, { anonymous: false });
  const out = { ids: ['1', '2'], model: 'm', messages: [], payload, seed: 7, ttlS: 150, uploads: ['u1', 'u2'] };
  it('with a job names every key', () => {
    const sources = { image: 's', mask: 'k', processing: 'inpainting', extra: [{ image: 'e', strength: 1 }] };
    const answer = imagePopAnswer({ ...out, sources }, regen(18));
    expect(answer).toMatchObject({
      id: '1', ids: ['1', '2'], model: 'm', ttl: 150, skipped: {}, messages: [], source_image: 's', source_processing: 'inpainting', source_mask: 'k',
      extra_source_images: [{ image: 'e', strength: 1 }], r2_upload: 'u1', r2_uploads: ['u1', 'u2'],
    });
    expect(Object.keys(answer).sort()).toEqual(Object.keys(noImageJob({}, [])).sort());
    expect(imagePopAnswer({ ...out, sources }, regen(4))['extra_source_images']).toBeNull();
  });
  it('without source images says so with nulls and img2img', () => {
    expect(imagePopAnswer({ ...out, sources: { processing: 'remix', extra: [] } }, regen(18))).toMatchObject({
      source_image: null, source_mask: null, extra_source_images: null, source_processing: 'img2img',
    });
  });
  it('without a job has the published defaults for a payload, and nulls', () => {
    expect(noImageJob({ nsfw: 1 }, ['m'])).toEqual({
      id: null, ids: [], model: null, ttl: null, messages: ['m'], skipped: { nsfw: 1 }, source_image: null, source_mask: null, source_processing: 'img2img',
      extra_source_images: null, r2_upload: null, r2_uploads: null,
      payload: {
        ddim_steps: 30, n_iter: 1, image_is_control: false, return_control_map: false, sampler_name: 'k_euler_a', cfg_scale: 7.5, height: 512, width: 512,
        karras: false, tiling: false, hires_fix: false, transparent: false,
      },
    });
  });
});

describe('a text pop', () => {
  it('with a job names every key, and asks for one text each', () => {
    const { payload } = normaliseText({ prompt: 'a', params: { n: 3, temperature: 0.5 } });
    const answer = textPopAnswer({ ids: ['1', '2'], model: 'm', messages: [], payload, softprompt: 's' });
    expect(answer).toEqual({
      payload: { prompt: 'a', n: 1, max_length: 80, max_context_length: 2048, min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1, temperature: 0.5 },
      id: '1', ids: ['1', '2'], messages: [], ttl: 150, extra_source_images: null, skipped: {}, softprompt: 's', model: 'm',
    });
    expect(Object.keys(answer).sort()).toEqual(Object.keys(noTextJob({}, [])).sort());
  });
  it('without a job has the published defaults for a payload', () => {
    expect(noTextJob({}, [])).toMatchObject({
      id: null, ids: [], ttl: null, model: null, softprompt: null,
      payload: { max_context_length: 2048, max_length: 80, min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1 },
    });
  });
});

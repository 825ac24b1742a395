import { describe, expect, it } from '@jest/globals';
import { loadReference } from './load-reference.js';
import { parseReference } from './parse-reference.js';
import { findTextModel, imageBaseline, textParameters } from './reference.js';

const reference = loadReference();

describe('the bundled model reference', () => {
  it.each([
    ['stable_diffusion', 'stable diffusion 1'], ['Deliberate', 'stable diffusion 1'], ['Dreamshaper', 'stable diffusion 1'],
    ["ICBINP - I Can't Believe It's Not Photography", 'stable diffusion 1'], ['Anything Diffusion', 'stable diffusion 1'],
    ['SDXL 1.0', 'stable_diffusion_xl'], ['AlbedoBase XL (SDXL)', 'stable_diffusion_xl'], ['Juggernaut XL', 'stable_diffusion_xl'],
    ['Pony Diffusion XL', 'stable_diffusion_xl'], ['Fustercluck', 'stable_diffusion_xl'], ['Stable Cascade 1.0', 'stable_cascade'],
    ['Flux.1-Schnell fp8 (Compact)', 'flux_1'], ['Qwen-Image_fp8', 'qwen_image'], ['Z-Image-Turbo', 'z_image_turbo'],
  ])('knows %s as %s', (name, baseline) => {
    expect(reference.images.get(name)?.baseline).toBe(baseline);
    expect(imageBaseline(reference, name)).toBe(baseline);
  });

  it.each([
    ['Some model', 'stable diffusion 1'], ['Some [SDXL] model', 'stable_diffusion_xl'], ['x [Flux]', 'flux_1'], ['x [Qwen]', 'qwen_image'],
    ['x [ZModel]', 'z_image_turbo'], ['x [ZImage]', 'z_image_turbo'], ['', 'stable diffusion 1'], ['constructor', 'stable diffusion 1'],
  ])('tells the baseline of the unknown model %j by its mark: %s', (name, baseline) => {
    expect(imageBaseline(reference, name)).toBe(baseline);
  });

  it('has at least fifteen text models of sane sizes', () => {
    const models = [...new Set(reference.texts.values())];
    expect(models.length).toBeGreaterThanOrEqual(15);
    for (const { parameters } of models) expect(parameters).toBeGreaterThan(1e8);
  });
});

describe('a text model', () => {
  it.each([
    ['Sao10K/L3-8B-Stheno-v3.2'], ['L3-8B-Stheno-v3.2'], ['koboldcpp/L3-8B-Stheno-v3.2'], ['aphrodite/Sao10K/L3-8B-Stheno-v3.2'],
    ['L3-8B-Stheno-v3.2::somebody#12'], ['L3-8B-Stheno-v3.2.i1-Q4_K_M'], ['koboldcpp/L3-8B-Stheno-v3.2-Q5_K_S'],
    ['L3-8B-Stheno-v3.2-GPTQ-Int4'], ['L3-8B-Stheno-v3.2-Q8_0::somebody#12'],
  ])('is found as %s', (name) => {
    expect(findTextModel(reference, name)?.name).toBe('Sao10K/L3-8B-Stheno-v3.2');
    expect(textParameters(reference, name)).toBeCloseTo(8.03);
  });

  it.each([['my-own-model'], ['L3-8B'], ['__proto__'], ['a-'.repeat(5000)]])('is unknown as %.40s', (name) => {
    expect(textParameters(reference, name)).toBeUndefined();
  });
});

describe('a reference file', () => {
  const texts = { version: 1, models: [] };
  it('leaves out models of baselines that nobody renders', () => {
    const models = [{ name: 'a', baseline: 'stable_audio' }, { name: 'b', baseline: 'flux_1' }];
    expect([...parseReference({ version: 1, models }, texts).images.keys()]).toEqual(['b']);
  });
  it.each([
    [null], [[]], [{}], [{ version: 1 }], [{ version: '1', models: [] }], [{ version: 1, models: [{}] }], [{ version: 2, models: [] }],
    [{ version: 1, models: [{ name: 'a', baseline: 'flux_1', requirements: { max_steps: 'many' } }] }],
  ])('that is malformed is refused: %j', (images) => {
    expect(() => parseReference(images, texts)).toThrow();
  });
});

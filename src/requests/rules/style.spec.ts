import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OVERRIDABLE, declarationRefusal, type ParameterPolicy, type TemplateField } from './style-contract.js';
import { fillImageTemplate, fillTextTemplate, templateRefusal } from './style-template.js';
import { styledImage, styledText, styleUseRefusal, suits, type StyleTemplate } from './style.js';

const style = <Params extends object>(parts: Partial<StyleTemplate<Params>> = {}): StyleTemplate<Params> =>
  ({ prompt: '{p}{np}', params: {} as Params, models: ['Deliberate'], nsfw: false, policy: null, fields: null, ...parts });
const policy = (parts: Partial<ParameterPolicy> = {}): ParameterPolicy => ({ override: 'none', overridable: [], ceilings: {}, ...parts });
const field = (name: string, required = false): TemplateField => ({ name, description: 'Something', required });

describe('the prompt of an image style', () => {
  const filled = (template: string, positive: string, negative?: string, fields = {}): string => fillImageTemplate(template, { positive, negative, fields });
  it.each([
    ['{p}{np}', 'cat', undefined, 'cat'], ['{p}{np}', 'cat', 'dog', 'cat###dog'], ['{p}, oil###ugly, {np}', 'cat', 'dog', 'cat, oil###ugly, dog'],
    ['{p}, oil###ugly, {np}', 'cat', undefined, 'cat, oil###ugly, '], ['{p} {other} {{p}} {P}{np}', 'cat', undefined, 'cat {other} {cat} {P}'], ['{np}{p}', 'cat', '', '###cat'],
    ['{p}{np}', '{np} {p}', '{p}', '{np} {p}###{p}'], ['{p}{np}', '$& $1', undefined, '$& $1'],
  ] as const)('%j with %j and %j is %j', (template, positive, negative, prompt) => expect(filled(template, positive, negative)).toBe(prompt));
  it('takes the fields that were sent, and leaves the others alone', () =>
    expect(filled('{p} in {place} at {hour}{np}', 'cat', undefined, { place: 'Rome' })).toBe('cat in Rome at {hour}'));
  it('never reads what was filled in as a template', () => {
    const text = fc.string({ unit: fc.constantFrom('{', '}', 'p', 'n', '#', ' ', '$', '&') });
    fc.assert(fc.property(text, fc.option(text, { nil: undefined }), (positive, negative) => {
      expect(filled('<{p}>{np}', positive, negative)).toBe(`<${positive}>${negative === undefined ? '' : `###${negative}`}`);
    }));
  });
});

describe('the prompt of a text style', () => {
  it.each([
    ['{p}', { p: 'Once' }, 'Once'], ['{p} {unknown}.', { p: 'Once' }, 'Once .'], ['{{p}} {p}', { p: 'Once' }, '{p} Once'], ['{{[INPUT]}}{p}{{[OUTPUT]}}', { p: 'Once' }, '{{[INPUT]}}Once{{[OUTPUT]}}'],
    ['{p}', { p: '{p} {{' }, '{p} {{'], ['{constructor}{p}', { p: 'x' }, 'x'], ['{np}{p}', { p: 'x' }, 'x'],
  ])('%j with %j is %j', (template, values, prompt) => expect(fillTextTemplate(template, values)).toBe(prompt));
});

describe('a template', () => {
  it.each([
    ['{p}{np}', 'image', undefined], ['{p}', 'image', 'StylePromptMissingVars'], ['{np}', 'image', 'StylePromptMissingVars'], ['{p}{np}{', 'image', undefined],
    ['{p}', 'text', undefined], ['{np}', 'text', 'StylePromptMissingVars'], ['{{p}}', 'text', 'StylePromptMissingVars'], ['{p} {0}', 'text', 'StylePromptFieldInvalid'],
    ['{p} {a.b}', 'text', 'StylePromptFieldInvalid'], ['{p} {', 'text', 'StylePromptFieldInvalid'], ['{p} }', 'text', 'StylePromptFieldInvalid'], ['{p} {{[INPUT]}}', 'text', undefined],
    ['{p} {}', 'text', 'StylePromptFieldInvalid'],
  ] as const)('%j of an %s style: %s', (template, kind, rc) => expect(templateRefusal(template, kind)).toBe(rc));
});

describe('a styled image', () => {
  const body = { prompt: 'cat', models: ['mine'], params: { n: 3, steps: 5, width: 1024, height: 576, karras: false } };
  it('has the style\'s models and parameters, its own number and, where the style says nothing, its own size', () => {
    expect(styledImage(body, style({ params: { steps: 20 } }))).toEqual({ ...body, prompt: 'cat', models: ['Deliberate'], params: { steps: 20, width: 1024, height: 576, n: 3 } });
    expect(styledImage(body, style({ params: { width: 512 } })).params).toEqual({ width: 512, height: 576, n: 3 });
    expect(styledImage({ prompt: 'cat' }, style()).params).toEqual({});
  });
  it('is not safe for work when the style is not, whatever was sent', () => {
    expect(styledImage({ ...body, nsfw: false }, style({ nsfw: true })).nsfw).toBe(true);
    expect(styledImage({ ...body, nsfw: false }, style()).nsfw).toBe(false);
  });
  it.each([
    [policy(), { steps: 20, n: 3 }], [policy({ override: 'listed', overridable: ['steps', 'n'] }), { steps: 5, n: 3 }],
    [policy({ override: 'all' }), { steps: 5, width: 1024, height: 576, karras: false, n: 3 }],
  ])('%#: hears of the request what its policy lets through', (given, params) =>
    expect(styledImage(body, style({ params: { steps: 20 }, policy: given })).params).toEqual(params));
});

it('a styled text has the style\'s parameters and its own number', () =>
  expect(styledText({ prompt: 'Once', params: { n: 2, max_length: 500 } }, style({ prompt: '{p}!', params: { temperature: 1 } }))).toEqual(
    { prompt: 'Once!', models: ['Deliberate'], params: { temperature: 1, n: 2 } },
  ));

describe('a request that uses a style', () => {
  const strict = { policy: policy({ override: 'listed', overridable: ['steps'], ceilings: { steps: 30, n: 2, width: 512 } }), fields: [field('place', true), field('hour')] };
  const place = { place: 'Rome' };
  it.each([
    ['TemplateFieldUnknown', { template_fields: { other: 'x' }, params: { steps: 31 } }], ['TemplateFieldMissing', { params: { steps: 31 } }],
    ['TemplateFieldMissing', { template_fields: { place: '' } }], ['InvalidPromptSize', { template_fields: { place: 'a '.repeat(7501) }, params: { steps: 31 } }],
    ['StyleParameterAboveCeiling', { template_fields: place, params: { steps: 31 } }], ['StyleParameterAboveCeiling', { template_fields: place, params: { n: 3 } }],
    [undefined, { template_fields: place, params: { steps: 30, n: 2, width: 1024 } }], [undefined, { template_fields: { ...place, hour: '' } }],
  ] as const)('%s: %#', (rc, asked) => expect(styleUseRefusal(asked, strict)).toBe(rc));
  it('is drawn a style that takes its fields', () => {
    expect([suits(strict, place), suits(strict), suits(strict, { ...place, other: '' }), suits({ fields: null })]).toEqual([true, false, false, true]);
  });
});

describe('a declaration', () => {
  it.each([
    [undefined, policy({ override: 'listed', overridable: ['steps'], ceilings: { steps: 30, n: 4 } }), [field('place')]], [undefined, null, null],
    [undefined, policy({ override: 'all', ceilings: { width: 64, height: 3072 } }), null], ['StylePolicyOverridableMisplaced', policy({ overridable: ['steps'] }), [field('p')]],
    ['StyleDeclarationInvalid', policy({ override: 'listed', overridable: ['n'] }), null], ['StyleDeclarationInvalid', policy({ override: 'listed', overridable: ['max_length'] }), null],
    ['StyleDeclarationInvalid', policy({ override: 'listed', overridable: ['steps'], ceilings: { width: 512 } }), null], ['StyleDeclarationInvalid', policy({ ceilings: { steps: 30 } }), null],
    ['StyleDeclarationInvalid', policy({ ceilings: { n: 21 } }), null], ['StyleDeclarationInvalid', policy({ ceilings: { n: 1.5 } }), null],
    ['StyleDeclarationInvalid', policy({ override: 'all', ceilings: { cfg_scale: 7 } }), null], ['StyleDeclarationInvalid', policy({ ceilings: { n: 'x' as never } }), null],
    ['StyleDeclarationInvalid', null, [field('p')]], ['StyleDeclarationInvalid', null, [field('np')]], ['StyleDeclarationInvalid', null, [field('a'), field('a')]],
  ] as const)('%s: %#', (rc, given, fields) => expect(declarationRefusal('image', given, fields)).toBe(rc));
  it('may list every parameter of the wire but n: 34 of images, 23 of texts', () => {
    expect([OVERRIDABLE.image.length, OVERRIDABLE.text.length]).toEqual([34, 23]);
    expect([OVERRIDABLE.image, OVERRIDABLE.text].flat().includes('n')).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { gifOf, jpegOf, pngOf, webpOf } from '../../../test/support/images.js';
import { inKudos } from '../../kernel/kudos.js';
import { PRICE_POLICY_1 } from '../../pricing/price-policy.js';
import { alchemySource, distinctForms, namesUnknownAnnotator, pricedForms } from './alchemy-request.js';

describe('forms that are the same', () => {
  it('are asked for once, in the order in which they came first', () => {
    const canny = { name: 'annotation', payload: { control_type: 'canny', low: '1' } };
    const depth = { name: 'annotation', payload: { control_type: 'depth' } };
    expect(distinctForms([depth, { name: 'caption' }, canny, { name: 'caption' }, { name: 'annotation', payload: { low: '1', control_type: 'canny' } }, { name: 'caption', payload: {} }]))
      .toEqual([depth, { name: 'caption' }, canny]);
  });
});

it.each([
  [[{ name: 'annotation' }], true], [[{ name: 'annotation', payload: { control_type: 'hough' } }], true], [[{ name: 'annotation', payload: { control_type: 'constructor' } }], true],
  [[{ name: 'annotation', payload: { control_type: 'mlsd' } }], false], [[{ name: 'caption', payload: { control_type: 'hough' } }], false], [[], false],
])('%j names an annotator that nobody knows: %s', (forms, unknown) => expect(namesUnknownAnnotator(forms)).toBe(unknown));

describe('the source image', () => {
  it.each([
    ['png', pngOf(512, 512), 1], ['jpeg', jpegOf(513, 512), 2], ['webp', webpOf('VP8X', 1_025, 1_025), 9], ['gif', gifOf(1, 1), 1],
  ])('%s is measured in tiles', (_, bytes, tiles) => expect(alchemySource(bytes.toString('base64'))).toMatchObject({ tiles, image: { bytes } }));
  it.each([
    ['http://example.org/x.png', 'ImageValidationFailed'], ['gopher://x', 'ImageValidationFailed'],
    ['', 'ImageValidationFailed'], ['%%%', 'ImageValidationFailed'], [Buffer.from('text').toString('base64'), 'ImageValidationFailed'],
    [pngOf(3_072, 3_073).toString('base64'), 'SourceImageResolutionExceeded'], [pngOf(131_072, 1).toString('base64'), 'SourceImageResolutionExceeded'],
  ])('%#: is refused', (text, rc) => expect(alchemySource(text)).toEqual({ rc }));
  it('is measured where its URL led to, and refused for what was wrong there', () => {
    const at = (found: Buffer | 'SourceImageUrlInvalid') => alchemySource('https://example.org/x', new Map([['https://example.org/x', found]]));
    expect([at(pngOf(513, 512)), at(pngOf(131_072, 1)), at('SourceImageUrlInvalid')]).toMatchObject([{ tiles: 2 }, { rc: 'SourceImageResolutionExceeded' }, { rc: 'SourceImageUrlInvalid' }]);
  });
});

describe('what forms cost', () => {
  const forms = [{ name: 'caption' }, { name: 'interrogation' }, { name: 'GFPGAN' }, { name: 'annotation', payload: { control_type: 'depth_anything', secret: 'words' } }];
  it.each([[true, 2], [false, 1]])('is their price and a fee, with slow workers %s a fee of %d', (slowWorkers, fee) => {
    const { features, quote, dearest } = pricedForms(forms, { tiles: 4, slowWorkers }, PRICE_POLICY_1);
    expect(features.forms.map(({ price, debit }) => [inKudos(price), inKudos(debit)])).toEqual([[1, 1 + fee], [3, 3 + fee], [12, 12 + fee], [32, 32 + fee]]);
    expect([inKudos(quote), inKudos(dearest)]).toEqual([48 + 4 * fee, 32]);
  });
  it('is frozen with the form and its annotator, and not a word more of what was sent', () => {
    const { features } = pricedForms(forms, { tiles: 4, slowWorkers: true }, PRICE_POLICY_1);
    expect(features.forms[3]).toEqual({ form: 'annotation', controlType: 'depth_anything', price: 3_200, debit: 3_400 });
    expect(JSON.stringify(features)).not.toContain('words');
  });
  it('is nothing where there are none', () => expect(pricedForms([], { tiles: 1, slowWorkers: true }, PRICE_POLICY_1)).toEqual({ features: { tiles: 1, forms: [] }, quote: 0, dearest: 0 }));
});

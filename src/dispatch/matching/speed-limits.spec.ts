import { expect, it } from '@jest/globals';
import { loadReference } from '../../reference/load-reference.js';
import { speedLimit } from './speed-limits.js';

const reference = loadReference();
const known = [...reference.texts.keys()];
const withBillions = (least: number, below: number): string | undefined => known.find((name) => {
  const billions = reference.texts.get(name)!.parameters / 1e9;
  return billions >= least && billions < below && !/8x/i.test(name);
});

it.each<[string, 'image' | 'text', string, boolean, number]>([
  ['any image', 'image', 'Deliberate', false, 20_000_000], ['a trusted image', 'image', 'Deliberate', true, 20_000_000],
  ['an unknown text model', 'text', 'nobody/knows-it', false, 150], ['a trusted text', 'text', 'nobody/knows-it', true, 150],
  ['a mixture nobody knows', 'text', 'nobody/8x7b', false, 150],
])('%s has its limit (horde-rules §7.6)', (_what, kind, model, ownerTrusted, limit) => expect(speedLimit({ kind, model, ownerTrusted }, reference)).toBe(limit));

it('large text models of untrusted owners have lower ones, by their size', () => {
  const limits = ([[70, 1_000], [14, 70], [0.1, 14]] as const).map(([least, below]) => {
    const model = withBillions(least, below);
    return model === undefined ? 'no such model' : speedLimit({ kind: 'text', model, ownerTrusted: false }, reference);
  });
  expect(limits.filter((limit) => limit !== 'no such model')).toEqual([30, 100, 150].filter((_, index) => limits[index] !== 'no such model'));
  expect(limits.some((limit) => limit === 30 || limit === 100)).toBe(true);
});

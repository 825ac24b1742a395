import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const TRANSFORMER = '../../scripts/lib/local-globals.mjs';
const { withLocalGlobals } = (await import(TRANSFORMER)) as { readonly withLocalGlobals: (code: string) => string };

it('draws the same examples of a law in every run', () => {
  const drawn = (): number[] => fc.sample(fc.nat(), 5);
  expect(fc.readConfigureGlobal().seed).toBeDefined();
  expect(drawn()).toEqual(drawn());
});

describe('a module under test', () => {
  it('takes each global that it uses once, in its first line', () => {
    expect(withLocalGlobals('export const a = Math.max(1, 2);\nnew Map();')).toBe('const { Map, Math } = globalThis; export const a = Math.max(1, 2);\nnew Map();');
  });

  it.each([
    "import { Map } from './maps.js';", "import Map from './maps.js';", "import other, {\n  Map,\n} from './maps.js';", "import { Other as Map } from './maps.js';", 'class Map {}', 'const Map = 1;', 'function Map() {}',
    'console.log(other.Map, HashMap, Mapped);', '#!/usr/bin/env node\nnew Map();',
  ])('keeps what is its own, and is left alone without need: %j', (code) => expect(withLocalGlobals(code)).toBe(code));
});

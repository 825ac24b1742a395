import { expect, it } from '@jest/globals';
import { simulatedApart } from './apart.js';
import { SEEDS_MAX, type FoundBug } from './find-bugs.js';

const TIMEOUT_MS = 30 * 60_000;
/** Nineteen of twenty. */
const FOUND_LEAST = 0.95;

it(`finds nineteen of twenty planted bugs within ${SEEDS_MAX} seeds, one at a time`, async () => {
  const { printed, summary: { bugs } } = await simulatedApart<{ readonly bugs: readonly FoundBug[] }>(['--bugs']);
  console.log(printed);
  expect(bugs.length).toBeGreaterThanOrEqual(20);
  expect(bugs.filter(({ seeds }) => seeds !== undefined).length).toBeGreaterThanOrEqual(Math.ceil(bugs.length * FOUND_LEAST));
}, TIMEOUT_MS);

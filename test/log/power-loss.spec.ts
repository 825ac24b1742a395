import { expect, it } from '@jest/globals';
import { losePower } from './power-loss.js';

/** Ten thousand images in the long run (spec/ledger.md §3.5, T5), a thousand in every other. */
const IMAGES = process.env['HORDE_LONG_TESTS'] ? 10_000 : 1_000;
const FIRST_SEED = 1;

it(`keeps what it acknowledged, and whole appends only, wherever the power fails (${IMAGES} crash images from seed ${FIRST_SEED})`, async () => {
  let images = 0;
  for (let seed = FIRST_SEED; images < IMAGES; seed++) images += await losePower(seed);
  expect(images).toBeGreaterThanOrEqual(IMAGES);
}, 300_000);

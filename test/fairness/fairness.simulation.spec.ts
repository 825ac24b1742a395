import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { figuresOf, PROMISES, quantile, shareOf, worstOf, worstOfWaiting } from './figures.js';

import { pageOf } from './page.js';
import { SERVICE_S } from './scenarios.js';

/** The document is of one seed; ten take minutes. */
const SEEDS = 1;
const SEEDS_LONG = 10;
const DOCUMENT = new URL('../../docs/fairness.md', import.meta.url);

const figures = figuresOf(SEEDS);
const many = process.env['HORDE_LONG_TESTS'] === undefined ? figures : figuresOf(SEEDS_LONG);

describe('a saturated horde', () => {
  it('serves payers with equal kudos and equal work as long, in one request or in twenty', () => {
    expect(many.calm.pairs.length).toBeGreaterThan(20);
    expect(quantile(many.calm.pairs, 0.95)).toBeLessThanOrEqual(PROMISES.pairRatio);
  });

  it('gives the richest three quarters at most, and everybody else a turn before their work expires', () => {
    for (const { rich } of [many.calm, many.rough]) {
      expect(shareOf(rich)).toBeLessThanOrEqual(PROMISES.richShare + 0.001); // the window cuts a worker's four in two
      for (const { expired } of rich) expect(expired).toBe(0);
    }
  });

  it('gives who keeps thirty requests hardly more than who keeps one, beside the rich', () => {
    for (const { rich } of [many.calm, many.rough]) expect(worstOf(rich)).toBeLessThanOrEqual(PROMISES.thirtyToOne);
  });

  it('gives who keeps thirty requests hardly more than who keeps one in a crowd of like payers, too', () => {
    for (const { equals } of [many.calm, many.rough]) {
      expect(equals.filter(({ waitS }) => waitS > SERVICE_S).length).toBeGreaterThanOrEqual(equals.length / 2);
      expect(worstOfWaiting(equals)).toBeLessThanOrEqual(PROMISES.thirtyToOne);
    }
  });

  it('starts what can be served before it expires, with just enough workers', () => {
    const { requests, started } = many.calm.started;
    expect(requests).toBeGreaterThan(1_000);
    expect(started / requests).toBeGreaterThanOrEqual(PROMISES.started);
  });
});

describe('the document about fairness', () => {
  it('says what the simulation says', () => {
    const page = pageOf(figures);
    if (process.env['HORDE_WRITE_DOCUMENTS'] === '1') writeFileSync(DOCUMENT, page);
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(page);
  });
});

import { describe, expect, it } from '@jest/globals';
import { row, tried, type Trial } from './kept-promises.js';

const isLong = process.env['HORDE_LONG_TESTS'] !== undefined;
const SECONDS = isLong ? 4_500 : 4_000;
const SEEDS = isLong ? [17, 18] : [17];
/** The published promise. */
const WITHIN_LEAST = 0.8;

const ORDINARY: readonly Trial[] = [
  { name: 'load 1.2', load: 1.2 },
  { name: 'load 1.2, random service times', load: 1.2, service: 'random' },
];
const LONG: readonly Trial[] = [
  { name: 'load 0.6', load: 0.6 },
  { name: 'load 0.9', load: 0.9 },
  { name: 'load 0.9, random service times', load: 0.9, service: 'random' },
  { name: 'load 1.2, equal kudos', load: 1.2, richest: 0 },
  { name: 'load 1.2, 5 % faults', load: 1.2, faults: 0.05 },
  { name: 'load 1.2, no lane', load: 1.2, fairShare: 0 },
  { name: 'load 1.2, half of the workers take four jobs at once', load: 1.2, batches: 4 },
  { name: 'load 2', load: 2 },
  { name: 'load 1.2, forty workers', load: 1.2, workers: 40 },
];

describe('what a request is told when it is accepted', () => {
  it.each([...ORDINARY, ...(isLong ? LONG : [])])('comes true in four cases of five: $name', (trial) => {
    for (const seed of SEEDS) {
      const figures = tried(trial, seed, SECONDS);
      if (isLong) process.stdout.write(`${row(trial, figures)}\n`);
      expect(figures.asked).toBeGreaterThan(50);
      expect({ seed, ...figures, isKept: figures.startWithin >= WITHIN_LEAST && figures.doneWithin >= WITHIN_LEAST }).toMatchObject({ isKept: true });
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { prioritised, PRIORITISED_MAX } from './pop-owner.js';

describe('whom a worker puts first', () => {
  it('is each user once, by the number behind the name', () => {
    expect(prioritised(['friend#7', 'other#9', 'renamed#7', 'Anonymous#0'])).toEqual([7, 9, 0]);
  });

  it('is 200 users at most, however many it names, and those that it names first', () => {
    const named = Array.from({ length: 100_000 }, (_, nth) => `friend#${nth + 1}`);
    expect(prioritised(named)).toEqual(Array.from({ length: PRIORITISED_MAX }, (_, nth) => nth + 1));
    expect(PRIORITISED_MAX).toBe(200);
  });
});

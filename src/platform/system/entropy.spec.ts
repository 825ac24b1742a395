import { describe, expect, it } from '@jest/globals';
import { Entropy } from './entropy.js';

describe('random bytes', () => {
  it('are as many as were asked for, whatever was taken before', () => {
    const entropy = new Entropy();
    for (let round = 0; round < 200; round++)
      for (const size of [0, 1, 6, 12, 16, 32, 64, 65, 4_096, 5_000]) expect(entropy.bytes(size)).toHaveLength(size);
  });
  it('never come twice, also beyond the page that is drawn at once', () => {
    const entropy = new Entropy();
    const seen = new Set(Array.from({ length: 10_000 }, () => entropy.bytes(16).toString('hex')));
    expect(seen.size).toBe(10_000);
  });
  it('are the taker\'s own: what was given out does not change', () => {
    const entropy = new Entropy();
    const first = entropy.bytes(16);
    const text = first.toString('hex');
    for (let more = 0; more < 1_000; more++) entropy.bytes(16).fill(255);
    expect(first.toString('hex')).toBe(text);
  });
});

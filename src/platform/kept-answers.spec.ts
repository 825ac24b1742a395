import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../test/support/ports.js';
import { KeptAnswers } from './kept-answers.js';

const scene = () => {
  const clock = new SettableClock();
  const kept = new KeptAnswers<number>(clock, { freshMs: 10_000, keptMax: 2 });
  let made = 0;
  return { clock, ask: (key = 'all', seen?: number) => kept.of(key, () => Promise.resolve((made += 1)), seen), kept };
};

describe('a kept answer', () => {
  it('is given to all who ask, until it is old', async () => {
    const { clock, ask } = scene();
    expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
    clock.pass(9_999);
    expect(await ask()).toBe(1);
    clock.pass(1);
    expect(await ask()).toBe(2);
  });

  it('is made anew for whoever has written something newer, and then serves everybody', async () => {
    const { ask } = scene();
    expect([await ask('all', 7), await ask('all', 7), await ask('all', 8), await ask('all', 7), await ask()]).toEqual([1, 1, 2, 2, 2]);
  });

  it('is one of so many: the oldest is forgotten', async () => {
    const { ask } = scene();
    expect([await ask('a'), await ask('b'), await ask('c'), await ask('b'), await ask('a')]).toEqual([1, 2, 3, 2, 4]);
  });

  it('that failed is not kept', async () => {
    const { kept, ask } = scene();
    await expect(kept.of('all', () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
    expect(await ask()).toBe(1);
  });
});

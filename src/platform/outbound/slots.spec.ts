import { describe, expect, it } from '@jest/globals';
import { RetryLater } from '../retry-later.js';
import { Slots } from './slots.js';

/** Work that ends when it is told to. */
class Works {
  readonly started: string[] = [];
  private readonly ends = new Map<string, () => void>();
  constructor(private readonly slots: Slots) {}
  begin(caller: string, name = caller): Promise<string> {
    return this.slots.run(caller, () => new Promise<string>((resolve) => {
      this.started.push(name);
      this.ends.set(name, () => resolve(name));
    }));
  }
  async end(name: string): Promise<void> {
    this.ends.get(name)!();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const works = (): Works => new Works(new Slots({ workingMax: 3, workingPerCallerMax: 2, waitingMax: 3 }));

describe('places for work', () => {
  it('are so many for all, so many for one caller, and given in the order of coming', async () => {
    const at = works();
    const all = [at.begin('ada', 'a1'), at.begin('ada', 'a2'), at.begin('ada', 'a3'), at.begin('bob', 'b1'), at.begin('cleo', 'c1')];
    expect(at.started).toEqual(['a1', 'a2', 'b1']);
    await at.end('b1'); // Ada has two at work, so Cleo's turn comes first
    expect(at.started).toEqual(['a1', 'a2', 'b1', 'c1']);
    await at.end('a1');
    expect(at.started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3']);
    for (const name of ['a2', 'a3', 'c1']) await at.end(name);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1', 'c1']);
  });

  it('are refused to a caller who has as many waiting as at work, and to all when too many wait', async () => {
    const at = works();
    const begun = ['a1', 'a2', 'a3', 'a4'].map((name) => at.begin('ada', name));
    await expect(at.begin('ada', 'a5')).rejects.toThrow(RetryLater);
    begun.push(at.begin('bob', 'b1'), at.begin('bob', 'b2'));
    await expect(at.begin('cleo', 'c1')).rejects.toThrow(RetryLater);
    for (const name of ['b1', 'a1', 'a2', 'b2', 'a3', 'a4']) await at.end(name);
    await Promise.all(begun);
    void at.begin('cleo', 'c2');
    expect(at.started.at(-1)).toBe('c2');
  });

  it('are free again after work that failed', async () => {
    const slots = new Slots({ workingMax: 1, workingPerCallerMax: 1, waitingMax: 1 });
    await expect(slots.run('ada', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await slots.run('ada', () => Promise.resolve('done'))).toBe('done');
  });
});

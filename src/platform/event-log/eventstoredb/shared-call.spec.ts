import { describe, expect, it } from '@jest/globals';
import { Shared } from './shared-call.js';

/** Something that grows; questions about it are answered when the test says so, with what is there at that time. */
class Asked {
  value = 0;
  calls = 0;
  private readonly open: { readonly answer: () => void; readonly fail: (error: Error) => void }[] = [];
  readonly shared = new Shared(() => this.ask());

  private ask(): Promise<number> {
    this.calls += 1;
    const seen = this.value; // as early as can be: the oldest answer that a question may get
    return new Promise((resolve, reject) => this.open.push({ answer: () => resolve(seen), fail: reject }));
  }
  get underWay(): number {
    return this.open.length;
  }
  async answer(): Promise<void> {
    this.open.shift()!.answer();
    await settled();
  }
  async fail(error: Error): Promise<void> {
    this.open.shift()!.fail(error);
    await settled();
  }
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a question that many ask', () => {
  it('is asked once for all who come while it waits its turn', async () => {
    const asked = new Asked();
    const first = asked.shared.call();
    const others = Array.from({ length: 100 }, () => asked.shared.call());
    await asked.answer();
    await asked.answer();
    expect([await first, new Set(await Promise.all(others)).size, asked.calls]).toEqual([0, 1, 2]);
  });

  it('is never answered with what was true before it was asked', async () => {
    const asked = new Asked();
    const early = asked.shared.call();
    asked.value = 1;
    const late = asked.shared.call();
    asked.value = 2;
    await asked.answer();
    asked.value = 3;
    const latest = asked.shared.call();
    await asked.answer();
    await asked.answer();
    expect(await early).toBe(0);
    expect(await late).toBeGreaterThanOrEqual(1);
    expect(await latest).toBe(3);
  });

  it('has at most one call under way and one to come', async () => {
    const asked = new Asked();
    const answers = [asked.shared.call(), asked.shared.call()];
    await settled();
    expect(asked.underWay).toBe(1);
    await asked.answer();
    answers.push(asked.shared.call(), asked.shared.call());
    expect(asked.underWay).toBe(1);
    await asked.answer();
    await asked.answer();
    await Promise.all(answers);
    expect(asked.calls).toBe(3);
  });

  it('that fails fails for those who waited for it alone', async () => {
    const asked = new Asked();
    const first = asked.shared.call();
    const second = asked.shared.call();
    const failure = expect(first).rejects.toThrow('away');
    await asked.fail(new Error('away'));
    await failure;
    await asked.answer();
    expect(await second).toBe(0);
  });

  it('is asked anew after a pause', async () => {
    const asked = new Asked();
    for (const value of [1, 2, 3]) {
      asked.value = value;
      const call = asked.shared.call();
      await asked.answer();
      expect(await call).toBe(value);
    }
    expect(asked.calls).toBe(3);
  });
});

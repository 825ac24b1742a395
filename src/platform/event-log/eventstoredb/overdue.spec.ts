import { describe, expect, it } from '@jest/globals';
import { ManualTimers, SettableClock } from '../../../../test/support/ports.js';
import { Overdue } from './overdue.js';

class Call {
  cancels = 0;
  cancel(): void {
    this.cancels += 1;
  }
}
const given = () => {
  const [clock, timers] = [new SettableClock(), new ManualTimers()];
  const overdue = new Overdue(clock, timers);
  const pass = async (ms: number): Promise<void> => {
    clock.pass(ms);
    timers.wakeAll();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { overdue, timers, pass };
};

describe('a call with a limit of time', () => {
  it('is ended once, when its time is over and not before', async () => {
    const { overdue, pass } = given();
    const call = new Call();
    overdue.add(call, 2_500);
    await pass(2_400);
    expect(call.cancels).toBe(0);
    await pass(100);
    await pass(10_000);
    expect(call.cancels).toBe(1);
  });

  it('is left alone when it has ended by itself', async () => {
    const { overdue, pass } = given();
    const call = new Call();
    overdue.add(call, 1_000);
    overdue.remove(call);
    await pass(5_000);
    expect(call.cancels).toBe(0);
  });

  it('shares one timer with all others, which stops with the last of them', async () => {
    const { overdue, timers, pass } = given();
    const calls = Array.from({ length: 50 }, () => new Call());
    for (const [k, call] of calls.entries()) overdue.add(call, 100 * (k + 1));
    expect(timers.sleepers).toHaveLength(1);
    await pass(2_500);
    expect(calls.filter(({ cancels }) => cancels === 1)).toHaveLength(25);
    expect(timers.sleepers).toHaveLength(1);
    await pass(2_500);
    expect(calls.every(({ cancels }) => cancels === 1)).toBe(true);
    expect(timers.sleepers).toHaveLength(0);
    overdue.add(new Call(), 100);
    expect(timers.sleepers).toHaveLength(1);
  });
});

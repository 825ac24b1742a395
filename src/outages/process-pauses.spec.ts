import { expect, it } from '@jest/globals';
import { SettableClock } from '../../test/support/ports.js';
import { ProcessPauses } from './process-pauses.js';

it('is noticed once, when the process did not run for ten seconds', () => {
  const clock = new SettableClock();
  const pauses = new ProcessPauses(clock);
  const after = (ms: number): boolean => {
    clock.pass(ms);
    return pauses.wasPaused();
  };
  expect([after(0), after(1_000), after(9_999), after(10_000), after(0), after(3_600_000), after(1_000)]).toEqual([false, false, false, true, false, true, false]);
});

import { describe, expect, it } from '@jest/globals';
import { ManualTimers, SeededIds, SettableClock } from '../../../../test/support/ports.js';
import { Availability } from './availability.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const FOR_EVER_MS = 2 ** 31 - 1;

/** A store that is there or not, as the test says. */
const given = () => {
  const [clock, timers] = [new SettableClock(), new ManualTimers()];
  const store = { isThere: false, probes: 0 };
  const changes: { isUp: boolean; downMs: number }[] = [];
  const availability = new Availability({
    clock, timers, ids: new SeededIds(7),
    probe: () => {
      store.probes += 1;
      return store.isThere ? Promise.resolve() : Promise.reject(new Error('away'));
    },
    onChange: (isUp, downMs) => changes.push({ isUp, downMs }),
  });
  const wake = async (): Promise<void> => {
    timers.wakeAll();
    await settled();
  };
  return { clock, timers, store, changes, availability, wake };
};

describe('whether the store is there', () => {
  it('is taken for granted until a call fails', async () => {
    const { availability, store } = given();
    expect([availability.isUp, await availability.whenUp(0), store.probes]).toEqual([true, true, 0]);
  });

  it('is asked by one prober, however many calls have failed', async () => {
    const { availability, timers, store, changes, wake } = given();
    for (let k = 0; k < 100; k++) availability.lost();
    expect(timers.sleepers).toHaveLength(1);
    for (let k = 0; k < 5; k++) await wake();
    expect([store.probes, timers.sleepers.length, availability.isUp]).toEqual([5, 1, false]);
    expect(changes).toEqual([{ isUp: false, downMs: 0 }]);
  });

  it('is told to all who wait, and how long it took, as soon as the prober is answered', async () => {
    const { availability, clock, store, changes, wake } = given();
    availability.lost();
    const waiting = Promise.all(Array.from({ length: 100 }, () => availability.whenUp(FOR_EVER_MS)));
    clock.pass(1_234);
    store.isThere = true;
    await wake();
    expect(new Set(await waiting)).toEqual(new Set([true]));
    expect(changes).toEqual([{ isUp: false, downMs: 0 }, { isUp: true, downMs: 1_234 }]);
  });

  it('is no more waited for than one has time', async () => {
    const { availability, timers, wake } = given();
    availability.lost();
    const waiting = [availability.whenUp(1_000), availability.whenUp(50)];
    expect(timers.sleepers).toEqual([expect.any(Number), 1_000, 50]);
    await wake();
    expect(await Promise.all(waiting)).toEqual([false, false]);
  });

  it('may change again and again', async () => {
    const { availability, store, changes, wake } = given();
    for (const times of [1, 2, 3]) {
      store.isThere = false;
      availability.lost();
      await wake();
      store.isThere = true;
      await wake();
      expect([availability.isUp, changes.length]).toEqual([true, 2 * times]);
    }
  });

  it('is nobody\'s business once the log is closed', async () => {
    const { availability, store, timers, wake } = given();
    availability.lost();
    const waiting = availability.whenUp(FOR_EVER_MS);
    availability.close();
    expect([await waiting, availability.isClosed]).toEqual([false, true]);
    const { probes } = store;
    await wake();
    await wake();
    availability.lost();
    expect(store.probes).toBeLessThanOrEqual(probes + 1);
    expect(timers.sleepers).toEqual([]);
  });
});

describe('a pause before another try', () => {
  it('is longer each time, up to a limit, and not the same for all', async () => {
    const { availability, timers, wake } = given();
    const pauses: number[] = [];
    for (const attempt of [1, 2, 3, 4, 5, 6, 7, 20, 2_000]) {
      const pausing = availability.pause(attempt);
      pauses.push(timers.sleepers[0]!);
      await wake();
      await pausing;
    }
    const [first, , third] = pauses;
    expect(first).toBeGreaterThanOrEqual(5);
    expect(first).toBeLessThan(10);
    expect(third).toBeGreaterThanOrEqual(20);
    for (const pause of pauses.slice(-2)) {
      expect(pause).toBeGreaterThanOrEqual(200);
      expect(pause).toBeLessThan(400);
    }
    expect(new Set(pauses).size).toBe(pauses.length);
  });

  it('ends when the log is closed', async () => {
    const { availability } = given();
    const pausing = Promise.all(Array.from({ length: 50 }, () => availability.pause(20)));
    availability.close();
    await pausing;
  });
});

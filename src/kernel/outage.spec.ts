import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { extendedDue, outageWithin, RECONNECT_MS, servedBefore, type Outage } from './outage.js';

const outage = (fromMs: number, untilMs: number): Outage => ({ fromMs, untilMs });
const MINUTE = 60_000;

describe('what is due', () => {
  it.each([
    ['before an outage stays due', [outage(200, 900)], 0, 200, 200],
    ['after an outage that ended before it began is not moved', [outage(0, 100)], 100, 300, 300],
    ['within an outage is due as much later as that lasted', [outage(10 * MINUTE, 20 * MINUTE)], 0, 15 * MINUTE, 25 * MINUTE],
    ['just after the beginning of an outage leaves time to come back', [outage(10 * MINUTE, 20 * MINUTE)], 0, 10 * MINUTE + 1, 20 * MINUTE + RECONNECT_MS],
    ['after an outage is due as much later, too', [outage(10 * MINUTE, 20 * MINUTE)], 0, 30 * MINUTE, 40 * MINUTE],
    ['moves into the next outage, and beyond it', [outage(10 * MINUTE, 20 * MINUTE), outage(22 * MINUTE, 30 * MINUTE)], 0, 15 * MINUTE, 33 * MINUTE],
    ['and began within an outage gets what is left of it', [outage(10 * MINUTE, 20 * MINUTE)], 15 * MINUTE, 30 * MINUTE, 35 * MINUTE],
    ['without outages is due when it is due', [], 0, 7, 7],
  ])('%s', (_claim, outages, sinceMs, dueMs, expected) => expect(extendedDue(sinceMs, dueMs, outages)).toBe(expected));
});

const outages = fc.array(fc.record({ servedS: fc.integer({ min: 1, max: 900 }), awayS: fc.integer({ min: 2, max: 7_200 }) }), { maxLength: 6 }).map((times) => {
  let atMs = 0;
  return times.map(({ servedS, awayS }) => {
    const fromMs = atMs + servedS * 1_000;
    atMs = fromMs + awayS * 1_000;
    return outage(fromMs, atMs);
  });
});
const time = fc.integer({ min: 0, max: 20_000_000 });
const law = (claim: string, property: fc.IProperty<unknown>): void => it(claim, () => fc.assert(property, { seed: 20_291, numRuns: 500 }));

law('whoever has until a moment is always served for as long as without outages', fc.property(outages, time, time, (all, sinceMs, forMs) => {
  const dueMs = extendedDue(sinceMs, sinceMs + forMs, all);
  expect(dueMs - sinceMs - outageWithin(sinceMs, dueMs, all)).toBeGreaterThanOrEqual(forMs);
}));

law('nothing is due within an outage, nor in the minute after it, unless it was due before', fc.property(outages, time, time, (all, sinceMs, forMs) => {
  const dueMs = extendedDue(sinceMs, sinceMs + forMs, all);
  for (const { fromMs, untilMs } of all) if (untilMs > sinceMs && dueMs > fromMs) expect(dueMs).toBeGreaterThanOrEqual(Math.min(untilMs + RECONNECT_MS, dueMs));
  expect(all.some(({ fromMs, untilMs }) => untilMs > sinceMs && fromMs < dueMs && dueMs < untilMs + RECONNECT_MS && fromMs < sinceMs + forMs)).toBe(false);
}));

law('an outage more never makes anything due earlier', fc.property(outages, time, time, (all, sinceMs, forMs) => {
  for (let known = 1; known <= all.length; known++) {
    expect(extendedDue(sinceMs, sinceMs + forMs, all.slice(0, known))).toBeGreaterThanOrEqual(extendedDue(sinceMs, sinceMs + forMs, all.slice(0, known - 1)));
  }
}));

it('what was served since the end of an outage began then, not when the outage did', () =>
  expect(servedBefore(30 * MINUTE, 10 * MINUTE, [outage(10 * MINUTE, 20 * MINUTE)])).toBe(20 * MINUTE));

law('the moment that is so much served time ago is exactly that', fc.property(outages, time, fc.integer({ min: 1, max: 900_000 }), (all, nowMs, servedMs) => {
  const thenMs = servedBefore(nowMs, servedMs, all);
  expect(nowMs - thenMs - outageWithin(thenMs, nowMs, all)).toBe(servedMs);
}));

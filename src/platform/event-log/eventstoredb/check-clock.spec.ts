import { describe, expect, it } from '@jest/globals';
import { LogUnavailable } from '../event-log.js';
import { SettableClock } from '../../../../test/support/ports.js';
import { checkClock } from './check-clock.js';

const NOW = Date.UTC(2026, 2, 1, 12);
/** As if the server had sent this. */
const warningsFor = (date: string | undefined): string[] => {
  const warnings: string[] = [];
  checkClock(date, new SettableClock(NOW), (text) => warnings.push(text));
  return warnings;
};
const ahead = (ms: number): string => new Date(NOW + ms).toUTCString();

describe('the clock of the event store', () => {
  it.each([0, 2_000, -2_000])('%d ms off is no news: it tells whole seconds, and an answer takes its time', (ms) => {
    expect(warningsFor(ahead(ms))).toEqual([]);
  });

  it.each([3_000, -3_000, 10_000, -10_000, 59_000, -59_000])('%d ms off is worth a warning that names both', (ms) => {
    expect(warningsFor(ahead(ms))).toEqual([
      `this machine says 2026-03-01T12:00:00.000Z, the event store's says ${new Date(NOW + ms).toISOString()}: keep both by NTP`,
    ]);
  });

  it.each([60_000, -60_000, 120_000, -86_400_000])('%d ms off is refused: one of the two was never set', (ms) => {
    expect(() => warningsFor(ahead(ms))).toThrow(LogUnavailable);
    expect(() => warningsFor(ahead(ms))).toThrow(/^the clocks are too far apart: this machine says 2026-03-01T12:00:00.000Z, the event store's says .*: keep both by NTP$/);
  });

  it.each([undefined, '', 'yesterday', 'Sun, 99 Foo 2026 12:00:00 GMT'])('that says %p is not compared', (date) => {
    expect(warningsFor(date)).toEqual([]);
  });
});

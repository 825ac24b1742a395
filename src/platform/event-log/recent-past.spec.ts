import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../../test/support/ports.js';
import { BEGINNING, type AllPage, type ReadAllOptions, type RecordedEvent } from './event-log.js';
import { PAST_EVENTS_MAX, RecentPast } from './recent-past.js';

const SECOND_MS = 1_000;

/** Of so many events, one a second, the last one now; their positions are ten apart. */
const logOf = (count: number, clock: SettableClock) => {
  const reads: ReadAllOptions[] = [];
  const firstMs = clock.now() - (count - 1) * SECOND_MS;
  const readAll = (options: ReadAllOptions = {}): Promise<AllPage> => {
    reads.push(options);
    const from = options.from === undefined ? count : options.from / 10;
    const first = Math.max(0, from - options.limit!);
    const events = Array.from({ length: from - first }, (_, nth) => from - 1 - nth).map((at) => ({ position: at * 10, created: firstMs + at * SECOND_MS }) as RecordedEvent);
    return Promise.resolve({ events, position: first * 10, end: first === 0 });
  };
  return { reads, readAll, timeOf: (position: number) => firstMs + (position / 10) * SECOND_MS };
};

describe('the recent past', () => {
  it('begins before everything that was written since', async () => {
    const clock = new SettableClock();
    const log = logOf(20_000, clock);
    const past = new RecentPast(log, clock);
    for (const ms of [60 * SECOND_MS, 3_600 * SECOND_MS, 10_000 * SECOND_MS]) {
      const { position, sinceMs } = await past.last(ms);
      expect(sinceMs).toBe(clock.now() - ms);
      expect(log.timeOf(position)).toBeLessThan(sinceMs);
      expect(log.timeOf(position)).toBeGreaterThan(sinceMs - 2 * 4_096 * SECOND_MS); // by pages
    }
  });

  it('is looked for once, whoever asks, and at once', async () => {
    const clock = new SettableClock();
    const log = logOf(20_000, clock);
    const past = new RecentPast(log, clock);
    const [long, short] = await Promise.all([past.last(9_000 * SECOND_MS), past.last(60 * SECOND_MS)]);
    expect([log.reads.length, short.position > long.position]).toEqual([3, true]);
  });

  it('is the whole of a short log, and nothing of an empty one', async () => {
    const clock = new SettableClock();
    for (const count of [0, 100, 5_000]) expect(await new RecentPast(logOf(count, clock), clock).last(86_400 * SECOND_MS)).toMatchObject({ position: BEGINNING });
  });

  it('is shorter where too much was written', async () => {
    const clock = new SettableClock();
    const log = logOf(2 * PAST_EVENTS_MAX, clock);
    const { position, sinceMs } = await new RecentPast(log, clock).last(86_400_000 * SECOND_MS);
    expect(log.timeOf(position)).toBe(sinceMs);
    expect(clock.now() - sinceMs).toBeGreaterThanOrEqual((PAST_EVENTS_MAX - 1) * SECOND_MS);
    expect(log.reads.length).toBeLessThan(60);
  });
});

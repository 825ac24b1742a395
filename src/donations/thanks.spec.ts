import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { iso } from '../kernel/clock.js';
import { inKudos, kudos } from '../kernel/kudos.js';
import { monthOf, monthsAfter, monthsBetween } from './months.js';
import { amountOf, MODERATOR_THANKS, monthDue, type Reason, type Received } from './thanks.js';
import { patreonThanks, stripeThanks } from './tiers.js';

describe('calendar months', () => {
  it.each([
    ['2026-01-15T08:30:00.000Z', 1, '2026-02-15T08:30:00.000Z'], ['2026-12-15T08:30:00.000Z', 1, '2027-01-15T08:30:00.000Z'],
    ['2026-01-31T23:59:59.999Z', 1, '2026-02-28T23:59:59.999Z'], ['2028-01-31T00:00:00.000Z', 1, '2028-02-29T00:00:00.000Z'],
    ['2026-01-31T12:00:00.000Z', 2, '2026-03-31T12:00:00.000Z'], ['2026-01-31T12:00:00.000Z', 3, '2026-04-30T12:00:00.000Z'],
    ['2028-02-29T12:00:00.000Z', 12, '2029-02-28T12:00:00.000Z'], ['2028-02-29T12:00:00.000Z', 48, '2032-02-29T12:00:00.000Z'],
    // The nights in which Europe and America change their clocks: nothing happens to UTC.
    ['2026-02-28T01:30:00.000Z', 1, '2026-03-28T01:30:00.000Z'], ['2026-02-08T02:30:00.000Z', 1, '2026-03-08T02:30:00.000Z'],
    ['2026-09-25T01:30:00.000Z', 1, '2026-10-25T01:30:00.000Z'], ['2026-11-30T00:00:00.000Z', 14, '2028-01-30T00:00:00.000Z'],
  ])('%s and %d of them are %s', (since, months, after) => expect(monthsAfter(since, months)).toBe(after));

  const times = fc.integer({ min: Date.UTC(2022, 0, 1), max: Date.UTC(2060, 11, 31) }).map(iso);
  it('are counted back from wherever one has come, one name each, and never drift', () => {
    fc.assert(fc.property(times, fc.nat(200), (since, months) => {
      const cursor = monthsAfter(since, months);
      expect(monthsBetween(since, cursor)).toBe(months);
      expect(cursor.slice(10)).toBe(since.slice(10));
      expect(monthOf(monthsAfter(since, months + 1))).not.toBe(monthOf(cursor));
      expect(monthsAfter(since, months + 1) > cursor).toBe(true);
      expect(Number(cursor.slice(8, 10))).toBeLessThanOrEqual(Number(since.slice(8, 10)));
    }), { seed: 31, numRuns: 500 });
  });
});

describe('the month that is due', () => {
  const entitled = (amount: number, since?: string): Reason => ({ kind: 'entitlement', amount: kudos(amount), since });
  const moderator = (since?: string): Reason => ({ kind: 'moderator', amount: MODERATOR_THANKS, since });
  const patron = (amount: number, since?: string): Reason => ({ kind: 'donations', amount: kudos(amount), since });
  const NOW = '2026-03-10T12:00:00.000Z';

  it('is this one for whoever was never thanked, with everything that there is to thank for', () =>
    expect(monthDue([entitled(50), moderator(), patron(10_000), patron(900_000)], undefined, NOW)).toEqual({
      month: '202603', since: NOW, cursor: NOW, entitlement: kudos(50), moderator: kudos(300_000), donations: kudos(910_000),
    }));
  it.each([[[]], [[entitled(0)]], [[patron(0)]]])('is none without a claim: %j', (reasons) => expect(monthDue(reasons, undefined, NOW)).toBeUndefined());

  it('comes when more than a calendar month has passed, and not a moment before', () => {
    const received: Received = { since: '2026-02-10T12:00:00.000Z', cursor: '2026-02-10T12:00:00.000Z' };
    expect(monthDue([moderator()], received, NOW)).toBeUndefined();
    expect(monthDue([moderator()], received, '2026-03-10T12:00:00.001Z')).toMatchObject({ month: '202603', since: received.since, cursor: NOW });
  });

  it('is the next one only, however late it is: the rest follows in later rounds', () => {
    let received: Received = { since: '2025-11-30T09:00:00.000Z', cursor: '2025-11-30T09:00:00.000Z' };
    const cursors: string[] = [];
    for (let round = 0; round < 10; round++) {
      const due = monthDue([moderator()], received, NOW);
      if (!due) break;
      cursors.push(due.cursor);
      received = due;
    }
    expect(cursors).toEqual(['2025-12-30T09:00:00.000Z', '2026-01-30T09:00:00.000Z', '2026-02-28T09:00:00.000Z']);
  });

  it('passes over months in which there was no claim: who comes back is not thanked for the time between', () => {
    const received: Received = { since: '2025-01-15T00:00:00.000Z', cursor: '2025-02-15T00:00:00.000Z' };
    expect(monthDue([moderator('2026-02-01T00:00:00.000Z')], received, NOW)).toMatchObject({ month: '202602', cursor: '2026-02-15T00:00:00.000Z' });
    expect(monthDue([moderator('2026-02-20T00:00:00.000Z')], received, NOW)).toBeUndefined();
    expect(monthDue([entitled(7), patron(900, '2026-03-01T00:00:00.000Z')], received, NOW)).toMatchObject({ month: '202503', entitlement: kudos(7), donations: kudos(0) });
  });

  it('at most one for each calendar month, in exact months, whenever the rounds come', () => {
    const rounds = fc.array(fc.integer({ min: 1, max: 100 * 24 }), { minLength: 1, maxLength: 60 }); // hours between them
    fc.assert(fc.property(fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 11, 31) }), rounds, (start, hours) => {
      let [now, received] = [start, undefined as Received | undefined];
      const months: string[] = [];
      for (const passed of hours) {
        now += passed * 3_600_000;
        const due = monthDue([moderator()], received, iso(now));
        if (!due) continue;
        if (received) expect(due.cursor).toBe(monthsAfter(received.since, monthsBetween(received.since, received.cursor) + 1));
        expect(due.cursor <= iso(now)).toBe(true);
        months.push(due.month);
        received = due;
      }
      expect(new Set(months).size).toBe(months.length);
      expect(months).toEqual([...months].sort());
    }), { seed: 37, numRuns: 300 });
  });

  it('is worth the sum of its parts', () => expect(amountOf(monthDue([entitled(1), moderator(), patron(2)], undefined, NOW)!)).toBe(kudos(300_003)));
});

describe('the tiers of supporters', () => {
  // horde-rules §1.11.
  it.each([
    [10_800, 150_000], [10_200, 150_000], [10_550, 150_000], [10_900, 0], [10_100, 0], [10_000, 1_500_000], [5_000, 1_500_000], [2_500, 900_000], [2_599, 900_000], [2_400, 600_000],
    [2_300, 0], [1_100, 0], [1_000, 150_000], [999, 90_000], [900, 90_000], [300, 30_000], [100, 10_000], [99, 0], [0, 0], [-500, 0], [100_000, 0],
  ])('%d cents a month are %d kudos', (cents, thanks) => expect(inKudos(patreonThanks(cents))).toBe(thanks));
  it.each([
    ['Superior Person', 20_000], ['Recognised', 75_000], ['Cherised', 200_000], ['Treasured', 700_000], ['Celebrated', 1_500_000], ['Sponsor', 1_500_000], ['Cherished', 0], ['', 0], ['constructor', 0],
  ])('the product %s is %d kudos', (product, thanks) => expect(inKudos(stripeThanks(product))).toBe(thanks));
});

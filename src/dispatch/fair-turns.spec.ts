import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FairTurns } from './fair-turns.js';

/** What a worker's next pops go by, one job each. */
const ordersOf = (turns: FairTurns, worker: string, pops: number): string[] => Array.from({ length: pops }, () => {
  const { order, settle } = turns.take(worker);
  settle(1);
  return order;
});

describe('turns of the fair-share lane', () => {
  it('are one claim in four of each worker, whatever the others do', () => {
    const turns = new FairTurns(4);
    const first = ordersOf(turns, 'a', 8);
    ordersOf(turns, 'b', 3);
    const orders = [...first, ...ordersOf(turns, 'a', 8)];
    for (let from = 0; from + 4 <= orders.length; from += 1) expect(orders.slice(from, from + 4).filter((order) => order === 'turn')).toHaveLength(1);
  });

  it('do not begin at the same claim with every worker', () => {
    const turns = new FairTurns(4);
    const firsts = Array.from({ length: 400 }, (_, nth) => ordersOf(turns, `worker-${nth}`, 1)[0]);
    expect(firsts.filter((order) => order === 'turn').length).toBeGreaterThan(60);
  });

  it('never come when the share is nothing, and always when it is everything', () => {
    expect(new Set(ordersOf(new FairTurns(0), 'a', 9))).toEqual(new Set(['key']));
    expect(new Set(ordersOf(new FairTurns(1), 'a', 9))).toEqual(new Set(['turn']));
  });

  it('stay where they are when a pop takes nothing, or its own owner\'s jobs', () => {
    const turns = new FairTurns(4);
    for (let pop = 0; pop < 8; pop += 1) {
      const { order, settle } = turns.take('a');
      settle(0);
      const again = turns.take('a');
      expect(again.order).toBe(order);
      again.settle(1);
    }
  });

  it('count what a pop took once, whatever ends it afterwards', () => {
    const turns = new FairTurns(4);
    for (let pop = 0; pop < 8; pop += 1) {
      const { settle } = turns.take('a');
      settle(1);
      settle(0);
    }
    expect(ordersOf(turns, 'a', 8)).toEqual(ordersOf(turns, 'a', 8));
    expect(ordersOf(turns, 'a', 8).filter((order) => order === 'turn')).toHaveLength(2);
  });

  it('make up for batches: of all jobs, one in four is the lane\'s', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 200, maxLength: 300 }), (batches) => {
      const turns = new FairTurns(4);
      const taken = { key: 0, turn: 0 };
      for (const batch of batches) {
        const { order, settle } = turns.take('a');
        const jobs = order === 'key' ? batch : 1;
        taken[order] += jobs;
        settle(jobs);
      }
      for (let order = turns.take('a').order; order === 'turn'; order = turns.take('a').order) taken.turn += 1;
      expect(Math.abs(taken.key - 3 * taken.turn)).toBeLessThanOrEqual(3);
    }));
  });

  it('are shared by pops that one worker has under way at once', () => {
    const turns = new FairTurns(4);
    const atOnce = Array.from({ length: 8 }, () => turns.take('a'));
    expect(atOnce.filter(({ order }) => order === 'turn')).toHaveLength(2);
  });
});

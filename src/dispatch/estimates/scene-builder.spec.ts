import { describe, expect, it } from '@jest/globals';
import { imageFacts } from '../../../test/support/request-facts.js';
import { FAIRNESS_POLICY } from '../live-queue/fairness-policy.js';
import type { Arrival, RecentArrivals } from './recent-dispatch.js';
import { HORIZON_S } from './rehearsal.js';
import { SceneBuilder } from './scene-builder.js';

const NOW_MS = Date.UTC(2026, 2, 1, 12);
const ALL_MAX = 4_096;

/** So many requests, evenly over the last `seconds`. */
const came = (requests: number, seconds: number): RecentArrivals => {
  const sinceMs = NOW_MS - seconds * 1_000;
  const arrivals = Array.from({ length: requests }, (_, nth): Arrival => {
    const atMs = sinceMs + ((nth + 0.5) / requests) * seconds * 1_000;
    return { atMs, base: 0, price: 10, things: 100, facts: imageFacts({ request: `r${nth}`, payer: 7, acceptedAt: new Date(atMs).toISOString() }) };
  });
  return { sinceMs, throughMs: NOW_MS, arrivals };
};

const expectedOf = (arrivals: RecentArrivals) => new SceneBuilder({
  nowMs: NOW_MS, waiting: [], lot: 1, arrivals, policy: FAIRNESS_POLICY, agesFromMsOf: () => -Infinity, keyOf: () => 'all', eligible: () => [], handOf: () => { throw new Error('nobody is here'); }, online: [],
}).build().asked;

describe('requests that are expected', () => {
  it.each([[50, 600], [1_024, 600], [1_024, 60], [1_024, 5], [1_024, 1], [1_024, 0.1]])('come at the pace of the last: %d within %d s', (requests, seconds) => {
    const expected = expectedOf(came(requests, seconds));
    const pace = (requests / seconds) * HORIZON_S;
    const lots = expected.reduce((sum, { lot }) => sum + lot, 0);
    expect(lots).toBeGreaterThan(pace * 0.9);
    expect(lots).toBeLessThan(pace * 1.1);
  });

  it.each([[50, 600], [1_024, 600], [1_024, 60], [1_024, 5], [1_024, 0.1]])('are few, however many come: %d within %d s', (requests, seconds) => {
    expect(expectedOf(came(requests, seconds)).length).toBeLessThanOrEqual(ALL_MAX + 256);
  });
});

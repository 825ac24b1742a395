import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  accepted, assign, assigned, completed, expired, fault, request, REQUEST, requestExpired, second, submit, TTL_S,
} from '../../test/support/a-request.js';
import { stored } from '../../test/support/given.js';
import type { Outage } from '../kernel/outage.js';
import type { RequestCommand } from './request.commands.js';
import { requestDecider } from './request.decider.js';
import { expiresAt, LIFE_MS, pendingJobs } from './request.state.js';

const ms = (seconds: number): number => Date.parse(second(seconds));
const outage = (from: number, until: number): Outage => ({ fromMs: ms(from), untilMs: ms(until) });
const expireJobs = (at: number, ...outages: readonly Outage[]): RequestCommand => ({ type: 'ExpireJobs', at: second(at), outages });
const expire = (at: number, ...outages: readonly Outage[]): RequestCommand => ({ type: 'ExpireRequest', at: second(at), outages });
/** A minute, in which those come back who could reach nobody. */
const RECONNECT_S = 60;

describe('time that nobody served', () => {
  const away = outage(81, 1_081);
  it.each([
    ['in the middle of a job is no time of it', 1, [away], 1 + TTL_S + 1_000],
    ['shortly before its deadline leaves a minute to come back', 1, [outage(TTL_S, 900)], 900 + RECONNECT_S],
    ['after its deadline does not save it', 1, [outage(TTL_S + 2, 900)], 1 + TTL_S],
    ['before it does not concern it', 200, [outage(10, 100)], 200 + TTL_S],
    ['twice counts twice', 1, [outage(50, 150), outage(160, 260)], 1 + TTL_S + 200],
  ])('%s', (_claim, since, outages, due) => {
    const running = request(accepted(1), assigned('a', second(since)));
    running.when(expireJobs(due - 0.001, ...outages)).thenNothing();
    running.when(expireJobs(due, ...outages)).then(expired('a', second(due)));
  });
  it('is no part of the life of a request', () => {
    const due = LIFE_MS / 1_000 + 1_000;
    request(accepted(2)).when(expire(due - 0.001, away)).thenNothing();
    request(accepted(2)).when(expire(due, away)).then(requestExpired(2, second(due)), completed('expired', [], { at: second(due) }));
  });
});

const steps = fc.array(fc.record({
  afterS: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constant(1_000)), extraSlow: fc.boolean(), what: fc.constantFrom('assign', 'submit', 'fault'), job: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
}), { maxLength: 25 });

it('the end of a request never comes nearer, and an extra slow worker moves it an hour away (horde-rules §12, 23)', () => {
  fc.assert(fc.property(steps, (story) => {
    let state = requestDecider.evolve(requestDecider.initialState(REQUEST), accepted(5));
    let [nowS, before] = [0, expiresAt(state)];
    for (const { afterS, extraSlow, what, job } of story) {
      nowS += afterS;
      const command = what === 'assign' ? assign([job], { extraSlow }) : what === 'submit' ? submit(job) : fault(job);
      const decision = requestDecider.decide({ ...command, at: second(nowS) } as RequestCommand, state);
      if (decision.outcome === 'refused') continue;
      for (const event of decision.events) state = requestDecider.evolve(state, stored(event));
      expect(expiresAt(state)).toBeGreaterThanOrEqual(before);
      const isSign = decision.events.some(({ type }) => type === 'JobAssigned.v1' || type === 'JobSubmitted.v1');
      if (isSign) expect(expiresAt(state)).toBeGreaterThanOrEqual(ms(nowS) + LIFE_MS);
      if (isSign && extraSlow && what === 'assign') expect(expiresAt(state)).toBe(ms(nowS) + 3 * LIFE_MS);
      before = expiresAt(state);
    }
  }), { seed: 20_292, numRuns: 300 });
});

const outages = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 2, max: 4_000 })), { maxLength: 5 }).map((times) => {
  let at = 0;
  return times.map(([served, away]) => {
    const from = at + served;
    at = from + away;
    return outage(from, at);
  });
});

it('a worker has as much served time as it was given, however often the horde is away, and then its job goes back (horde-rules §12, 22)', () => {
  fc.assert(fc.property(outages, fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 20_000 }), (all, since, after) => {
    const state = request(accepted(1), assigned('a', second(since))).state();
    const at = since + after;
    const known = all.filter(({ untilMs }) => untilMs <= ms(at)); // an outage is known when it is over
    const decision = requestDecider.decide(expireJobs(at, ...known), state);
    const isExpired = decision.outcome === 'accepted' && decision.events.length > 0;
    const outageMs = known.reduce((sum, { fromMs, untilMs }) => sum + Math.max(0, untilMs - Math.max(fromMs, ms(since))), 0);
    if (after * 1_000 - outageMs >= TTL_S * 1_000 + RECONNECT_S * 1_000 * (known.length + 1)) expect(isExpired).toBe(true);
    if (isExpired) expect(pendingJobs(state)).toEqual(['a']);
    if (after < TTL_S) expect(isExpired).toBe(false);
  }), { seed: 20_293, numRuns: 300 });
});

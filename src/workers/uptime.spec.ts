import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { folded, given } from '../../test/support/given.js';
import { declaration } from '../../test/support/request-facts.js';
import { personal } from '../kernel/event.js';
import { iso } from '../kernel/clock.js';
import { transactionId } from '../kernel/ids.js';
import { kudos } from '../kernel/kudos.js';
import type { AccrueUptime } from './accrue-uptime.js';
import { workerDecider } from './worker.decider.js';
import type { UptimeAccrued, UptimeRewarded, WorkerEvent, WorkerKind } from './worker.events.js';

const T0 = Date.parse('2026-03-01T12:00:00.000Z');
const second = (seconds: number): string => iso(T0 + seconds * 1_000);
const OWNER = 12;
const REWARD = kudos(84);

const born = (kind: WorkerKind = 'image'): WorkerEvent[] => [
  { type: 'WorkerRegistered.v1', data: { worker: 'w', kind, owner: OWNER, name: personal('user-12', 'Dreamer'), nameHash: 'hash', registeredAt: second(0) } },
  { type: 'WorkerDeclared.v1', data: { worker: 'w', declaration: declaration(), declaredAt: second(0) } },
];
const called = (at: number, parts: Partial<AccrueUptime> & { readonly since?: number } = {}): AccrueUptime => {
  const { since = 0, ...rest } = parts;
  return { type: 'AccrueUptime', presentSince: second(since), notBefore: second(0), reward: REWARD, ownerTrusted: true, at: second(at), policy: 1, ...rest };
};
const accrued = (from: number, through: number, totals: { readonly uptimeS: number; readonly carriedS: number }): UptimeAccrued => ({
  type: 'UptimeAccrued.v1', data: {
    worker: 'w', from: second(from), through: second(through), accruedMs: (through - from) * 1_000, uptimeMs: totals.uptimeS * 1_000, carriedMs: totals.carriedS * 1_000,
  },
});
const rewarded = (number: number, at: number, { kind = 'image', waits = false }: { kind?: WorkerKind; waits?: boolean } = {}): UptimeRewarded => ({
  type: 'UptimeRewarded.v1', data: {
    worker: 'w', owner: OWNER, kind, number, amount: REWARD, spendable: waits ? kudos(0) : REWARD, escrow: waits ? REWARD : kudos(0), rewardedAt: second(at), policy: 1,
    ledger: {
      txId: transactionId('uptime', 'w', number), kind: 'uptime_reward', effectiveAt: second(at), policy: 1, reverses: null,
      postings: [{ account: 'issue:uptime', amount: kudos(-84) }, { account: waits ? 'user:12:escrow' : 'user:12:spendable', amount: REWARD }],
    },
  },
});
const maintained = (on: boolean, at: number): WorkerEvent => ({ type: 'MaintenanceChanged.v1', data: { worker: 'w', on, message: null, changedAt: second(at) } });
const worker = (...events: WorkerEvent[]) => given(workerDecider, 'w', ...born(), ...events);

describe('the uptime of a worker', () => {
  it('is counted once in five minutes, however often it calls', () => {
    for (const at of [0, 1, 60, 299]) worker().when(called(at)).thenNothing();
    worker().when(called(300)).then(accrued(0, 300, { uptimeS: 300, carriedS: 300 }));
    const once = accrued(0, 303, { uptimeS: 303, carriedS: 303 });
    for (const at of [303, 310, 602]) worker(once).when(called(at)).thenNothing();
  });

  it('is rewarded for each full ten minutes, the rest is carried', () => {
    const first = accrued(0, 303, { uptimeS: 303, carriedS: 303 });
    worker(first).when(called(610)).then(accrued(303, 610, { uptimeS: 610, carriedS: 10 }), rewarded(1, 610));
    worker(first, accrued(303, 610, { uptimeS: 610, carriedS: 10 }), rewarded(1, 610))
      .when(called(1_201)).then(accrued(610, 1_201, { uptimeS: 1_201, carriedS: 1 }), rewarded(2, 1_201));
  });

  it('is rewarded for every one of them when an outage of the log delayed the counting', () =>
    worker().when(called(1_900)).then(accrued(0, 1_900, { uptimeS: 1_900, carriedS: 100 }), rewarded(1, 1_900), rewarded(2, 1_900), rewarded(3, 1_900)));

  it('goes on over a gap of five minutes at most', () => worker().when(called(650, { since: 300 })).then(accrued(0, 650, { uptimeS: 650, carriedS: 50 }), rewarded(1, 650)));

  it('starts anew after a longer one: a full ten minutes are needed again', () => {
    const before = accrued(0, 590, { uptimeS: 590, carriedS: 590 });
    worker(before).when(called(1_100, { since: 1_000 })).thenNothing();
    const after = accrued(1_000, 1_300, { uptimeS: 890, carriedS: 300 });
    worker(before).when(called(1_300, { since: 1_000 })).then(after);
    worker(before, after).when(called(1_600, { since: 1_000 })).then(accrued(1_300, 1_600, { uptimeS: 1_190, carriedS: 0 }), rewarded(1, 1_600));
  });

  it('does not grow in maintenance, and starts anew after it', () => {
    const before = accrued(0, 590, { uptimeS: 590, carriedS: 590 });
    worker(before, maintained(true, 600)).when(called(5_000)).thenNothing();
    worker(before, maintained(true, 600), maintained(false, 700)).when(called(999)).thenNothing();
    worker(before, maintained(true, 600), maintained(false, 700)).when(called(1_000)).then(accrued(700, 1_000, { uptimeS: 890, carriedS: 300 }));
  });

  it('does not grow while it is paused, and starts anew after it, however short that was', () => {
    const before = accrued(0, 590, { uptimeS: 590, carriedS: 590 });
    worker(before).when(called(900, { notBefore: second(610) })).thenNothing();
    worker(before).when(called(910, { notBefore: second(610) })).then(accrued(610, 910, { uptimeS: 890, carriedS: 300 }));
  });

  it('is counted by one of two nodes, whichever is first', () => {
    const first = accrued(0, 605, { uptimeS: 605, carriedS: 5 });
    worker(first, rewarded(1, 605)).when(called(604)).thenNothing();
    worker(first, rewarded(1, 605)).when(called(606, { since: 2 })).thenNothing();
  });

  it('waits in escrow while its owner is not trusted, but for alchemists', () => {
    worker().when(called(600, { ownerTrusted: false })).then(accrued(0, 600, { uptimeS: 600, carriedS: 0 }), rewarded(1, 600, { waits: true }));
    given(workerDecider, 'w', ...born('interrogation')).when(called(600, { ownerTrusted: false }))
      .then(accrued(0, 600, { uptimeS: 600, carriedS: 0 }), rewarded(1, 600, { kind: 'interrogation' }));
  });

  it('names the team that the worker is in', () => {
    const [, reward] = worker().when(called(600, { team: 'night shift' })).events;
    expect(reward!.data).toMatchObject({ team: 'night shift' });
  });

  it('belongs to a worker that exists', () => given(workerDecider, 'w').when(called(600)).thenRefused('WorkerNotFound'));
});

describe('for any calls from any number of nodes', () => {
  /** A worker that calls after each of these pauses; now and then in maintenance, now and then with a node that remembers less. */
  const steps = fc.array(fc.record({
    pauseS: fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 200, max: 900 })), maintenance: fc.option(fc.boolean(), { freq: 20, nil: undefined }), forgets: fc.boolean(),
  }), { maxLength: 120 });

  it('at most one reward stands behind each full ten minutes that it was there, and none is owed', () => {
    fc.assert(fc.property(steps, (calls) => {
      let events: WorkerEvent[] = born();
      let [now, since, presentS, inMaintenance] = [0, 0, 0, false];
      for (const { pauseS, maintenance, forgets } of calls) {
        now += pauseS;
        if (pauseS > 300) since = now;
        else if (!inMaintenance) presentS += pauseS;
        if (maintenance !== undefined && maintenance !== inMaintenance) events.push(maintained((inMaintenance = maintenance), now));
        const decision = workerDecider.decide(called(now, { since: forgets ? Math.max(since, now - 200) : since }), folded(workerDecider, 'w', events));
        expect(decision.outcome).toBe('accepted');
        events = [...events, ...(decision.outcome === 'accepted' ? decision.events : [])];
      }
      const state = folded(workerDecider, 'w', events);
      const rewards = events.filter(({ type }) => type === 'UptimeRewarded.v1').length;
      const counted = events.reduce((sum, { type, data }) => sum + (type === 'UptimeAccrued.v1' ? (data).accruedMs : 0), 0);
      expect(counted).toBe(state.uptime.countedMs);
      expect(counted / 1_000).toBeLessThanOrEqual(presentS);
      expect(rewards).toBeLessThanOrEqual(Math.floor(counted / 600_000));
      expect(state.uptime.carriedMs).toBeLessThan(600_000);
      expect(state.uptime.rewards).toBe(rewards);
    }), { seed: 19, numRuns: 300 });
  });
});

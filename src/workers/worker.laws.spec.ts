import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { folded } from '../../test/support/given.js';
import { declaration } from '../../test/support/request-facts.js';
import { iso } from '../kernel/clock.js';
import { personal, type Recorded } from '../kernel/event.js';
import { userDecider } from '../users/user.decider.js';
import type { SuspicionReason, UserEvent } from '../users/user.events.js';
import { speedOf, WorkerRegistry } from './registry.message.js';
import { Suspects } from './suspects.js';

// horde-rules §12, invariants 33 to 35; 31 and 32 stand in uptime.spec.ts.

const T0 = Date.UTC(2026, 2, 1, 12);
const at = (ms: number): string => iso(T0 + ms);
const HOUR_MS = 3_600_000;
const event = (stream: string, revision: number, type: string, data: object): Recorded => ({
  stream, revision, position: revision, id: 'id', type, data, metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});

describe('33: the speed of a worker', () => {
  const jobs = fc.array(fc.record({ things: fc.integer({ min: 1, max: 50_000_000 }), ms: fc.integer({ min: 0, max: 600_000 }) }), { minLength: 1, maxLength: 60 });
  const after = (delivered: readonly { readonly things: number; readonly ms: number }[]) => {
    const registry = new WorkerRegistry({ workers: () => Promise.resolve({ position: 0, rows: [] }) });
    registry.apply(event('worker-w', 0, 'WorkerRegistered.v1', { worker: 'w', kind: 'image', owner: 7, name: personal('user-7', 'x'), nameHash: 'h', registeredAt: at(0) }));
    registry.apply(event('worker-w', 1, 'WorkerDeclared.v1', { worker: 'w', declaration: declaration(), declaredAt: at(0) }));
    delivered.forEach(({ things, ms }, index) => {
      registry.apply(event(`request-${index}`, 1, 'JobAssigned.v1', { job: `${index}`, worker: 'w', assignedAt: at(0) }));
      registry.apply(event(`request-${index}`, 2, 'JobSubmitted.v1', { job: `${index}`, worker: 'w', things, state: 'ok', submittedAt: at(ms) }));
    });
    return registry.byId('w')!;
  };

  it('is above zero, the mean of the twenty newest jobs, and independent of older ones', () => {
    fc.assert(fc.property(jobs, (delivered) => {
      const newest = delivered.slice(-20);
      const samples = newest.map(({ things, ms }) => (ms > 0 ? Math.round((things / (ms / 1_000)) * 10) / 10 : 1));
      const speed = speedOf(after(delivered));
      expect(speed).toBeCloseTo(samples.reduce((sum, sample) => sum + sample, 0) / samples.length, 5);
      expect(speed).toBe(speedOf(after(newest)));
      expect(speed).toBeGreaterThan(0);
    }), { seed: 33, numRuns: 60 });
  });
});

describe('34: aborts', () => {
  const steps = fc.array(fc.record({ pauseMs: fc.integer({ min: 0, max: 400_000 }), worker: fc.constantFrom('v', 'w'), expired: fc.boolean() }), { maxLength: 120 });

  it('are too many with the 21st in an hour, once, and count anew after that', () => {
    fc.assert(fc.property(steps, fc.constantFrom(10, 20), (aborts, most) => {
      const suspects = new Suspects({ suspects: () => Promise.resolve({ position: 0, aborts: [], fast: [] }) });
      const counted = new Map<string, number[]>([['v', []], ['w', []]]);
      let now = 0;
      aborts.forEach(({ pauseMs, worker, expired }, index) => {
        now += pauseMs;
        suspects.apply(expired ? event('request-r', index, 'JobExpired.v1', { worker, job: `${index}`, expiredAt: at(now) }) : event('request-r', index, 'JobFaulted.v1', { worker, job: `${index}`, faultedAt: at(now) }));
        const lately = [...counted.get(worker)!.filter((ms) => ms > now - HOUR_MS), now];
        counted.set(worker, lately);
        const due = [...suspects.dueAborts(() => most)];
        expect(due).toEqual(lately.length > most ? [{ worker, cause: `${index}` }] : []);
        if (due.length === 0) return;
        suspects.apply(event('user-7', index, 'WorkerSuspected.v1', { worker, owner: 7, reason: 'TOO_MANY_JOBS_ABORTED', cause: `${index}` }));
        counted.set(worker, []);
        expect([...suspects.dueAborts(() => most)]).toEqual([]);
      });
    }), { seed: 34, numRuns: 100 });
  });
});

describe('35: suspicions of a worker', () => {
  const REPEATED: readonly SuspicionReason[] = ['UNREASONABLY_FAST', 'TOO_MANY_JOBS_ABORTED'];
  const reason = fc.constantFrom<SuspicionReason>('WORKER_NAME_LONG', 'WORKER_NAME_EXTREME', 'WORKER_PROFANITY', 'UNSAFE_IP', 'EXTREME_MAX_PIXELS', ...REPEATED);
  const commands = fc.array(fc.oneof(
    { weight: 12, arbitrary: fc.record({ type: fc.constant('SuspectWorker' as const), worker: fc.constantFrom('v', 'w'), reason, cause: fc.constantFrom('1', '2', '3') }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('PauseWorker' as const), worker: fc.constantFrom('v', 'w'), on: fc.boolean(), by: fc.constant(1) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('ChangeRoles' as const), roles: fc.record({ trusted: fc.boolean() }) }) },
  ), { maxLength: 60 });
  const registered: UserEvent = { type: 'UserRegistered.v1', data: { user: 2, accountClass: 'oauth', name: personal('user-2', 'Ada'), registeredAt: at(0) } };

  it('count each reason once, repeated ones once for each cause; the fifth pauses it, unless its owner is trusted', () => {
    fc.assert(fc.property(commands, (wishes) => {
      let events: UserEvent[] = [registered];
      const seen = new Map<string, Set<string>>([['v', new Set()], ['w', new Set()]]);
      for (const wish of wishes) {
        const before = folded(userDecider, '2', events);
        const decision = userDecider.decide({ ...wish, at: at(1) }, before);
        const news = decision.outcome === 'accepted' ? decision.events : [];
        events = [...events, ...news];
        if (wish.type !== 'SuspectWorker') continue;
        const matters = seen.get(wish.worker)!;
        const matter = REPEATED.includes(wish.reason) ? `job ${wish.cause}` : wish.reason; // no job is delivered too fast and aborted
        const isNews = !matters.has(matter);
        matters.add(matter);
        expect(news.filter(({ type }) => type === 'WorkerSuspected.v1')).toHaveLength(isNews ? 1 : 0);
        const state = folded(userDecider, '2', events);
        expect(state.workers.get(wish.worker)?.suspicions.count).toBe(matters.size);
        const wasPaused = before.workers.get(wish.worker)?.paused ?? false;
        const pauses = isNews && matters.size >= 5 && !state.roles.has('trusted') && !wasPaused;
        expect(news.filter(({ type }) => type === 'WorkerPaused.v1')).toHaveLength(pauses ? 1 : 0);
      }
    }), { seed: 35, numRuns: 150 });
  });
});

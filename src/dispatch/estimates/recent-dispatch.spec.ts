import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../../test/support/ports.js';
import { imageFacts } from '../../../test/support/request-facts.js';
import { iso } from '../../kernel/clock.js';
import type { Recorded } from '../../kernel/event.js';
import { LiveQueue } from '../live-queue/live-queue.js';
import { AGEING_CENTIKUDOS_PER_MS } from '../live-queue/priority-key.js';
import { RecentDispatch } from './recent-dispatch.js';

class Scene {
  readonly clock = new SettableClock();
  readonly queue = new LiveQueue<object>({ match: () => undefined });
  readonly recent = new RecentDispatch(this.queue, { last: (ms) => Promise.resolve({ position: 3, sinceMs: this.clock.now() - ms }) }, this.clock);
  readonly #revisions = new Map<string, number>();

  accept(request: string): void {
    this.apply(request, 'RequestAccepted.v1', imageFacts({ request, payer: 7, jobs: 9, acceptedAt: iso(this.clock.now()) }));
  }
  assign(request: string, job: string, worker = 'w'): void {
    const data = { request, job, worker, owner: 1, model: 'stable_diffusion', ttlS: 150, extraSlow: false, assignedAt: iso(this.clock.now()) };
    this.apply(request, 'JobAssigned.v1', data);
  }
  submit(request: string, job: string, worker = 'w'): void {
    this.apply(request, 'JobSubmitted.v1', { request, job, worker, things: 100, submittedAt: iso(this.clock.now()) });
  }
  apply(request: string, type: string, data: object): void {
    const event = this.event(request, type, data);
    this.queue.apply(event);
    this.recent.apply(event);
  }
  event(request: string, type: string, data: object): Recorded {
    const revision = (this.#revisions.get(request) ?? -1) + 1;
    this.#revisions.set(request, revision);
    return {
      stream: `request-${request}`, revision, position: 1, id: 'id', type, data,
      metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
    };
  }
}

describe('what came lately', () => {
  it('says nothing before it has watched for a minute', () => {
    const scene = new Scene();
    scene.accept('a');
    scene.clock.pass(59_999);
    expect(scene.recent.arrivals('image')).toBeUndefined();
    scene.clock.pass(1);
    expect(scene.recent.arrivals('image')).toMatchObject({ throughMs: scene.clock.now(), sinceMs: scene.clock.now() - 60_000, arrivals: [{ facts: { request: 'a' } }] });
    expect(scene.recent.arrivals('text')).toMatchObject({ arrivals: [] });
  });

  it('is of the last ten minutes, with the key that each would have whenever it came', () => {
    const scene = new Scene();
    scene.accept('a');
    scene.clock.pass(400_000);
    scene.accept('b');
    scene.clock.pass(300_000);
    const { sinceMs, throughMs, arrivals } = scene.recent.arrivals('image')!;
    expect([throughMs - sinceMs, arrivals.map(({ facts: { request } }) => request)]).toEqual([600_000, ['b']]);
    const { key, acceptedAtMs } = scene.queue.find('b')!;
    expect(arrivals[0]!.base - acceptedAtMs * AGEING_CENTIKUDOS_PER_MS).toBe(key);
  });

  it('is known at once by a view that begins with the end of the log, also of requests that are over', async () => {
    const scene = new Scene();
    expect(await scene.recent.open()).toBe(3);
    const facts = imageFacts({ request: 'over', payer: 7, jobs: 1, acceptedAt: iso(scene.clock.now() - 30_000) });
    scene.recent.apply({ ...scene.event('over', 'RequestAccepted.v1', facts) });
    const { sinceMs, throughMs, arrivals } = scene.recent.arrivals('image')!;
    expect([throughMs - sinceMs, arrivals]).toEqual([600_000, [expect.objectContaining({ atMs: throughMs - 30_000, base: facts.priority, facts })]]);
    expect(scene.recent.since('image', throughMs - 1)).toBeUndefined(); // what was claimed before it began
  });

  it('is of a shorter time where very much came', () => {
    const scene = new Scene();
    for (let nth = 0; nth < 1_100; nth += 1) {
      scene.accept(`r${nth}`);
      scene.clock.pass(100);
    }
    const { sinceMs, throughMs, arrivals } = scene.recent.arrivals('image')!;
    expect([throughMs - sinceMs, arrivals.length]).toEqual([102_400, 1_024]);
  });

  it('begins at the head of the log', async () => expect(await new Scene().recent.open()).toBe(3));
});

describe('how many jobs a worker has at once', () => {
  it('is the mean over the time in which it has any, each event counted once', () => {
    const scene = new Scene();
    expect(scene.recent.atOnce('w')).toBe(0);
    scene.accept('a');
    for (const job of ['1', '2', '3']) scene.assign('a', job);
    scene.clock.pass(10_000);
    for (const job of ['1', '2', '3', '3']) scene.submit('a', job);
    expect(scene.recent.atOnce('w')).toBe(3);
    scene.clock.pass(50_000);
    scene.assign('a', '4');
    scene.clock.pass(10_000);
    scene.apply('a', 'JobFaulted.v1', { request: 'a', job: '4', worker: 'w', faultedAt: iso(scene.clock.now()) });
    expect(scene.recent.atOnce('w')).toBe(2);
  });

  it('forgets by and by what it was long ago', () => {
    const scene = new Scene();
    scene.accept('a');
    for (const job of ['1', '2', '3']) scene.assign('a', job);
    scene.clock.pass(60_000);
    for (const job of ['1', '2', '3']) scene.submit('a', job);
    scene.assign('a', '4');
    scene.clock.pass(3_600_000);
    scene.submit('a', '4');
    expect(scene.recent.atOnce('w')).toBeCloseTo(1, 1);
  });
});

describe('evidence', () => {
  it('is all that happened since, or none where that is not known', () => {
    const scene = new Scene();
    const startedMs = scene.clock.now();
    scene.clock.pass(1_000);
    scene.accept('a');
    const { key } = scene.queue.find('a')!;
    scene.assign('a', '1');
    scene.clock.pass(10_000);
    scene.submit('a', '1');
    expect(scene.recent.since('image', startedMs)).toMatchObject({
      arrivals: [{ facts: { request: 'a' } }], handOuts: [{ worker: 'w', key, atMs: startedMs + 1_000 }], deliveries: [{ worker: 'w', things: 100, atMs: startedMs + 11_000 }],
    });
    expect(scene.recent.since('image', startedMs + 1_001)).toMatchObject({ arrivals: [], handOuts: [], deliveries: [{}] });
    expect(scene.recent.since('image', startedMs - 1)).toBeUndefined();
  });
});

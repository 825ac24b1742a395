import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../test/support/ports.js';
import { iso } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import { ModelSpeeds } from './model-speeds.js';
import { ETA_NEVER_S, etaOf } from './model-figures.message.js';

const event = (type: string, data: object): Recorded => ({
  stream: 'request-1', revision: 0, position: 1, id: 'id', type, data,
  metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});

class Scene {
  readonly clock = new SettableClock();
  readonly speeds = new ModelSpeeds({ last: (ms) => Promise.resolve({ position: 3, sinceMs: this.clock.now() - ms }) }, this.clock);
  #jobs = 0;

  /** A job of so many things that takes so long from now on. */
  make(model: string, things: number, seconds: number, end: 'ok' | 'cancelled' | 'faulted' = 'ok'): void {
    const job = `job ${this.#jobs++}`;
    this.speeds.apply(event('JobAssigned.v1', { job, model, assignedAt: iso(this.clock.now()) }));
    this.clock.pass(seconds * 1_000);
    const submittedAt = iso(this.clock.now());
    this.speeds.apply(end === 'faulted' ? event('JobFaulted.v1', { job }) : event('JobSubmitted.v1', { job, model, things, state: end, submittedAt }));
  }
}

describe('speeds of models', () => {
  it('are the mean of what was delivered, model by model', () => {
    const scene = new Scene();
    scene.make('Deliberate', 1_000, 10);
    scene.make('Deliberate', 1_000, 5);
    scene.make('Pony', 300, 1);
    expect([scene.speeds.of('Deliberate'), scene.speeds.of('Pony'), scene.speeds.of('Flux')]).toEqual([150, 300, undefined]);
  });

  it('leave out what was given up, cancelled, handed out before the view began, or took no time', () => {
    const scene = new Scene();
    scene.make('Deliberate', 1_000, 10, 'faulted');
    scene.make('Deliberate', 1_000, 10, 'cancelled');
    scene.make('Deliberate', 1_000, 0);
    scene.speeds.apply(event('JobSubmitted.v1', { job: 'older', model: 'Deliberate', things: 9, state: 'ok', submittedAt: iso(scene.clock.now()) }));
    expect(scene.speeds.of('Deliberate')).toBeUndefined();
  });

  it('forget what is older than an hour', () => {
    const scene = new Scene();
    scene.make('Deliberate', 1_000, 10);
    scene.clock.pass(1_800_000);
    scene.make('Deliberate', 4_000, 10);
    expect(scene.speeds.of('Deliberate')).toBe(250);
    scene.clock.pass(1_800_000 - 10_000);
    expect(scene.speeds.of('Deliberate')).toBe(400);
    scene.clock.pass(1_810_000);
    expect(scene.speeds.of('Deliberate')).toBeUndefined();
  });

  it('begin with the last hour of the log', async () => expect(await new Scene().speeds.open()).toBe(3));

  it('are the same whenever the view was begun', () => {
    const [early, late] = [new Scene(), new Scene()];
    early.make('Deliberate', 9_999, 7);
    early.clock.pass(3_570_000);
    late.clock.pass(3_577_000);
    for (const scene of [early, late]) for (const seconds of [3, 17, 41, 1, 0.3, 59]) scene.make('Deliberate', 1_234, seconds);
    expect(early.speeds.of('Deliberate')).toBe(late.speeds.of('Deliberate'));
  });
});

describe('the estimate of a model', () => {
  it.each([
    ['nothing where nothing waits, whoever serves it', { waiting: 0, waitingThings: 0 }, 0, 0, 0],
    ['never where nobody serves it', { waiting: 1, waitingThings: 100 }, 0, 10, ETA_NEVER_S],
    ['never where nobody has a speed', { waiting: 1, waitingThings: 100 }, 2, 0, ETA_NEVER_S],
    ['by all threads where there are jobs for all', { waiting: 4, waitingThings: 400 }, 2, 10, 20],
    ['by no more threads than there are jobs', { waiting: 1, waitingThings: 100 }, 2, 10, 10],
    ['in whole seconds', { waiting: 1, waitingThings: 105 }, 1, 10, 10],
    ['at most as long as never', { waiting: 1, waitingThings: 1e9 }, 1, 10, ETA_NEVER_S],
  ])('is %s', (_, load, threads, speed, eta) => expect(etaOf(load, threads, speed)).toBe(eta));
});

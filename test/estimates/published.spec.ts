import { describe, expect, it } from '@jest/globals';
import { PlayedHorde, type PlayedSettings, type PlayedWish } from './played-horde.js';

const WORKER = { models: ['Deliberate'], speed: 1_000_000, threads: 1 };
const wish = (given: Partial<PlayedWish> = {}): PlayedWish => ({ payer: 7, kudos: 10, jobs: 1, models: ['Deliberate'], side: 512, steps: 40, ...given });
const played = (given: Partial<PlayedSettings> = {}): PlayedHorde =>
  new PlayedHorde({ seed: 5, workers: [WORKER], perHour: 0, wish: () => wish(), service: 'fixed', publishes: true, ...given });
/** Seconds that a job of `wish` takes. */
const JOB_S = (512 * 512 * 40) / 1_000_000;

describe('what estimates were worth', () => {
  it('is nothing that could be said before one has come true', () => {
    const horde = played();
    horde.ask(wish());
    expect([horde.published.figures('image', 'start'), horde.published.figures('image', 'done')]).toEqual([undefined, undefined]);
  });

  it('is told of the first hand-out and of the last delivery', () => {
    const horde = played();
    horde.run(5);
    for (let nth = 0; nth < 3; nth += 1) horde.ask(wish());
    horde.run(300);
    const [start, done] = [horde.published.figures('image', 'start')!, horde.published.figures('image', 'done')!];
    expect([start.measured, start.within, done.measured, done.within]).toEqual([3, 1, 3, 1]);
    // The guess of a new worker is right here, so what is told is right but for the worker's second of sleep and the rest of its first job.
    expect(Math.max(start.meanErrorS, done.meanErrorS)).toBeLessThanOrEqual(JOB_S);
    expect(horde.published.figures('text', 'start')).toBeUndefined();
  });

  it('agrees with one who watches from outside', () => {
    const horde = played({ perHour: 400, wish: (random) => wish({ payer: random.between(1, 5), steps: random.between(20, 50) }) });
    horde.run(1_200);
    const started = horde.kept.filter(({ trueStartS }) => trueStartS !== undefined);
    const errors = started.map(({ startS, trueStartS }) => Math.abs(startS - trueStartS!));
    const { measured, meanErrorS } = horde.published.figures('image', 'start')!;
    expect(measured).toBe(started.length);
    expect(measured).toBeGreaterThan(80);
    expect(meanErrorS).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 3);
  });

  it('counts who expired in vain as having waited for so long', () => {
    const horde = played({ workers: [{ ...WORKER, speed: 1_000 }] });
    horde.run(5);
    for (let nth = 0; nth < 2; nth += 1) horde.ask(wish({ payer: 7 + nth }));
    horde.run(1_400);
    expect(horde.published.figures('image', 'start')!.measured).toBe(2);
    expect(horde.published.figures('image', 'done')).toBeUndefined();
  });

  it('says nothing of what nobody can serve, nor of what was withdrawn', () => {
    const horde = played();
    horde.run(5);
    horde.ask(wish({ models: ['Pony Diffusion XL'] }));
    horde.ask(wish());
    const withdrawn = horde.ask(wish());
    horde.run(JOB_S / 2);
    horde.cancel(withdrawn);
    horde.run(1_400);
    expect([horde.published.figures('image', 'start')!.measured, horde.published.figures('image', 'done')!.measured]).toEqual([1, 1]);
  });
});

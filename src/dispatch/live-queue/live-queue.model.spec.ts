import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Recorded } from '../../kernel/event.js';
import { answersOf, MODELS, PAYERS, ToyWorld, toyQueue, type Step } from './toy-world.fixture.js';
import { restarted, Twins, type TwinStep } from './twins.fixture.js';

const IS_LONG = process.env['HORDE_LONG_TESTS'] !== undefined;
const HISTORIES = IS_LONG ? 1_000 : 100;
/** Of one history: enough for requests to come, be served, lost, withdrawn and forgotten. */
const STEPS = 100;
const LONG_MS = 1_200_000;

const nth = fc.nat(50);
const models = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...MODELS).map((model) => [model]) },
  { weight: 2, arbitrary: fc.subarray([...MODELS]) },
);
const features = fc.record({
  width: fc.constantFrom(512, 768), height: fc.constantFrom(512, 1024), steps: fc.constantFrom(20, 30),
  sampler: fc.constant('k_euler'), karras: fc.constant(true), cfgScale: fc.constantFrom(5, 7.5),
});
const facts = fc.record({
  payer: fc.constantFrom(...PAYERS), addressTag: fc.constantFrom('20260105-a', '20260105-b'), kind: fc.constantFrom('image' as const, 'image' as const, 'text' as const, 'alchemy' as const), models, features, nsfw: fc.boolean(),
  workers: fc.constantFrom([], [], [], ['any'], ['small', 'mild']), workerBlacklist: fc.boolean(),
}, { requiredKeys: ['payer', 'kind', 'models', 'features', 'nsfw', 'workers', 'workerBlacklist'] });
const accept = fc.record({
  do: fc.constant('accept' as const), facts, jobs: fc.integer({ min: 1, max: 4 }), price: fc.integer({ min: 1, max: 2_000 }),
  priority: fc.constantFrom(-5_000, 0, 10_000, 10_000, 12_000),
});
const act = (does: 'assign' | 'submit' | 'fault' | 'expireJob') => fc.record({ do: fc.constant(does), nth, extraSlow: fc.boolean() });
const pop = fc.record({ do: fc.constant('pop' as const), nth, amount: fc.integer({ min: 1, max: 3 }) });
const end = (does: 'cancel' | 'expire') => fc.record({ do: fc.constant(does), nth });
const wait = (ms: fc.Arbitrary<number>) => fc.record({ do: fc.constant('wait' as const), ms });

const step = (waits: fc.Arbitrary<number>): fc.Arbitrary<Step> => fc.oneof(
  { weight: 6, arbitrary: accept }, { weight: 3, arbitrary: pop }, { weight: 3, arbitrary: act('assign') }, { weight: 3, arbitrary: act('submit') },
  { weight: 2, arbitrary: act('fault') }, { weight: 1, arbitrary: act('expireJob') }, { weight: 1, arbitrary: end('cancel') },
  { weight: 1, arbitrary: end('expire') }, { weight: 3, arbitrary: wait(waits) },
);
const ANY_WAIT = fc.constantFrom(0, 1, 999, 20_000, 150_000, 1_200_000);
const twinStep: fc.Arbitrary<TwinStep> = fc.oneof(
  { weight: 20, arbitrary: step(ANY_WAIT) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('redeliver' as const), back: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('promise' as const), nth }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

const history = (waits: fc.Arbitrary<number>, length: number): fc.Arbitrary<Step[]> =>
  fc.array(step(waits), { maxLength: length, minLength: length / 2, size: 'max' });

const played = (steps: readonly Step[]): ToyWorld => {
  const world = new ToyWorld();
  for (const each of steps) world.play(each);
  return world;
};

const byStream = (events: readonly Recorded[]): Recorded[][] => {
  const streams = new Map<string, Recorded[]>();
  for (const event of events) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  return [...streams.values()];
};

describe('the live queue, against one that scans everything', () => {
  it(`chooses, refuses, ranks, counts and finds due the same after each of ${HISTORIES * STEPS} steps, however often events come and a node starts anew`, () => {
    const histories = fc.array(twinStep, { minLength: STEPS, maxLength: STEPS, size: 'max' });
    // What fails is told with the seed of the run, the simplest steps that fail, and after which of them.
    fc.assert(fc.property(histories, (steps) => { new Twins().playAll(steps); }), { numRuns: HISTORIES });
  }, LONG_MS);

  it('is the same whatever order the streams arrive in, with every event delivered twice', () => {
    fc.assert(fc.property(history(fc.constantFrom(0, 1, 999), 60), fc.infiniteStream(fc.nat(1_000)), (steps, picks) => {
      const world = played(steps);
      const inOrder = toyQueue();
      for (const event of world.events) inOrder.apply(event);
      const shuffled = toyQueue();
      const left = byStream(world.events).map((events) => ({ events, next: 0 }));
      while (left.length > 0) {
        const at = picks.next().value! % left.length;
        const stream = left[at]!;
        const event = stream.events[stream.next]!;
        shuffled.apply(event);
        shuffled.apply(stream.events[Math.floor(stream.next / 2)]!);
        stream.next += 1;
        if (stream.next === stream.events.length) left.splice(at, 1);
      }
      expect(answersOf(shuffled, world.naive.logs.keys(), world.nowMs)).toEqual(answersOf(inOrder, world.naive.logs.keys(), world.nowMs));
    }), { numRuns: 100 });
  });

  it('started from its rows, goes on as if it had folded everything', () => {
    fc.assert(fc.property(history(ANY_WAIT, 60), fc.array(step(ANY_WAIT), { maxLength: 20 }), (before, after) => {
      const world = played(before);
      const folded = toyQueue();
      for (const event of world.events) folded.apply(event);
      const loaded = restarted(folded);
      for (const event of after.flatMap((each) => world.play(each))) {
        folded.apply(event);
        loaded.apply(event);
      }
      const requests = [...world.naive.logs.keys()];
      expect(answersOf(loaded, requests, world.nowMs)).toEqual(answersOf(folded, requests, world.nowMs));
    }), { numRuns: 100 });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Recorded } from '../../kernel/event.js';
import type { LiveQueue } from './live-queue.js';
import type { ToyWorker } from './naive-queue.fixture.js';
import { answersOf, MODELS, PAYERS, ToyWorld, toyQueue, WORKERS, type Step } from './toy-world.fixture.js';

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
  payer: fc.constantFrom(...PAYERS), kind: fc.constantFrom('image' as const, 'image' as const, 'text' as const), models, features, nsfw: fc.boolean(),
  workers: fc.constantFrom([], [], [], ['any'], ['small', 'mild']), workerBlacklist: fc.boolean(),
});
const accept = fc.record({
  do: fc.constant('accept' as const), facts, jobs: fc.integer({ min: 1, max: 4 }), price: fc.integer({ min: 1, max: 2_000 }),
  priority: fc.constantFrom(-5_000, 0, 10_000, 10_000, 12_000),
});
const act = (does: 'assign' | 'submit' | 'fault' | 'expireJob') => fc.record({ do: fc.constant(does), nth, extraSlow: fc.boolean() });
const end = (does: 'cancel' | 'expire') => fc.record({ do: fc.constant(does), nth });
const wait = (ms: fc.Arbitrary<number>) => fc.record({ do: fc.constant('wait' as const), ms });

const step = (waits: fc.Arbitrary<number>): fc.Arbitrary<Step> => fc.oneof(
  { weight: 6, arbitrary: accept }, { weight: 6, arbitrary: act('assign') }, { weight: 3, arbitrary: act('submit') },
  { weight: 2, arbitrary: act('fault') }, { weight: 1, arbitrary: act('expireJob') }, { weight: 1, arbitrary: end('cancel') },
  { weight: 1, arbitrary: end('expire') }, { weight: 3, arbitrary: wait(waits) },
);
const ANY_WAIT = fc.constantFrom(0, 1, 999, 20_000, 150_000, 1_200_000);

/** One command of the model-based run: the world writes, the queue folds, then both are asked everything. */
class Play implements fc.Command<ToyWorld, LiveQueue<ToyWorker>> {
  constructor(readonly step: Step) {}
  check = (): boolean => true;
  run(world: ToyWorld, queue: LiveQueue<ToyWorker>): void {
    for (const event of world.play(this.step)) queue.apply(event);
    agree(world, queue);
  }
  toString = (): string => JSON.stringify(this.step);
}

/** The feed brings an event once more that was applied already. */
class Redeliver implements fc.Command<ToyWorld, LiveQueue<ToyWorker>> {
  constructor(readonly back: number) {}
  check = (world: Readonly<ToyWorld>): boolean => world.events.length > this.back;
  run(world: ToyWorld, queue: LiveQueue<ToyWorker>): void {
    const event = world.events.at(-1 - this.back)!;
    // Completed requests are remembered for two minutes; the feed is never as far behind.
    if (world.naive.find(event.stream.slice('request-'.length))!.completed && Date.parse(completedAt(world, event)) < world.nowMs - 60_000) return;
    queue.apply(event);
    agree(world, queue);
  }
  toString = (): string => `redeliver ${this.back}`;
}

const completedAt = (world: ToyWorld, { stream }: Recorded): string => {
  const last = world.events.findLast((event) => event.stream === stream)!;
  return (last.data as { completedAt: string }).completedAt;
};

const agree = (world: ToyWorld, queue: LiveQueue<ToyWorker>): void => {
  const { naive, nowMs } = world;
  for (const request of naive.all()) {
    const id = request.facts.request;
    const found = queue.find(id);
    if (request.completed) {
      expect(found).toBeUndefined();
      continue;
    }
    expect(found).toMatchObject({
      key: naive.key(request), waiting: request.waiting, faults: request.faults, closed: request.closed, expiresAtMs: naive.expiresAtMs(request),
      revision: request.log.length - 1,
    });
    expect([...found!.pending.keys()]).toEqual(request.pending.map(({ job }) => job));
    expect(queue.rankOf(id)).toEqual(naive.rank(id));
    for (const { job, deadlineMs } of request.pending) expect(queue.job(job)).toMatchObject({ request: id, deadlineMs });
  }
  for (const worker of WORKERS) {
    expect([...queue.candidates(worker, Infinity)].map(({ request }) => request)).toEqual(naive.candidates(worker));
    expect(queue.skippedCounts(worker)).toEqual(naive.skipped(worker));
  }
  for (const kind of ['image', 'text'] as const) {
    expect(queue.totals(kind)).toEqual(naive.totals(kind));
    for (const payer of PAYERS) {
      for (const named of [[], ['Pony'], ['Pony', 'Flux']]) expect(queue.waitingJobsOf(payer, kind, named)).toBe(naive.waitingJobsOf(payer, kind, named));
    }
  }
  expect(queue.dueJobs(nowMs).map(({ job }) => job).sort()).toEqual(naive.dueJobs(nowMs));
  expect(queue.dueRequests(nowMs).map(({ request }) => request).sort()).toEqual(naive.dueRequests(nowMs));
};

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
  it('chooses, ranks, counts and finds due the same after every event, however often events come', () => {
    const commands = fc.commands(
      [...Array.from({ length: 4 }, () => step(ANY_WAIT).map((each) => new Play(each))), fc.nat(6).map((back) => new Redeliver(back))],
      { maxCommands: 60, size: 'max' },
    );
    fc.assert(fc.property(commands, (run) => {
      fc.modelRun(() => ({ model: new ToyWorld(), real: toyQueue() }), run);
    }), { numRuns: 25 });
  });

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
      const loaded = toyQueue();
      loaded.load(JSON.parse(JSON.stringify([...folded.rows()], withMaps), fromMaps) as ReturnType<typeof folded.rows>, folded.handOuts());
      for (const event of after.flatMap((each) => world.play(each))) {
        folded.apply(event);
        loaded.apply(event);
      }
      const requests = [...world.naive.logs.keys()];
      expect(answersOf(loaded, requests, world.nowMs)).toEqual(answersOf(folded, requests, world.nowMs));
    }), { numRuns: 100 });
  });
});

const withMaps = (_: string, value: unknown): unknown => (value instanceof Map ? { map: [...value] } : value);
const fromMaps = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'map') ? new Map((value as { map: unknown }).map as [string, unknown][]) : value;

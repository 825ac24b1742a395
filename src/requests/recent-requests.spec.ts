import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RequestBatch } from '../../projections/requests/fold.js';
import {
  accepted, assign, cancel, expire, expireJobs, facts, fault, REQUEST, second, settledAnonymously, submit, WORKER,
} from '../../test/support/a-request.js';
import { stored } from '../../test/support/given.js';
import type { Recorded } from '../kernel/event.js';
import { LatestOfRequests } from './latest-of-requests.js';
import { NamesOfWorkers, WorkerNameRows } from './names-of-workers.js';
import { RecentRequests } from './recent-requests.js';
import { RecentStatus } from './recent-status.js';
import type { RequestCommand } from './request.commands.js';
import { requestDecider } from './request.decider.js';
import type { RequestEvent } from './request.events.js';
import { EXTRA_SLOW_LIFE_MS, LIFE_MS } from './request.state.js';

const JOBS = ['a', 'b', 'c', 'd', 'e', 'f'];
const head = { head: () => Promise.resolve(0) };

class Dreamers extends WorkerNameRows {
  namesOf(workers: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(workers.map((worker) => [worker, 'Dreamer'])));
  }
}

const record = (events: readonly RequestEvent[]): Recorded[] => events.map((event, revision) => ({
  ...event, stream: `request-${REQUEST}`, revision, position: 10 * revision, id: String(revision),
  metadata: { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'test' },
}));

/** What became of a request that jobs were tried on, payer and anonymous user alike. */
const story = fc.record({
  jobs: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(fc.record({ what: fc.constantFrom('assign', 'submit', 'fault', 'settle', 'expireJobs', 'cancel', 'expire'), job: fc.constantFrom(...JOBS), extraSlow: fc.boolean() }), { maxLength: 30 }),
});
type Story = typeof story extends fc.Arbitrary<infer Told> ? Told : never;

/** What the decider makes of it, one event after another; settlements are written by hand. */
const told = ({ jobs, steps }: Story): Recorded[] => {
  const events: RequestEvent[] = [accepted(jobs)];
  let state = requestDecider.evolve(requestDecider.initialState(REQUEST), events[0]!);
  steps.forEach(({ what, job, extraSlow }, index) => {
    const at = second(10 * (index + 1));
    if (what === 'settle') {
      const owed = state.jobs.get(job)?.state === 'submitted' && !events.some(({ type, data }) => type === 'JobSettled.v1' && (data as { job: string }).job === job);
      if (owed) events.push(settledAnonymously(job, at));
      return;
    }
    const commands: Readonly<Record<Exclude<typeof what, 'settle'>, RequestCommand>> = {
      assign: assign([job], { extraSlow }), submit: submit(job), fault: fault(job), expireJobs: expireJobs(at), cancel, expire: expire(at),
    };
    const decision = requestDecider.decide({ ...commands[what], at } as RequestCommand, state);
    if (decision.outcome === 'refused') return;
    for (const event of decision.events) {
      events.push(stored(event));
      state = requestDecider.evolve(state, stored(event));
    }
  });
  return record(events);
};

/** As the read model says it (projections/requests). */
const expected = (events: readonly Recorded[]) => {
  const batch = new RequestBatch();
  for (const event of events) batch.add(event as Recorded<RequestEvent>);
  const row = batch.requests.get(REQUEST)!;
  const waiting = row.closed ? 0 : row.waiting;
  const jobs = [...batch.jobs.values()];
  return {
    waiting, processing: row.processing, finished: row.finished, restarted: row.restarted, faulted: row.faulted, consumed: row.consumed,
    done: row.faulted || (waiting === 0 && row.processing === 0),
    expiresAt: Date.parse(row.activityAt!) + (row.extraSlow ? EXTRA_SLOW_LIFE_MS : LIFE_MS), completedAt: row.completedAt === null ? null : Date.parse(row.completedAt),
    atWork: jobs.filter(({ state }) => state === 'pending').map(({ id, assigned }) => {
      const assignedAt = Date.parse(assigned!.assignedAt);
      return { id, worker: WORKER, workerName: 'Dreamer', assignedAt, deadline: assignedAt + assigned!.ttlS * 1_000 };
    }),
    delivered: jobs.filter(({ state }) => state === 'done').map(({ id, assigned, submitted: job }) => ({
      id, worker: WORKER, workerName: 'Dreamer', model: assigned!.model, verdict: job!.state, seed: job!.seed, result: job!.result,
    })),
  };
};

const setup = (queue: { find(request: string): { facts: ReturnType<typeof facts> } | undefined }) => {
  const requests = new RecentRequests(queue, head);
  return { requests, status: new RecentStatus(requests, new LatestOfRequests(head), new NamesOfWorkers(new Dreamers(), head)) };
};

describe('requests that workers have taken up', () => {
  it('stand as the read model will say, however own appends and the feed bring their events', async () => {
    let compared = 0;
    await fc.assert(fc.asyncProperty(story, fc.array(fc.nat({ max: 5 }), { maxLength: 30 }), async (tale, ahead) => {
      const events = told(tale);
      const { requests, status } = setup({ find: () => ({ facts: facts({ jobs: tale.jobs }) }) });
      let own = 0; // appended here, before the feed brings it
      for (const [index, event] of events.entries()) {
        for (const until = Math.max(own, index) + (ahead[index] ?? 0); own < Math.min(until, events.length); own++) requests.apply(events[own]!);
        requests.apply(event);
        own = Math.max(own, index + 1);
        const seen = await status.full(REQUEST);
        if (own === 1) expect(seen).toBeUndefined(); // the live queue knows all of it
        else {
          const { delivered, ...row } = expected(events.slice(0, own));
          expect(seen).toEqual({ row: expect.objectContaining(row), delivered });
          expect(await status.progress(REQUEST)).toEqual(seen!.row);
          compared += 1;
        }
      }
    }), { seed: 20_292, numRuns: 1_000 });
    expect(compared).toBeGreaterThan(1_000);
  });

  const events = told({ jobs: 2, steps: ['a', 'b'].map((job) => ({ what: 'assign' as const, job, extraSlow: false })) });

  it('are forgotten when something between was missed, and known again once the feed has brought all', () => {
    const { requests } = setup({ find: () => ({ facts: facts() }) });
    requests.apply(events[1]!);
    requests.apply({ ...events[2]!, revision: 3 });
    expect(requests.find(REQUEST)).toBeUndefined();
    for (const event of events) requests.apply(event);
    expect(requests.find(REQUEST)).toMatchObject({ revision: 2, processing: 2 });
  });
  it('are not told of before all is there that this node has seen', async () => {
    const requests = new RecentRequests({ find: () => ({ facts: facts() }) }, head);
    const latest = new LatestOfRequests(head);
    const status = new RecentStatus(requests, latest, new NamesOfWorkers(new Dreamers(), head));
    latest.apply(events[2]!); // acknowledged here, and forgotten over a gap
    requests.apply(events[1]!);
    expect(await status.progress(REQUEST)).toBeUndefined();
    expect(await status.full(REQUEST)).toBeUndefined();
    requests.apply(events[2]!);
    expect(await status.progress(REQUEST)).toMatchObject({ processing: 2 });
  });
  it('are not known when they were taken up before this process looked, or are of alchemy, or are over', () => {
    for (const queue of [{ find: () => undefined }, { find: () => ({ facts: facts({ kind: 'alchemy' } as never) }) }]) {
      const { requests } = setup(queue);
      for (const event of events) requests.apply(event);
      expect(requests.find(REQUEST)).toBeUndefined();
    }
    const { requests } = setup({ find: () => ({ facts: facts() }) });
    requests.apply(events[2]!);
    expect(requests.find(REQUEST)).toBeUndefined();
  });
  it('cost what was settled from the payer\'s account, once; a settlement of an unknown job says that something is missing', () => {
    const { requests } = setup({ find: () => ({ facts: facts() }) });
    for (const event of events) requests.apply(event);
    const settled = (job: string): Recorded => ({ ...record([settledAnonymously(job)])[0]!, stream: 'account-7', revision: 5 });
    const before = requests.find(REQUEST)!.consumed;
    for (const job of ['a', 'a']) requests.apply(settled(job));
    expect(requests.find(REQUEST)!.consumed - before).toBe(1_000);
    requests.apply(settled('z'));
    expect(requests.find(REQUEST)).toBeUndefined();
  });
});

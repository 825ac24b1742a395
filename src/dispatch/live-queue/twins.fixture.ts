import { deepStrictEqual } from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Recorded } from '../../kernel/event.js';
import type { LiveQueue } from './live-queue.js';
import type { NaiveRequest, ToyWorker } from './naive-queue.fixture.js';
import type { QueuedRequest } from './queue-row.js';
import { KINDS, PAYERS, ToyWorld, toyQueue, WORKERS, type Step } from './toy-world.fixture.js';

/** Besides what happens in the world: an event comes once more, the node starts anew from its rows, a pop promises jobs and gives them back. */
export type TwinStep = Step | { readonly do: 'redeliver'; readonly back: number } | { readonly do: 'restart' } | { readonly do: 'promise'; readonly nth: number };

/** Completed requests are remembered for two minutes; the feed is never as far behind. */
const BEHIND_MAX_MS = 60_000;
const MODEL_LISTS = [[], ['Pony'], ['Pony', 'Flux']] as const;

interface Seen {
  readonly key: number;
  readonly handedOut: number;
  readonly agesFromMs: number;
  readonly expiresAtMs: number;
  readonly submitted: number;
}

/** The queue and its definition, side by side: after each step both are asked everything, and the invariants are looked at. */
export class Twins {
  readonly world = new ToyWorld();
  queue = toyQueue();
  #startedAt = 0;
  readonly #seen = new Map<string, Seen>();

  /** Says which step it was, should they disagree. */
  playAll(steps: readonly TwinStep[]): void {
    steps.forEach((step, number) => {
      try {
        this.play(step);
      } catch (error) {
        throw new Error(`after step ${number + 1}, ${JSON.stringify(step)}: ${(error as Error).message}`, { cause: error });
      }
    });
  }

  play(step: TwinStep): void {
    if (step.do === 'redeliver') this.#redeliver(step.back);
    else if (step.do === 'restart') this.#restart();
    else if (step.do === 'promise') this.#promise(step.nth);
    else for (const event of this.world.play(step)) this.queue.apply(event);
    this.#agree();
  }

  #restart(): void {
    this.queue = restarted(this.queue);
    this.#startedAt = this.world.events.length;
  }

  /** Of what came since the node was started: its feed goes on from the position of its rows. */
  #redeliver(back: number): void {
    const event = this.world.events.slice(this.#startedAt).at(-1 - back);
    if (!event) return;
    if (this.world.naive.find(event.stream.slice('request-'.length))!.completed && this.#completedAtMs(event) < this.world.nowMs - BEHIND_MAX_MS) return;
    this.queue.apply(event);
  }

  #completedAtMs({ stream }: Recorded): number {
    const last = this.world.events.findLast((event) => event.stream === stream)!;
    return Date.parse((last.data as { completedAt: string }).completedAt);
  }

  /** Never more than wait; what is promised is not offered, and nothing is left of it afterwards. */
  #promise(nth: number): void {
    const open = this.world.naive.open();
    const request = open[nth % Math.max(1, open.length)];
    if (!request) return;
    const { facts: { request: id, kind }, waiting } = request;
    same('no more jobs are promised than wait', this.queue.reserve(id, waiting + 1), undefined);
    const promised = this.queue.reserve(id, waiting);
    same('all that wait can be promised', promised !== undefined, waiting > 0);
    for (const worker of WORKERS.filter((each) => each.kind === kind && waiting > 0)) {
      same('what is promised is not offered', [...this.queue.candidates(worker, Infinity)].some((offered) => offered.request === id), false);
    }
    promised?.release();
  }

  #agree(): void {
    const { world: { naive, nowMs }, queue } = this;
    const orders = new Map(KINDS.map((kind) => [kind, naive.order(kind)]));
    for (const request of naive.all()) this.#agreeOn(request, orders.get(request.facts.kind)!);
    for (const worker of WORKERS) {
      const order = orders.get(worker.kind)!;
      const offered = [...queue.candidates(worker, Infinity)].map(({ request }) => request);
      same('the same choice in the same order (18, 19)', offered, naive.candidates(worker, order));
      same('by turns, too', [...queue.candidates(worker, Infinity, 'turn')].map(({ request }) => request), naive.turns(worker, order));
      same('the first alone', [...queue.candidates(worker, 1)].map(({ request }) => request), offered.slice(0, 1));
      same('the same reasons', queue.skippedCounts(worker), naive.skipped(worker, order));
    }
    for (const kind of KINDS) {
      same('totals', queue.totals(kind), naive.totals(kind));
      for (const payer of PAYERS) {
        same('unfinished jobs', queue.unfinishedJobsOf(payer, kind), naive.unfinishedJobsOf(payer, kind));
        for (const named of MODEL_LISTS) if (kind !== 'alchemy') same('waiting jobs', queue.waitingJobsOf(payer, kind, named), naive.waitingJobsOf(payer, kind, named));
      }
    }
    same('due jobs', queue.dueJobs(nowMs).map(({ job }) => job).sort(), naive.dueJobs(nowMs));
    same('due requests', queue.dueRequests(nowMs).map(({ request }) => request).sort(), naive.dueRequests(nowMs));
  }

  #agreeOn(request: NaiveRequest, order: NaiveRequest[]): void {
    const { facts: { request: id }, completed } = request;
    const found = this.queue.find(id);
    if (completed) {
      same('a completed request is gone, and stays so (24)', found, undefined);
      this.#seen.delete(id);
      return;
    }
    const { naive } = this.world;
    same('a request', {
      key: found!.key, waiting: found!.waiting, faults: found!.faults, submitted: found!.submitted, closed: found!.closed, expiresAtMs: found!.expiresAtMs,
      revision: found!.revision, pending: [...found!.pending.values()].map(({ job, deadlineMs }) => [job, deadlineMs]), forms: [...found!.waitingForms].sort(),
    }, {
      key: naive.key(request), waiting: request.waiting, faults: request.faults, submitted: request.submitted, closed: request.closed,
      expiresAtMs: naive.expiresAtMs(request), revision: request.log.length - 1, pending: request.pending.map(({ job, deadlineMs }) => [job, deadlineMs]),
      forms: [...request.waitingForms].sort(),
    });
    same('its rank', this.queue.rankOf(id), naive.rank(id, order));
    for (const { job } of request.pending) same('a job at a worker', this.queue.job(job)?.request, id);
    this.#hold(found!, request);
  }

  /** horde-rules §12, as far as the queue knows of it. */
  #hold({ request: id, key, waiting, pending, submitted, faults, expiresAtMs, agesFromMs }: QueuedRequest, request: NaiveRequest): void {
    const { facts: { kind, jobs }, handedOut, closed, log } = request;
    const jobsOver = log.filter(({ type }) => ['JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1'].includes(type)).map(({ data }) => (data as { job: string }).job);
    same('no job ends twice, and none that has ended is pending (14)', [new Set(jobsOver).size, jobsOver.some((job) => pending.has(job))], [jobsOver.length, false]);
    same('nobody is handed more than was asked for (15, 16)', waiting >= 0 && waiting + pending.size + submitted <= jobs, true);
    if (kind !== 'alchemy' && faults >= 3) same('after three faults nothing is handed out (17)', [waiting, closed], [0, true]);
    const before = this.#seen.get(id);
    if (before) {
      const isServed = handedOut > before.handedOut || agesFromMs > before.agesFromMs;
      same('its place gets no worse while nothing of its payer is handed out (21)', isServed || key >= before.key || this.#hasTwin(request), true);
      same('its expiry never comes nearer (23)', expiresAtMs >= before.expiresAtMs, true);
      same('what is delivered stays so (24)', submitted >= before.submitted, true);
    }
    this.#seen.set(id, { key, handedOut, agesFromMs, expiresAtMs, submitted });
  }

  /** Of two requests of one payer in one millisecond the ids say which is the earlier one, so the second to come may go before the first. */
  #hasTwin({ facts: { request, payer }, acceptedAtMs }: NaiveRequest): boolean {
    return this.world.naive.all().some(({ facts, acceptedAtMs: other }) => facts.payer === payer && facts.request !== request && other === acceptedAtMs);
  }
}

/** A node that starts from what the read model has kept. */
export const restarted = (queue: LiveQueue<ToyWorker>): LiveQueue<ToyWorker> => {
  const fresh = toyQueue();
  fresh.load(JSON.parse(JSON.stringify([...queue.rows()], withMaps), fromMaps) as ReturnType<typeof queue.rows>, queue.served());
  return fresh;
};

const withMaps = (_: string, value: unknown): unknown => (value instanceof Map ? { map: [...value] } : value);
const fromMaps = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'map') ? new Map((value as { map: unknown }).map as [string, unknown][]) : value;

/** Thousands of comparisons a step: the one that tells about differences is asked only where there is one. */
const same = (what: string, found: unknown, expected: unknown): void => {
  if (!isDeepStrictEqual(found, expected)) deepStrictEqual({ what, found }, { what, found: expected });
};

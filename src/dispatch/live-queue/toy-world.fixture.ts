import type { Recorded } from '../../kernel/event.js';
import { centikudos } from '../../kernel/kudos.js';
import type { RequestEvent, RequestFacts } from '../../requests/request.events.js';
import { NaiveQueue, someFacts, START_MS, toyFacets, toyMatch, toyThings, type NaiveRequest, type ToyWorker } from './naive-queue.fixture.js';
import { LiveQueue } from './live-queue.js';
import type { PoppingWorker } from './queue-row.js';

export const MODELS = ['Deliberate', 'Dreamshaper', 'Pony', 'Flux'] as const;
export const PAYERS = [0, 7, 8, 9] as const;

export const toyQueue = (): LiveQueue<ToyWorker> => new LiveQueue({ match: toyMatch, facets: toyFacets, thingsOf: toyThings });

const FACTS: readonly ToyWorker[] = [
  { id: 'any', owner: 7, maxPixels: 4_000_000, nsfw: true, maintenance: false },
  { id: 'small', owner: 8, maxPixels: 300_000, nsfw: false, maintenance: false },
  { id: 'resting', owner: 7, maxPixels: 4_000_000, nsfw: true, maintenance: true },
  { id: 'mild', owner: 99, maxPixels: 4_000_000, nsfw: false, maintenance: false },
];
/** Different models, sizes, flags, owners and friends; their `facts` are the same objects for ever, so what was found is remembered. */
export const WORKERS: readonly PoppingWorker<ToyWorker>[] = FACTS.flatMap((facts) => [
  { kind: 'image', models: [...MODELS], ownerIds: [facts.owner], facts: { ...facts } },
  { kind: 'image', models: ['Pony', 'Unheard of'], ownerIds: [facts.owner, 9], facts: { ...facts } },
  { kind: 'text', models: ['Deliberate', 'Pony'], ownerIds: [facts.owner, 0], facts: { ...facts } },
]);

/** What a step of a random history may do; numbers are taken modulo what there is. */
export type Step =
  | { readonly do: 'accept'; readonly facts: Partial<RequestFacts>; readonly jobs: number; readonly price: number; readonly priority: number }
  | { readonly do: 'assign' | 'submit' | 'fault' | 'expireJob'; readonly nth: number; readonly extraSlow: boolean }
  | { readonly do: 'cancel' | 'expire'; readonly nth: number }
  | { readonly do: 'wait'; readonly ms: number };

/** Writes the histories that the request decider would write, step by step, under a clock that only steps move. */
export class ToyWorld {
  readonly naive = new NaiveQueue();
  readonly events: Recorded[] = [];
  nowMs = START_MS;
  #made = 0;

  /** The events of one step, in order; none when it is impossible now. */
  play(step: Step): readonly Recorded[] {
    const from = this.events.length;
    if (step.do === 'wait') this.nowMs += step.ms;
    else if (step.do === 'accept') this.#accept(step);
    else this.#act(step);
    return this.events.slice(from);
  }

  #accept({ facts, jobs, price, priority }: Step & { do: 'accept' }): void {
    this.#made += 1;
    // The ids do not grow with time: ties are broken by them, whatever came first.
    const request = `${(this.#made * 7_919) % 1_000}-${this.#made}`;
    const accepted = someFacts({ request, jobs, quote: centikudos(price * jobs), priority: centikudos(priority), ...facts, acceptedAt: this.#now });
    this.#append(request, { type: 'RequestAccepted.v1', data: accepted });
  }

  #act(step: Exclude<Step, { do: 'accept' | 'wait' }>): void {
    const open = this.naive.open();
    const request = open[step.nth % Math.max(1, open.length)];
    if (!request) return;
    if (step.do === 'assign') this.#assign(request, step.extraSlow);
    else if (step.do === 'submit') this.#submit(request);
    else if (step.do === 'fault' || step.do === 'expireJob') this.#lose(request, step.do);
    else this.#withdraw(request, step.do);
  }

  #assign({ facts: { request, models }, waiting }: NaiveRequest, extraSlow: boolean): void {
    if (waiting === 0) return;
    this.#made += 1;
    const data = { request, job: `job-${this.#made}`, worker: 'w', owner: 99, model: models[0] ?? 'Pony', ttlS: 150, extraSlow, assignedAt: this.#now };
    this.#append(request, { type: 'JobAssigned.v1', data });
  }

  #submit({ facts: { request, payer }, pending }: NaiveRequest): void {
    const job = pending[0]?.job;
    if (job === undefined) return;
    const data = {
      request, job, worker: 'w', owner: 99, model: 'Pony', state: 'ok' as const, result: 'r', resultHash: null, seed: 1, price: centikudos(1),
      debit: centikudos(1), ownerTrusted: true, things: 1, policy: 1, reference: 1, submittedAt: this.#now,
    };
    this.#append(request, { type: 'JobSubmitted.v1', data });
    if (payer === 0) this.#append(request, { type: 'JobSettled.v1', data: { request, job, settledAt: this.#now } } as unknown as RequestEvent);
    this.#completeIfOver(request);
  }

  #lose({ facts: { request }, pending }: NaiveRequest, how: 'fault' | 'expireJob'): void {
    const job = pending.at(-1)?.job;
    if (job === undefined) return;
    if (how === 'fault') this.#append(request, { type: 'JobFaulted.v1', data: { request, job, worker: 'w', faultedAt: this.#now } });
    else this.#append(request, { type: 'JobExpired.v1', data: { request, job, worker: 'w', expiredAt: this.#now } });
    const after = this.naive.find(request)!;
    if (after.faults === 3 && !after.closed) {
      this.#append(request, { type: 'RequestFaulted.v1', data: { request, withdrawn: after.waiting, faultedAt: this.#now } });
    }
    this.#completeIfOver(request);
  }

  #withdraw({ facts: { request }, waiting, pending, closed }: NaiveRequest, how: 'cancel' | 'expire'): void {
    if (closed || (how === 'expire' && pending.length > 0)) return;
    if (how === 'cancel') this.#append(request, { type: 'RequestCancelled.v1', data: { request, withdrawn: waiting, cancelledAt: this.#now } });
    else this.#append(request, { type: 'RequestExpired.v1', data: { request, withdrawn: waiting, expiredAt: this.#now } });
    this.#completeIfOver(request);
  }

  #completeIfOver(request: string): void {
    const { facts, waiting, pending } = this.naive.find(request)!;
    if (waiting + pending.length > 0) return;
    this.#append(request, { type: 'RequestCompleted.v1', data: { request, payer: facts.payer, outcome: 'done', submitted: [], completedAt: this.#now } });
  }

  #append(request: string, event: RequestEvent): void {
    this.events.push(this.naive.append(request, event));
  }

  get #now(): string {
    return new Date(this.nowMs).toISOString();
  }
}

/** Everything that a queue answers, in a form that two queues can be compared by. */
export const answersOf = (queue: LiveQueue<ToyWorker>, requests: Iterable<string>, nowMs: number): unknown => ({
  requests: [...requests].sort().map((request) => {
    const found = queue.find(request);
    return found && {
      request, key: found.key, waiting: found.waiting, pending: [...found.pending.values()], faults: found.faults, submitted: found.submitted,
      revision: found.revision, closed: found.closed, expiresAtMs: found.expiresAtMs, waitingSinceMs: found.waitingSinceMs, rank: queue.rankOf(request),
    };
  }),
  pops: WORKERS.map((worker) => [...queue.candidates(worker, Infinity)].map(({ request }) => request)),
  skipped: WORKERS.map((worker) => queue.skippedCounts(worker)),
  totals: [queue.totals('image'), queue.totals('text')],
  perModel: [...queue.perModel('image'), ...queue.perModel('text')].sort(([a], [b]) => (a < b ? -1 : 1)),
  anonymous: MODELS.map((model) => queue.waitingJobsOf(0, 'image', [model])),
  due: [queue.dueJobs(nowMs), queue.dueRequests(nowMs).map(({ request }) => request)],
});

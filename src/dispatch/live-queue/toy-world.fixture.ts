import type { Recorded } from '../../kernel/event.js';
import { centikudos, kudos } from '../../kernel/kudos.js';
import { formsOf, serviceOf } from '../../pricing/alchemy-forms.js';
import type { JobAssigned, RequestEvent, RequestFacts, RequestKind } from '../../requests/request.events.js';
import { NaiveQueue, someFacts, START_MS, toyFacets, toyMatch, toyThings, type NaiveRequest, type ToyWorker } from './naive-queue.fixture.js';
import { agesFromAfter } from './ageing.js';
import { FAIRNESS_POLICY } from './fairness-policy.js';
import { LiveQueue } from './live-queue.js';
import type { PoppingWorker } from './queue-row.js';

export const MODELS = ['Deliberate', 'Dreamshaper', 'Pony', 'Flux'] as const;
export const FORMS = ['caption', 'nsfw', 'palette'] as const;
export const PAYERS = [0, 7, 8, 9] as const;
export const KINDS: readonly RequestKind[] = ['image', 'text', 'alchemy'];

export const toyQueue = (policy = FAIRNESS_POLICY): LiveQueue<ToyWorker> => new LiveQueue({ match: toyMatch, facets: toyFacets, thingsOf: toyThings, policy });

const FACTS: readonly ToyWorker[] = [
  { id: 'any', owner: 7, maxPixels: 4_000_000, nsfw: true, maintenance: false },
  { id: 'small', owner: 8, maxPixels: 300_000, maxTiles: 3, nsfw: false, maintenance: false },
  { id: 'resting', owner: 7, maxPixels: 4_000_000, nsfw: true, maintenance: true },
  { id: 'mild', owner: 99, maxPixels: 4_000_000, maxTiles: 5, nsfw: false, maintenance: false },
];
/** Different models, sizes, flags, owners and friends; the `facts` of each are one object for ever, so what it saw is remembered. */
export const WORKERS: readonly PoppingWorker<ToyWorker>[] = FACTS.flatMap((facts) => [
  { kind: 'image', models: [...MODELS], ownerIds: [facts.owner], facts: { ...facts } },
  { kind: 'image', models: ['Pony', 'Unheard of'], ownerIds: [facts.owner, 9], facts: { ...facts } },
  { kind: 'text', models: ['Deliberate', 'Pony'], ownerIds: [facts.owner, 0], facts: { ...facts } },
  { kind: 'alchemy', models: ['caption', 'palette'], ownerIds: [facts.owner], facts: { ...facts } },
]);

/** What a step of a random history may do; numbers are taken modulo what there is. */
export type Step =
  | { readonly do: 'accept'; readonly facts: Partial<RequestFacts>; readonly jobs: number; readonly price: number; readonly priority: number }
  | { readonly do: 'assign' | 'submit' | 'fault' | 'expireJob'; readonly nth: number; readonly extraSlow: boolean }
  | { readonly do: 'pop'; readonly nth: number; readonly amount: number }
  | { readonly do: 'cancel' | 'expire'; readonly nth: number }
  | { readonly do: 'wait'; readonly ms: number };

const TTL_S = 150;
const FAULTS_MAX = 3;

/** Writes the histories that the request decider would write, step by step, under a clock that only steps move. */
export class ToyWorld {
  readonly events: Recorded[] = [];
  nowMs = START_MS;
  #made = 0;

  constructor(readonly naive = new NaiveQueue()) {}

  /** The events of one step, in order; none when it is impossible now. */
  play(step: Step): readonly Recorded[] {
    const from = this.events.length;
    if (step.do === 'wait') this.nowMs += step.ms;
    else if (step.do === 'accept') this.#accept(step);
    else if (step.do === 'pop') this.#pop(WORKERS[step.nth % WORKERS.length]!, step.amount);
    else this.#act(step);
    return this.events.slice(from);
  }

  #accept({ facts, jobs, price, priority }: Step & { do: 'accept' }): void {
    this.#made += 1;
    // The ids do not grow with time: ties are broken by them, whatever came first.
    const request = `${(this.#made * 7_919) % 1_000}-${this.#made}`;
    const given = facts.kind === 'alchemy' ? this.#alchemy(facts, jobs) : { ...facts, jobs };
    const accepted = someFacts({ request, quote: centikudos(price * jobs), priority: centikudos(priority), ...given, acceptedAt: this.#now });
    this.#append(request, { type: 'RequestAccepted.v1', data: accepted });
  }

  /** As many forms as jobs, and as models what they ask for. */
  #alchemy(facts: Partial<RequestFacts>, jobs: number): Partial<RequestFacts> & { jobs: number } {
    const forms = Array.from({ length: jobs }, (_, at) => ({ form: FORMS[(this.#made + at) % FORMS.length]!, price: kudos(1), debit: kudos(3) }));
    return { ...facts, jobs, models: [...new Set(forms.map(serviceOf))], features: { tiles: 2 + (this.#made % 5), forms } };
  }

  #act(step: Exclude<Step, { do: 'accept' | 'wait' | 'pop' }>): void {
    const open = this.naive.open();
    const request = open[step.nth % Math.max(1, open.length)];
    if (!request) return;
    if (step.do === 'assign') this.#assign(request, 'w', { extraSlow: step.extraSlow, form: request.waitingForms[step.nth % Math.max(1, request.waitingForms.length)] });
    else if (step.do === 'submit') this.#submit(request);
    else if (step.do === 'fault' || step.do === 'expireJob') this.#lose(request, step.do);
    else this.#withdraw(request, step.do);
  }

  /** Takes what the definition says is first, as many jobs as it may. */
  #pop(worker: PoppingWorker<ToyWorker>, amount: number): void {
    const [request] = this.naive.candidates(worker);
    if (request === undefined) return;
    const { facts, waiting, waitingForms } = this.naive.find(request)!;
    const able = waitingForms.filter((form) => worker.models.includes(serviceOf(formsOf(facts)[form]!)));
    for (let job = 0; job < Math.min(amount, facts.kind === 'alchemy' ? able.length : waiting); job += 1) {
      this.#assign(this.naive.find(request)!, worker.facts.id, { extraSlow: false, form: able[job] });
    }
  }

  #assign({ facts, acceptedAtMs, waiting }: NaiveRequest, worker: string, { extraSlow, form }: { extraSlow: boolean; form: number | undefined }): void {
    if (waiting === 0) return;
    this.#made += 1;
    const { request, models } = facts;
    const agesFromMs = agesFromAfter({ acceptedAtMs, agesFromMs: this.naive.agesFromMs(facts) }, 1, this.nowMs, this.naive.creditMs);
    const ages = agesFromMs > -Infinity && this.nowMs > acceptedAtMs ? { payerAgesFrom: new Date(agesFromMs).toISOString() } : {};
    const data: JobAssigned['data'] = {
      request, job: `job-${this.#made}`, worker, owner: 99, model: models[0] ?? 'Pony', ttlS: TTL_S, extraSlow, assignedAt: this.#now, ...(form === undefined ? {} : { form }), ...ages,
    };
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

  #lose({ facts: { request, kind }, pending, log }: NaiveRequest, how: 'fault' | 'expireJob'): void {
    const last = pending.at(-1);
    if (last === undefined) return;
    const { job, form } = last;
    const before = log.filter(({ type, data }) => (type === 'JobFaulted.v1' || type === 'JobExpired.v1') && (data as { form?: number }).form === form).length;
    const lost = { request, job, worker: 'w', ...(form === undefined ? {} : { form, ...(before + 1 === FAULTS_MAX ? { final: true as const } : {}) }) };
    if (how === 'fault') this.#append(request, { type: 'JobFaulted.v1', data: { ...lost, faultedAt: this.#now } });
    else this.#append(request, { type: 'JobExpired.v1', data: { ...lost, expiredAt: this.#now } });
    const after = this.naive.find(request)!;
    if (kind !== 'alchemy' && after.faults === FAULTS_MAX && !after.closed) {
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
      revision: found.revision, closed: found.closed, expiresAtMs: found.expiresAtMs, waitingSinceMs: found.waitingSinceMs,
      ages: Math.max(found.agesFromMs, nowMs - queue.policy.ageingCreditMs), rank: queue.rankOf(request),
    };
  }),
  pops: WORKERS.map((worker) => [...queue.candidates(worker, Infinity)].map(({ request }) => request)),
  skipped: WORKERS.map((worker) => queue.skippedCounts(worker)),
  totals: KINDS.map((kind) => queue.totals(kind)),
  perModel: KINDS.flatMap((kind) => [...queue.perModel(kind)]).sort(([a], [b]) => (a < b ? -1 : 1)),
  anonymous: MODELS.map((model) => queue.waitingJobsOf(0, 'image', [model])),
  due: [queue.dueJobs(nowMs), queue.dueRequests(nowMs).map(({ request }) => request)],
});

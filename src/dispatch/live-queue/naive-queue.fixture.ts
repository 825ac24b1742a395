import type { Recorded } from '../../kernel/event.js';
import { centikudos, kudos } from '../../kernel/kudos.js';
import { formsOf, serviceOf } from '../../pricing/alchemy-forms.js';
import type { AlchemyJobFeatures } from '../../pricing/job-features.js';
import type { JobAssigned, RequestEvent, RequestFacts, RequestKind } from '../../requests/request.events.js';
import { NOBODY, payerOf } from '../../requests/rules/payer-id.js';
import { AGEING_CREDIT_MS } from './fairness-policy.js';
import type { PoppingWorker } from './queue-row.js';
import type { Facets } from './signatures.js';

/** What a worker of the tests may do; `id` stands for everything that targeting looks at. */
export interface ToyWorker {
  readonly id: string;
  readonly owner: number;
  readonly maxPixels: number;
  readonly maxTiles?: number;
  readonly nsfw: boolean;
  readonly maintenance: boolean;
}

interface Measured {
  readonly width: number;
  readonly height: number;
  readonly steps: number;
}

/** A small matcher with reasons from a size, a flag, a pair (targeting) and the payer (maintenance). */
export const toyMatch = (facts: RequestFacts, worker: ToyWorker): string | undefined => {
  if (worker.maintenance && facts.payer !== worker.owner) return 'maintenance';
  if (facts.nsfw && !worker.nsfw) return 'nsfw';
  if (facts.workers.length > 0 && facts.workers.includes(worker.id) === facts.workerBlacklist) return 'worker_id';
  return tooLarge(facts, worker);
};
const tooLarge = ({ kind, features }: RequestFacts, { maxPixels, maxTiles = Infinity }: ToyWorker): string | undefined => {
  if (kind === 'alchemy') return (features as AlchemyJobFeatures).tiles > maxTiles ? 'max_tiles' : undefined;
  const { width, height } = features as Measured;
  return width * height > maxPixels ? 'max_pixels' : undefined;
};
/** All that the toy matcher reads but the payer and the models, in two parts: size, and the rest. */
const TOY_FACETS: Facets = {
  facets: [
    {
      name: 'size',
      keyOf: ({ features }) => JSON.stringify(features),
      partOf: (facts) => ({ ...facts, nsfw: false, workers: [] }),
    },
    {
      name: 'flags',
      keyOf: ({ nsfw, workers, workerBlacklist }) => JSON.stringify([nsfw, workers, workerBlacklist]),
      partOf: (facts) => ({ ...facts, features: { ...facts.features, width: 0, tiles: 0 } }),
    },
  ],
  precedence: ['maintenance', 'nsfw', 'worker_id', 'max_pixels', 'max_tiles'],
};
export const toyFacets = { image: TOY_FACETS, text: TOY_FACETS, alchemy: TOY_FACETS } as const;
export const toyThings = ({ kind, features }: RequestFacts): number => {
  if (kind === 'alchemy') return 1;
  const { width, height, steps } = features as Measured;
  return width * height * steps;
};

export const START_MS = Date.parse('2026-01-05T12:00:00.000Z');

/** A request with everything at its plainest, priced 10 kudos a job. */
export const someFacts = (given: Partial<RequestFacts> & Pick<RequestFacts, 'request'>): RequestFacts => ({
  kind: 'image', payer: 7, payerTrusted: true, priority: kudos(100), jobs: 1, models: ['Deliberate'],
  features: { width: 512, height: 512, steps: 20, sampler: 'k_euler', karras: true, cfgScale: 7.5 },
  nsfw: false, censorNsfw: false, trustedWorkers: false, validatedBackends: false, slowWorkers: true, extraSlowWorkers: false,
  workers: [], workerBlacklist: false, disableBatching: false, r2: true, shared: false,
  activation: centikudos(300), quote: centikudos(1_000 * (given.jobs ?? 1)), unitPriceMax: centikudos(1_000), policy: 1, reference: 1, contentHash: 'c'.repeat(64),
  acceptedAt: new Date(START_MS).toISOString(), ...given,
});

export const recorded = (request: string, revision: number, { type, data }: RequestEvent): Recorded => ({
  stream: `request-${request}`, revision, position: revision, id: `${request}/${revision}`, type, data,
  metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});

interface NaiveJob {
  readonly job: string;
  readonly deadlineMs: number;
  readonly form: number | undefined;
}

/** What one stream amounts to, worked out from its first event on. */
export interface NaiveRequest {
  readonly facts: RequestFacts;
  readonly acceptedAtMs: number;
  readonly log: readonly RequestEvent[];
  readonly waiting: number;
  /** Of alchemy. */
  readonly waitingForms: readonly number[];
  readonly pending: readonly NaiveJob[];
  readonly faults: number;
  readonly submitted: number;
  readonly handedOut: number;
  readonly closed: boolean;
  readonly completed: boolean;
  readonly activityAtMs: number;
  readonly lastHandOutMs: number;
  readonly extraSlow: boolean;
}

/** The queue by its definition: keeps every event and scans everything for every answer. It knows a log again that has not grown. */
export class NaiveQueue {
  readonly logs = new Map<string, RequestEvent[]>();
  readonly #summaries = new Map<string, NaiveRequest>();
  readonly #agesFromMs = new Map<string, number>();
  /** What an earlier request took from the key of one accepted at a time, by request, length of its log, and time. */
  readonly #weights = new Map<string, number>();

  constructor(readonly creditMs = AGEING_CREDIT_MS) {}

  append(request: string, event: RequestEvent): Recorded {
    const log = this.logs.get(request) ?? [];
    this.logs.set(request, log);
    log.push(event);
    if ('payerAgesFrom' in event.data) {
      const payer = payerOf(this.find(request)!.facts);
      if (payer !== NOBODY) this.#agesFromMs.set(payer, Math.max(Date.parse(event.data.payerAgesFrom), this.#agesFromMs.get(payer) ?? -Infinity));
    }
    this.#summaries.delete(request);
    return recorded(request, log.length - 1, event);
  }

  all(): NaiveRequest[] {
    return [...this.logs.keys()].map((request) => this.find(request)!);
  }

  open(): NaiveRequest[] {
    return this.all().filter(({ completed }) => !completed);
  }

  find(request: string): NaiveRequest | undefined {
    const log = this.logs.get(request);
    if (!log) return undefined;
    let known = this.#summaries.get(request);
    if (!known) this.#summaries.set(request, (known = summary(log)));
    return known;
  }

  key(request: NaiveRequest): number {
    const { facts, acceptedAtMs, handedOut } = request;
    const sinceMs = this.creditMs === Infinity ? acceptedAtMs : Math.max(acceptedAtMs, this.agesFromMs(facts));
    return facts.priority - sinceMs / 2 - priceOf(facts) * handedOut - this.#owed(request);
  }

  /** Jobs of the payer's earlier requests, unfinished when this one was accepted and not given back since. */
  #owed({ facts, acceptedAtMs }: NaiveRequest): number {
    if (payerOf(facts) === NOBODY) return 0;
    const earlier = this.all().filter((other) => payerOf(other.facts) === payerOf(facts) && comesBefore(other, { facts, acceptedAtMs }));
    return earlier.reduce((owed, other) => owed + this.#weight(other, acceptedAtMs), 0);
  }

  #weight(other: NaiveRequest, atMs: number): number {
    const name = `${other.facts.request} ${other.log.length} ${atMs}`;
    let known = this.#weights.get(name);
    if (known === undefined) this.#weights.set(name, (known = weightOf(other, atMs)));
    return known;
  }

  order(kind: RequestKind): NaiveRequest[] {
    const keyed = this.open().filter(({ facts, waiting }) => facts.kind === kind && waiting > 0).map((request) => ({ request, key: this.key(request) }));
    keyed.sort((a, b) => b.key - a.key || (comesBefore(a.request, b.request) ? -1 : 1));
    return keyed.map(({ request }) => request);
  }

  candidates(worker: PoppingWorker<ToyWorker>, order = this.order(worker.kind)): string[] {
    const servable = order.filter((request) => this.reason(request, worker) === undefined);
    const own = servable.filter(({ facts }) => worker.ownerIds.includes(facts.payer));
    return [...own, ...servable.filter((request) => !own.includes(request))].map(({ facts }) => facts.request);
  }

  skipped(worker: PoppingWorker<ToyWorker>, order = this.order(worker.kind)): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const request of order) {
      const reason = this.reason(request, worker);
      if (reason !== undefined) counts[reason] = (counts[reason] ?? 0) + 1;
    }
    return counts;
  }

  reason({ facts, waitingForms }: NaiveRequest, { models, facts: worker }: PoppingWorker<ToyWorker>): string | undefined {
    const wanted = facts.kind === 'alchemy' ? waitingForms.map((form) => serviceOf(formsOf(facts)[form]!)) : facts.models;
    if (wanted.length > 0 && !wanted.some((model) => models.includes(model))) return 'models';
    return toyMatch(facts, worker);
  }

  rank(request: string, order = this.order(this.find(request)!.facts.kind)): { position: number; thingsAhead: number; jobsAhead: number } {
    const position = 1 + order.findIndex((other) => other.facts.request === request);
    const ahead = order.slice(0, position);
    return { position, thingsAhead: total(ahead, (other) => other.waiting * toyThings(other.facts)), jobsAhead: total(ahead, ({ waiting }) => waiting) };
  }

  expiresAtMs({ facts, activityAtMs, extraSlow }: NaiveRequest): number {
    return Math.max(activityAtMs, this.#handedOutAtMs(facts)) + (extraSlow ? 60 : 20) * 60_000;
  }

  /** Of the payer, whatever request it was of. */
  #handedOutAtMs(facts: RequestFacts): number {
    if (payerOf(facts) === NOBODY) return -Infinity;
    return Math.max(...this.all().filter((other) => payerOf(other.facts) === payerOf(facts)).map(({ lastHandOutMs }) => lastHandOutMs));
  }

  /** The latest that any hand-out of the payer names, whatever request it was of. */
  agesFromMs(facts: RequestFacts): number {
    return this.#agesFromMs.get(payerOf(facts)) ?? -Infinity;
  }

  /** By turns: the best servable request of each payer, the longest waiting payer first; then as always. */
  turns(worker: PoppingWorker<ToyWorker>, order = this.order(worker.kind)): string[] {
    const byKey = this.candidates(worker, order);
    const own = byKey.filter((request) => worker.ownerIds.includes(this.find(request)!.facts.payer));
    const best = new Map<string, { readonly request: string; readonly sinceMs: number }>();
    for (const request of byKey.slice(own.length)) {
      const { facts, acceptedAtMs } = this.find(request)!;
      const sinceMs = Math.max(acceptedAtMs, this.#handedOutAtMs(facts));
      const known = best.get(payerOf(facts));
      best.set(payerOf(facts), { request: known?.request ?? request, sinceMs: Math.min(sinceMs, known?.sinceMs ?? Infinity) });
    }
    const inTurn = [...best].sort(([a, one], [b, other]) => one.sinceMs - other.sinceMs || (a < b ? -1 : 1)).map(([, { request }]) => request);
    return [...own, ...inTurn, ...byKey.slice(own.length).filter((request) => !inTurn.includes(request))];
  }

  dueJobs(nowMs: number): string[] {
    return this.open().flatMap(({ pending }) => pending.filter(({ deadlineMs }) => deadlineMs <= nowMs).map(({ job }) => job)).sort();
  }

  dueRequests(nowMs: number): string[] {
    return this.open().filter((request) => request.pending.length === 0 && this.expiresAtMs(request) <= nowMs).map(({ facts }) => facts.request).sort();
  }

  totals(kind: RequestKind): { requests: number; jobs: number; things: number } {
    const open = this.open().filter(({ facts, waiting, pending }) => facts.kind === kind && waiting + pending.length > 0);
    const jobs = ({ waiting, pending }: NaiveRequest): number => waiting + pending.length;
    return { requests: open.length, jobs: total(open, jobs), things: total(open, (request) => jobs(request) * toyThings(request.facts)) };
  }

  waitingJobsOf(payer: number, kind: RequestKind, models: readonly string[]): number {
    const own = this.open().filter(({ facts }) => facts.kind === kind && facts.payer === payer);
    if (payer !== 0 || models.length === 0) return total(own, ({ waiting }) => waiting);
    return total(own.filter(({ facts }) => facts.models.some((model) => models.includes(model))), ({ waiting }) => waiting);
  }

  unfinishedJobsOf(payer: number, kind: RequestKind): number {
    return total(this.open().filter(({ facts }) => facts.kind === kind && facts.payer === payer), ({ waiting, pending }) => waiting + pending.length);
  }
}

const total = <Item>(items: readonly Item[], of: (item: Item) => number): number => items.reduce((sum, item) => sum + of(item), 0);

const priceOf = ({ quote, jobs }: RequestFacts): number => (jobs === 0 ? 0 : Math.round(quote / jobs));

const weightOf = ({ facts, log }: NaiveRequest, atMs: number): number => {
  const then = summary(log.filter((event) => timeOf(event) <= atMs));
  const since = log.filter((event) => timeOf(event) > atMs);
  const lost = since.filter(({ type }) => type === 'JobFaulted.v1' || type === 'JobExpired.v1').length;
  const withdrawn = since.reduce((sum, { data }) => sum + ('withdrawn' in data ? data.withdrawn : 0), 0);
  return priceOf(facts) * Math.max(0, then.waiting + then.pending.length - lost - withdrawn);
};

const comesBefore = (a: Pick<NaiveRequest, 'facts' | 'acceptedAtMs'>, b: Pick<NaiveRequest, 'facts' | 'acceptedAtMs'>): boolean =>
  a.acceptedAtMs === b.acceptedAtMs ? a.facts.request < b.facts.request : a.acceptedAtMs < b.acceptedAtMs;

const TIMES = ['acceptedAt', 'assignedAt', 'submittedAt', 'faultedAt', 'expiredAt', 'cancelledAt', 'completedAt', 'settledAt', 'abandonedAt'];
export const timeOf = ({ data }: RequestEvent): number => {
  const named = TIMES.find((name) => name in data)!;
  return Date.parse((data as unknown as Record<string, string>)[named]!);
};

type Lost = Pick<JobAssigned['data'], 'job' | 'form'> & { readonly final?: true };

const summary = (log: readonly RequestEvent[]): NaiveRequest => {
  const facts = log[0]!.data as RequestFacts;
  const of = (...types: readonly RequestEvent['type'][]): RequestEvent[] => log.filter(({ type }) => types.includes(type));
  const assigned = of('JobAssigned.v1').map(({ data }) => data as JobAssigned['data']);
  const lost = of('JobFaulted.v1', 'JobExpired.v1').map(({ data }) => data as Lost);
  const delivered = of('JobSubmitted.v1').map(({ data }) => (data as { job: string }).job);
  const over = new Set([...delivered, ...lost.map(({ job }) => job)]);
  const pending = assigned.filter(({ job }) => !over.has(job)).map(({ job, assignedAt, ttlS, form }) => ({ job, form, deadlineMs: Date.parse(assignedAt) + ttlS * 1_000 }));
  const closed = of('RequestCancelled.v1', 'RequestFaulted.v1', 'RequestExpired.v1').length > 0;
  const back = lost.filter(({ final }) => final !== true);
  const active = of('RequestAccepted.v1', 'JobAssigned.v1', 'JobSubmitted.v1');
  const away = (form: number): number => assigned.filter((each) => each.form === form).length - back.filter((each) => each.form === form).length;
  return {
    facts, log, acceptedAtMs: timeOf(log[0]!), pending, closed, faults: lost.length, submitted: delivered.length, handedOut: assigned.length,
    waiting: closed ? 0 : facts.jobs - assigned.length + back.length,
    waitingForms: closed ? [] : [...formsOf(facts).keys()].filter((form) => away(form) === 0),
    completed: of('RequestCompleted.v1').length > 0,
    activityAtMs: timeOf(active.at(-1)!),
    lastHandOutMs: Math.max(-Infinity, ...assigned.map(({ assignedAt }) => Date.parse(assignedAt))),
    extraSlow: assigned.some(({ extraSlow }) => extraSlow),
  };
};

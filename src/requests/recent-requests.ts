import { categoryOf, idOf, type Recorded } from '../kernel/event.js';
import { centikudos, type Kudos } from '../kernel/kudos.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import type { JobAssigned, JobState, RequestEvent, RequestFacts } from './request.events.js';
import { EXTRA_SLOW_LIFE_MS, LIFE_MS } from './request.state.js';

/** A job that was handed out. Times in ms since 1970. */
export interface RecentJob {
  readonly id: string;
  readonly worker: string;
  readonly model: string;
  readonly assignedAt: number;
  readonly deadline: number;
  state: 'pending' | 'delivered' | 'returned';
  delivery?: { readonly verdict: JobState; readonly seed: number; readonly result: string };
  isSettled: boolean;
}
/** A request that workers have taken up, as the `requests` read model will show it. Times in ms since 1970. */
export interface RecentRequest {
  readonly facts: Pick<RequestFacts, 'request' | 'kind' | 'payer' | 'jobs' | 'shared' | 'r2' | 'activation'>;
  /** Of the last event of its stream that is in here. */
  revision: number;
  position: Position;
  waiting: number;
  processing: number;
  restarted: number;
  consumed: Kudos;
  isClosed: boolean;
  faulted: boolean;
  extraSlow: boolean;
  activityAt: number;
  completedAt: number | null;
  /** In the order in which they were handed out. */
  readonly jobs: Map<string, RecentJob>;
}

/** Clients fetch within seconds; whoever comes later asks PostgreSQL. About 1 kB each. */
const REMEMBERED_MAX = 16_384;

/**
 * How the requests stand that workers have taken up lately, from this node's feed and its own appends: clients look at nothing as often,
 * and most of what they look at has just happened. What is not whole in here is forgotten, and then the read model is asked.
 */
export class RecentRequests implements NodeFold {
  readonly name = 'recent requests';
  /** The longest untouched is first. */
  readonly #requests = new Map<string, RecentRequest>();

  constructor(private readonly queue: { find(request: string): { readonly facts: RequestFacts } | undefined }, private readonly feed: { head(): Promise<Position> }) {}

  open(): Promise<Position> {
    return this.feed.head();
  }

  /** A live view: read it and do not keep it. Undefined when it is not known here how the request stands. */
  find(request: string): RecentRequest | undefined {
    return this.#requests.get(request);
  }

  apply(event: Pick<Recorded, 'stream' | 'revision' | 'position' | 'type' | 'data'>): void {
    const category = categoryOf(event.stream);
    if (category === 'request') this.#follow(idOf(event.stream), event as Happened);
    else if (event.type === 'JobSettled.v1') this.#settle(event.data as Settled);
  }

  /** An own append comes again with the feed; what another node wrote in between may come late. */
  #follow(id: string, event: Happened): void {
    const { revision, position } = event;
    const known = this.#requests.get(id) ?? this.#begin(id, revision);
    if (!known || revision <= known.revision) return;
    if (revision !== known.revision + 1) {
      this.#requests.delete(id);
      return;
    }
    Object.assign(known, { revision, position });
    if (event.type === 'JobSettled.v1') this.#settle(event.data as Settled);
    else (APPLY[event.type] as ((to: RecentRequest, data: object) => void) | undefined)?.(known, event.data);
    this.#requests.delete(id);
    this.#requests.set(id, known);
    if (this.#requests.size > REMEMBERED_MAX) this.#requests.delete(this.#requests.keys().next().value!);
  }

  /** From its first hand-out; until then the live queue knows all of it. */
  #begin(id: string, revision: number): RecentRequest | undefined {
    const facts = revision === 1 ? this.queue.find(id)?.facts : undefined;
    if (!facts || facts.kind === 'alchemy') return undefined;
    const { request, kind, payer, jobs, shared, r2, activation, acceptedAt } = facts;
    return {
      facts: { request, kind, payer, jobs, shared, r2, activation }, revision: 0, position: -1, waiting: jobs, processing: 0, restarted: 0, consumed: activation,
      isClosed: false, faulted: false, extraSlow: false, activityAt: Date.parse(acceptedAt), completedAt: null, jobs: new Map(),
    };
  }

  #settle({ request, job, debit }: Settled): void {
    const known = this.#requests.get(request);
    if (!known) return;
    const settled = known.jobs.get(job);
    if (!settled) this.#requests.delete(request);
    else if (!settled.isSettled) {
      settled.isSettled = true;
      known.consumed = centikudos(known.consumed + debit);
    }
  }
}

/** When it is forgotten, unless something happens to it (horde-rules §6.2). */
export const lifeEnd = ({ activityAt, extraSlow }: RecentRequest): number => activityAt + (extraSlow ? EXTRA_SLOW_LIFE_MS : LIFE_MS);

interface Happened {
  readonly revision: number;
  readonly position: Position;
  readonly type: RequestEvent['type'];
  readonly data: object;
}
interface Settled {
  readonly request: string;
  readonly job: string;
  readonly debit: Kudos;
}
type Apply = { readonly [Event in RequestEvent as Event['type']]?: (to: RecentRequest, data: Event['data']) => void };

const assigned = (to: RecentRequest, { job, worker, model, assignedAt, ttlS, extraSlow }: JobAssigned['data']): void => {
  const at = Date.parse(assignedAt);
  to.waiting -= 1;
  to.processing += 1;
  to.extraSlow ||= extraSlow;
  to.activityAt = at;
  to.jobs.set(job, { id: job, worker, model, assignedAt: at, deadline: at + ttlS * 1_000, state: 'pending', isSettled: false });
};
const returned = (to: RecentRequest, { job, final }: { readonly job: string; readonly final?: true }): void => {
  to.processing -= 1;
  to.restarted += 1;
  if (!final && !to.isClosed) to.waiting += 1;
  to.jobs.get(job)!.state = 'returned';
};
const closed = (to: RecentRequest): void => {
  to.isClosed = true;
  to.waiting = 0;
};

const APPLY: Apply = {
  'JobAssigned.v1': assigned,
  'JobSubmitted.v1': (to, { job, state, seed, result, submittedAt }) => {
    to.processing -= 1;
    to.activityAt = Date.parse(submittedAt);
    Object.assign(to.jobs.get(job)!, { state: 'delivered', delivery: { verdict: state, seed, result } });
  },
  'JobFaulted.v1': returned,
  'JobExpired.v1': returned,
  'RequestCancelled.v1': closed,
  'RequestExpired.v1': closed,
  'RequestFaulted.v1': (to) => {
    closed(to);
    to.faulted = true;
  },
  'RequestCompleted.v1': (to, { completedAt }) => { to.completedAt = Date.parse(completedAt); },
};

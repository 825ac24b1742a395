import { inKudos } from '../kernel/kudos.js';
import type { RequestEvent } from './request.events.js';

/** What a watcher of a request is told of one event of its stream. */
export interface Told {
  readonly event: string;
  readonly data: object;
}

/** How many of the request's jobs are where: as `check` counts them. */
interface Tally {
  waiting: number;
  processing: number;
  finished: number;
  restarted: number;
}

type Tell = { readonly [Event in RequestEvent as Event['type']]: (tally: Tally, data: Event['data']) => Told | undefined };

/** Folds the stream of one request, in order, and says what its client wants to know. Money stays in the statement. */
export class Progress {
  readonly #tally: Tally = { waiting: 0, processing: 0, finished: 0, restarted: 0 };
  #isEnded = false;

  /** Nothing more will come. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Undefined for what is of no interest. */
  tell(event: RequestEvent): Told | undefined {
    if (event.type === 'RequestCompleted.v1' || event.type === 'RequestAbandoned.v1') this.#isEnded = true;
    // The table pairs every type with its own data, which the compiler cannot follow through a union.
    const told = (TELL[event.type] as ((tally: Tally, data: object) => Told | undefined) | undefined)?.(this.#tally, event.data);
    return told && { event: told.event, data: { ...told.data, ...this.#tally } };
  }
}

const TELL: Tell = {
  'RequestAccepted.v1': (tally, { request, kind, jobs, quote, acceptedAt }) => {
    tally.waiting = jobs;
    return { event: 'accepted', data: { id: request, type: kind, jobs, kudos_quote: inKudos(quote), at: acceptedAt } };
  },
  'JobAssigned.v1': (tally, { job, worker, model, ttlS, form, assignedAt }) => {
    tally.waiting -= 1;
    tally.processing += 1;
    return { event: 'assigned', data: { job, worker, model, ...formOf(form), ttl: ttlS, at: assignedAt } };
  },
  'JobSubmitted.v1': (tally, { job, worker, model, state, form, submittedAt }) => {
    tally.processing -= 1;
    if (state === 'cancelled') return { event: 'job_cancelled', data: { job, worker, ...formOf(form), at: submittedAt } };
    tally.finished += 1;
    return { event: 'delivered', data: { job, worker, model, ...formOf(form), state, at: submittedAt } };
  },
  'JobFaulted.v1': (tally, { job, worker, form, final, unheard, faultedAt }) => {
    backTo(tally, final);
    return { event: unheard ? 'job_returned' : 'job_faulted', data: { job, worker, ...formOf(form), at: faultedAt } };
  },
  'JobExpired.v1': (tally, { job, worker, form, final, expiredAt }) => {
    backTo(tally, final);
    return { event: 'job_expired', data: { job, worker, ...formOf(form), at: expiredAt } };
  },
  'JobSettled.v1': () => undefined,
  'RequestCancelled.v1': (tally, { cancelledAt }) => ended(tally, 'cancelled', cancelledAt),
  'RequestFaulted.v1': (tally, { faultedAt }) => ended(tally, 'faulted', faultedAt),
  'RequestExpired.v1': (tally, { expiredAt }) => ended(tally, 'expired', expiredAt),
  'RequestCompleted.v1': (tally, { outcome, completedAt }) => ended(tally, 'done', completedAt, { outcome }),
  'RequestAbandoned.v1': () => undefined,
};

const formOf = (form: number | undefined): { readonly form?: number } => (form === undefined ? {} : { form });

const backTo = (tally: Tally, final: true | undefined): void => {
  tally.processing -= 1;
  tally.restarted += 1;
  if (!final) tally.waiting += 1;
};

const ended = (tally: Tally, event: string, at: string, more: object = {}): Told => {
  tally.waiting = 0;
  return { event, data: { ...more, at } };
};

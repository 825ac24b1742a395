import type { RequestFacts, RequestKind } from '../requests/request.events.js';
import { RetryLater } from '../platform/retry-later.js';
import type { LiveQueue } from './live-queue.message.js';

/** What became of a decoy, as its worker sees it. */
export type DecoyEnd = 'delivered' | 'faulted';

export interface FoundJob {
  readonly job: string;
  readonly request: string;
  readonly kind: RequestKind;
  readonly payer: number;
  readonly worker: string;
  readonly owner: number;
  readonly model: string;
  /** Of alchemy, while the form is at its worker. */
  readonly form?: number;
  /** Known while the job is pending; a job that ended needs no price any more. */
  readonly facts: RequestFacts | undefined;
  /** Nobody waits for it: it was given to a worker that is paused and not told. */
  readonly decoy?: { readonly deadlineMs: number; readonly ended: DecoyEnd | undefined };
}

/** The requests read model, for jobs that are not pending any more. */
export interface JobRows {
  waitFor(position: number, timeoutMs: number): Promise<boolean>;
  job(id: string): Promise<Omit<FoundJob, 'facts'> | undefined>;
}

const CATCH_UP_MAX_MS = 1_000;

/** Finds a job by its id: in the live queue at once, else after this node has seen everything that was written before. */
export class JobFinder {
  constructor(
    private readonly queue: LiveQueue, private readonly rows: JobRows,
    private readonly feed: { head(): Promise<number>; waitFor(position: number, timeoutMs: number): Promise<boolean> },
    private readonly findDecoy: (job: string) => Promise<FoundJob | undefined>,
  ) {}

  /** Undefined only when no such job was ever handed out. @throws RetryLater */
  async find(job: string): Promise<FoundJob | undefined> {
    const early = this.#live(job);
    if (early) return early;
    const head = await this.feed.head();
    if (!(await this.feed.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the queue is catching up with the log');
    const late = this.#live(job);
    if (late) return late;
    if (!(await this.rows.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the list of requests is catching up with the log');
    const row = await this.rows.job(job);
    return row ? { ...row, facts: undefined } : this.findDecoy(job);
  }

  #live(id: string): FoundJob | undefined {
    const pending = this.queue.job(id);
    const facts = pending && this.queue.find(pending.request)?.facts;
    if (!pending || !facts) return undefined;
    const { job, request, worker, owner, model, form } = pending;
    return { job, request, worker, owner, model, kind: facts.kind, payer: facts.payer, facts, ...(form === undefined ? {} : { form }) };
  }
}

import { Injectable } from '@nestjs/common';
import type { Position } from '../platform/event-log/event-log.js';
import { LatestOfRequests } from './latest-of-requests.js';
import { NamesOfWorkers } from './names-of-workers.js';
import { lifeEnd, RecentRequests, type RecentJob, type RecentRequest } from './recent-requests.js';
import type { DeliveredRow, StatusRow } from './status-rows.js';

/** How a request stands, from this node's memory: what the `requests` read model would say once it has seen all that this node has. */
@Injectable()
export class RecentStatus {
  constructor(private readonly recent: RecentRequests, private readonly latest: LatestOfRequests, private readonly names: NamesOfWorkers) {}

  /** Of the last event of the request that this node has seen, if that is not long ago. */
  latestOf(id: string): Position | undefined {
    return this.latest.positionOf(id);
  }

  /** Undefined when memory does not have all of it. @throws RetryLater */
  async progress(id: string): Promise<StatusRow | undefined> {
    const request = this.#whole(id);
    if (!request) return undefined;
    const row = rowOf(request);
    return row.atWork.length === 0 ? row : { ...row, atWork: named(row.atWork, await this.names.of(row.atWork.map(({ worker }) => worker))) };
  }

  /** With the jobs that were delivered, as `progress`. */
  async full(id: string): Promise<{ readonly row: StatusRow; readonly delivered: readonly DeliveredRow[] } | undefined> {
    const request = this.#whole(id);
    if (!request) return undefined;
    const [row, delivered] = [rowOf(request), deliveredOf(request)]; // as of now, whatever happens while names are looked up
    const names = await this.names.of([...row.atWork, ...delivered].map(({ worker }) => worker));
    return { row: { ...row, atWork: named(row.atWork, names) }, delivered: named(delivered, names) };
  }

  /** What was forgotten over a gap comes again with the feed, event by event: until it is all there, more was told of it before. */
  #whole(id: string): RecentRequest | undefined {
    const request = this.recent.find(id);
    return request && request.position >= (this.latest.positionOf(id) ?? -1) ? request : undefined;
  }
}

const rowOf = (request: RecentRequest): StatusRow => {
  const { facts: { request: id, kind, payer, jobs, shared, r2 }, waiting, processing, restarted, faulted, consumed, completedAt } = request;
  const [atWork, finished] = [inState(request, 'pending'), inState(request, 'delivered').length];
  return {
    id, kind, payer, jobs, waiting, processing, finished, restarted, faulted, done: faulted || (waiting === 0 && processing === 0), shared, r2, consumed,
    expiresAt: lifeEnd(request), completedAt,
    atWork: atWork.map(({ id: job, worker, assignedAt, deadline }) => ({ id: job, worker, workerName: null, assignedAt, deadline })),
  };
};

const deliveredOf = (request: RecentRequest): DeliveredRow[] =>
  inState(request, 'delivered').map(({ id, worker, model, delivery }) => ({ id, worker, workerName: null, model, ...delivery! }));

const inState = ({ jobs }: RecentRequest, state: RecentJob['state']): RecentJob[] => [...jobs.values()].filter((job) => job.state === state);

const named = <Row extends { readonly worker: string }>(rows: readonly Row[], names: ReadonlyMap<string, string>): (Row & { readonly workerName: string | null })[] =>
  rows.map((row) => ({ ...row, workerName: names.get(row.worker) ?? null }));

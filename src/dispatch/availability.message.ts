import { Injectable } from '@nestjs/common';
import type { Load } from '../pricing/upfront.js';
import type { RequestKind } from '../requests/request.events.js';
import { EligibleWorkers } from './estimates/eligible-workers.js';
import { Forecasts } from './estimates/forecasts.js';
import { LiveQueue } from './live-queue.message.js';
import type { QueuedRequest } from './live-queue/queue-row.js';
import type { Servable } from './matcher.js';

/** How a request stands in the queue now. */
export interface Outlook {
  readonly position: number;
  /** Until its last job is delivered, or until it expires if nobody reaches it before. */
  readonly waitS: number;
  readonly eligibleWorkers: number;
  readonly eligibleThreads: number;
  /** Others have come before it faster than those who may serve it could do, and nothing of it is being worked on. */
  readonly mightStall: boolean;
}

/** What the horde can do at this moment, from this node's memory: load, offered models, who could serve a request and when. */
@Injectable()
export class Availability {
  constructor(private readonly queue: LiveQueue, private readonly eligible: EligibleWorkers, private readonly forecasts: Forecasts) {}

  /** Inputs of the upfront rule (horde-rules §3.1, §8.3): unfinished jobs, and threads of workers seen in the last 300 s. */
  load(kind: RequestKind): Load {
    return { queue: this.queue.totals(kind).jobs, threads: this.eligible.online.of(kind).threads };
  }

  /** Unfinished work and who is there for it (horde-rules §8.3). */
  figures(kind: RequestKind): { readonly jobs: number; readonly things: number; readonly workers: number; readonly threads: number } {
    const { jobs, things } = this.queue.totals(kind);
    const { workers, threads } = this.eligible.online.of(kind);
    return { jobs, things, workers: workers.length, threads };
  }

  offeredModels(kind: RequestKind): string[] {
    return [...this.eligible.online.of(kind).byModel.keys()];
  }

  /** Could any worker that is here now serve this request? */
  possible(facts: Servable): boolean {
    return this.eligible.any(facts);
  }

  /** The request, while it is unfinished. */
  queued(request: string): QueuedRequest | undefined {
    return this.queue.find(request);
  }

  outlook(request: string): Outlook {
    const entry = this.queue.find(request);
    if (!entry) return { position: 0, waitS: 0, eligibleWorkers: 0, eligibleThreads: 0, mightStall: false };
    const workers = this.eligible.of(entry.facts);
    const { doneS, mightStall } = this.forecasts.of(entry);
    return {
      position: this.queue.rankOf(request)!.position, waitS: Math.round(doneS), mightStall,
      eligibleWorkers: workers.length, eligibleThreads: workers.reduce((sum, { declaration }) => sum + declaration.threads, 0),
    };
  }
}

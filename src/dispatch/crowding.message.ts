import { Injectable } from '@nestjs/common';
import type { RequestKind } from '../requests/request.events.js';
import { LiveQueue } from './live-queue.message.js';
import { OnlineSummaries } from './online-workers.js';

/** How much there is to do for those who are here. */
@Injectable()
export class Crowding {
  constructor(private readonly queue: LiveQueue, private readonly online: OnlineSummaries) {}

  /** What address limits are in force at all. */
  get limitsAddresses(): boolean {
    return this.queue.policy.limitAnonymous;
  }

  /** Seconds until all that is unfinished now is done, by all who are here; 0 while nobody is, for then nobody waits for anybody. */
  expectedWaitS(kind: RequestKind): number {
    const { meanSpeed, threads } = this.online.of(kind);
    if (threads === 0) return 0;
    const { things } = this.queue.totals(kind);
    return things / (meanSpeed * threads);
  }
}

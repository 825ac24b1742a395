import { Injectable } from '@nestjs/common';
import type { KnownUser } from '../users/directory.message.js';
import { CheckIn, type Arrival } from '../workers/check-in.message.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { AT_ONCE, WaitingWorkers, type Looked, type Patience } from './waiting-workers.js';
import { WorkerViews, type PopWish } from './worker-view.js';

/** A worker comes for a job. */
export interface Visitor extends Arrival {
  readonly wish: PopWish;
  /** Absent: it is answered at once. */
  readonly patience?: Patience;
}

/** From a worker's arrival to its leaving: with a job, or without one when its time is over. */
@Injectable()
export class Visits {
  constructor(private readonly checkIn: CheckIn, private readonly views: WorkerViews, private readonly waiting: WaitingWorkers) {}

  /** `nothing` is the answer for a worker that was deleted while it waited. @throws Refused as `CheckIn.arrive`, and whatever `look` throws */
  async receive<Answer>(owner: KnownUser, visitor: Visitor, look: (known: KnownWorker) => Promise<Looked<Answer>>, nothing: Answer): Promise<Answer> {
    const known = await this.checkIn.arrive(owner, { ...visitor, test: visitor.wish.test });
    const visit = { owner: owner.id, id: known.id, view: () => this.views.of(known, visitor.wish) };
    return this.waiting.until(visitor.patience ?? AT_ONCE, visit, async (isFirst) =>
      (isFirst || this.checkIn.stayed(known, owner, visitor.wish) ? look(known) : { found: false, isLast: true, answer: nothing }));
  }
}

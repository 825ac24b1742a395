import { Injectable } from '@nestjs/common';
import { Fairness } from './fairness.js';
import { LostContent } from './lost-content.js';
import { MaintenanceWords } from './maintenance-words.js';
import { UnheardJobs } from './unheard-jobs.js';
import { Visits } from './visits.js';

/** Jobs that cannot be made, and jobs that nobody has got. */
@Injectable()
export class Losses {
  constructor(readonly lost: LostContent, readonly unheard: UnheardJobs) {}
}

/** What a pop needs when a worker comes in, besides the queue. */
@Injectable()
export class Arrivals {
  readonly lost: LostContent;
  readonly unheard: UnheardJobs;

  constructor(readonly visits: Visits, readonly fairness: Fairness, losses: Losses, readonly maintenance: MaintenanceWords) {
    this.lost = losses.lost;
    this.unheard = losses.unheard;
  }
}

import { Injectable } from '@nestjs/common';
import { Database } from '../platform/postgres/database.js';
import { Fairness } from './fairness.js';
import { LostContent } from './lost-content.js';
import { Visits } from './visits.js';

/** What a pop needs when a worker comes in, besides the queue. */
@Injectable()
export class Arrivals {
  constructor(readonly visits: Visits, readonly fairness: Fairness, readonly lost: LostContent, readonly database: Database) {}
}

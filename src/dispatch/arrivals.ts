import { Injectable } from '@nestjs/common';
import { Database } from '../platform/postgres/database.js';
import { CheckIn } from '../workers/check-in.message.js';
import { Fairness } from './fairness.js';

/** What a pop needs when a worker comes in, besides the queue. */
@Injectable()
export class Arrivals {
  constructor(readonly checkIn: CheckIn, readonly fairness: Fairness, readonly database: Database) {}
}

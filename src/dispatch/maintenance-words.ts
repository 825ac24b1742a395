import { Injectable } from '@nestjs/common';
import { findWorker } from '../../projections/workers/queries.js';
import { refusedBy, type Refused } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { Database } from '../platform/postgres/database.js';
import { Freshness } from '../platform/projecting/freshness.js';
import { RetryLater } from '../platform/retry-later.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { popRefusals } from '../workers/worker.refusals.js';

const IN_MAINTENANCE = 'This worker has been put into maintenance mode by its owner.';
const CATCH_UP_MAX_MS = 1_000;

/** What a worker in maintenance is told, in its owner's words. */
@Injectable()
export class MaintenanceWords {
  constructor(private readonly database: Database, private readonly readModels: Freshness, private readonly ports: Ports) {}

  /**
   * The feed brings the words sealed, the read model knows them in clear, once it knows of this maintenance: an earlier one may have had
   * others. @throws RetryLater
   */
  async refusal({ id, maintenanceMessage }: KnownWorker): Promise<Refused> {
    return refusedBy(popRefusals, 'WorkerMaintenance', { message: maintenanceMessage ?? (await this.#wordsFor(id)) ?? IN_MAINTENANCE });
  }

  async #wordsFor(id: string): Promise<string | null | undefined> {
    const head = await this.ports.feed.head();
    if (!(await this.readModels.waitFor(head, CATCH_UP_MAX_MS, ['workers']))) throw new RetryLater('the list of workers is catching up with the log');
    return (await findWorker(this.database, id))?.maintenanceMessage;
  }
}

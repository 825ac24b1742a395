import { formsOfRequest, progressOf, statusOf } from '../../projections/requests/queries.js';
import { namesOfWorkers } from '../../projections/workers/queries.js';
import type { Position } from '../platform/event-log/event-log.js';
import { RetryLater } from '../platform/retry-later.js';
import { WorkerNameRows } from '../requests/names-of-workers.js';
import { StatusRows } from '../requests/status-rows.js';
import type { Platform } from './platform.js';
import { waits } from './read-models.js';

const CATCH_UP_MAX_MS = 1_000;

export class PostgresStatusRows extends StatusRows {
  constructor(private readonly platform: Pick<Platform, 'database' | 'readModels'>) {
    super();
  }
  progress(id: string) {
    return this.#named(() => progressOf(this.platform.database, id), (request) => request.unnamedUntil);
  }
  status(id: string) {
    return this.#named(() => statusOf(this.platform.database, id), ({ request }) => request.unnamedUntil);
  }
  forms(id: string) {
    return this.#named(() => formsOfRequest(this.platform.database, id), ({ request }) => request.unnamedUntil);
  }
  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    return waits(this.platform, 'requests')(position, timeoutMs);
  }

  /**
   * Jobs and the names of their workers are of two read models, each of which goes on by itself: nobody is shown a job without the name
   * of a worker that has one. Asked again only when there is a worker that the other model has not come to. @throws RetryLater
   */
  async #named<Found>(ask: () => Promise<Found | undefined>, unnamedUntil: (found: Found) => Position | null): Promise<Found | undefined> {
    for (let seen = -1; ;) {
      const found = await ask();
      const until = found === undefined ? null : unnamedUntil(found);
      if (until === null || until <= seen) return found;
      if (!(await waits(this.platform, 'workers')(until, CATCH_UP_MAX_MS))) throw behindWithWorkers();
      seen = until; // beyond it, who is still unknown is gone
    }
  }
}

export class PostgresWorkerNames extends WorkerNameRows {
  constructor(private readonly platform: Pick<Platform, 'database' | 'readModels'>) {
    super();
  }

  async namesOf(workers: readonly string[], seen: Position): Promise<ReadonlyMap<string, string>> {
    if (!(await waits(this.platform, 'workers')(seen, CATCH_UP_MAX_MS))) throw behindWithWorkers();
    return namesOfWorkers(this.platform.database, workers);
  }
}

const behindWithWorkers = (): RetryLater => new RetryLater('the list of workers is catching up with the log');

import { findWorker } from '../../projections/workers/queries.js';
import { refusedBy, type Refused } from '../platform/http/refusals.js';
import type { Database } from '../platform/postgres/database.js';
import type { KnownWorker } from '../workers/registry.message.js';
import { popRefusals } from '../workers/worker.refusals.js';

const IN_MAINTENANCE = 'This worker has been put into maintenance mode by its owner.';

/** In the owner's words: the feed brings them sealed, the read model knows them in clear. */
export const maintenanceRefusal = async ({ id, maintenanceMessage }: KnownWorker, database: Database): Promise<Refused> =>
  refusedBy(popRefusals, 'WorkerMaintenance', { message: maintenanceMessage ?? (await findWorker(database, id))?.maintenanceMessage ?? IN_MAINTENANCE });

import type { Recorded } from '../../src/kernel/event.js';
import type { Projection } from '../../src/kernel/projection.js';
import type { RequestEvent } from '../../src/requests/request.events.js';
import { schemaBeside } from '../load-schema.js';
import { RequestBatch } from './fold.js';
import { requestStatements } from './statements.js';

const HANDLED: ReadonlySet<string> = new Set<RequestEvent['type']>([
  'RequestAccepted.v1', 'JobAssigned.v1', 'JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1', 'JobSettled.v1',
  'RequestCancelled.v1', 'RequestFaulted.v1', 'RequestExpired.v1', 'RequestCompleted.v1',
]);

/** Requests and their jobs as clients see them, expired ones included. */
export const requests: Projection = {
  name: 'requests',
  version: 1,
  schema: schemaBeside(import.meta.url),
  tables: ['request', 'job'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new RequestBatch();
    for (const event of events) batch.add(event as Recorded<RequestEvent>);
    return requestStatements([...batch.requests.values()], [...batch.jobs.values()]);
  },
};

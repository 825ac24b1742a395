import type { Recorded } from '../../src/kernel/event.js';
import type { Projection } from '../../src/kernel/projection.js';
import type { AccountEvent } from '../../src/kudos/account.events.js';
import type { RequestEvent } from '../../src/requests/request.events.js';
import { schemaBeside } from '../load-schema.js';
import { AuthorizationBatch, authorizationStatements } from './authorizations.js';
import { FormHoldBatch, formHoldStatements } from './form-holds.js';
import { QueueBatch, queueRemovals, queueStatements } from './requests.js';
import { UnsettledBatch, unsettledStatements } from './unsettled-jobs.js';

const HANDLED: ReadonlySet<string> = new Set<RequestEvent['type'] | AccountEvent['type']>([
  'RequestAccepted.v1', 'JobAssigned.v1', 'JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1', 'JobSettled.v1',
  'RequestCancelled.v1', 'RequestFaulted.v1', 'RequestExpired.v1', 'RequestCompleted.v1', 'RequestAbandoned.v1',
  'AuthorizationOpened.v1', 'AuthorizationClosed.v1', 'TransactionReversed.v1', 'HoldReleased.v1', 'FormHoldPlaced.v1',
]);

/** Open requests, open authorizations and unpaid jobs. What begins and ends within one batch never touches a table. */
export const queue: Projection = {
  name: 'queue',
  version: 1,
  schema: schemaBeside(import.meta.url),
  tables: ['queue', 'handout', 'open_authorization', 'unsettled_job', 'form_hold'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const requests = new QueueBatch();
    const authorizations = new AuthorizationBatch();
    const unsettled = new UnsettledBatch();
    const formHolds = new FormHoldBatch();
    for (const event of events as readonly Recorded<RequestEvent | AccountEvent>[]) {
      requests.add(event);
      authorizations.add(event);
      unsettled.add(event);
      formHolds.add(event);
    }
    // The payer of a job and of a hand-out is looked up in rm.queue, so ended requests leave it last.
    return [
      ...queueStatements(requests), ...unsettledStatements(unsettled, requests.payers), ...authorizationStatements(authorizations),
      ...formHoldStatements(formHolds), ...queueRemovals(requests),
    ];
  },
};

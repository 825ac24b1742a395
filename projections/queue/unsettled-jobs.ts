import type { Recorded } from '../../src/kernel/event.js';
import type { Statement } from '../../src/kernel/projection.js';
import type { JobSettled } from '../../src/kudos/account.events.js';
import type { JobSubmitted } from '../../src/requests/request.events.js';
import { jsons, numbers, plain } from '../columns.js';

interface Submission {
  readonly data: JobSubmitted['data'];
  readonly position: number;
}

/** Delivered jobs that their payer has not paid yet: what the settlement reactor has to finish after a crash. */
export class UnsettledBatch {
  readonly submitted = new Map<string, Submission>();
  /** Settled jobs that were delivered in an earlier batch. */
  readonly settled: string[] = [];

  add(event: Recorded): void {
    if (event.type === 'JobSubmitted.v1') {
      const data = event.data as JobSubmitted['data'];
      this.submitted.set(data.job, { data, position: event.position });
    } else if (event.type === 'JobSettled.v1') {
      const { job, payer } = event.data as JobSettled['data'];
      if (!this.submitted.delete(job) && payer !== 0) this.settled.push(job);
    }
  }
}

// A job's event does not name its payer. Its request was open until now, so rm.queue knows the payer if the batch does not.
const INSERT = `
INSERT INTO rm.unsettled_job (job, request, payer, position, data, submitted_at)
SELECT n.job, n.request, coalesce(n.payer, q.payer), n.position, n.data, n.submitted_at
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::json[], $6::timestamptz[]) AS n (job, request, payer, position, data, submitted_at)
LEFT JOIN rm.queue q ON q.request = n.request
WHERE coalesce(n.payer, q.payer) <> 0`;

const DELETE = 'DELETE FROM rm.unsettled_job WHERE job = ANY($1::uuid[])';

export const unsettledStatements = ({ submitted, settled }: UnsettledBatch, payers: ReadonlyMap<string, number>): Statement[] => {
  const rows = [...submitted.values()].filter(({ data }) => payers.get(data.request) !== 0);
  return [
    ...(rows.length > 0
      ? [{
          text: INSERT,
          values: [
            plain(rows.map(({ data }) => data.job)), plain(rows.map(({ data }) => data.request)),
            numbers(rows.map(({ data }) => payers.get(data.request) ?? null)), numbers(rows.map(({ position }) => position)),
            jsons(rows.map(({ data }) => data)), plain(rows.map(({ data }) => data.submittedAt)),
          ],
        }]
      : []),
    ...(settled.length > 0 ? [{ text: DELETE, values: [plain(settled)] }] : []),
  ];
};

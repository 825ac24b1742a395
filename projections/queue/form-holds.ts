import type { Recorded } from '../../src/kernel/event.js';
import type { Statement } from '../../src/kernel/projection.js';
import type { AuthorizationClosed, FormHoldPlaced, HoldReleased, JobSettled } from '../../src/kudos/account.events.js';
import { numbers, plain } from '../columns.js';

/** Folds what a batch does to the holds of single forms. */
export class FormHoldBatch {
  readonly placed = new Map<string, FormHoldPlaced['data']>();
  /** Jobs whose hold, if they have one, is of an earlier batch. */
  readonly ended: string[] = [];
  /** Closed requests: whatever is left of theirs ends. */
  readonly closed: string[] = [];

  add({ type, data }: Recorded): void {
    switch (type) {
      case 'FormHoldPlaced.v1': {
        const hold = data as FormHoldPlaced['data'];
        this.placed.set(hold.job, hold);
        return;
      }
      case 'HoldReleased.v1': {
        const { job } = data as HoldReleased['data'];
        if (job !== undefined) this.end(job);
        return;
      }
      case 'JobSettled.v1': {
        const { job, kind, captured } = data as JobSettled['data'];
        if (kind === 'alchemy' && captured > 0) this.end(job);
        return;
      }
      case 'AuthorizationClosed.v1': {
        const { request } = data as AuthorizationClosed['data'];
        for (const [job, hold] of this.placed) if (hold.request === request) this.placed.delete(job);
        this.closed.push(request);
        return;
      }
      default: // Nothing else touches the hold of a form.
    }
  }

  private end(job: string): void {
    if (!this.placed.delete(job)) this.ended.push(job);
  }
}

const INSERT = `
INSERT INTO rm.form_hold (job, request, payer, amount) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[])`;
const END = 'DELETE FROM rm.form_hold WHERE job = ANY($1::uuid[])';
const CLOSE = 'DELETE FROM rm.form_hold WHERE request = ANY($1::uuid[])';

/** What ended came before what was placed within the batch: its rows are older. */
export const formHoldStatements = ({ placed, ended, closed }: FormHoldBatch): Statement[] => {
  const rows = [...placed.values()];
  return [
    ...(ended.length > 0 ? [{ text: END, values: [plain(ended)] }] : []),
    ...(closed.length > 0 ? [{ text: CLOSE, values: [plain(closed)] }] : []),
    ...(rows.length > 0
      ? [{ text: INSERT, values: [
          plain(rows.map(({ job }) => job)), plain(rows.map(({ request }) => request)), numbers(rows.map(({ user }) => user)), numbers(rows.map(({ amount }) => amount)),
        ] }]
      : []),
  ];
};

import type { Recorded } from '../../src/kernel/event.js';
import type { Statement } from '../../src/kernel/projection.js';
import type { AuthorizationOpened, JobSettled, TransactionReversed } from '../../src/kudos/account.events.js';
import type { RequestCompleted } from '../../src/requests/request.events.js';
import { booleans, jsons, numbers, plain } from '../columns.js';

class AuthorizationChange {
  opened: AuthorizationOpened['data'] | undefined;
  position = 0;
  accepted = false;
  abandoned = false;
  reversed = false;
  submitted: number | null = null;
  completedAt: string | null = null;
  settled = 0;
  closed = false;
  constructor(readonly request: string) {}
}

/** Folds what a batch does to the authorizations; anonymous requests have none, and their changes find no row. */
export class AuthorizationBatch {
  readonly changes = new Map<string, AuthorizationChange>();

  add(event: Recorded): void {
    switch (event.type) {
      case 'AuthorizationOpened.v1': {
        Object.assign(this.change(event), { opened: event.data, position: event.position });
        return;
      }
      case 'RequestAccepted.v1': return this.flag(event, 'accepted');
      case 'RequestAbandoned.v1': return this.flag(event, 'abandoned');
      case 'TransactionReversed.v1': {
        if ((event.data as TransactionReversed['data']).reason !== 'moderator') this.flag(event, 'reversed');
        return;
      }
      case 'AuthorizationClosed.v1': return this.flag(event, 'closed');
      case 'RequestCompleted.v1': {
        const { payer, submitted, completedAt } = event.data as RequestCompleted['data'];
        if (payer !== 0) Object.assign(this.change(event), { submitted: submitted.length, completedAt });
        return;
      }
      case 'JobSettled.v1': {
        if ((event.data as JobSettled['data']).payer !== 0) this.change(event).settled += 1;
        return;
      }
      default: // Nothing else changes an authorization.
    }
  }

  private flag(event: Recorded, flag: 'accepted' | 'abandoned' | 'reversed' | 'closed'): void {
    if ((event.data as { payer?: number }).payer !== 0) this.change(event)[flag] = true;
  }

  private change(event: Recorded): AuthorizationChange {
    const { request } = event.data as { request: string };
    let change = this.changes.get(request);
    if (!change) this.changes.set(request, (change = new AuthorizationChange(request)));
    return change;
  }
}

const INSERT = `
INSERT INTO rm.open_authorization (request, payer, position, data, opened_at, accepted, abandoned, reversed, submitted, completed_at, settled)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::json[], $5::timestamptz[], $6::bool[], $7::bool[], $8::bool[], $9::int[],
  $10::timestamptz[], $11::int[])`;

const UPDATE = `
UPDATE rm.open_authorization AS a SET
  accepted = a.accepted OR u.accepted, abandoned = a.abandoned OR u.abandoned, reversed = a.reversed OR u.reversed,
  submitted = coalesce(u.submitted, a.submitted), completed_at = coalesce(u.completed_at, a.completed_at), settled = a.settled + u.settled
FROM unnest($1::uuid[], $2::bool[], $3::bool[], $4::bool[], $5::int[], $6::timestamptz[], $7::int[])
  AS u (request, accepted, abandoned, reversed, submitted, completed_at, settled)
WHERE a.request = u.request`;

const DELETE = 'DELETE FROM rm.open_authorization WHERE request = ANY($1::uuid[])';

export const authorizationStatements = ({ changes }: AuthorizationBatch): Statement[] => {
  const all = [...changes.values()];
  const opened = all.filter((change) => change.opened && !change.closed);
  const changed = all.filter((change) => !change.opened && !change.closed);
  const closed = all.filter((change) => change.closed && !change.opened);
  return [
    ...(opened.length > 0 ? [{ text: INSERT, values: openedColumns(opened) }] : []),
    ...(changed.length > 0 ? [{ text: UPDATE, values: [plain(changed.map(({ request }) => request)), ...flagColumns(changed)] }] : []),
    ...(closed.length > 0 ? [{ text: DELETE, values: [plain(closed.map(({ request }) => request))] }] : []),
  ];
};

const openedColumns = (rows: readonly AuthorizationChange[]): unknown[] => {
  const facts = rows.map(({ opened }) => opened!);
  return [
    plain(rows.map(({ request }) => request)), numbers(facts.map(({ user }) => user)), numbers(rows.map(({ position }) => position)),
    jsons(facts), plain(facts.map(({ openedAt }) => openedAt)), ...flagColumns(rows),
  ];
};

const flagColumns = (rows: readonly AuthorizationChange[]): unknown[] => [
  booleans(rows.map(({ accepted }) => accepted)), booleans(rows.map(({ abandoned }) => abandoned)),
  booleans(rows.map(({ reversed }) => reversed)), numbers(rows.map(({ submitted }) => submitted)),
  plain(rows.map(({ completedAt }) => completedAt)), numbers(rows.map(({ settled }) => settled)),
];

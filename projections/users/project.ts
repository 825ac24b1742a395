import { plainText, type Personal, type Recorded } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { ApiKeyIssued, Role, RolesChanged, TrustGranted, UserEvent, UserRegistered } from '../../src/users/user.events.js';
import type { WorkerEvent } from '../../src/workers/worker.events.js';
import { numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

const HANDLED: ReadonlySet<string> = new Set<UserEvent['type'] | WorkerEvent['type']>([
  'UserRegistered.v1', 'ApiKeyIssued.v1', 'RolesChanged.v1', 'TrustGranted.v1', 'WorkerRegistered.v1',
]);

/** Users: identity, key, roles, and how many workers they have. */
export const users: Projection = {
  name: 'users',
  version: 2,
  schema: schemaBeside(import.meta.url),
  tables: ['user'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new Map<number, UserChange>();
    for (const event of events) add(batch, event);
    return statements([...batch.values()]);
  },
};

class UserChange {
  registered: UserRegistered['data'] | undefined;
  key: ApiKeyIssued['data'] | undefined;
  /** Role → granted or revoked; the last word on each role counts. */
  readonly roles = new Map<Role, boolean>();
  workers = 0;
  constructor(readonly id: number) {}

  rolesThat(granted: boolean): Role[] {
    return [...this.roles].filter(([, is]) => is === granted).map(([role]) => role);
  }
}

const add = (batch: Map<number, UserChange>, event: Recorded): void => {
  switch (event.type) {
    case 'UserRegistered.v1': {
      const data = event.data as UserRegistered['data'];
      changeOf(batch, data.user).registered = data;
      return;
    }
    case 'ApiKeyIssued.v1': {
      const data = event.data as ApiKeyIssued['data'];
      changeOf(batch, data.user).key = data;
      return;
    }
    case 'RolesChanged.v1': {
      const { user, granted, revoked } = event.data as RolesChanged['data'];
      const { roles } = changeOf(batch, user);
      for (const role of granted) roles.set(role, true);
      for (const role of revoked) roles.set(role, false);
      return;
    }
    case 'TrustGranted.v1':
      changeOf(batch, (event.data as TrustGranted['data']).user).roles.set('trusted', true);
      return;
    case 'WorkerRegistered.v1': {
      changeOf(batch, (event.data as { owner: number }).owner).workers += 1;
      return;
    }
    default: // The runner asks `handles` first.
  }
};

const changeOf = (batch: Map<number, UserChange>, id: number): UserChange => {
  let change = batch.get(id);
  if (!change) batch.set(id, (change = new UserChange(id)));
  return change;
};

const INSERT = `
INSERT INTO rm.user (id, name, account_class, key_hash, last_four, key_issued_at, roles, worker_count, registered_at)
SELECT n.id, n.name, n.account_class, n.key_hash, n.last_four, n.key_issued_at,
  ARRAY(SELECT role FROM unnest(string_to_array(n.roles, ',')) AS role ORDER BY role COLLATE "C"), n.worker_count, n.registered_at
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::int[], $9::timestamptz[])
  AS n (id, name, account_class, key_hash, last_four, key_issued_at, roles, worker_count, registered_at)`;

const UPDATE = `
UPDATE rm.user AS x SET
  key_hash = coalesce(u.key_hash, x.key_hash), last_four = coalesce(u.last_four, x.last_four),
  key_issued_at = coalesce(u.key_issued_at, x.key_issued_at), worker_count = x.worker_count + u.worker_count,
  roles = ARRAY(SELECT DISTINCT role COLLATE "C" FROM unnest(x.roles || string_to_array(u.granted, ',')) AS role
    WHERE role <> ALL (string_to_array(u.revoked, ',')) ORDER BY 1)
FROM unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::int[])
  AS u (id, key_hash, last_four, key_issued_at, granted, revoked, worker_count)
WHERE x.id = u.id`;

const statements = (changes: readonly UserChange[]): Statement[] => {
  const born = changes.filter(({ registered }) => registered);
  const changed = changes.filter(({ registered }) => !registered);
  return [
    ...(born.length > 0 ? [{ text: INSERT, values: bornColumns(born) }] : []),
    ...(changed.length > 0 ? [{ text: UPDATE, values: changedColumns(changed) }] : []),
  ];
};

const bornColumns = (rows: readonly UserChange[]): unknown[] => {
  const facts = rows.map(({ registered }) => registered!);
  return [
    numbers(rows.map(({ id }) => id)), texts(facts.map(({ name }) => revealed(name))), plain(facts.map(({ accountClass }) => accountClass)),
    ...keyColumns(rows), plain(rows.map((row) => row.rolesThat(true).join(','))), numbers(rows.map(({ workers }) => workers)),
    plain(facts.map(({ registeredAt }) => registeredAt)),
  ];
};

const changedColumns = (rows: readonly UserChange[]): unknown[] => [
  numbers(rows.map(({ id }) => id)), ...keyColumns(rows),
  plain(rows.map((row) => row.rolesThat(true).join(','))), plain(rows.map((row) => row.rolesThat(false).join(','))),
  numbers(rows.map(({ workers }) => workers)),
];

const keyColumns = (rows: readonly UserChange[]): unknown[] => [
  texts(rows.map(({ key }) => key?.keyHash ?? null)), texts(rows.map(({ key }) => key?.lastFour ?? null)),
  plain(rows.map(({ key }) => key?.issuedAt ?? null)),
];

const revealed = (name: Personal): string | null => plainText(name) ?? null;

import { plainText, type Personal } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import { booleans, numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';
import { UserBatch, type UserChange } from './fold.js';

const HANDLED: ReadonlySet<string> = new Set(UserBatch.types);

/** Users: identity, key, roles, settings, suspicions, and how many workers they have. */
export const users: Projection = {
  name: 'users',
  version: 2,
  schema: schemaBeside(import.meta.url),
  tables: ['user', 'monthly_due'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new UserBatch();
    for (const event of events) batch.add(event);
    return statements(batch);
  },
};

const INSERT = `
INSERT INTO rm.user (id, name, account_class, registered_at, roles, worker_count, concurrency, worker_invited, usage_multiplier, public_workers, monthly,
  suspicions, erased)
SELECT n.id, n.name, n.account_class, n.registered_at, '{}', 0, 30, 0, 1000, false, 0, 0, false
FROM unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[]) AS n (id, name, account_class, registered_at)`;

const UPDATE = `
UPDATE rm.user AS x SET
  name = coalesce(u.name, x.name), key_hash = coalesce(u.key_hash, x.key_hash), last_four = coalesce(u.last_four, x.last_four),
  key_issued_at = coalesce(u.key_issued_at, x.key_issued_at), worker_count = x.worker_count + u.worker_count,
  roles = ARRAY(SELECT DISTINCT role COLLATE "C" FROM unnest(x.roles || string_to_array(u.granted, ',')) AS role
    WHERE role <> ALL (string_to_array(u.revoked, ',')) ORDER BY 1),
  concurrency = coalesce(u.concurrency, x.concurrency), worker_invited = coalesce(u.worker_invited, x.worker_invited),
  usage_multiplier = coalesce(u.usage_multiplier, x.usage_multiplier), public_workers = coalesce(u.public_workers, x.public_workers),
  contact = coalesce(u.contact, x.contact), admin_comment = coalesce(u.admin_comment, x.admin_comment),
  proxy_passkey = coalesce(u.proxy_passkey, x.proxy_passkey), passkey_hash = coalesce(u.passkey_hash, x.passkey_hash),
  monthly = coalesce(u.monthly, x.monthly), suspicions = CASE WHEN u.cleared THEN 0 ELSE x.suspicions END + u.suspicions
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int[], $7::text[], $8::text[], $9::int[], $10::int[], $11::int[],
    $12::bool[], $13::text[], $14::text[], $15::text[], $16::text[], $17::bigint[], $18::bool[], $19::int[])
  AS u (id, name, key_hash, last_four, key_issued_at, worker_count, granted, revoked, concurrency, worker_invited, usage_multiplier, public_workers,
    contact, admin_comment, proxy_passkey, passkey_hash, monthly, cleared, suspicions)
WHERE x.id = u.id`;

/** What nobody can read any more is not kept in clear either. */
const ERASE = `
UPDATE rm.user SET name = NULL, key_hash = NULL, last_four = NULL, contact = NULL, admin_comment = NULL, proxy_passkey = NULL, passkey_hash = NULL, erased = true
WHERE id = ANY($1::int[])`;

const DUE = 'INSERT INTO rm.monthly_due (grant_id, user_id, amount) SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[])';
const GRANTED = 'DELETE FROM rm.monthly_due WHERE grant_id = ANY($1::uuid[])';

const statements = ({ changes, due, granted }: UserBatch): Statement[] => {
  const all = [...changes.values()];
  const born = all.filter(({ registered }) => registered);
  const erased = all.filter((change) => change.erased);
  return [
    ...(born.length > 0 ? [{ text: INSERT, values: bornColumns(born) }] : []),
    ...(all.length > 0 ? [{ text: UPDATE, values: changedColumns(all) }] : []),
    ...(erased.length > 0 ? [{ text: ERASE, values: [numbers(erased.map(({ id }) => id))] }] : []),
    ...(due.length > 0 ? [{ text: DUE, values: [plain(due.map((each) => each.grant)), numbers(due.map(({ user }) => user)), numbers(due.map(({ added }) => added))] }] : []),
    ...(granted.length > 0 ? [{ text: GRANTED, values: [plain(granted)] }] : []),
  ];
};

const bornColumns = (rows: readonly UserChange[]): unknown[] => {
  const facts = rows.map(({ registered }) => registered!);
  return [
    numbers(rows.map(({ id }) => id)), texts(facts.map(({ name }) => revealed(name))), plain(facts.map(({ accountClass }) => accountClass)),
    plain(facts.map(({ registeredAt }) => registeredAt)),
  ];
};

const changedColumns = (rows: readonly UserChange[]): unknown[] => {
  const settings = rows.map((row) => row.settings);
  return [
    numbers(rows.map(({ id }) => id)), texts(rows.map(({ name }) => revealed(name))), ...keyColumns(rows), numbers(rows.map(({ workers }) => workers)),
    plain(rows.map((row) => row.rolesThat(true).join(','))), plain(rows.map((row) => row.rolesThat(false).join(','))),
    numbers(settings.map(({ concurrency }) => concurrency ?? null)), numbers(settings.map(({ workerInvited }) => workerInvited ?? null)),
    numbers(settings.map(({ usageMultiplier }) => usageMultiplier ?? null)), booleans(settings.map(({ publicWorkers }) => publicWorkers ?? null)),
    texts(settings.map(({ contact }) => revealed(contact))), texts(settings.map(({ adminComment }) => revealed(adminComment))),
    texts(rows.map(({ passkey }) => revealed(passkey?.passkey))), texts(rows.map(({ passkey }) => passkey?.passkeyHash ?? null)),
    numbers(rows.map(({ monthly }) => monthly)), booleans(rows.map(({ cleared }) => cleared)), numbers(rows.map(({ suspicions }) => suspicions)),
  ];
};

const keyColumns = (rows: readonly UserChange[]): unknown[] => [
  texts(rows.map(({ key }) => key?.keyHash ?? null)), texts(rows.map(({ key }) => key?.lastFour ?? null)),
  plain(rows.map(({ key }) => key?.issuedAt ?? null)),
];

const revealed = (text: Personal | undefined): string | null => (text && plainText(text)) ?? null;

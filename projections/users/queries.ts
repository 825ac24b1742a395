import { centikudos, type Kudos } from '../../src/kernel/kudos.js';
import type { AccountClass } from '../../src/kudos/account.events.js';
import type { Role } from '../../src/users/user.events.js';
import { firstOf, ms, num, rowsOf, text, textOrNull, type Queries, type Row } from '../rows.js';

export interface User {
  readonly id: number;
  /** Null once erased. */
  readonly name: string | null;
  readonly accountClass: AccountClass;
  readonly lastFour: string | null;
  readonly roles: ReadonlySet<Role>;
  readonly workerCount: number;
  /** Ms since 1970. */
  readonly registeredAt: number;
  readonly concurrency: number;
  readonly workerInvited: number;
  readonly publicWorkers: boolean;
  readonly contact: string | null;
  readonly adminComment: string | null;
  readonly proxyPasskey: string | null;
  readonly monthly: Kudos;
  readonly suspicions: number;
  readonly erased: boolean;
}

/** Who has the key with this keyed hash; undefined when nobody has, or no longer. */
export const findUserByKeyHash = async (db: Queries, keyHash: string): Promise<User | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.user WHERE key_hash = $1 ORDER BY id LIMIT 1', [keyHash], 'users.by-key');
  return row && userOf(row);
};

/** Whose contact this is, whatever the case; nobody's when several say that it is theirs. */
export const findUserByContact = async (db: Queries, contact: string): Promise<number | undefined> => {
  const rows = await rowsOf(db, 'SELECT id FROM rm.user WHERE lower(contact) = lower($1) AND NOT erased ORDER BY id LIMIT 2', [contact]);
  return rows.length === 1 ? num(rows[0]!['id']) : undefined;
};

export const findUser = async (db: Queries, id: number): Promise<User | undefined> => {
  const row = await firstOf(db, 'SELECT * FROM rm.user WHERE id = $1', [id], 'users.by-id');
  return row && userOf(row);
};

/** The highest id given so far; 0 when there is none. */
export const maxUserId = async (db: Queries): Promise<number> =>
  num((await firstOf(db, 'SELECT coalesce(max(id), 0) AS id FROM rm.user'))?.['id']);

/** Every key and whose it is: a node loads them at start and folds the feed on top. */
export const allKeys = async (db: Queries): Promise<{ keyHash: string; user: number }[]> => {
  const rows = await rowsOf(db, 'SELECT key_hash, id FROM rm.user WHERE key_hash IS NOT NULL');
  return rows.map((row) => ({ keyHash: text(row['key_hash']), user: num(row['id']) }));
};

/** Everybody who is trusted: a node loads them at start and folds the feed on top. */
export const trustedUsers = async (db: Queries): Promise<number[]> =>
  (await rowsOf(db, `SELECT id FROM rm.user WHERE 'trusted' = ANY(roles)`)).map((row) => num(row['id']));

/** Who has a proxy passkey, or a role that decides whether it is believed. */
export const proxyPasskeys = async (db: Queries): Promise<{ user: number; passkeyHash: string | null; roles: ReadonlySet<Role> }[]> => {
  const rows = await rowsOf(db, `SELECT id, passkey_hash, roles FROM rm.user WHERE passkey_hash IS NOT NULL OR roles && '{service,flagged,deleted}'::text[]`);
  return rows.map((row) => ({ user: num(row['id']), passkeyHash: textOrNull(row['passkey_hash']), roles: new Set(row['roles'] as Role[]) }));
};

/** Users of a page in the public list (horde-api C4.1), without the erased. */
export const USERS_PAGE_SIZE = 25;
export const userPage = async (db: Queries, page: number, sort: 'kudos' | 'age'): Promise<(User & { spendable: Kudos })[]> => {
  const order = sort === 'age' ? 'u.registered_at, u.id' : 'coalesce(b.spendable, 0) DESC, u.id';
  const rows = await rowsOf(db, `
    SELECT u.*, coalesce(b.spendable, 0) AS spendable FROM rm.user u LEFT JOIN rm.balance b ON b.user_id = u.id
    WHERE NOT u.erased ORDER BY ${order} LIMIT $1 OFFSET $2`, [USERS_PAGE_SIZE, (page - 1) * USERS_PAGE_SIZE]);
  return rows.map((row) => ({ ...userOf(row), spendable: centikudos(num(row['spendable'])) }));
};

/** Users whose account has not been opened: registered, and the process died before the next append. */
export const unopenedUsers = async (db: Queries): Promise<{ user: number; accountClass: AccountClass }[]> => {
  const rows = await rowsOf(db, `SELECT u.id, u.account_class FROM rm.user u LEFT JOIN rm.balance b ON b.user_id = u.id WHERE b.account_class IS NULL`);
  return rows.map((row) => ({ user: num(row['id']), accountClass: row['account_class'] as AccountClass }));
};

/** Credits of raised monthly entitlements that are not in the log yet. */
export const monthlyDue = async (db: Queries, limit: number): Promise<{ grant: string; user: number; amount: Kudos }[]> => {
  const rows = await rowsOf(db, 'SELECT grant_id, user_id, amount FROM rm.monthly_due ORDER BY grant_id LIMIT $1', [limit]);
  return rows.map((row) => ({ grant: text(row['grant_id']), user: num(row['user_id']), amount: centikudos(num(row['amount'])) }));
};

/** What is left of wiped users: a key of personal data in the vault, workers, shared keys. */
export const unfinishedErasures = async (db: Queries, limit: number): Promise<Leftovers[]> => {
  const rows = await rowsOf(db, `
    SELECT u.id, ${LEFT} FROM rm.user u
    WHERE u.erased AND (EXISTS (SELECT 1 FROM vault.subject_key v WHERE v.subject = 'user-' || u.id AND v.wrapped IS NOT NULL)
      OR EXISTS (SELECT 1 FROM rm.worker w WHERE w.owner = u.id) OR EXISTS (SELECT 1 FROM rm.shared_key k WHERE k.owner = u.id AND k.deleted_at IS NULL))
    ORDER BY u.id LIMIT $1`, [limit]);
  return rows.map(leftoversOf);
};

export const leftoversOfUser = async (db: Queries, user: number): Promise<Leftovers> =>
  leftoversOf((await firstOf(db, `SELECT u.id, ${LEFT} FROM rm.user u WHERE u.id = $1`, [user])) ?? { id: user, workers: [], shared_keys: [] });

export interface Leftovers {
  readonly user: number;
  readonly workers: readonly string[];
  /** By their keyed hashes. */
  readonly sharedKeys: readonly string[];
}
const LEFT = `ARRAY(SELECT w.id FROM rm.worker w WHERE w.owner = u.id ORDER BY w.id) AS workers,
  ARRAY(SELECT k.key FROM rm.shared_key k WHERE k.owner = u.id AND k.deleted_at IS NULL ORDER BY k.key) AS shared_keys`;
const leftoversOf = (row: Row): Leftovers => ({ user: num(row['id']), workers: row['workers'] as string[], sharedKeys: row['shared_keys'] as string[] });

const userOf = (row: Row): User => ({
  id: num(row['id']), name: textOrNull(row['name']), accountClass: row['account_class'] as AccountClass,
  lastFour: textOrNull(row['last_four']), roles: new Set(row['roles'] as Role[]), workerCount: num(row['worker_count']),
  registeredAt: ms(row['registered_at']), concurrency: num(row['concurrency']), workerInvited: num(row['worker_invited']),
  publicWorkers: row['public_workers'] as boolean, contact: textOrNull(row['contact']), adminComment: textOrNull(row['admin_comment']),
  proxyPasskey: textOrNull(row['proxy_passkey']), monthly: centikudos(num(row['monthly'])), suspicions: num(row['suspicions']), erased: row['erased'] as boolean,
});

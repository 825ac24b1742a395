import type { Queries } from '../platform/postgres/database.js';
import type { Books } from './books.js';
import type { Columns, Drifts } from './drift.js';
import type { ExpectedPeople, ExpectedUser } from './expected-people.js';
import type { ExpectedRequests } from './expected-requests.js';
import type { SharedKeyBooks } from './shared-keys.js';

// Columns are named as in SQL, so that a difference can be looked up at once.

export const compareBalances = async (queries: Queries, drifts: Drifts, { books, held }: { books: Books; held: ReadonlyMap<number, number> }): Promise<void> => {
  const expected = new Map<number, Columns>();
  for (const { user, spendable, escrow, spendableElsewhere, escrowElsewhere } of books.users.values()) {
    expected.set(user, {
      spendable, escrow, credits_elsewhere_spendable: spendableElsewhere, credits_elsewhere_escrow: escrowElsewhere,
      held: held.get(user) ?? 0, explained: spendable,
    });
  }
  const rows = await queries.query<{ user_id: number }>(`
    SELECT user_id, spendable, escrow, credits_elsewhere_spendable, credits_elsewhere_escrow, held,
      opening + accumulated + gifted + donated + received + admin + recurring + awarded + styled AS explained FROM rm.balance`);
  drifts.compareAll('rm.balance', expected, keyed(rows, 'user_id'));
  const system = await queries.query<{ account: string }>('SELECT account, balance FROM rm.system_account');
  drifts.compareAll('rm.system_account', new Map([...books.system].map(([account, { balance }]) => [account, { balance }])), keyed(system, 'account'));
};

/** Each user's entries must add up to the running balance of the last one, and that to the refold's. */
export const compareStatement = async (queries: Queries, drifts: Drifts, books: Books): Promise<void> => {
  const expected = new Map<number, Columns>();
  for (const { user, entries, spendable, escrow } of books.users.values())
    if (entries > 0) expected.set(user, { entries, spendable, escrow, spendable_after: spendable, escrow_after: escrow, unsteady: 0 });
  const rows = await queries.query<{ user_id: number }>(`
    SELECT user_id, count(*) AS entries, sum(spendable)::bigint AS spendable, sum(escrow)::bigint AS escrow,
      (array_agg(spendable_after ORDER BY position DESC))[1] AS spendable_after, (array_agg(escrow_after ORDER BY position DESC))[1] AS escrow_after,
      count(*) FILTER (WHERE spendable_after <> running OR escrow_after <> running_escrow) AS unsteady
    FROM (SELECT *, sum(spendable) OVER own AS running, sum(escrow) OVER own AS running_escrow FROM rm.entry WINDOW own AS (PARTITION BY user_id ORDER BY position)) e
    GROUP BY user_id`);
  drifts.compareAll('rm.entry of user', expected, keyed(rows, 'user_id'));
  const [counted] = await queries.query<Columns>('SELECT count(*) AS transactions FROM rm.transaction');
  drifts.compare('rm.transaction', { transactions: books.transactions }, counted);
};

export const compareUsers = async (queries: Queries, drifts: Drifts, users: ReadonlyMap<number, ExpectedUser>): Promise<void> => {
  const expected = new Map<number, Columns>();
  for (const { id, accountClass, keyHash, roles, workers, ...user } of users.values()) {
    expected.set(id, {
      account_class: accountClass, key_hash: keyHash, roles: [...roles].sort(), worker_count: workers, concurrency: user.concurrency,
      worker_invited: user.workerInvited, usage_multiplier: user.usageMultiplier, public_workers: user.publicWorkers, monthly: user.monthly,
      suspicions: user.suspicions, erased: user.erased,
    });
  }
  const rows = await queries.query<{ id: number }>(`
    SELECT id, account_class, key_hash, roles, worker_count, concurrency, worker_invited, usage_multiplier, public_workers, monthly, suspicions, erased FROM rm.user`);
  drifts.compareAll('rm.user', expected, keyed(rows, 'id'));
};

export const compareWorkers = async (queries: Queries, drifts: Drifts, { workers, standings }: Pick<ExpectedPeople, 'workers' | 'standings'>): Promise<void> => {
  const expected = new Map<string, Columns>();
  for (const { id, owner, nameHash, team, maintenance, fulfilled, generated, things, uncompleted, uptimeMs, uptimeKudos, samples } of workers.values()) {
    expected.set(id, {
      owner, name_hash: nameHash, team, maintenance, fulfilled, kudos_generated: generated, things, uncompleted_jobs: uncompleted, uptime_ms: uptimeMs, uptime_kudos: uptimeKudos, samples: samples.join(' '),
    });
  }
  const rows = await queries.query<{ id: string }>(`
    SELECT id, owner, name_hash, team, maintenance, fulfilled, kudos_generated, things, uncompleted_jobs, uptime_ms, uptime_kudos, array_to_string(samples, ' ') AS samples FROM rm.worker`);
  drifts.compareAll('rm.worker', expected, keyed(rows, 'id'));
  const standing = await queries.query<{ worker: string }>('SELECT worker, owner, suspicions, paused FROM rm.worker_standing');
  drifts.compareAll('rm.worker_standing', new Map([...standings].map(([worker, { owner, suspicions, paused }]) => [worker, { owner, suspicions, paused }])), keyed(standing, 'worker'));
};

export const compareSharedKeys = async (queries: Queries, drifts: Drifts, { keys }: SharedKeyBooks): Promise<void> => {
  const expected = new Map<string, Columns>();
  for (const { key, owner, budget, credited, sent, reserved, utilised, expiresAt, limits, isDeleted } of keys.values()) {
    const { maxImagePixels, maxImageSteps, maxTextTokens } = limits;
    expected.set(key, {
      owner, budget, credited, sent, reserved, utilised, expires_at: expiresAt, deleted: isDeleted,
      max_image_pixels: maxImagePixels, max_image_steps: maxImageSteps, max_text_tokens: maxTextTokens,
    });
  }
  const rows = await queries.query<{ key: string }>(`
    SELECT key, owner, budget, credited, sent, reserved, utilised, expires_at, max_image_pixels, max_image_steps, max_text_tokens,
      deleted_at IS NOT NULL AS deleted FROM rm.shared_key`);
  drifts.compareAll('rm.shared_key', expected, keyed(rows, 'key'));
};

export const compareQueue = async (queries: Queries, drifts: Drifts, { open, authorizations, unsettled, formHolds }: ExpectedRequests): Promise<void> => {
  const expected = new Map<string, Columns>();
  for (const { id, payer, waiting, waitingForms, jobs, restarted, finished, revision, outcome } of open.values()) {
    if (outcome !== null) continue; // completed, and only its settlement is missing
    const pending = [...jobs].filter(([, state]) => state === 'pending').map(([job]) => job);
    expected.set(id, { payer, waiting, waiting_forms: [...waitingForms].sort((a, b) => a - b), pending: pending.sort(), faults: restarted, submitted: finished, revision });
  }
  const rows = await queries.query<{ request: string }>(`
    SELECT request, payer, waiting, waiting_forms, ARRAY(SELECT job FROM jsonb_object_keys(pending) AS job ORDER BY job COLLATE "C") AS pending, faults, submitted, revision
    FROM rm.queue`);
  drifts.compareAll('rm.queue', expected, keyed(rows, 'request'));
  const settled = await queries.query<{ request: string }>('SELECT request, settled FROM rm.open_authorization');
  drifts.compareAll('rm.open_authorization', new Map([...authorizations].map(([request, count]) => [request, { settled: count }])), keyed(settled, 'request'));
  const unpaid = await queries.query<{ job: string }>('SELECT job FROM rm.unsettled_job');
  drifts.compareAll('rm.unsettled_job', new Map([...unsettled].map((job) => [job, {}])), keyed(unpaid, 'job'));
  const held = await queries.query<{ job: string }>('SELECT job, request, amount FROM rm.form_hold');
  drifts.compareAll('rm.form_hold', new Map([...formHolds].map(([job, hold]) => [job, { ...hold }])), keyed(held, 'job'));
};

const keyed = <Key extends string>(rows: readonly Readonly<Record<Key, number | string>>[], key: Key): Map<number | string, Columns> =>
  new Map(rows.map((row) => [row[key], row]));

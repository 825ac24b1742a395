import { allCreditsElsewhere, allPockets, findBalance, type Balance } from '../../projections/balances/queries.js';
import { allThanks, findThanks, unrepaidGrants, type ThanksRow } from '../../projections/grants/queries.js';
import { formHolds, lastHandouts, openAuthorizations, openRequests, unsettledJobs, type OpenAuthorization, type OpenRequest } from '../../projections/queue/queries.js';
import { activeGenerations, requestOfJob, usageOfSharedKey } from '../../projections/requests/queries.js';
import { lastActiveAt, recordsOf } from '../../projections/records/queries.js';
import { findSharedKey, sharedKeyIdsOf, sharedKeyPage } from '../../projections/shared-keys/queries.js';
import { giftsSince, lastIndexedRevision, reversalByKey, reversalOf, transactionById, transfersById } from '../../projections/statement/queries.js';
import { stylesOf } from '../../projections/styles/queries.js';
import { findUser, findUserByKeyHash, leftoversOfUser, maxUserId, monthlyDue, proxyPasskeys, trustedUsers, unfinishedErasures, unopenedUsers, userPage, type User } from '../../projections/users/queries.js';
import { findWorker, findWorkerByName, findWorkers, jobsAtWorker, workersOf, type Worker } from '../../projections/workers/queries.js';
import { iso } from '../kernel/clock.js';
import { centikudos, NO_KUDOS, plus } from '../kernel/kudos.js';
import { SharedKeyRows } from '../kudos/shared-keys.js';
import type { SharedKeyRow } from '../kudos/shared-key-registry.message.js';
import type { Queries } from '../platform/postgres/database.js';
import type { Position } from '../platform/event-log/event-log.js';
import { RetryLater } from '../platform/retry-later.js';
import { LedgerIndex } from '../kudos/ledger-index.js';
import type { Members } from '../donations/members.message.js';
import { MODERATOR_THANKS } from '../donations/thanks.js';
import { TransferIndex } from '../kudos/transfers.js';
import { owedFor } from '../requests/owed.message.js';
import type { KnownUser, UserRows } from '../users/directory.message.js';
import { UnfinishedErasures } from '../users/erasures.reactor.js';
import { MonthlyDues } from '../users/monthly-grants.reactor.js';
import { LastActivity } from '../users/user-deletions.js';
import { UserFiguresSource } from '../users/user-figures.js';
import { UserPages, type UserSort } from '../users/user-page.js';
import type { UserFigures } from '../users/user-view.js';
import { concurrencyOf, grownConcurrency } from '../requests/gate.js';
import { floorOf } from '../kudos/account.state.js';
import { WorkerJobs } from '../workers/worker-changes.js';
import { WorkerFiguresSource } from '../workers/worker-figures.js';
import type { WorkerFigures } from '../workers/worker-view.js';
import { withTeams } from './team-rows.js';
import type { Platform } from './platform.js';

const CATCH_UP_MAX_MS = 1_000;
/** Rows fetched at a time when a node starts. */
export const PAGE = 5_000;

/** What a read model says, and the position that it is true at: read in one snapshot, so that a fold can go on from there. */
export const atCheckpoint = <Answer>({ database }: Platform, name: string, read: (db: Queries) => Promise<Answer>): Promise<{ position: Position; answer: Answer }> =>
  database.transaction(async (db) => {
    await db.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const rows = await db.query<{ position: number }>('SELECT position FROM rm.checkpoint WHERE name = $1', [name]);
    return { position: rows[0]?.position ?? -1, answer: await read(db) };
  }, { durable: false });

export const allPages = async <Row>(page: (after: string | null) => Promise<readonly Row[]>, idOf: (row: Row) => string): Promise<Row[]> => {
  const rows: Row[] = [];
  for (let after: string | null = null; ; ) {
    const next = await page(after);
    rows.push(...next);
    if (next.length < PAGE) return rows;
    after = idOf(next.at(-1)!);
  }
};

export const waits = (platform: Pick<Platform, 'readModels'>, name: string) => (position: Position, timeoutMs: number): Promise<boolean> =>
  platform.readModels.waitFor(position, timeoutMs, [name]);

export const userRows = (platform: Platform): UserRows => ({
  byKeyHash: async (keyHash) => known(await findUserByKeyHash(platform.database, keyHash)),
  byId: async (id) => known(await findUser(platform.database, id)),
  waitFor: waits(platform, 'users'),
});

/** Nobody finds who was wiped (horde-rules §1.1). */
const known = (user: User | undefined): KnownUser | undefined => (user && !user.erased ? knownUser(user) : undefined);

const knownUser = ({ id, name, accountClass, roles, registeredAt, suspicions, concurrency, workerInvited, publicWorkers }: User): KnownUser => ({
  id, name: name ?? '', accountClass, roles, registeredAt: new Date(registeredAt).toISOString(), suspicions, concurrency, workerInvited, publicWorkers,
});

export const userIdRows = (platform: Platform) => ({
  maxUserId: async () => {
    const { position, answer } = await atCheckpoint(platform, 'users', maxUserId);
    return { id: answer, position };
  },
});

export const creditRows = (platform: Platform) => ({
  creditsElsewhere: async () => {
    const { position, answer } = await atCheckpoint(platform, 'balances', allCreditsElsewhere);
    return { position, rows: [...answer].map(([user, { spendable }]) => ({ user, credits: spendable })) };
  },
});

export const pocketRows = (platform: Platform) => ({
  pockets: async () => {
    const { position, answer } = await atCheckpoint(platform, 'balances', allPockets);
    return { position, rows: answer };
  },
});

export const claimRows = (platform: Platform) => ({
  claims: async () => {
    const { position, answer } = await atCheckpoint(platform, 'grants', allThanks);
    return { position, rows: answer };
  },
});

export const trustedRows = (platform: Platform) => ({
  trustedUsers: async () => {
    const { position, answer } = await atCheckpoint(platform, 'users', trustedUsers);
    return { position, users: answer };
  },
});

export const passkeyRows = (platform: Platform) => ({
  passkeys: async () => {
    const { position, answer } = await atCheckpoint(platform, 'users', proxyPasskeys);
    return { position, rows: answer };
  },
});

export const unrepaidRows = (platform: Platform) => ({
  unrepaid: async () => {
    const { position, answer } = await atCheckpoint(platform, 'grants', unrepaidGrants);
    return { position, rows: answer };
  },
});

export const giftRows = (platform: Platform) => ({
  giftsSince: async (effectiveAt: string) => {
    const { position, answer } = await atCheckpoint(platform, 'statement', (db) => giftsSince(db, effectiveAt));
    return { position, gifts: answer };
  },
});

export const sharedKeyRows = (platform: Platform) => ({
  sharedKeys: async () => {
    const { position, answer } = await atCheckpoint(platform, 'shared-keys', (db) => allPages((after) => sharedKeyPage(db, after, PAGE), ({ key }) => key));
    const rows = answer.map(({ expiresAt, ...row }): SharedKeyRow => ({ ...row, expiresAt: expiresAt === null ? null : iso(expiresAt) }));
    return { position, rows };
  },
});

/** Of two read models, so the fold goes on from the one that has read less: what it sees a second time changes nothing. */
export const sharedKeyRequestRows = (platform: Platform) => ({
  sharedKeyRequests: async () => {
    const queue = await atCheckpoint(platform, 'queue', (db) => allPages((after) => openAuthorizations(db, after, PAGE), ({ request }) => request));
    const keys = await atCheckpoint(platform, 'shared-keys', (db) => allPages((after) => sharedKeyPage(db, after, PAGE), ({ key }) => key));
    return {
      position: Math.min(queue.position, keys.position),
      open: queue.answer.flatMap(({ request, data: { sharedKey } }) => (sharedKey ? [{ request, key: sharedKey.key }] : [])),
      deletedKeys: keys.answer.filter(({ isDeleted }) => isDeleted).map(({ key }) => key),
    };
  },
});

export const queueRows = (platform: Platform) => ({
  queue: async () => {
    const { position, answer } = await atCheckpoint(platform, 'queue', async (db) => ({
      rows: await allPages<OpenRequest>((after) => openRequests(db, after, PAGE), ({ facts }) => facts.request),
      served: await lastHandouts(db),
    }));
    return { position, ...answer };
  },
});

const stageOf = ({ accepted, abandoned, completedAt }: OpenAuthorization): 'opened' | 'accepted' | 'abandoned' | 'ended' => {
  if (abandoned) return 'abandoned';
  if (completedAt !== null) return 'ended';
  return accepted ? 'accepted' : 'opened';
};

export const openWorkRows = (platform: Platform) => ({
  openWork: async () => {
    const { position, answer } = await atCheckpoint(platform, 'queue', async (db) => ({
      authorizations: await allPages((after) => openAuthorizations(db, after, PAGE), ({ request }) => request),
      unsettled: await unsettledJobs(db, Number.MAX_SAFE_INTEGER),
      formHolds: await formHolds(db),
    }));
    const kinds = new Map(answer.authorizations.map(({ request, data }) => [request, data.kind]));
    const unsettled = answer.unsettled.map(({ payer, data }) => owedFor(data, { payer, kind: kinds.get(data.request)! }));
    const authorizations = answer.authorizations.map((each) => ({ request: each.request, payer: each.payer, kind: each.data.kind, stage: stageOf(each) }));
    return { position, authorizations, unsettled, formHolds: answer.formHolds, unopened: await unopenedUsers(platform.database) };
  },
});

export const jobRows = (platform: Platform) => ({
  waitFor: waits(platform, 'requests'),
  standing: (id: string) => requestOfJob(platform.database, id),
  job: async (id: string) => {
    const row = await requestOfJob(platform.database, id);
    return row && { job: row.id, request: row.request, kind: row.kind, payer: row.payer, worker: row.worker, owner: row.owner, model: row.model };
  },
});

export class PostgresTransferIndex extends TransferIndex {
  constructor(private readonly platform: Platform) {
    super();
  }
  find(txIds: readonly string[]) {
    return transfersById(this.platform.database, txIds);
  }
  indexedThrough(user: number): Promise<number> {
    return lastIndexedRevision(this.platform.database, user);
  }
  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    return waits(this.platform, 'statement')(position, timeoutMs);
  }
}

export class PostgresLedgerIndex extends LedgerIndex {
  constructor(private readonly platform: Platform) {
    super();
  }
  find(txId: string) {
    return transactionById(this.platform.database, txId);
  }
  reversalOf(txId: string) {
    return reversalOf(this.platform.database, txId);
  }
  reversalByKey(idem: string) {
    return reversalByKey(this.platform.database, idem);
  }
  indexedThrough(user: number): Promise<number> {
    return lastIndexedRevision(this.platform.database, user);
  }
  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    return waits(this.platform, 'statement')(position, timeoutMs);
  }
}

export class PostgresSharedKeyRows extends SharedKeyRows {
  constructor(private readonly platform: Platform) {
    super();
  }
  find(key: string) {
    return findSharedKey(this.platform.database, key);
  }
  usage(key: string, nowMs: number) {
    return usageOfSharedKey(this.platform.database, key, nowMs);
  }
  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    return waits(this.platform, 'shared-keys')(position, timeoutMs);
  }
}

export class PostgresWorkerFigures extends WorkerFiguresSource {
  constructor(private readonly platform: Platform) {
    super();
  }
  async byId(id: string) {
    return this.#withTeam(await findWorker(this.platform.database, id));
  }
  async byName(name: string) {
    return this.#withTeam(await findWorkerByName(this.platform.database, name));
  }
  async caughtUp(): Promise<true> {
    if (await waits(this.platform, 'workers')(await this.platform.log.head(), CATCH_UP_MAX_MS)) return true;
    throw new RetryLater('the list of workers is catching up with the log');
  }
  async byIds(ids: readonly string[]) {
    return withTeams(this.platform, await findWorkers(this.platform.database, ids));
  }
  async #withTeam(worker: Worker | undefined): Promise<WorkerFigures | undefined> {
    return worker && (await withTeams(this.platform, [worker]))[0];
  }
  async contactOf(owner: number): Promise<string | null> {
    return (await findUser(this.platform.database, owner))?.contact ?? null;
  }
}

export class PostgresWorkerJobs extends WorkerJobs {
  constructor(private readonly platform: Platform) {
    super();
  }
  async atWorker(worker: string): Promise<number> {
    if (await waits(this.platform, 'workers')(await this.platform.log.head(), CATCH_UP_MAX_MS)) return jobsAtWorker(this.platform.database, worker);
    throw new RetryLater('the list of workers is catching up with the log');
  }
}

/** As a request of this user would find it (design.md §6). */
const concurrencyShown = (user: KnownUser, balance: Balance | undefined): number => {
  if (user.id === 0 || !balance) return concurrencyOf(user);
  return grownConcurrency(concurrencyOf(user), centikudos(balance.spendable - balance.held - floorOf(user.accountClass)));
};

const NO_DETAILS = {
  accumulated: NO_KUDOS, gifted: NO_KUDOS, donated: NO_KUDOS, admin: NO_KUDOS, received: NO_KUDOS, recurring: NO_KUDOS, awarded: NO_KUDOS, styled: NO_KUDOS,
};

const MODELS_OF_USER = ['balances', 'users', 'workers', 'requests', 'records', 'shared-keys', 'styles', 'grants'];
const NO_BALANCE = { spendable: NO_KUDOS, escrow: NO_KUDOS, details: NO_DETAILS };
const NO_TEXTS = { lastFour: null, contact: null, adminComment: null, proxyPasskey: null };

export class PostgresUserFigures extends UserFiguresSource {
  constructor(private readonly platform: Platform, private readonly members: Members) {
    super();
  }
  async of(user: KnownUser): Promise<UserFigures> {
    const { database, clock } = this.platform;
    await this.#seen();
    const [balance, row, workers, active, records, sharedKeyIds, styles, thanks] = await Promise.all([
      findBalance(database, user.id), findUser(database, user.id), workersOf(database, user.id), activeGenerations(database, user.id, clock.now()),
      recordsOf(database, user.id), sharedKeyIdsOf(database, user.id), stylesOf(database, user.id), findThanks(database, user.id),
    ]);
    return {
      ...(balance ?? NO_BALANCE), ...(row ?? NO_TEXTS), workerIds: workers.map(({ id }) => id), concurrency: concurrencyShown(user, balance), activeGenerations: active,
      records, sharedKeyIds, styles, thanks: this.#thanksOf(user, thanks),
    };
  }

  #thanksOf({ id }: KnownUser, row: ThanksRow | undefined): UserFigures['thanks'] {
    const moderator = row?.moderatorSince === undefined ? NO_KUDOS : MODERATOR_THANKS;
    const amount = plus(row?.entitlement ?? NO_KUDOS, moderator, ...this.members.reasonsOf(id).map((reason) => reason.amount));
    return { amount, lastReceived: row?.received?.cursor };
  }

  /** Of many read models, each of which goes on by itself: all of them show at least what was written before the call. */
  async #seen(): Promise<void> {
    const { readModels, log } = this.platform;
    if (await readModels.waitFor(await log.head(), CATCH_UP_MAX_MS, MODELS_OF_USER)) return;
    throw new RetryLater('the lists of users and of what they have done are catching up with the log');
  }
}

export class PostgresUserPages extends UserPages {
  constructor(private readonly platform: Platform) {
    super();
  }
  async page(page: number, sort: UserSort): Promise<readonly KnownUser[]> {
    return (await userPage(this.platform.database, page, sort)).map(knownUser);
  }
}

export class PostgresMonthlyDues extends MonthlyDues {
  constructor(private readonly platform: Platform) {
    super();
  }
  due(limit: number) {
    return monthlyDue(this.platform.database, limit);
  }
}

export class PostgresLastActivity extends LastActivity {
  constructor(private readonly platform: Platform) {
    super();
  }
  async of(user: number): Promise<number | undefined> {
    if (await waits(this.platform, 'records')(await this.platform.log.head(), CATCH_UP_MAX_MS)) return lastActiveAt(this.platform.database, user);
    throw new RetryLater('the records of users are catching up with the log');
  }
}

export class PostgresUnfinishedErasures extends UnfinishedErasures {
  constructor(private readonly platform: Platform) {
    super();
  }
  due(limit: number) {
    return unfinishedErasures(this.platform.database, limit);
  }
  eraseKey(user: number): Promise<void> {
    return this.platform.vault.erase(`user-${user}`);
  }
  async of(user: number) {
    if (await this.platform.readModels.waitFor(await this.platform.log.head(), CATCH_UP_MAX_MS)) return leftoversOfUser(this.platform.database, user);
    throw new RetryLater('the lists of workers and shared keys are catching up with the log');
  }
}

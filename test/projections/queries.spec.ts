import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allCreditsElsewhere, allPockets, findBalance, findBalances, supply } from '../../projections/balances/queries.js';
import { projections } from '../../projections/index.js';
import { findOpenRequest, lastHandouts, openAuthorizations, openQuotes, openRequests, unsettledJobs } from '../../projections/queue/queries.js';
import { activeGenerations, requestOfJob, statusOf } from '../../projections/requests/queries.js';
import { balanceAt, lastIndexedRevision, reversalByKey, reversalOf, statementPage, transactionById, transfersById } from '../../projections/statement/queries.js';
import { allKeys, findUser, findUserByKeyHash, maxUserId, trustedUsers, userPage } from '../../projections/users/queries.js';
import { findWorker, findWorkerByName, findWorkerByNameHash, workerPage, workersOf } from '../../projections/workers/queries.js';
import { Refold } from '../../src/audit/refold.js';
import type { Recorded } from '../../src/kernel/event.js';
import type { JobAssigned, RequestFacts } from '../../src/requests/request.events.js';
import { NOBODY, payerOf, type PayerId } from '../../src/requests/rules/payer-id.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { deliver, emptied, history } from './delivery.js';

type Data = Readonly<Record<string, unknown>>;

/** The latest times that hand-outs name, by payer; of those without an account by address. */
const handoutsOf = (events: readonly Recorded[]): Map<PayerId, { handedOutAtMs: number; agesFromMs: number }> => {
  const accepted = events.filter(({ type }) => type === 'RequestAccepted.v1').map(({ data }) => data as RequestFacts);
  const payers = new Map(accepted.map((facts) => [facts.request, payerOf(facts)]));
  const found = new Map<PayerId, { handedOutAtMs: number; agesFromMs: number }>();
  for (const { type, data } of events) {
    if (type !== 'JobAssigned.v1') continue;
    const { request, assignedAt, payerAgesFrom } = data as JobAssigned['data'];
    const payer = payers.get(request)!;
    const { handedOutAtMs = -Infinity, agesFromMs = -Infinity } = found.get(payer) ?? {};
    const named = payerAgesFrom === undefined ? -Infinity : Date.parse(payerAgesFrom);
    if (payer !== NOBODY) found.set(payer, { handedOutAtMs: Math.max(handedOutAtMs, Date.parse(assignedAt)), agesFromMs: Math.max(agesFromMs, named) });
  }
  return found;
};

describe('what the read models answer', () => {
  const { raw, events } = history({ seed: 35, events: 4_500 });
  const log = new Refold();
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await freshDatabase('queries');
    db = test.database;
    await emptied(db, projections);
    for (const projection of projections) await deliver(db, projection, { events, sizes: [1_000, 700] });
    for (const event of raw) log.add(event);
  }, 60_000);
  afterAll(() => test.close());

  const last = (type: string, fits: (data: Data) => boolean = () => true): Recorded => events.findLast((event) => event.type === type && fits(event.data as Data))!;

  it('balances: spendable, escrow, holds and credits from elsewhere', async () => {
    for (const [user, books] of log.books.users) {
      expect(await findBalance(db, user)).toMatchObject({
        user, spendable: books.spendable, escrow: books.escrow, creditsElsewhere: { spendable: books.spendableElsewhere, escrow: books.escrowElsewhere },
      });
    }
    expect(await findBalance(db, 999_999)).toBeUndefined();
    expect((await findBalances(db, [1, 2, 999_999])).size).toBe(2);
    expect((await allCreditsElsewhere(db)).get(3)?.spendable ?? 0).toBe(log.books.users.get(3)!.spendableElsewhere);
  });

  it('balances and users: what everybody has, and who is trusted, for a node that starts', async () => {
    const pockets = new Map((await allPockets(db)).map(({ user, ...pocket }) => [user, pocket]));
    for (const { user, spendable, escrow, escrowElsewhere } of log.books.users.values()) expect(pockets.get(user)).toEqual({ spendable, escrow, escrowElsewhere });
    const trusted = events.filter(({ type }) => type === 'TrustGranted.v1').map(({ data }) => (data as { user: number }).user);
    const known = await trustedUsers(db);
    expect(known.length).toBeGreaterThan(0);
    for (const user of known) expect((await findUser(db, user))?.roles.has('trusted')).toBe(true);
    expect(trusted.filter((user) => known.includes(user)).length).toBeGreaterThan(0);
  });

  it('statement: what took a transaction back, and what it could not take', async () => {
    const reversals = events.filter(({ type }) => type === 'TransactionReversed.v1').map(({ data }) => data as { receivable?: number; ledger: { txId: string; reverses: string } });
    expect(reversals.length).toBeGreaterThan(0);
    for (const { receivable, ledger } of reversals) expect(await reversalOf(db, ledger.reverses)).toMatchObject({ txId: ledger.txId, receivable: receivable ?? null, kind: 'reversal' });
    expect(await reversalOf(db, reversals[0]!.ledger.txId)).toBeUndefined();
    expect(await reversalByKey(db, 'unheard')).toBeUndefined();
  });

  it('balances: the eight details and the opening grant explain the spendable kudos', async () => {
    for (const { spendable, opening, details } of (await findBalances(db, [...log.books.users.keys()])).values())
      expect((Object.values(details) as number[]).reduce((sum, amount) => sum + amount, opening)).toBe(spendable);
  });

  it('supply: what was issued less what was burned is what users have', async () => {
    const { system, spendable, escrow } = await supply(db);
    expect(Object.values(system).reduce<number>((sum, amount) => sum + amount, spendable + escrow)).toBe(0);
    expect(system['issue:opening']).toBeLessThan(0);
  });

  it('requests: the status with delivered jobs in the order of their hand-out, and their workers by name', async () => {
    const { request, submitted } = last('RequestCompleted.v1', ({ submitted: jobs }) => (jobs as string[]).length > 2).data as { request: string; submitted: string[] };
    const status = (await statusOf(db, request))!;
    expect(status.request).toMatchObject({ id: request, finished: submitted.length, waiting: 0, processing: 0, done: true });
    const order = events.filter(({ type, data }) => type === 'JobAssigned.v1' && submitted.includes((data as { job: string }).job)).map(({ data }) => (data as { job: string }).job);
    expect(status.delivered.map(({ id }) => id)).toEqual(order);
    expect(status.delivered[0]!.workerName).toMatch(/^Dreamer \d+$/);
    expect(await statusOf(db, '00000000-0000-4000-8000-000000000000')).toBeUndefined();
  });

  it('requests: consumed is the activation price and every debit, anonymous ones too', async () => {
    for (const isAnonymous of [true, false]) {
      const { request } = last('RequestCompleted.v1', ({ payer, submitted }) => (payer === 0) === isAnonymous && (submitted as string[]).length > 1).data as { request: string };
      const accepted = last('RequestAccepted.v1', (data) => data['request'] === request).data as { activation: number };
      const debits = events.filter(({ type, data }) => type === 'JobSettled.v1' && (data as Data)['request'] === request).map(({ data }) => (data as { debit: number }).debit);
      expect((await statusOf(db, request))!.request.consumed).toBe(debits.reduce((sum, debit) => sum + debit, accepted.activation));
    }
  });

  it('requests: whose a job is, and which generations of a user live on', async () => {
    const { job, request, payer, acceptedAt } = { ...(last('JobAssigned.v1').data as { job: string; request: string }), payer: 0, acceptedAt: '' };
    expect(await requestOfJob(db, job)).toMatchObject({ id: job, request });
    const accepted = last('RequestAccepted.v1', (data) => data['payer'] !== payer && data['acceptedAt'] !== acceptedAt && data['kind'] !== 'alchemy').data as { request: string; payer: number; kind: 'image' | 'text'; acceptedAt: string };
    const now = Date.parse(accepted.acceptedAt);
    expect((await activeGenerations(db, accepted.payer, now))[accepted.kind]).toContain(accepted.request);
    expect(await activeGenerations(db, accepted.payer, now + 86_400_000)).toEqual({ image: [], text: [] });
    expect(await activeGenerations(db, 0, 0)).toEqual({ image: [], text: [] });
  });

  it('queue: pages through what is open, with the jobs at workers', async () => {
    const pages = [];
    for (let after: string | null = null; ; ) {
      const page = await openRequests(db, after, 7);
      pages.push(...page);
      if (page.length < 7) break;
      after = page.at(-1)!.facts.request;
    }
    const open = [...log.jobs.requests].filter(([, { ended }]) => !ended);
    expect(pages.map(({ facts }) => facts.request).sort()).toEqual(open.map(([id]) => id).sort());
    for (const [id, { waiting, pending }] of open) {
      const found = (await findOpenRequest(db, id))!;
      expect([found.waiting, [...found.pending.keys()].sort()]).toEqual([waiting, [...pending.keys()].sort()]);
    }
  });

  it('queue: what a crash would have left undone', async () => {
    const authorizations = await openAuthorizations(db, null, 10_000);
    expect(authorizations.map(({ request }) => request).sort()).toEqual([...log.authorizations.open.keys()].sort());
    for (const { request, settled } of authorizations) expect(settled).toBe(log.authorizations.open.get(request)!.settled);
    expect((await unsettledJobs(db, 10_000)).map(({ job }) => job).sort()).toEqual([...log.jobs.unsettled.keys()].sort());
    const { payer } = authorizations[0]!;
    const quotes = authorizations.filter((one) => one.payer === payer).reduce((sum, { data }) => sum + data.quote, 0);
    expect(await openQuotes(db, payer)).toBe(quotes);
    const handouts = await lastHandouts(db);
    expect(handouts.has('0')).toBe(false);
    expect([...handouts.values()].some(({ agesFromMs }) => agesFromMs > -Infinity)).toBe(true);
    expect(handouts).toEqual(handoutsOf(events));
  });

  it('users: by key, by id, in pages; only the newest key counts', async () => {
    const issued = events.filter(({ type }) => type === 'ApiKeyIssued.v1').map(({ data }) => data as { user: number; keyHash: string });
    const { user, keyHash } = issued.findLast((one, at) => issued.slice(0, at).some((earlier) => earlier.user === one.user))!;
    const { keyHash: former } = issued.find((one) => one.user === user)!;
    expect(await findUserByKeyHash(db, keyHash)).toMatchObject({ id: user, name: `Volunteer ${user}` });
    expect(former).not.toBe(keyHash);
    expect(await findUserByKeyHash(db, former)).toBeUndefined();
    expect((await findUser(db, user))!.workerCount).toBe((await workersOf(db, user)).length);
    expect(await maxUserId(db)).toBe(40);
    expect((await allKeys(db)).length).toBe(40);
    const [first, second] = [await userPage(db, 1, 'kudos'), await userPage(db, 2, 'kudos')];
    expect([first.length, second.length]).toEqual([25, 15]);
    const amounts = [...first, ...second].map(({ spendable }) => spendable);
    expect(amounts).toEqual([...amounts].sort((a, b) => b - a));
    expect((await userPage(db, 1, 'age'))[0]!.id).toBe(1);
  });

  it('workers: by id, by exact name, by the hash of the name, in pages', async () => {
    const all = await workerPage(db, null, 1_000);
    expect(all.length).toBe(events.filter(({ type }) => type === 'WorkerRegistered.v1').length);
    const busy = all.find(({ samples }) => samples.length === 20)!;
    expect(busy.speed).toBeCloseTo(busy.samples.reduce((sum, sample) => sum + sample, 0) / 20);
    expect(await findWorker(db, busy.id)).toEqual(busy);
    expect((await findWorkerByName(db, busy.name!))!.id).toBe(busy.id);
    expect(await findWorkerByName(db, busy.name!.toUpperCase())).toBeUndefined();
    expect((await findWorkerByNameHash(db, busy.nameHash))!.id).toBe(busy.id);
    expect((await workerPage(db, all[1]!.id, 3)).map(({ id }) => id)).toEqual(all.slice(2, 5).map(({ id }) => id));
  });

  it('statement: oldest first, page by page, each entry with the balance after it', async () => {
    const entries = [];
    for (let after = -1; ; ) {
      const page = await statementPage(db, 5, { after, limit: 10 });
      entries.push(...page);
      if (page.length < 10) break;
      after = page.at(-1)!.position;
    }
    expect(entries.length).toBe(log.books.users.get(5)!.entries);
    let [spendable, escrow] = [0, 0];
    for (const entry of entries) {
      [spendable, escrow] = [spendable + entry.spendable, escrow + entry.escrow];
      expect([entry.spendableAfter, entry.escrowAfter]).toEqual([spendable, escrow]);
      const others = entry.counterparties.reduce((sum, { amount }) => sum + amount, 0);
      expect(entry.spendable + entry.escrow + others).toBe(0);
    }
    const middle = entries[entries.length >> 1]!;
    expect(await balanceAt(db, 5, middle.position)).toEqual({ spendable: middle.spendableAfter, escrow: middle.escrowAfter });
    expect(await balanceAt(db, 5, -1)).toEqual({ spendable: 0, escrow: 0 });
  });

  it('statement: a transfer by its id, and how far the index has come', async () => {
    const { data, revision } = last('FundsTransferred.v1');
    const { from, to, amount, ledger } = data as { from: number; to: number; amount: number; ledger: { txId: string } };
    expect((await transfersById(db, [ledger.txId])).get(ledger.txId)).toMatchObject({ payer: from, to, amount, revision });
    const settled = last('JobSettled.v1', (one) => one['ledger'] !== undefined).data as { ledger: { txId: string; postings: unknown[] }; job: string };
    expect(await transactionById(db, settled.ledger.txId)).toMatchObject({ kind: 'generation', job: settled.job, postings: settled.ledger.postings });
    expect((await transfersById(db, [settled.ledger.txId])).size).toBe(0);
    expect(await lastIndexedRevision(db, from)).toBe(events.findLast(({ stream }) => stream === `account-${from}`)!.revision);
    expect(await lastIndexedRevision(db, 999_999)).toBe(-1);
  });

  it('a transaction id that comes twice stops the projector', async () => {
    const statement = projections.find(({ name }) => name === 'statement')!;
    await expect(db.pipelined(statement.project([last('FundsTransferred.v1')]), { durable: false })).rejects.toMatchObject({ code: '23505' });
  });

  it('an unbalanced transaction stops the projector', () => {
    const balances = projections.find(({ name }) => name === 'balances')!;
    const event = structuredClone(last('FundsTransferred.v1')) as { data: { ledger: { postings: { amount: number }[] } } } & Recorded;
    event.data.ledger.postings[0]!.amount += 1;
    expect(() => balances.project([event])).toThrow(/does not balance/);
  });
});

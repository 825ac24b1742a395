import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import type { Server } from '../../src/boot/server.js';
import { iso } from '../../src/kernel/clock.js';
import { personal, type Recorded } from '../../src/kernel/event.js';
import { inKudos, kudos } from '../../src/kernel/kudos.js';
import type { OnAccount } from '../../src/kudos/account.message.js';
import { Spending } from '../../src/kudos/spending.message.js';
import type { CommandContext } from '../../src/platform/commanding/outcome.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { Repairs } from '../../src/requests/repairs.reactor.js';
import type { RequestFacts } from '../../src/requests/request.events.js';
import { OnRequest } from '../../src/requests/request.message.js';
import { Registration } from '../../src/users/registration.message.js';
import { OnUser } from '../../src/users/user.message.js';
import { OnWorkerName } from '../../src/workers/worker.message.js';
import { proveBooks } from '../support/app.js';
import { type Client, type Person, V2 } from '../support/client.js';
import { HeldClock } from './held-clock.js';
import { Home } from './in-process.js';

const TEST_MS = 60_000;
/** What the repairs wait before they take a step to be nobody's any more (spec/ledger.md §4.5). */
const GRACE_MS = 2_000;
const ABANDON_MS = 30_000;
const CONTEXT: CommandContext = { actor: { kind: 'system' }, correlationId: '11111111-1111-4111-8111-111111111111' };
const WORKER_NAME = 'Half A Worker';
const PRICE = kudos(4);
const NEWCOMER = 900;

const clock = new HeldClock();
let home: Home;
let server: Server;
let client: Client;
let payer: Person;
let owner: Person;

const get = <Part>(type: abstract new (...args: never[]) => Part): Part => server.app.get(type as never, { strict: false });
const eventsOf = async (stream: string): Promise<readonly Recorded[]> => (await server.platform.log.readStream(stream, { limit: 4_096 })).events.map(decode);
/** Types of the events of a stream that are about a request. */
const typesOf = async (stream: string, request?: string): Promise<readonly string[]> =>
  (await eventsOf(stream)).filter(({ data }) => request === undefined || (data as { request?: string }).request === request).map(({ type }) => type);

/** One command of one stream and nothing after it, as a process leaves it that dies then. */
const only = async (command: OnUser | OnAccount | OnRequest | OnWorkerName): Promise<void> => {
  const outcome = await get(CommandBus).execute<typeof command, { readonly outcome: string }>(command);
  expect(outcome.outcome).toBe('appended');
};
const now = (): string => iso(clock.now());

/** Steps that the repairs took once everything written so far is known to them. */
const repair = async (): Promise<number> => {
  const { feed, log } = server.platform;
  await feed.waitFor(await log.head());
  return get(Repairs).round();
};

/** Of the payer, once the read models have seen everything. */
const balance = async (): Promise<number> => {
  const { projector, log } = server.platform;
  expect(await projector.waitFor(await log.head(), TEST_MS)).toBe(true);
  return client.kudosOf(payer);
};

/** The process dies, and another takes its place. */
const restart = async (): Promise<void> => {
  await home.stop();
  ({ server, client } = await home.start({ clock }));
};

/** Everything that goes through two streams, each left half done before the restart. */
interface HalfDone {
  readonly newcomer: { readonly key: string };
  readonly worker: string;
  /** Authorized, and the request never came. */
  readonly unborn: string;
  /** As that, and its place is taken already. */
  readonly abandoned: string;
  /** Delivered, its only job unpaid. */
  readonly unpaid: { readonly request: string; readonly job: string };
  /** Delivered, unpaid, and it goes on. */
  readonly halfPaid: { readonly request: string; readonly job: string };
  /** Cancelled, its authorization open. */
  readonly cancelled: string;
  readonly before: number;
}
let half: HalfDone;

const authorize = async (request: string): Promise<void> => {
  const { policy, reference } = server.platform.pricing;
  const outcome = await get(Spending).spend(payer.id, (seen) => ({
    type: 'OpenAuthorization', request, kind: 'text', jobs: 2, quote: kudos(21), activation: kudos(1), required: kudos(21), flagged: false,
    priorityCap: kudos(1_000_000), policy: policy.version, reference: reference.version, at: now(), ...seen,
  }), CONTEXT);
  expect(outcome.outcome).toBe('appended');
};

const handOut = async (n: number): Promise<{ request: string; job: string }> => {
  const asked = await client.askText(payer.key, { params: { n } });
  const popped = await client.popText(owner.key, { name: 'scribe' });
  expect({ asked: asked.status, popped: popped.body.ids.length }).toEqual({ asked: 202, popped: 1 });
  return { request: asked.body.id, job: popped.body.id! };
};

const deliverUnpaid = async ({ request, job }: { request: string; job: string }): Promise<void> => {
  const { policy, reference } = server.platform.pricing;
  await only(new OnRequest(request, {
    type: 'SubmitJob', job, state: 'ok', result: job, resultHash: null, seed: 1, price: PRICE, debit: PRICE, ownerTrusted: true, things: 80,
    policy: policy.version, reference: reference.version, at: now(),
  }, CONTEXT));
};

const beginEverything = async (): Promise<HalfDone> => {
  const { platform: { ids, secrets } } = server;
  const { apiKey, keyHash, lastFour } = get(Registration).keyFrom();
  await only(new OnUser(NEWCOMER, {
    type: 'RegisterUser', accountClass: 'pseudonymous', name: personal(`user-${NEWCOMER}`, 'newcomer'), keyHash, lastFour, at: now(),
  }, CONTEXT));
  const worker = ids.uuid();
  await only(new OnWorkerName(secrets.keyedHash('worker-name', WORKER_NAME.toLowerCase()), {
    type: 'ReserveWorkerName', worker, kind: 'text', owner: owner.id, at: now(),
  }, CONTEXT));
  const [unpaid, halfPaid] = [await handOut(1), await handOut(2)];
  await deliverUnpaid(unpaid);
  await deliverUnpaid(halfPaid);
  const cancelled = (await client.askText(payer.key, { params: { n: 2 } })).body.id;
  await only(new OnRequest(cancelled, { type: 'CancelRequest', at: now() }, CONTEXT));
  const before = await balance();
  const [unborn, abandoned] = [ids.uuid(), ids.uuid()];
  await authorize(unborn);
  await authorize(abandoned);
  await only(new OnRequest(abandoned, { type: 'AbandonRequest', payer: payer.id, at: now() }, CONTEXT));
  return { newcomer: { key: apiKey }, worker, unborn, abandoned, unpaid, halfPaid, cancelled, before };
};

beforeAll(async () => {
  home = await Home.make('crash_windows');
  ({ server, client } = await home.start({ clock }));
  [payer, owner] = [await client.person('payer', 1_000, { trusted: true }), await client.person('owner', 25, { trusted: true })];
  half = await beginEverything();
  await restart();
}, TEST_MS);
afterAll(async () => {
  await home.remove();
}, TEST_MS);

describe('a process that died between two streams', () => {
  it('is not corrected by one that has just begun: the other may still be at it', async () => {
    expect(await repair()).toBe(0);
    const asked = await client.askText(half.newcomer.key);
    expect({ status: asked.status, retryAfter: asked.headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '1' });
  }, TEST_MS);

  it('is finished by the next one, each step once', async () => {
    clock.pass(GRACE_MS);
    await repair();
    clock.pass(GRACE_MS); // an ended request is looked up first, and closed in a second step
    await repair();
    const account = `account-${payer.id}`;
    expect(await typesOf(`account-${NEWCOMER}`)).toEqual(['AccountOpened.v1']);
    expect(await typesOf(account, half.unpaid.request)).toEqual(['AuthorizationOpened.v1', 'JobSettled.v1', 'AuthorizationClosed.v1']);
    expect(await typesOf(account, half.halfPaid.request)).toEqual(['AuthorizationOpened.v1', 'JobSettled.v1']);
    expect(await typesOf(account, half.cancelled)).toEqual(['AuthorizationOpened.v1', 'AuthorizationClosed.v1']);
    expect(await typesOf(account, half.abandoned)).toEqual(['AuthorizationOpened.v1', 'TransactionReversed.v1', 'AuthorizationClosed.v1']);
    expect((await client.get(`${V2}/find_user`, half.newcomer.key)).body).toMatchObject({ id: NEWCOMER, kudos: 14 });
    expect((await client.askText(half.newcomer.key)).status).toBe(202);
  }, TEST_MS);

  it('leaves a reserved name to its owner, under the id that was reserved', async () => {
    expect((await client.popText(payer.key, { name: WORKER_NAME })).body.rc).toBe('WrongCredentials');
    expect((await client.popText(owner.key, { name: WORKER_NAME })).status).toBe(200);
    expect(await typesOf(`worker-${half.worker}`)).toEqual(['WorkerRegistered.v1', 'WorkerDeclared.v1']);
  }, TEST_MS);

  it('has not abandoned a request because a clock was set: thirty seconds are thirty seconds that passed', async () => {
    clock.set(24 * 60 * 60_000);
    expect(await typesOf(`request-${half.unborn}`)).toEqual([]);
    clock.pass(ABANDON_MS - 2 * GRACE_MS - 1);
    await repair();
    expect(await typesOf(`request-${half.unborn}`)).toEqual([]);
    clock.pass(1);
    await repair();
    expect(await typesOf(`request-${half.unborn}`)).toEqual(['RequestAbandoned.v1']);
    expect(await typesOf(`account-${payer.id}`, half.unborn)).toEqual(['AuthorizationOpened.v1', 'TransactionReversed.v1', 'AuthorizationClosed.v1']);
  }, TEST_MS);

  it('cannot bring the request after it was given up', async () => {
    const late = await get(CommandBus).execute(new OnRequest(half.unborn, { type: 'AcceptRequest', facts: { request: half.unborn } as RequestFacts, at: now() }, CONTEXT));
    expect(late).toMatchObject({ outcome: 'refused', rc: 'AlreadyAbandoned' });
  }, TEST_MS);

  it('has cost nobody anything but what was delivered', async () => {
    const settled = (await eventsOf(`account-${payer.id}`)).filter(({ type }) => type === 'JobSettled.v1').map(({ data }) => (data as { job: string }).job);
    expect(settled.sort()).toEqual([half.unpaid.job, half.halfPaid.job].sort());
    expect(await balance()).toBe(half.before - 2 * inKudos(PRICE));
  }, TEST_MS);

  it('leaves books that a restart finds in order, and nothing more to repair', async () => {
    await restart();
    clock.pass(ABANDON_MS);
    await repair();
    clock.pass(GRACE_MS);
    expect(await repair()).toBe(0);
    await proveBooks(server);
    expect(home.fatal).toEqual([]);
  }, TEST_MS);
});

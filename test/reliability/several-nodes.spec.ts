import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { projections } from '../../projections/index.js';
import { reconcile } from '../../src/audit/reconcile.js';
import { refold } from '../../src/audit/refold.js';
import { WaitingWorkers } from '../../src/dispatch/waiting-workers.js';
import type { Recorded } from '../../src/kernel/event.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { LogUnavailable } from '../../src/platform/event-log/event-log.js';
import { compared } from '../support/checkpoints.js';
import { type Client, since, V2 } from '../support/client.js';
import { eventually } from './eventually.js';
import { type NodeOfMany, SharedLog } from './shared-log.js';

jest.setTimeout(60_000);
const PATIENCE_MS = 30_000;
const NODES = ['one', 'two', 'three'] as const;

let shared: SharedLog;
afterEach(async () => {
  expect(shared.fatal).toEqual([]);
  await shared.remove();
});

const events = async (): Promise<readonly Recorded[]> => (await shared.log.readAll({ limit: 4_096 })).events.map(decode);
const ofType = async (type: string): Promise<readonly Recorded[]> => (await events()).filter((event) => event.type === type);
const startAll = (settings: Readonly<Record<string, string>> = {}): Promise<NodeOfMany[]> => Promise.all(NODES.map((name) => shared.start(name, settings)));

/** Every invariant, and every read model against a second fold, once all have seen everything. */
const proveBooks = async ({ server: { platform } }: NodeOfMany): Promise<void> => {
  expect(await platform.readModels.waitFor(await shared.log.head(), PATIENCE_MS)).toBe(true);
  const { violations, unsettledJobs } = await refold(shared.log);
  const { missing, driftTotal } = await reconcile(shared.log, shared.database.database);
  expect({ violations, unsettledJobs, missing, driftTotal }).toEqual({ violations: [], unsettledJobs: [], missing: [], driftTotal: 0 });
};

describe('nodes that start at the same moment on an empty log', () => {
  const expectOneOperator = async (nodes: readonly NodeOfMany[]): Promise<string> => {
    const keys = nodes.flatMap(({ server }) => server.genesis?.operatorKey ?? []);
    expect(keys).toHaveLength(1);
    for (const { client } of nodes) expect((await client.get(`${V2}/find_user`, keys[0])).body).toMatchObject({ id: 1, moderator: true, trusted: true });
    const operators = (await events()).filter(({ stream }) => stream === 'user-1' || stream === 'account-1').map(({ type }) => type);
    expect([...operators].sort()).toEqual(['AccountOpened.v1', 'ApiKeyIssued.v1', 'RolesChanged.v1', 'UserRegistered.v1']);
    expect(await ofType('PolicyAdopted.v1')).toHaveLength(1);
    return keys[0]!;
  };
  const keysIn = ({ dataDir }: { readonly dataDir: string }): string[] => readdirSync(dataDir).filter((name) => name.startsWith('operator.key')).map((name) => readFileSync(join(dataDir, name), 'utf8').trim());

  it('make one operator, and show and keep one key, which opens', async () => {
    shared = await SharedLog.make('genesis');
    const nodes = await startAll();
    const key = await expectOneOperator(nodes);
    expect(nodes.flatMap(keysIn)).toEqual([key]);
    await proveBooks(nodes[0]!);
  });

  it('do so in one data directory, too', async () => {
    shared = await SharedLog.make('genesis_one_place');
    const dataDir = shared.dataDirOf('all');
    const nodes = await startAll({ DATA_DIR: dataDir });
    const key = await expectOneOperator(nodes);
    expect(keysIn({ dataDir })).toEqual([key]);
  });

  it('take away a key that an earlier start had no time to take away, and none that opens', async () => {
    shared = await SharedLog.make('genesis_left_over');
    mkdirSync(shared.dataDirOf('two'));
    const first = await shared.start('one');
    writeFileSync(join(shared.dataDirOf('two'), 'operator.key'), 'of-a-start-that-died-\n');
    const second = await shared.start('two');
    expect([second.server.genesis?.operatorKey, existsSync(join(second.dataDir, 'operator.key'))]).toEqual([undefined, false]);
    await shared.stop();
    const again = await shared.start('one');
    expect(keysIn(again)).toEqual([first.server.genesis!.operatorKey]);
  });

  it('finish what one of them began and did not live to end', async () => {
    shared = await SharedLog.make('genesis_half');
    shared.log.beforeAppend = ({ events: appended }) => {
      if (appended.some(({ type }) => type === 'RolesChanged.v1')) throw new LogUnavailable('it dies here');
    };
    await expect(shared.start('one')).rejects.toThrow('it dies here');
    const left = keysIn({ dataDir: shared.dataDirOf('one') });
    shared.log.beforeAppend = undefined;
    const nodes = [await shared.start('two'), await shared.start('one')];
    await eventually('the account is open', PATIENCE_MS, async () => (await ofType('AccountOpened.v1')).length === 1 || undefined);
    expect(nodes.map(({ server }) => server.genesis?.operatorKey)).toEqual([undefined, undefined]);
    expect(nodes.flatMap(keysIn)).toEqual(left);
    for (const { client } of nodes) expect((await client.get(`${V2}/find_user`, left[0])).body).toMatchObject({ id: 1, moderator: true, trusted: true });
    expect(await ofType('RolesChanged.v1')).toHaveLength(1);
  });
});

describe('what has to be unique', () => {
  const each = async <Answer>(nodes: readonly NodeOfMany[], ask: (client: Client) => Promise<Answer>): Promise<Answer[]> => Promise.all(nodes.map(({ client }) => ask(client)));

  it('is: ids of users, workers by name, users by sign-in subject, whichever node is asked', async () => {
    shared = await SharedLog.make('unique');
    const nodes = await startAll();
    const registered = (await Promise.all(Array.from({ length: 10 }, () => each(nodes, (client) => client.register('newcomer'))))).flat();
    expect(new Set(registered.map(({ id }) => id)).size).toBe(registered.length);
    for (const { client } of nodes) {
      const found = await Promise.all(registered.map(async ({ key }) => (await client.get(`${V2}/find_user`, key)).body['id']));
      expect(found).toEqual(registered.map(({ id }) => id));
    }

    const people = await each(nodes, (client) => client.person('ann', 1_000));
    expect(new Set(people.map(({ id }) => id)).size).toBe(1);

    const owner = await nodes[0]!.client.person('owner', 25, { trusted: true });
    for (let round = 0; round < 10; round++) {
      const pops = await each(nodes, (client) => client.popText(owner.key, { name: `scribe ${round}` }));
      expect(pops.map(({ status }) => status)).toEqual([200, 200, 200]);
    }
    expect(await ofType('WorkerRegistered.v1')).toHaveLength(10);
    expect(await ofType('WorkerNameReserved.v1')).toHaveLength(10);
    await proveBooks(nodes[0]!);
  });
});

describe('the minute in which a gift may not come back', () => {
  it('is the same on every node, and on one that starts later', async () => {
    shared = await SharedLog.make('gifts');
    const nodes = await startAll();
    const [giver, taker] = [await nodes[0]!.client.person('giver', 1_000), await nodes[0]!.client.person('taker', 1_000)];
    expect((await nodes[0]!.client.transfer(giver.key, taker.alias, 10)).status).toBe(200);
    // Less than nothing moves nothing, and is refused only after the minute.
    const isTooFast = async (client: Client) => ((await client.transfer(taker.key, giver.alias, -1)).body.rc === 'TooFastKudosTransfers' ? true : undefined);
    for (const { client } of nodes) await eventually('a gift that another node has seen', PATIENCE_MS, () => isTooFast(client));
    const late = await shared.start('late');
    expect((await late.client.transfer(taker.key, giver.alias, 5)).body.rc).toBe('TooFastKudosTransfers');
    expect((await late.client.transfer(giver.key, taker.alias, 5)).status).toBe(200);
    await proveBooks(nodes[0]!);
  });
});

describe('what moderators decide at one node', () => {
  it('holds at the others, and at one that starts later: modes, blocked addresses, messages', async () => {
    shared = await SharedLog.make('moderation');
    const settings = { TRUST_PROXY_HOPS: '1' };
    const [one, two] = [await shared.start('one', settings), await shared.start('two', settings)];
    const [moderator, owner] = [await one.client.person('moderator', 25, { moderator: true }), await one.client.person('owner', 25, { trusted: true })];
    const from = { 'x-forwarded-for': '203.0.113.7' };
    const isBlocked = async ({ client }: NodeOfMany) => ((await client.post(`${V2}/generate/pop`, owner.key, { name: 'x', models: ['stable_diffusion'] }, from)).body['rc'] === 'TimeoutIP' ? true : undefined);
    const isByInvitation = async ({ client }: NodeOfMany) => ((await client.get(`${V2}/status/modes`)).body['invite_only_mode'] === true ? true : undefined);
    const hasMail = async ({ client }: NodeOfMany) => (((await client.popImage(owner.key, { name: 'a dreamer' })).body as unknown as { messages: unknown[] }).messages.length > 0 ? true : undefined);
    expect((await two.client.popImage(owner.key, { name: 'a dreamer' })).status).toBe(200);
    for (const answer of [
      await one.client.send('POST', `${V2}/operations/ipaddr`, { key: moderator.key, body: { ipaddr: '203.0.113.0/24', hours: 1 } }),
      await one.client.send('PUT', `${V2}/status/modes`, { key: moderator.key, body: { invite_only_mode: true } }),
      await one.client.post(`${V2}/workers/messages`, moderator.key, { message: 'Please restart' }),
    ]) expect(answer.status).toBe(200);
    expect([await isBlocked(one), await isByInvitation(one)]).toEqual([true, true]); // at once
    const late = await shared.start('late', settings);
    expect([await isBlocked(late), await isByInvitation(late)]).toEqual([true, true]);
    for (const node of [one, two, late]) {
      await eventually('a block that another node has placed', PATIENCE_MS, () => isBlocked(node));
      await eventually('a mode that another node has set', PATIENCE_MS, () => isByInvitation(node));
      await eventually('a message that another node has taken', PATIENCE_MS, () => hasMail(node));
    }
    await two.client.send('DELETE', `${V2}/operations/ipaddr`, { key: moderator.key, body: { ipaddr: '203.0.113.0/24' } });
    await eventually('the end of a block', PATIENCE_MS, async () => ((await isBlocked(one)) ? undefined : true));
    await proveBooks(one);
  });
});

describe('workers that wait at two nodes', () => {
  it('are given what is asked for at either, and never the same job', async () => {
    shared = await SharedLog.make('waiting');
    const nodes = [await shared.start('one'), await shared.start('two')] as const;
    const [{ client }, other] = nodes;
    const [payer, owner] = [await client.person('payer', 1_000), await client.person('owner', 25, { trusted: true })];
    const popping = nodes.map(async (node) => (await node.client.popImage(owner.key, { name: `at ${node.server.platform.config.node}`, wait: 25 })).body.ids);
    const waitersAt = ({ server }: NodeOfMany): number => server.app.get(WaitingWorkers, { strict: false }).size;
    await eventually('both wait', PATIENCE_MS, () => nodes.every((node) => waitersAt(node) === 1) || undefined);
    await other.client.askImage(payer.key);
    await eventually('one of them is served', PATIENCE_MS, () => nodes.some((node) => waitersAt(node) === 0) || undefined);
    await client.askImage(payer.key);
    const jobs = (await Promise.all(popping)).flat();
    expect([jobs.length, new Set(jobs).size]).toEqual([2, 2]);
    expect((await ofType('JobAssigned.v1')).map(({ data }) => (data as { job: string }).job).sort()).toEqual([...jobs].sort());
    await proveBooks(nodes[0]);
  });
});

describe('roles', () => {
  it('divide the work: one process serves, another keeps the read models, and a client sees its own writes', async () => {
    shared = await SharedLog.make('roles');
    const waiting = shared.start('api', { ROLES: 'api' });
    const keeper = await shared.start('keeper', { ROLES: 'projector' });
    const api = await waiting;
    const payer = await api.client.person('payer', 1_000, { trusted: true });
    const owner = await api.client.person('owner', 25, { trusted: true });
    const { body: { id } } = await api.client.askText(payer.key);
    const popped = await api.client.popText(owner.key, { name: 'scribe' });
    const submitted = await api.client.submitText(owner.key, popped.body.id);
    expect((await api.client.status(id, 'text', since(submitted))).body).toMatchObject({ done: true, finished: 1 });
    expect(await api.client.kudosOf(owner, submitted)).toBeGreaterThan(25);

    expect(keeper.server.genesis).toBeUndefined();
    expect((await keeper.client.get('/v1/health/live')).body).toEqual({ status: 'live' });
    for (const path of [`${V2}/status/heartbeat`, `${V2}/find_user`, '/blobs/x']) expect((await keeper.client.get(path)).status).toBe(404);
    await proveBooks(api); // which waits until everything has seen everything
    const ready = await Promise.all([api, keeper].map(async ({ client }) => (await client.get('/v1/health/ready')).body));
    expect(ready).toMatchObject([{ status: 'ready', missing: [], views: { behindMs: 0 } }, { status: 'ready', missing: [] }]);
    expect(ready.map(({ readModels }) => new Set((readModels as { state: string }[]).map(({ state }) => state)))).toEqual([new Set(['elsewhere']), new Set(['live'])]);
  });

  it('let one process sign what all show', async () => {
    shared = await SharedLog.make('roles_notary');
    const api = await shared.start('api', { ROLES: 'api,projector' });
    expect((await api.client.get('/v1/ledger/checkpoint')).body).toMatchObject({ status: 404, rc: 'NothingSignedYet' });
    const notary = await shared.start('notary', { ROLES: 'notary' });
    const { verifierKey } = notary.server.platform.notary!;
    await api.client.register('newcomer');
    expect(await notary.server.platform.notary!.waitFor(await shared.log.head(), PATIENCE_MS)).toBe(true);
    const { body: note } = await api.client.get<string>('/v1/ledger/checkpoint');
    const { signed, computed } = await compared(shared.log, note, verifierKey);
    expect({ size: signed.size, root: signed.root }).toEqual(computed);
    expect((await api.client.get('/v1/ledger/notary')).body).toMatchObject({ verifier_key: verifierKey, size: computed.size });
    expect((await notary.client.get('/v1/health/ready')).body).toMatchObject({ status: 'ready', notary: { state: 'signing', behindMs: 0 } });
    expect(api.server.platform.notary).toBeUndefined();

    const second = await shared.start('second notary', { ROLES: 'notary' });
    await eventually('the second stands by', PATIENCE_MS, () => second.server.platform.notary!.status().state === 'standby' || undefined);
    expect((await second.client.get('/v1/health/ready')).body).toMatchObject({ status: 'ready', notary: { state: 'standby', reason: 'a notary with another key signs this ledger' } });
  });

  it('refuse to read the read models of another log', async () => {
    shared = await SharedLog.make('roles_foreign');
    const keeper = await shared.start('keeper', { ROLES: 'projector' });
    await eventually('the read models are made', PATIENCE_MS, async () => (await shared.database.database.query('SELECT 1 FROM rm.checkpoint')).length === projections.length || undefined);
    await keeper.server.close();
    await shared.database.database.execute("UPDATE rm.checkpoint SET store_id = 'another'");
    await expect(shared.start('api', { ROLES: 'api' })).rejects.toThrow(/made from event store another/);
  });

  it('hand the read models over: any process with the role goes on when the one that writes is gone', async () => {
    shared = await SharedLog.make('roles_handover');
    const keepers = [await shared.start('keeper one', { ROLES: 'projector' }), await shared.start('keeper two', { ROLES: 'projector' })];
    const api = await shared.start('api', { ROLES: 'api' });
    const standing = ({ server }: NodeOfMany): number => server.platform.projector.status().filter(({ state }) => state === 'standby').length;
    await eventually('each read model is kept by one', PATIENCE_MS, async () => {
      await api.client.register('newcomer');
      return standing(keepers[0]!) + standing(keepers[1]!) === projections.length || undefined;
    });
    await keepers[standing(keepers[0]!) < standing(keepers[1]!) ? 0 : 1]!.server.close();
    await api.client.register('after it was gone');
    await proveBooks(api);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ANode } from '../../test/support/a-node.js';
import * as req from '../../test/support/a-request.js';
import { authorize, opened, settle as settleCommand } from '../../test/support/an-account.js';
import { award } from '../../test/support/an-award.js';
import { WatchedLog } from '../../test/support/watched-log.js';
import { ledgerOf, personal } from '../kernel/event.js';
import { kudos, NO_KUDOS } from '../kernel/kudos.js';
import { decode } from '../platform/event-log/codec.js';
import { LogUnavailable } from '../platform/event-log/event-log.js';
import type { Owed } from './settling.message.js';

const { PAYER, OWNER, REQUEST } = req;
const AT = req.second(0);
/** Long enough for every repair but abandoning; and that. */
const GRACE_MS = 2_000;
const ABANDON_MS = 30_000;

let log: WatchedLog;
let node: ANode;
beforeEach(async () => {
  log = await WatchedLog.open();
  node = new ANode(log);
  await node.feed.start();
  await node.onAccount(PAYER, { type: 'OpenAccount', accountClass: 'oauth', at: AT, policy: 1 });
  await grant(100);
});
afterEach(async () => {
  expect(node.fatal).toEqual([]);
  await node.feed.close();
  await log.remove();
});

/** Kudos that the payer earned elsewhere. */
const grant = (amount: number): Promise<void> => award(log, PAYER, amount);
const typesOf = async (stream: string): Promise<string[]> => (await log.all(stream)).map(({ type }) => type.replace('.v1', ''));
const account = () => typesOf(`account-${PAYER}`);
const request = () => typesOf(`request-${REQUEST}`);
const balance = async (): Promise<number> => {
  const events = await Promise.all([`account-${PAYER}`, 'grant-100'].map((stream) => log.all(stream)));
  return events.flat().flatMap((event) => ledgerOf(decode(event))?.postings ?? []).filter(({ account: name }) => name === `user:${PAYER}:spendable`).reduce((sum, { amount }) => sum + amount, 0);
};

// The steps of a request's life, each an append of its own: the process may die after any of them.
const opens = (required = NO_KUDOS) => node.onAccount(PAYER, authorize({ creditsElsewhere: kudos(100), required }));
const accepts = (jobs = 2) => node.onRequest(REQUEST, req.accept({ jobs }));
const assigns = (...jobs: string[]) => node.onRequest(REQUEST, req.assign(jobs));
const submits = (job: string) => node.onRequest(REQUEST, req.submit(job));
const settles = (job: string, ended: readonly string[] | null = null) => node.onAccount(PAYER, settleCommand(job, { creditsElsewhere: kudos(100), ended }));

describe('a user whose account was never opened', () => {
  const register = () => node.onUser(9, { type: 'RegisterUser', accountClass: 'pseudonymous', name: personal('user-9', 'Ada'), keyHash: 'h', lastFour: 'abcd', at: AT });
  it('gets one, of the right class, once', async () => {
    await register();
    expect(await node.repairAfter(GRACE_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect((await log.all('account-9')).map((event) => decode(event).data)).toMatchObject([{ user: 9, accountClass: 'pseudonymous' }]);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
  it('needs none if it was only slow', async () => {
    await register();
    await node.onAccount(9, { type: 'OpenAccount', accountClass: 'pseudonymous', at: AT, policy: 1 });
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
});

describe('an authorization whose request never came', () => {
  it('is abandoned after 30 seconds, and everything it took is given back', async () => {
    const before = await balance();
    await opens(kudos(23));
    expect(await balance()).toBe(before - 300);
    expect(await node.repairAfter(ABANDON_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect(await request()).toEqual(['RequestAbandoned']);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'TransactionReversed', 'AuthorizationClosed']);
    expect(await balance()).toBe(before);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
    expect(await accepts()).toMatchObject({ outcome: 'refused', rc: 'AlreadyAbandoned' });
  });
  it('is not abandoned when its request comes in time, nor ever after', async () => {
    await opens();
    await accepts();
    expect(await node.repairAfter(ABANDON_MS * 100)).toBe(0);
    expect(await request()).toEqual(['RequestAccepted']);
  });
  it('is not abandoned when its request comes in the last moment: whichever lands first decides', async () => {
    await opens();
    await node.caughtUp();
    node.clock.pass(ABANDON_MS);
    const racing = node.repairs.round(); // its view does not know yet what lands now
    await accepts();
    await racing;
    await node.repairAfter(ABANDON_MS);
    const came = (await request())[0] === 'RequestAccepted';
    expect(await account()).toEqual(came ? ['AccountOpened', 'AuthorizationOpened'] : ['AccountOpened', 'AuthorizationOpened', 'TransactionReversed', 'AuthorizationClosed']);
  });
  it('that came unseen is left alone', async () => {
    await opens();
    const late = new ANode(log, { position: await log.head(), authorizations: [{ request: REQUEST, payer: PAYER, kind: 'image', stage: 'opened' }], unsettled: [], formHolds: [], unopened: [] });
    await late.openWork.open(); // and its feed never starts
    await accepts();
    late.clock.pass(ABANDON_MS);
    expect(await late.repairs.round()).toBe(1);
    expect(await request()).toEqual(['RequestAccepted']);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened']);
    expect(await late.repairs.round()).toBe(0);
  });
  it('that another node abandoned, unseen, gets its price back all the same', async () => {
    await opens();
    const late = new ANode(log, { position: await log.head(), authorizations: [{ request: REQUEST, payer: PAYER, kind: 'image', stage: 'opened' }], unsettled: [], formHolds: [], unopened: [] });
    await late.openWork.open();
    await node.onRequest(REQUEST, req.abandon); // and died
    late.clock.pass(ABANDON_MS);
    await late.repairs.round();
    expect((await account()).slice(2)).toEqual(['TransactionReversed', 'AuthorizationClosed']);
  });
  it('gets its price back although the process died right after it had been abandoned', async () => {
    await opens();
    await node.onRequest(REQUEST, req.abandon);
    expect(await node.repairAfter(GRACE_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'TransactionReversed', 'AuthorizationClosed']);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
});

describe('a request whose content was lost', () => {
  const gaveBack = ['AccountOpened', 'AuthorizationOpened', 'TransactionReversed', 'AuthorizationClosed'];
  const loses = () => node.onRequest(REQUEST, { type: 'LoseContent', at: AT });
  it('gives its price back, although nobody but a repair was left to do so', async () => {
    const before = await balance();
    await opens(kudos(23));
    await accepts();
    await loses();
    expect(await node.repairAfter(GRACE_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect(await account()).toEqual(gaveBack);
    expect(await balance()).toBe(before);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
  it('gives it back where only a read model tells that it has ended', async () => {
    await opens();
    await accepts();
    await loses();
    const late = new ANode(log, { position: await log.head(), authorizations: [{ request: REQUEST, payer: PAYER, kind: 'image', stage: 'ended' }], unsettled: [], formHolds: [], unopened: [] });
    await late.openWork.open();
    for (let round = 0; round < 2; round++) {
      late.clock.pass(GRACE_MS);
      await late.repairs.round();
    }
    expect(await account()).toEqual(gaveBack);
  });
});

describe('a delivered job that was not settled', () => {
  it('is settled with what its submit froze, once, and the authorization ends with the request', async () => {
    await opens();
    await accepts(1);
    await assigns('a');
    await submits('a');
    expect(await node.repairAfter(GRACE_MS - 1)).toBe(0);
    await node.repairAfter(1);
    await node.repairAfter(GRACE_MS);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'JobSettled', 'AuthorizationClosed']);
    const [settlement] = (await log.all(`account-${PAYER}`)).slice(2).map((event) => decode(event).data);
    expect(settlement).toMatchObject({ job: 'a', price: 900, debit: 1_000, owner: OWNER, things: 7_864_320, spendable: 450, escrow: 450, forgiven: 0 });
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
  it('is settled when another one of its request was the last', async () => {
    await opens();
    await accepts(2);
    await assigns('a', 'b');
    await submits('a'); // dies here
    await submits('b');
    await settles('b', ['a', 'b']);
    await node.repairAfter(GRACE_MS);
    await node.repairAfter(GRACE_MS);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'JobSettled', 'JobSettled', 'AuthorizationClosed']);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
  it('of a request that goes on is settled, and the authorization stays open', async () => {
    await opens();
    await accepts(2);
    await assigns('a');
    await submits('a');
    await node.repairAfter(GRACE_MS);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'JobSettled']);
  });
  it('is settled once, although two nodes see it and a third was only slow', async () => {
    await opens();
    await accepts(1);
    await assigns('a');
    await submits('a');
    const other = new ANode(log);
    await other.feed.start();
    await Promise.all([node.repairAfter(GRACE_MS), other.repairAfter(GRACE_MS), settles('a', ['a'])]);
    await Promise.all([node.repairAfter(GRACE_MS), other.repairAfter(GRACE_MS)]);
    expect((await account()).filter((type) => type === 'JobSettled')).toHaveLength(1);
    expect((await account()).filter((type) => type === 'AuthorizationClosed')).toHaveLength(1);
    expect(await other.repairAfter(ABANDON_MS)).toBe(0);
    await other.feed.close();
  });
  it('waits while the views cannot tell what the payer has, and is settled when they can', async () => {
    await opens();
    await accepts(1);
    await assigns('a');
    await node.onRequest(REQUEST, req.submit('a', { debit: kudos(60) })); // more than the floor's grant alone would cover
    const blind = new ANode(log);
    const owed: Owed = {
      request: REQUEST, payer: PAYER, kind: 'image', job: 'a', worker: req.WORKER, owner: OWNER, ownerTrusted: false, model: 'stable_diffusion', price: kudos(9), debit: kudos(60), things: 1, policy: 1,
    };
    const settling = blind.settling.settle(owed, null, { actor: { kind: 'system' }, correlationId: 'c' });
    const waited = expect(settling).rejects.toMatchObject({ name: 'RetryLater' });
    while (blind.timers.sleepers.length === 0) await new Promise(setImmediate);
    blind.timers.wakeAll();
    await waited;
    expect(await account()).not.toContain('JobSettled');
    await node.repairAfter(GRACE_MS);
    expect((await log.all(`account-${PAYER}`)).map((event) => decode(event).data).at(2)).toMatchObject({ job: 'a', forgiven: 0 });
  });
});

describe('an authorization whose request has ended', () => {
  it.each([
    ['was cancelled', async () => { await node.onRequest(REQUEST, req.cancel); }],
    ['has expired', async () => { await node.onRequest(REQUEST, req.expire(req.minute(20))); }],
    ['was faulted three times', async () => {
      await assigns('a', 'b');
      await node.onRequest(REQUEST, req.fault('a'));
      await node.onRequest(REQUEST, req.fault('b'));
      await assigns('c');
      await node.onRequest(REQUEST, req.fault('c'));
    }],
  ])('because it %s is closed, and its hold is free', async (_how, ends) => {
    await opens(kudos(23));
    await accepts();
    await ends();
    expect(await node.repairAfter(GRACE_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'AuthorizationClosed']);
    expect((await node.spending.account(PAYER)).held).toBe(0);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
  it('is closed although the process died between the last settlement and the end', async () => {
    await opens();
    await accepts(1);
    await assigns('a');
    await submits('a');
    await settles('a'); // the end was not known to it
    expect(await node.repairAfter(GRACE_MS)).toBe(1);
    expect((await account()).at(-1)).toBe('AuthorizationClosed');
  });
});

it('what was closed while a repair asked how far it had come is not taken up again', async () => {
  const { openWork } = node;
  await opens();
  await accepts();
  await node.onRequest(REQUEST, req.cancel);
  await node.onAccount(PAYER, { type: 'CloseAuthorization', request: REQUEST, submitted: [], at: AT, policy: 1 });
  await node.caughtUp();
  openWork.advance({ request: REQUEST, payer: PAYER }, { submitted: [] }); // the answer of a round that began before
  expect(openWork.sizes).toEqual({ authorizations: 0, unsettled: 0 });
  expect(await node.repairAfter(ABANDON_MS)).toBe(0);
});

describe('a life without deaths', () => {
  it('leaves nothing to repair', async () => {
    await opens();
    await accepts(1);
    await assigns('a');
    await submits('a');
    await settles('a', ['a']);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
    expect(node.openWork.sizes).toEqual({ authorizations: 0, unsettled: 0 });
  });
  it('of an anonymous request neither', async () => {
    await node.onRequest(REQUEST, req.accept({ payer: 0, jobs: 1 }));
    await assigns('a');
    await submits('a');
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
    expect(await request()).toEqual(['RequestAccepted', 'JobAssigned', 'JobSubmitted', 'JobSettled', 'RequestCompleted']);
    expect(node.openWork.sizes).toEqual({ authorizations: 0, unsettled: 0 });
  });
});

describe('a node that starts after the deaths', () => {
  /** As the read model would say it at the head: nothing of it comes with the feed any more. */
  const restarted = async (rows: Partial<ConstructorParameters<typeof ANode>[1]>): Promise<ANode> => {
    await node.feed.close();
    node = new ANode(log, { position: await log.head(), authorizations: [], unsettled: [], formHolds: [], unopened: [], ...rows });
    await node.feed.start();
    return node;
  };
  const row = (stage: 'opened' | 'accepted' | 'abandoned' | 'ended') => ({ request: REQUEST, payer: PAYER, kind: 'image' as const, stage });

  it('settles and closes what was delivered', async () => {
    await opens();
    await accepts(1);
    await assigns('a');
    await submits('a');
    const owed: Owed = {
      request: REQUEST, payer: PAYER, kind: 'image', job: 'a', worker: req.WORKER, owner: OWNER, ownerTrusted: true, model: 'stable_diffusion', price: kudos(9), debit: kudos(10), things: 1, policy: 1,
    };
    await restarted({ authorizations: [row('ended')], unsettled: [owed] });
    for (let round = 0; round < 3; round++) await node.repairAfter(GRACE_MS);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'JobSettled', 'AuthorizationClosed']);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
  it('settles what is delivered later', async () => {
    await opens();
    await accepts(1);
    await assigns('a');
    await restarted({ authorizations: [row('accepted')] });
    await submits('a');
    for (let round = 0; round < 2; round++) await node.repairAfter(GRACE_MS);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened', 'JobSettled', 'AuthorizationClosed']);
  });
  it('counts the 30 seconds from its own first sight', async () => {
    await opens();
    await restarted({ authorizations: [row('opened')] });
    expect(await node.repairAfter(ABANDON_MS - 1)).toBe(0);
    expect(await node.repairAfter(1)).toBe(1);
    expect((await account()).at(-1)).toBe('AuthorizationClosed');
  });
  it('gives back the price of what was abandoned', async () => {
    await opens();
    await node.onRequest(REQUEST, req.abandon);
    await restarted({ authorizations: [row('abandoned')] });
    await node.repairAfter(GRACE_MS);
    expect((await account()).slice(2)).toEqual(['TransactionReversed', 'AuthorizationClosed']);
  });
  it('leaves alone what turns out to go on', async () => {
    await opens();
    await accepts(2);
    await assigns('a');
    await node.onRequest(REQUEST, req.cancel);
    await restarted({ authorizations: [row('ended')] });
    await node.repairAfter(GRACE_MS);
    expect(await account()).toEqual(['AccountOpened', 'AuthorizationOpened']);
    await submits('a');
    for (let round = 0; round < 2; round++) await node.repairAfter(GRACE_MS);
    expect((await account()).slice(2)).toEqual(['JobSettled', 'AuthorizationClosed']);
  });
  it('opens accounts that were never opened', async () => {
    await restarted({ unopened: [{ user: 9, accountClass: 'oauth' }] });
    await node.repairAfter(GRACE_MS);
    expect((await log.all('account-9')).map((event) => decode(event).data)).toEqual([{ ...opened('oauth', 9).data, ledger: expect.anything() as unknown }]);
    expect(await node.repairAfter(ABANDON_MS)).toBe(0);
  });
});

it('makes 200 repairs a round at most, so that people are not kept waiting', async () => {
  const unopened = Array.from({ length: 230 }, (_, k) => ({ user: 1_000 + k, accountClass: 'oauth' as const }));
  await node.feed.close();
  node = new ANode(log, { position: await log.head(), authorizations: [], unsettled: [], formHolds: [], unopened });
  await node.feed.start();
  expect(await node.repairAfter(GRACE_MS)).toBe(200);
  expect(await node.repairAfter(0)).toBe(30);
  expect(await node.repairAfter(ABANDON_MS)).toBe(0);
});

it('a repair that fails is told of, and keeps no other from being made', async () => {
  const unopened = [1_000, 1_001, 1_002].map((user) => ({ user, accountClass: 'oauth' as const }));
  await node.feed.close();
  node = new ANode(log, { position: await log.head(), authorizations: [], unsettled: [], formHolds: [], unopened });
  await node.feed.start();
  log.beforeAppend = ({ stream }) => { if (stream === 'account-1000') throw new LogUnavailable('not this one'); };
  await expect(node.repairAfter(GRACE_MS)).rejects.toThrow('1 of 3 repairs failed');
  expect(await typesOf('account-1002')).toEqual(['AccountOpened']);
  log.beforeAppend = undefined;
  expect(await node.repairAfter(0)).toBe(1);
  expect(await typesOf('account-1000')).toEqual(['AccountOpened']);
});

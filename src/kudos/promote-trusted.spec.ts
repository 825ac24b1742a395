import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ATrustingNode } from '../../test/support/a-trusting-node.js';
import { SeededIds } from '../../test/support/ports.js';
import { WatchedLog } from '../../test/support/watched-log.js';
import { iso } from '../kernel/clock.js';
import { ledgerOf, personal } from '../kernel/event.js';
import { kudos, type Kudos } from '../kernel/kudos.js';
import { escrow, posting, spendable, type AccountName } from '../kernel/ledger.js';
import { decode, encode } from '../platform/event-log/codec.js';
import { LogUnavailable } from '../platform/event-log/event-log.js';
import { TRUST_AGE_MS } from '../users/trust.js';

const USER = 9;
const AT = '2026-03-01T12:00:00.000Z';
const THRESHOLD = kudos(10_000);
const CAP = kudos(50_000);
const ids = new SeededIds(7);

let log: WatchedLog;
let node: ATrustingNode;
const nodes: ATrustingNode[] = [];
const start = async (rules: { threshold?: Kudos | undefined; cap?: Kudos } = { threshold: THRESHOLD, cap: CAP }): Promise<ATrustingNode> => {
  const started = new ATrustingNode(log, rules);
  await started.feed.start();
  nodes.push(started);
  return started;
};
beforeEach(async () => {
  log = await WatchedLog.open();
  node = await start();
  await node.onUser(USER, { type: 'RegisterUser', accountClass: 'oauth', name: personal('user-9', 'Ada'), keyHash: 'h', lastFour: 'abcd', at: AT });
  await node.onAccount(USER, { type: 'OpenAccount', accountClass: 'oauth', at: AT, policy: 1 });
});
afterEach(async () => {
  for (const each of nodes.splice(0)) {
    expect(each.fatal).toEqual([]);
    await each.feed.close();
  }
  await log.remove();
});

/** Kudos that were issued to the user in another stream. */
const credit = async (account: AccountName, amount: number): Promise<void> => {
  const id = ids.uuid();
  const ledger = { txId: id, kind: 'uptime_reward', effectiveAt: AT, policy: 1, reverses: null, postings: [posting('issue:uptime', -kudos(amount)), posting(account, kudos(amount))] };
  const { event } = encode({ type: 'UptimeRewarded.v1', data: { ledger } }, {
    stream: `worker-${id}`, revision: 0, id, metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
  });
  await log.append(`worker-${id}`, 'no_stream', [event]);
};
const earn = (amount: number) => credit(escrow(USER), amount);
const aWeekPasses = () => nodes.forEach(({ clock }) => { clock.pass(TRUST_AGE_MS); });
const trust = (on: boolean) => node.onUser(USER, { type: 'ChangeRoles', roles: { trusted: on }, at: AT });

const typesOf = async (stream: string): Promise<string[]> => (await log.all(stream)).map(({ type }) => type.replace('.v1', ''));
const user = async () => (await typesOf(`user-${USER}`)).slice(2);
const account = async () => (await typesOf(`account-${USER}`)).slice(1);
const balances = async (): Promise<{ spendable: number; escrow: number; commons: number }> => {
  const { events } = await log.readAll({ limit: 1_000 });
  const legs = events.map(decode).flatMap((event) => ledgerOf(event)?.postings ?? []);
  const of = (name: AccountName): number => legs.filter((leg) => leg.account === name).reduce((sum, { amount }) => sum + amount, 0) / 100;
  return { spendable: of(spendable(USER)), escrow: of(escrow(USER)), commons: of('pool:commons') };
};
/** Whatever the process does next to this stream is its last act. */
const diesAt = (stream: string, when: 'before' | 'after') => {
  const die = (append: { stream: string }): void => {
    if (append.stream === stream) throw new LogUnavailable('it dies here');
  };
  if (when === 'before') log.beforeAppend = die;
  else log.afterAppend = die;
};
const lives = () => { log.beforeAppend = log.afterAppend = undefined; };

describe('who has earned trust', () => {
  it('is trusted when old enough, and gets everything that waited', async () => {
    await earn(10_000.01);
    expect(await node.round()).toBe(1); // looked at, and still too young
    expect(await user()).toEqual([]);
    aWeekPasses();
    await node.round();
    expect([await user(), await account()]).toEqual([['TrustGranted'], ['EscrowReleased']]);
    expect(await balances()).toMatchObject({ spendable: 10_025.01, escrow: 0 });
    expect(await node.round()).toBe(0);
  });
  it('is not trusted for exactly the threshold', async () => {
    await earn(10_000);
    aWeekPasses();
    expect(await node.round()).toBe(0);
    await earn(0.01);
    await node.round();
    expect(await user()).toEqual(['TrustGranted']);
  });
  it('is not trusted while suspicious', async () => {
    await earn(20_000);
    aWeekPasses();
    await node.caughtUp();
    node.users.known.get(USER)!.suspicions = 5;
    await node.round();
    expect(await user()).toEqual([]);
    node.users.known.get(USER)!.suspicions = 4;
    await node.round();
    expect(await user()).toEqual(['TrustGranted']);
  });
  it('is not trusted by itself where there is no threshold', async () => {
    const without = await start({});
    await earn(1_000_000);
    aWeekPasses();
    expect(await without.round()).toBe(0);
    expect(await user()).toEqual([]);
  });
});

describe('a trusted user', () => {
  it('gets escrow that was there before a moderator came, and what comes later', async () => {
    await earn(3);
    expect(await node.round()).toBe(0);
    await trust(true);
    await node.round();
    await earn(4);
    await earn(5);
    await node.round();
    expect(await account()).toEqual(['EscrowReleased', 'EscrowReleased']);
    expect(await balances()).toMatchObject({ spendable: 37, escrow: 0 });
  });
  it('of a horde without a threshold gets it as well', async () => {
    const without = await start({});
    await earn(3);
    await trust(true);
    await without.round();
    expect(await balances()).toMatchObject({ spendable: 28, escrow: 0 });
  });
  it('keeps what was released when trust is revoked, and gets no more', async () => {
    await earn(3);
    await trust(true);
    await node.round();
    await trust(false);
    await earn(4);
    expect(await node.round()).toBe(0);
    expect(await balances()).toMatchObject({ spendable: 28, escrow: 4 });
  });
});

describe('a process that dies', () => {
  it.each([
    ['before it grants trust', `user-${USER}`, 'before'], ['when it has granted trust, and does not know it', `user-${USER}`, 'after'],
    ['between trust and release', `account-${USER}`, 'before'], ['when it has released, and does not know it', `account-${USER}`, 'after'],
  ] as const)('%s leaves nothing undone and nothing done twice', async (_moment, stream, when) => {
    await earn(10_001);
    aWeekPasses();
    diesAt(stream, when);
    await node.round().catch(() => undefined);
    lives();
    const next = await start();
    aWeekPasses();
    await next.round();
    await next.round();
    expect([await user(), await account()]).toEqual([['TrustGranted'], ['EscrowReleased']]);
    expect(await balances()).toMatchObject({ spendable: 10_026, escrow: 0 });
  });
  it.each(['before', 'after'] as const)('%s a sweep leaves the cap kept, once', async (when) => {
    await credit(spendable(USER), 60_000);
    diesAt(`account-${USER}`, when);
    await node.round().catch(() => undefined);
    lives();
    const next = await start();
    await next.round();
    await next.round();
    expect(await account()).toEqual(['CapExcessSwept']);
    expect(await balances()).toMatchObject({ spendable: 50_000, commons: 10_025 });
  });
});

describe('two nodes at the same moment', () => {
  it('trust once, release once and sweep once', async () => {
    const other = await start();
    await earn(70_000);
    aWeekPasses();
    await Promise.all([node.round(), other.round()]);
    await Promise.all([node.round(), other.round()]);
    expect([await user(), await account()]).toEqual([['TrustGranted'], ['EscrowReleased', 'CapExcessSwept']]);
    expect(await balances()).toEqual({ spendable: 50_000, escrow: 0, commons: 20_025 });
  });
});

describe('what is above the cap', () => {
  it('is swept as it comes, and nobody below it is touched', async () => {
    await credit(spendable(USER), 49_975);
    expect(await node.round()).toBe(0);
    await credit(spendable(USER), 10);
    await node.round();
    await credit(spendable(USER), 20);
    await node.round();
    expect(await account()).toEqual(['CapExcessSwept', 'CapExcessSwept']);
    expect(await balances()).toMatchObject({ spendable: 50_000, commons: 30 });
    expect(await node.round()).toBe(0);
  });
  it('stays where there is no cap', async () => {
    const uncapped = await start({ threshold: THRESHOLD });
    await credit(spendable(USER), 60_000_000);
    expect(await uncapped.round()).toBe(0);
  });
});

it('is written down at the time when it happens', async () => {
  await earn(10_001);
  aWeekPasses();
  await node.round();
  expect((await log.all(`user-${USER}`)).map((event) => decode(event).data).at(-1)).toMatchObject({ escrow: 1_000_100, threshold: 1_000_000, grantedAt: iso(node.clock.now()) });
});

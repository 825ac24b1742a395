import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { MonthlyThanks } from '../../src/donations/monthly-thanks.reactor.js';
import { RepayThanks } from '../../src/donations/repay-thanks.reactor.js';
import type { Recorded } from '../../src/kernel/event.js';
import { kudos } from '../../src/kernel/kudos.js';
import { OnGrant } from '../../src/kudos/grant.message.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { LogUnavailable } from '../../src/platform/event-log/event-log.js';
import { proveBooks } from '../support/app.js';
import { HeldClock } from './held-clock.js';
import { SharedLog, type NodeOfMany } from './shared-log.js';

jest.setTimeout(60_000);
const MONTH_MS = 31 * 24 * 60 * 60_000;
const SOURCE = 2;
const SETTINGS = { DONATION_SOURCE_USER: String(SOURCE) };

let shared: SharedLog;
afterEach(async () => {
  shared.log.beforeAppend = undefined;
  expect(shared.fatal).toEqual([]);
  await shared.remove();
});

const clock = new HeldClock();
const start = (name: string): Promise<NodeOfMany> => shared.start(name, SETTINGS, { clock });
const ofType = async (type: string): Promise<readonly Recorded[]> => (await shared.log.readAll({ limit: 4_096 })).events.map(decode).filter((event) => event.type === type);
const caughtUp = async (nodes: readonly NodeOfMany[]): Promise<void> => {
  for (const { server: { platform: { feed } } } of nodes) await feed.waitFor(await shared.log.head());
};
const thank = ({ server }: NodeOfMany): Promise<number> => server.app.get(MonthlyThanks, { strict: false }).round();
const repay = ({ server }: NodeOfMany): Promise<number> => server.app.get(RepayThanks, { strict: false }).round();
/** What was given to whom, as the log has it. */
const granted = async (): Promise<readonly (readonly [stream: string, amount: number])[]> =>
  (await ofType('KudosGranted.v1')).map(({ stream, data }) => [stream, (data as { amount: number }).amount / 100] as const);

describe('monthly thanks', () => {
  it('are given once a month, however many nodes give them at the same moment, and however often', async () => {
    shared = await SharedLog.make('thanks_nodes');
    const nodes = await Promise.all(['one', 'two', 'three'].map(start));
    await nodes[0]!.client.person('source', 500_025);
    const moderators = [await nodes[0]!.client.person('mo', 25, { moderator: true }), await nodes[1]!.client.person('ma', 25, { moderator: true })];
    await caughtUp(nodes);
    for (let month = 1; month <= 3; month++) {
      for (let round = 0; round < 3; round++) await Promise.all(nodes.map(thank));
      await caughtUp(nodes);
      for (let round = 0; round < 3; round++) await Promise.all(nodes.map(repay));
      await caughtUp(nodes);
      expect(await granted()).toHaveLength(3 * month); // and the operator
      clock.pass(MONTH_MS);
    }
    expect((await granted()).map(([, amount]) => amount)).toEqual(Array.from({ length: 9 }, () => 300_000));
    expect(new Set((await granted()).map(([stream]) => stream)).size).toBe(9);
    const offsets = (await ofType('DonationOffset.v1')).map(({ data }) => data as { grant: string; repaid: number; shortfall: number });
    expect(offsets.map(({ repaid }) => repaid)).toEqual([kudos(300_000), kudos(200_000), ...Array.from({ length: 7 }, () => 0)]);
    expect(offsets.reduce((sum, { shortfall }) => sum + shortfall, 0)).toBe(kudos(9 * 300_000 - 500_000));
    for (const { id } of moderators) expect((await granted()).filter(([stream]) => stream.startsWith(`grant-monthly-${id}-`))).toHaveLength(3);
    await proveBooks(nodes[0]!.server);
  });

  it('earn nothing by a retry: the month has its grant already, whatever the retry says it is worth', async () => {
    shared = await SharedLog.make('thanks_retry');
    const node = await start('one');
    const greedy = await node.client.person('greedy', 25, { moderator: true });
    await caughtUp([node]);
    await thank(node);
    const [{ data }] = (await ofType('KudosGranted.v1')).filter(({ stream }) => stream.startsWith(`grant-monthly-${greedy.id}-`)) as [Recorded];
    const { month } = data as { month: { month: string; since: string; cursor: string; entitlement: never; moderator: never; donations: never } };
    for (const amount of [kudos(300_000), kudos(9_000_000)]) {
      const outcome: { outcome: string } = await node.server.app.get(CommandBus, { strict: false }).execute(new OnGrant(`monthly-${greedy.id}-${month.month}`, {
        type: 'GrantMonthly', txId: `retry-${amount}`, user: greedy.id, amount, by: 'system', month, at: month.cursor, policy: 1,
      }, { actor: { kind: 'system' }, correlationId: 'test' }));
      expect(outcome.outcome).toBe('unchanged');
    }
    expect((await granted()).filter(([stream]) => stream.startsWith(`grant-monthly-${greedy.id}-`))).toEqual([[expect.any(String), 300_000]]);
    await proveBooks(node.server);
  });
});

describe('the repayment of thanks', () => {
  it('is made by another process when the one that granted died before it', async () => {
    shared = await SharedLog.make('thanks_crash');
    const first = await start('one');
    await first.client.person('source', 1_000_025);
    await caughtUp([first]);
    shared.log.beforeAppend = ({ events }) => {
      if (events.some(({ type }) => type === 'DonationOffset.v1')) throw new LogUnavailable('it dies here');
    };
    await thank(first);
    await caughtUp([first]);
    await expect(repay(first)).rejects.toThrow('it dies here');
    await shared.stop();
    shared.log.beforeAppend = undefined;
    expect(await ofType('DonationOffset.v1')).toEqual([]);
    const second = await start('two');
    await caughtUp([second]);
    await repay(second);
    await caughtUp([second]);
    await repay(second);
    expect((await ofType('DonationOffset.v1')).map(({ stream, data }) => [stream, (data as { repaid: number }).repaid])).toEqual([[`account-${SOURCE}`, kudos(300_000)]]);
    await proveBooks(second.server);
  });
});

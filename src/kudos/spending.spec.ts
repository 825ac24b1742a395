import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ANode } from '../../test/support/a-node.js';
import { ME as PAYER, send } from '../../test/support/an-account.js';
import { award } from '../../test/support/an-award.js';
import { WatchedLog } from '../../test/support/watched-log.js';
import { kudos } from '../kernel/kudos.js';
import { OnAccount } from './account.message.js';

const AT = '2026-03-01T12:00:00.000Z';
const context = { actor: { kind: 'system' as const }, correlationId: 'spending' };

/** Runs what a test has put in the way of the command that is asked on complete credits. */
class HeldUp extends ANode {
  meanwhile: (() => Promise<void>) | undefined;
  override async execute(message: unknown): Promise<unknown> {
    const { meanwhile } = this;
    if (meanwhile && message instanceof OnAccount && 'creditsComplete' in message.command && message.command.creditsComplete) {
      this.meanwhile = undefined;
      await meanwhile();
    }
    return super.execute(message);
  }
}

let log: WatchedLog;
let node: HeldUp;
beforeEach(async () => {
  log = await WatchedLog.open();
  node = new HeldUp(log);
  await node.feed.start();
  await node.onAccount(PAYER, { type: 'OpenAccount', accountClass: 'oauth', at: AT, policy: 1 });
});
afterEach(async () => {
  expect(node.fatal).toEqual([]);
  await node.feed.close();
  await log.remove();
});

/** Kudos that the payer earned elsewhere. */
const earns = (amount: number): Promise<void> => award(log, PAYER, amount);
const spend = (amount: number, txId: string) => node.spending.spend(PAYER, (seen) => send(kudos(amount), { txId, keyed: false, ...seen }), context);

it('is not refused for want of kudos when what was spent meanwhile had come in meanwhile', async () => {
  await earns(100);
  node.meanwhile = async () => {
    await earns(200);
    await node.caughtUp();
    await node.onAccount(PAYER, send(kudos(150), { txId: 'other', keyed: false, creditsElsewhere: kudos(300) }));
  };
  // There were 100 to spend, then 300, then 150: never too little for 90.
  expect(await spend(90, 'this')).toMatchObject({ outcome: 'appended' });
});

it('is refused when somebody else was faster to spend it', async () => {
  await earns(100);
  node.meanwhile = async () => { await node.onAccount(PAYER, send(kudos(50), { txId: 'other', keyed: false, creditsElsewhere: kudos(100) })); };
  expect(await spend(90, 'this')).toMatchObject({ outcome: 'refused', rc: 'KudosTransferNotEnough' });
});

it('is refused for what complete knowledge does not change, however much comes in', async () => {
  await earns(100);
  let grants = 0;
  const more = async (): Promise<void> => {
    await earns(200 + grants++);
    node.meanwhile = more;
  };
  node.meanwhile = more;
  expect(await spend(100_000, 'this')).toMatchObject({ outcome: 'refused', rc: 'KudosTransferNotEnough' });
  expect(grants).toBe(3);
});

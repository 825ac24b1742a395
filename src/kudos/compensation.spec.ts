import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ANode } from '../../test/support/a-node.js';
import { ME } from '../../test/support/an-account.js';
import { award } from '../../test/support/an-award.js';
import { WatchedLog } from '../../test/support/watched-log.js';
import type { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { OPERATOR_ID } from '../users/directory.message.js';
import { AdminIds, CompensationParts } from './compensation.js';
import type { LedgerIndex } from './ledger-index.js';

it('whoever may do what admins may is the operator, or named in the settings', () => {
  const admins = new AdminIds(new Set([7]));
  expect([OPERATOR_ID, 7, 8].map((id) => admins.has({ id }))).toEqual([true, true, false]);
});

describe('a compensation', () => {
  let log: WatchedLog;
  let node: ANode;
  beforeEach(async () => {
    log = await WatchedLog.open();
    await award(log, ME, 1);
    node = new ANode(log);
  });
  afterEach(async () => {
    await node.feed.close();
    await log.remove();
  });
  const unused = undefined as never; // what waits needs nothing but the feed
  const begin = (waitFor: LedgerIndex['waitFor']) => new CompensationParts({ feed: node.feed } as unknown as Ports, unused, unused, unused).caughtUp({ waitFor } as unknown as LedgerIndex);

  it('begins when the views and the index have seen all that was written before it', async () => {
    const asked: number[] = [];
    await node.feed.start();
    await begin((position) => Promise.resolve(asked.push(position) > 0));
    expect(asked).toEqual([await log.head()]);
  });
  it('has to be asked again when the index has not', async () => {
    await node.feed.start();
    await expect(begin(() => Promise.resolve(false))).rejects.toThrow(new RetryLater('the index of transactions is catching up with the log'));
  });
  it('has to be asked again when the views have not', async () => {
    const ended: unknown[] = [];
    const waiting = begin(() => Promise.resolve(true)).then((answer) => ended.push(answer), (error: unknown) => ended.push(error));
    while (ended.length === 0 && node.timers.sleepers.length === 0) await new Promise(setImmediate);
    node.timers.wakeAll();
    await waiting;
    expect(ended).toEqual([expect.any(RetryLater)]);
  });
});

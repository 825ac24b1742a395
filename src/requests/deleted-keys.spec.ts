import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { ANode } from '../../test/support/a-node.js';
import * as req from '../../test/support/a-request.js';
import { authorize } from '../../test/support/an-account.js';
import { WatchedLog } from '../../test/support/watched-log.js';
import { BEGINNING } from '../platform/event-log/event-log.js';
import type { Ports } from '../platform/ports.js';
import { Cancel } from './cancel.js';
import { DeletedKeys, SharedKeyRequests, type SharedKeyRequestsSource } from './deleted-keys.reactor.js';
import { StatusRows } from './status-rows.js';

const { PAYER, REQUEST } = req;
const AT = req.second(0);
const KEY = 'a-key';
const given = { at: AT, policy: 1 } as const;

/** A read model that has always seen everything: what is asked of it is in the log. */
class NoRows extends StatusRows {
  progress = () => Promise.resolve(undefined);
  status = () => Promise.resolve(undefined);
  forms = () => Promise.resolve(undefined);
  waitFor = () => Promise.resolve(true);
}

let log: WatchedLog;
let node: ANode;
beforeEach(async () => {
  log = await WatchedLog.open();
  node = new ANode(log);
  await node.onAccount(PAYER, { type: 'OpenAccount', accountClass: 'oauth', ...given });
  await node.onAccount(PAYER, {
    type: 'CreateSharedKey', key: KEY, id: '7f3c2a10-0000-4000-8000-000000000001', name: null, budget: null, expiresAt: null,
    limits: { maxImagePixels: -1, maxImageSteps: -1, maxTextTokens: -1 }, keysMax: 3, ...given,
  });
});
afterEach(async () => {
  await node.feed.close();
  await log.remove();
});

const nothing: Awaited<ReturnType<SharedKeyRequestsSource['sharedKeyRequests']>> = { position: BEGINNING, open: [], deletedKeys: [] };
const reactorOn = async (rows = nothing): Promise<{ requests: SharedKeyRequests; reactor: DeletedKeys }> => {
  const requests = new SharedKeyRequests({ sharedKeyRequests: () => Promise.resolve(rows) });
  node.feed.register(requests);
  await node.feed.start();
  const bus = { execute: (message: unknown) => node.execute(message) } as unknown as CommandBus;
  const ports = { clock: node.clock, ids: { uuid: () => 'context' }, feed: node.feed } as unknown as Ports;
  return { requests, reactor: new DeletedKeys(requests, new Cancel(bus, node.settling, new NoRows(), ports)) };
};
const opens = (sharedKey = KEY) => node.onAccount(PAYER, authorize({ creditsElsewhere: 100_000 as never, sharedKey: { key: sharedKey, credited: 0 as never, asks: undefined } }));
const accepts = () => node.onRequest(REQUEST, req.accept({ jobs: 2 }));
const deletes = () => node.onAccount(PAYER, { type: 'DeleteSharedKey', key: KEY, ...given });
const requestTypes = async () => (await log.all(`request-${REQUEST}`)).map(({ type }) => type.replace('.v1', ''));

describe('requests of a deleted shared key', () => {
  it('are withdrawn, once, however often the round comes', async () => {
    const { reactor } = await reactorOn();
    await opens();
    await accepts();
    await node.caughtUp();
    expect(await reactor.round()).toBe(0);
    await deletes();
    await node.caughtUp();
    expect(await reactor.round()).toBe(1);
    await node.caughtUp();
    expect(await reactor.round()).toBe(0);
    expect(await requestTypes()).toEqual(['RequestAccepted', 'RequestCancelled', 'RequestCompleted']);
    expect((await log.all(`account-${PAYER}`)).at(-1)!.type).toBe('AuthorizationClosed.v1');
  });

  it('that are just coming are withdrawn when they have come', async () => {
    const { reactor } = await reactorOn();
    await opens();
    await deletes();
    await node.caughtUp();
    expect([await reactor.round(), await requestTypes()]).toEqual([1, []]);
    await accepts();
    await node.caughtUp();
    await reactor.round();
    expect(await requestTypes()).toEqual(['RequestAccepted', 'RequestCancelled', 'RequestCompleted']);
  });

  it('are found after a restart, in what the read models say and in what came after', async () => {
    await opens();
    await accepts();
    await deletes();
    const position = await log.head();
    const { requests, reactor } = await reactorOn({ position, open: [{ request: REQUEST, key: KEY }, { request: 'another', key: 'b' }], deletedKeys: [KEY] });
    expect(requests.due()).toEqual([REQUEST]);
    await reactor.round();
    await node.caughtUp();
    expect(requests.due()).toEqual([]);
    expect(await requestTypes()).toEqual(['RequestAccepted', 'RequestCancelled', 'RequestCompleted']);
  });
});

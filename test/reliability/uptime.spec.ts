import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Server } from '../../src/boot/server.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { WorkerPresence } from '../../src/workers/presence.js';
import { proveBooks } from '../support/app.js';
import type { Client, Person } from '../support/client.js';
import { HeldClock } from './held-clock.js';
import { Home } from './in-process.js';
import { SharedLog } from './shared-log.js';

jest.setTimeout(60_000);

const uptimesIn = async ({ platform: { log } }: Server): Promise<number[]> =>
  (await log.readAll({ limit: 4_096 })).events.map(decode).filter(({ type }) => type === 'UptimeAccrued.v1').map(({ data }) => (data as { uptimeMs: number }).uptimeMs / 1_000);

describe('the uptime of a worker, over a restart of the server', () => {
  const clock = new HeldClock();
  let home: Home;
  let server: Server;
  let client: Client;
  let owner: Person;
  const start = async () => ({ server, client } = await home.start({ clock }));
  const call = async (): Promise<void> => expect((await client.popText(owner.key, { name: 'steady' })).status).toBe(200);

  beforeAll(async () => {
    home = await Home.make('uptime');
    await start();
    owner = await client.person('owner', 25, { trusted: true });
  });
  afterAll(async () => {
    await proveBooks(server);
    await home.remove();
    expect(home.fatal).toEqual([]);
  });

  it('goes on: what was known of its presence is known after it', async () => {
    await call();
    clock.pass(250_000);
    await call();
    await home.stop();
    clock.pass(60_000);
    await start();
    await call();
    expect(await uptimesIn(server)).toEqual([310]);
  });

  it('goes on when the server was away for longer than a worker may be; that time does not count', async () => {
    clock.pass(200_000);
    await call();
    await home.stop();
    clock.pass(3_600_000);
    await start();
    await call();
    expect(await uptimesIn(server)).toEqual([310]);
    clock.pass(99_999);
    await call();
    expect(await uptimesIn(server)).toEqual([310]);
    clock.pass(1);
    await call();
    expect(await uptimesIn(server)).toEqual([310, 610]);
  });

  it('ends when the worker was away for longer, whatever the server was', async () => {
    clock.pass(200_000);
    await call();
    clock.pass(200_000);
    await home.stop();
    clock.pass(3_600_000);
    await start();
    clock.pass(101_000);
    await call();
    clock.pass(299_999);
    await call();
    expect(await uptimesIn(server)).toEqual([310, 610]);
    clock.pass(1);
    await call();
    expect(await uptimesIn(server)).toEqual([310, 610, 910]);
  });
});

describe('the uptime of a worker that calls at one node and then at another', () => {
  it('is the time that it was there, counted once', async () => {
    const clock = new HeldClock();
    const shared = await SharedLog.make('uptime_nodes');
    const nodes = [await shared.start('one', {}, { clock }), await shared.start('two', {}, { clock })];
    const owner = await nodes[0]!.client.person('owner', 25, { trusted: true });
    for (let round = 0; round < 13; round++) {
      const { client, server } = nodes[round % 2]!;
      expect((await client.popText(owner.key, { name: 'wanderer' })).status).toBe(200);
      for (const node of [server, nodes[(round + 1) % 2]!.server]) await node.app.get(WorkerPresence, { strict: false }).round();
      await Promise.all(nodes.map(async ({ server: { platform: { feed } } }) => feed.waitFor(await shared.log.head())));
      clock.pass(200_000);
    }
    expect(await uptimesIn(nodes[0]!.server)).toEqual([400, 800, 1_200, 1_600, 2_000, 2_400]);
    await proveBooks(nodes[0]!.server);
    expect(shared.fatal).toEqual([]);
    await shared.remove();
  });
});

import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Recorded } from '../../src/kernel/event.js';
import { NO_KUDOS } from '../../src/kernel/kudos.js';
import { LocalBlobStore } from '../../src/platform/blobs/local-blob-store.js';
import { Contents } from '../../src/platform/content/contents.js';
import { GuardedHttp } from '../../src/platform/outbound/guarded-http.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../../src/platform/postgres/platform-migrations.js';
import { Secrets } from '../../src/platform/vault/secrets.js';
import { Results } from '../../src/requests/results.js';
import { StatusRows, type DeliveredRow, type StatusRow } from '../../src/requests/status-rows.js';
import { DueDeliveries, ROWS_MAX, ROWS_OF_CALLER_MAX, type DueDelivery } from '../../src/requests/webhooks/due-deliveries.js';
import { WebhookCounts } from '../../src/requests/webhooks/webhook-counts.js';
import { WebhookInbox } from '../../src/requests/webhooks/webhook-inbox.js';
import { WebhookMessages } from '../../src/requests/webhooks/webhook-messages.js';
import { SenderParts, WebhookSender } from '../../src/requests/webhooks/webhook-sender.reactor.js';
import { AStranger, CA_FILE } from '../outbound/a-stranger.js';
import { SeededIds, SettableClock } from '../support/ports.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { eventually } from './eventually.js';
import { Home } from './in-process.js';

let db: TestDatabase;
let clock: SettableClock;
let contents: Contents;
let receiver: AStranger;
let others: AStranger[];
const stopping: WebhookSender[] = [];
const secrets = new Secrets(Buffer.alloc(32, 1));
const directory = mkdtempSync(join(tmpdir(), 'horde-webhooks-'));
const uuid = (place: number, kind = 0): string => `00000000-0000-4000-800${kind}-${String(place).padStart(12, '0')}`;

beforeAll(async () => {
  db = await freshDatabase('webhooks');
  await migrate(db.database, PLATFORM_MIGRATIONS);
}, 60_000);
beforeEach(async () => {
  await db.database.script('TRUNCATE content.item, platform.webhook_cursor, platform.webhook_delivery');
  clock = new SettableClock();
  contents = new Contents({ database: db.database, clock, hash: (text) => text });
  receiver = await AStranger.start({ secure: false });
  others = [];
});
afterEach(async () => {
  await Promise.all(stopping.splice(0).map((sender) => sender.stop()));
  await Promise.all([receiver, ...others].map((each) => each.stop()));
});
afterAll(async () => {
  await db.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The read model of a horde in which every request is of one text, whose job has the request's number. */
class Texts extends StatusRows {
  isBehind = false;
  progress(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  forms(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  status(id: string) {
    const request: StatusRow = {
      id, kind: 'text', payer: 7, jobs: 1, waiting: 0, processing: 0, finished: 1, restarted: 0, faulted: false, done: true, shared: false, r2: false, consumed: NO_KUDOS, expiresAt: 0, completedAt: null, atWork: [],
    };
    const job = uuid(Number(id.slice(-12)), 1);
    const delivered: readonly DeliveredRow[] = [{ id: job, worker: uuid(0, 2), workerName: 'a scribe', model: 'a model', verdict: 'ok', seed: 1, result: 'text' }];
    return Promise.resolve({ request, delivered });
  }
  waitFor(): Promise<boolean> {
    return Promise.resolve(!this.isBehind);
  }
}

/** One process of the horde, on a connection of its own: what it reads of the log, and what it sends. */
const aNode = async (rows = new Texts()) => {
  const due = new DueDeliveries(db.database, 'store');
  const counts = new WebhookCounts(due);
  const inbox = new WebhookInbox({ due, contents, feed: { head: () => Promise.resolve(0) }, clock });
  const strangers = new GuardedHttp({ rules: { anybody: false, origins: new Set([receiver, ...others].map(({ url }) => url)) } });
  const blobs = new LocalBlobStore({ directory, publicUrl: 'http://127.0.0.1', secrets, clock, ids: new SeededIds(34), bytesMax: 1_000 });
  const messages = new WebhookMessages(rows, new Results(contents, blobs), contents, blobs);
  const sender = new WebhookSender(inbox, messages, new SenderParts({ clock, ids: new SeededIds(33), secrets }, due, counts, {
    strangers, logger: { info: () => undefined, error: () => undefined },
  }));
  stopping.push(sender);
  return { inbox, sender, counts, due, after: await inbox.open(), round: async () => {
    const begun = await sender.round();
    await sender.settled();
    return begun;
  } };
};

/** The event of a delivered job, and the content that says where to tell of it. */
const submitted = async (place: number, { at = receiver, caller = 'user-7' } = {}): Promise<Recorded> => {
  const request = uuid(place);
  await contents.put({ id: request, kind: 'request', text: JSON.stringify({ webhook: { url: `${at.url}/${place}`, caller } }), expiresAt: clock.now() + 86_400_000 });
  return { type: 'JobSubmitted.v1', position: place, stream: `request-${request}`, data: { request, job: uuid(place, 1), price: 1_250, webhook: true } } as unknown as Recorded;
};
const numbered = (from: number, to: number, of: Parameters<typeof submitted>[1] = {}): Promise<Recorded[]> =>
  Promise.all(Array.from({ length: to - from + 1 }, (_, index) => submitted(from + index, of)));
const paths = (stranger = receiver): string[] => stranger.received.map(({ path }) => path.slice(1)).sort((one, other) => Number(one) - Number(other));
const stored = () => db.database.query<{ attempts: number; due_ms: number }>('SELECT attempts, due_ms FROM platform.webhook_delivery ORDER BY job');

describe('what the log says is to be told', () => {
  it('is told once, whichever process reads of it, and however often', async () => {
    const [one, other] = [await aNode(), await aNode()];
    for (const event of await numbered(1, 5)) {
      one.inbox.apply(event);
      other.inbox.apply(event);
    }
    expect(await one.round()).toBe(5);
    expect(await other.round()).toBe(0); // it was told and its row is gone: the cursor remembers
    expect(await Promise.all([one, other].map((node) => node.round()))).toEqual([0, 0]);
    expect(paths()).toEqual(['1', '2', '3', '4', '5']);
    expect(receiver.received[0]).toMatchObject({ headers: { 'x-horde-attempt': '1', 'x-horde-delivery': uuid(1, 1) }, body: expect.stringContaining('"kudos":12.5') });
  });

  it('is found again when the process dies before it is written down, and only then', async () => {
    const events = await numbered(1, 3);
    const dead = await aNode();
    for (const event of events) dead.inbox.apply(event);
    const next = await aNode();
    expect(next.after).toBe(0);
    for (const event of events) next.inbox.apply(event);
    expect(await next.round()).toBe(3);
    expect((await aNode()).after).toBe(3);
  });

  it('moves the cursor along a log that says nothing, a little later', async () => {
    const node = await aNode();
    node.inbox.apply({ type: 'UserRegistered.v1', position: 41, data: {} } as unknown as Recorded);
    await node.round();
    node.inbox.apply({ type: 'UserRegistered.v1', position: 42, data: {} } as unknown as Recorded);
    await node.round();
    expect((await aNode()).after).toBe(41);
    clock.pass(5_000);
    await node.round();
    expect((await aNode()).after).toBe(42);
  });

  it('is forgotten with the content of its request', async () => {
    const node = await aNode();
    const [first, second] = await numbered(1, 2);
    node.inbox.apply(first!);
    await db.database.script('TRUNCATE content.item');
    contents = new Contents({ database: db.database, clock, hash: (text) => text });
    const blind = await aNode();
    for (const event of [first!, second!]) blind.inbox.apply(event);
    expect(await blind.round()).toBe(0);
    expect(await stored()).toEqual([]);
  });

  it('is told a moment later where the read model does not show it yet', async () => {
    const rows = new Texts();
    rows.isBehind = true;
    const node = await aNode(rows);
    node.inbox.apply(await submitted(1));
    expect(await node.round()).toBe(1);
    rows.isBehind = false;
    expect(await node.round()).toBe(0);
    clock.pass(1_000);
    expect(await node.round()).toBe(1);
    expect(receiver.received.map(({ headers }) => headers['x-horde-attempt'])).toEqual(['1']);
  });
});

describe('a delivery', () => {
  it('is made by one process at a time, however many look for work at once', async () => {
    const nodes = await Promise.all([aNode(), aNode(), aNode()]);
    for (const caller of ['ada', 'bob', 'cleo']) {
      const from = ['ada', 'bob', 'cleo'].indexOf(caller) * 16 + 1;
      for (const event of await numbered(from, from + 15, { caller })) nodes[0].inbox.apply(event);
    }
    while ((await Promise.all(nodes.map((node) => node.round()))).some((begun) => begun > 0)) clock.pass(1);
    expect(paths()).toEqual(Array.from({ length: 48 }, (_, index) => String(index + 1)));
  });

  it('is made again when the process dies that makes it, once its lease is over', async () => {
    const [dead, next] = [await aNode(), await aNode()];
    dead.inbox.apply(await submitted(1));
    await dead.inbox.round();
    await dead.due.claim({ nowMs: clock.now(), leaseUntilMs: clock.now() + 60_000, max: 1, perHostMax: 1, perCallerMax: 1, hosts: new Map(), callers: new Map() });
    clock.pass(59_999);
    expect(await next.round()).toBe(0);
    clock.pass(1);
    expect(await next.round()).toBe(1);
    expect(receiver.received.map(({ headers }) => headers['x-horde-attempt'])).toEqual(['2']);
  });

  it('is given back by a process that stops, and made at once by the next', async () => {
    receiver.answer = () => undefined;
    const node = await aNode();
    node.inbox.apply(await submitted(1));
    await node.sender.round();
    await receiver.hasReceived(1);
    await node.sender.stop();
    expect(await stored()).toEqual([{ attempts: 0, due_ms: clock.now() }]);
    receiver.answer = (response) => { response.writeHead(204).end(); };
    expect(await (await aNode()).round()).toBe(1);
    expect(await stored()).toEqual([]);
  });

  it.each([[200, true], [204, true], [302, true], [400, false], [404, false], [500, false]])('that is answered %d is made: %s', async (status, isMade) => {
    receiver.answer = (response) => { response.writeHead(status, { location: '/elsewhere' }).end('words'); };
    const node = await aNode();
    node.inbox.apply(await submitted(1));
    await node.round();
    expect(await stored()).toHaveLength(isMade ? 0 : 1);
    expect(receiver.received).toHaveLength(1);
  });

  it('is given up after eight attempts in about an hour, and counted', async () => {
    receiver.answer = (response) => { response.writeHead(503).end(); };
    const node = await aNode();
    node.inbox.apply(await submitted(1));
    const start = clock.now();
    const minutes: number[] = [];
    for (;;) {
      await node.round();
      minutes.push((clock.now() - start) / 60_000);
      const [row] = await stored();
      if (!row) break;
      clock.pass(row.due_ms - clock.now() - 1);
      expect(await node.round()).toBe(0);
      clock.pass(1);
    }
    expect(receiver.received.map(({ headers }) => headers['x-horde-attempt'])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(minutes.at(-1)).toBeGreaterThan(63.5 * 0.75);
    expect(minutes.at(-1)).toBeLessThan(63.5 * 1.25);
    expect(await node.counts.figures()).toEqual({ waiting: 0, working: 0, delivered: 0, failed: 7, givenUp: 1, dropped: 0 });
  });

  it('is given up when two hours are over, though nobody came to make it', async () => {
    const node = await aNode();
    for (const event of await numbered(1, 3)) node.inbox.apply(event);
    await node.inbox.round();
    clock.pass(2 * 60 * 60_000);
    expect(await node.round()).toBe(0);
    expect(await node.counts.figures()).toMatchObject({ waiting: 0, givenUp: 3 });
  });
});

describe('what there is no room for', () => {
  let due: DueDeliveries;
  let places = 0;
  const found = (count: number, caller: string): DueDelivery[] => Array.from({ length: count }, () => {
    const place = places += 1;
    return { job: uuid(place, 1), request: uuid(place), position: place, reward: 1, form: null, host: 'a-receiver', caller };
  });
  const add = (...deliveries: readonly DueDelivery[]) => due.add(deliveries, deliveries.at(-1)!.position, { nowMs: clock.now(), expiresMs: clock.now() + 1 });
  beforeEach(async () => {
    due = new DueDeliveries(db.database, 'store');
    await due.cursor(0);
  });

  it('is dropped, of a caller who has too many, the newest first', async () => {
    expect(await add(...found(ROWS_OF_CALLER_MAX - 1, 'user-1'))).toEqual({ added: ROWS_OF_CALLER_MAX - 1, dropped: 0 });
    const [last, none, others] = [...found(2, 'user-1'), ...found(1, 'user-2')];
    expect(await add(last!, none!, others!)).toEqual({ added: 2, dropped: 1 });
    await due.remove(last!);
    expect(await add(...found(2, 'user-1'))).toEqual({ added: 1, dropped: 1 });
  });

  it('is dropped when there are too many of all, and every process counts what it dropped', async () => {
    await db.database.execute(`INSERT INTO platform.webhook_delivery SELECT 'store', gen_random_uuid(), gen_random_uuid(), 0, 1, NULL, 'a-receiver', 'user-' || (n % 1000), 0, $1, $1 FROM generate_series(1, $2::int) n`, [clock.now() + 60_000, ROWS_MAX - 1]);
    const node = await aNode();
    for (const event of await numbered(places + 1, places + 3, { caller: 'somebody' })) node.inbox.apply(event);
    expect(await node.inbox.round()).toEqual({ added: 1, dropped: 2 });
    node.inbox.apply(await submitted(places + 4, { caller: 'somebody' }));
    await node.sender.round();
    expect(node.counts.dropped).toBe(1);
  });
});

describe('a receiver that does not answer', () => {
  it('holds up nobody but itself, and is met by few until it answers', async () => {
    others = [await AStranger.start({ secure: false })];
    const [slow, quick] = [others[0]!, receiver];
    const held: ServerResponse[] = [];
    slow.answer = (response) => { held.push(response); };
    const node = await aNode();
    for (let place = 1; place <= 60; place++) node.inbox.apply(await submitted(place, { at: slow, caller: `user-${place % 6}` }));
    await node.inbox.round();
    clock.pass(1);
    for (let place = 61; place <= 63; place++) node.inbox.apply(await submitted(place, { at: quick, caller: 'user-9' }));
    await node.sender.round();
    await slow.hasReceived(16);
    expect(paths(quick)).toEqual(['61', '62', '63']);
    expect(await node.sender.round()).toBe(0);
    expect(slow.received).toHaveLength(16);
    for (const response of held.splice(0)) response.writeHead(500).end();
    await node.sender.settled();
    expect(await node.sender.round()).toBe(2);
    await slow.hasReceived(18);
    slow.answer = (response) => { response.writeHead(200).end(); };
    for (const response of held.splice(0)) response.writeHead(200).end();
    await node.sender.settled();
    expect(await node.round()).toBe(16);
  });

  it('keeps a caller who has many of them from holding up others', async () => {
    others = await Promise.all(Array.from({ length: 6 }, () => AStranger.start({ secure: false })));
    for (const other of others) other.answer = () => undefined;
    const node = await aNode();
    for (let place = 1; place <= 60; place++) node.inbox.apply(await submitted(place, { at: others[place % 6]!, caller: 'user-1' }));
    await node.inbox.round();
    clock.pass(1);
    node.inbox.apply(await submitted(61, { caller: 'user-2' }));
    expect(await node.sender.round()).toBe(17);
    await receiver.hasReceived(1);
    expect(await node.sender.round()).toBe(0);
  });
});

describe('a horde that is stopped while a receiver is thinking', () => {
  it('tells it again as soon as it is back, under the secret that its caller was given', async () => {
    const home = await Home.make('webhooks_restart');
    const thinking = await AStranger.start();
    const settings = { OUTBOUND_ORIGINS: thinking.url, HORDE_TEST_OUTBOUND_CA: CA_FILE };
    try {
      thinking.answer = () => undefined;
      const { client } = await home.start({}, settings);
      const [payer, owner] = [await client.person('payer', 1_000), await client.person('owner', 25)];
      const { body: { id: request, ...accepted } } = await client.askText(payer.key, { webhook: `${thinking.url}/hook` });
      const { body: { id } } = await client.popText(owner.key, { name: 'a scribe' });
      await client.submitText(owner.key, id);
      await thinking.hasReceived(1);
      await home.stop();
      thinking.answer = (response) => { response.writeHead(200).end(); };
      const { server } = await home.start({}, settings);
      const [first, again] = await thinking.hasReceived(2);
      expect(again!.headers['x-horde-delivery']).toBe(first!.headers['x-horde-delivery']);
      expect(JSON.parse(again!.body)).toEqual(JSON.parse(first!.body));
      expect(JSON.parse(again!.body)).toMatchObject({ id, request });
      const [, time, signature] = /^t=(\d+),v1=(.*)$/.exec(String(again!.headers['x-horde-signature']))!;
      expect(signature).toBe(createHmac('sha256', (accepted as { webhook_secret?: string }).webhook_secret!).update(`${time}.${again!.body}`).digest('hex'));
      await eventually('nothing is left of it', 10_000, async () => (await server.platform.database.query('SELECT 1 FROM platform.webhook_delivery')).length === 0 || undefined);
      expect(home.fatal).toEqual([]);
    } finally {
      await home.remove();
      await thinking.stop();
    }
  }, 60_000);
});

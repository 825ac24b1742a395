import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Server } from '../../src/boot/server.js';
import { ModelSpeeds } from '../../src/dispatch/model-speeds.js';
import { Reaper } from '../../src/dispatch/reaper.js';
import type { Recorded } from '../../src/kernel/event.js';
import { RECONNECT_MS } from '../../src/kernel/outage.js';
import { Serving } from '../../src/outages/serving.message.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { Database } from '../../src/platform/postgres/database.js';
import { LogUnavailable } from '../../src/platform/event-log/event-log.js';
import { WorkerRegistry } from '../../src/workers/registry.message.js';
import { proveBooks } from '../support/app.js';
import { TEXT_MODEL, type Client, type Person } from '../support/client.js';
import { eventually } from './eventually.js';
import { HeldClock } from './held-clock.js';
import { Home } from './in-process.js';
import { SharedLog } from './shared-log.js';

jest.setTimeout(60_000);
const PATIENCE_MS = 20_000;
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
/** Of a text job (horde-rules §6.8), and of a request (§6.2). */
const [TTL_MS, LIFE_MS] = [150_000, 20 * MINUTE_MS];

const eventsOf = async ({ platform: { log } }: Server, type: string): Promise<readonly Recorded[]> =>
  (await log.readAll({ limit: 4_096 })).events.map(decode).filter((event) => event.type === type);
const outagesOf = async (server: Server): Promise<readonly number[]> =>
  (await eventsOf(server, 'OutageEnded.v1')).map(({ data }) => data as { from: string; until: string }).map(({ from, until }) => Date.parse(until) - Date.parse(from));
const reap = ({ app }: Server): Promise<number> => app.get(Reaper, { strict: false }).round();
const confirm = ({ app }: Server): Promise<void> => app.get(Serving, { strict: false }).confirm();
const jobsLost = async (server: Server): Promise<readonly string[]> => (await eventsOf(server, 'JobExpired.v1')).map(({ data }) => (data as { job: string }).job);

/** A node that has just handed out a job. */
const atWork = async (shared: SharedLog) => {
  const clock = new HeldClock();
  const { server, client } = await shared.start('one', {}, { clock });
  const [payer, owner] = [await client.person('payer', 10_000, { trusted: true }), await client.person('owner', 25, { trusted: true })];
  await client.askText(payer.key);
  const { body: { id: job } } = await client.popText(owner.key, { name: 'scribe' });
  await confirm(server);
  return { clock, server, client, owner, job };
};

describe('a server that was away', () => {
  const clock = new HeldClock();
  let home: Home;
  let server: Server;
  let client: Client;
  let payer: Person;
  let owner: Person;
  const start = async (): Promise<void> => {
    ({ server, client } = await home.start({ clock }));
  };
  const awayFor = async (ms: number): Promise<void> => {
    await confirm(server);
    await home.stop();
    clock.pass(ms);
    await start();
  };
  const handOut = async (): Promise<{ request: string; job: string }> => {
    const asked = await client.askText(payer.key);
    const popped = await client.popText(owner.key, { name: 'scribe' });
    return { request: asked.body.id, job: popped.body.id! };
  };

  beforeAll(async () => {
    home = await Home.make('outages');
    await start();
    [payer, owner] = [await client.person('payer', 10_000, { trusted: true }), await client.person('owner', 25, { trusted: true })];
  });
  afterAll(async () => {
    await proveBooks(server);
    await home.remove();
    expect(home.fatal).toEqual([]);
  });

  it('takes the result of a worker that comes right after it, and pays', async () => {
    const { request, job } = await handOut();
    clock.pass(TTL_MS - 1);
    await awayFor(HOUR_MS);
    clock.pass(RECONNECT_MS - 1);
    await reap(server);
    expect((await client.submitText(owner.key, job)).body.reward).toBeGreaterThan(0);
    expect((await client.status(request, 'text')).body).toMatchObject({ done: true, finished: 1 });
    expect(await outagesOf(server)).toEqual([HOUR_MS]);
    expect(await jobsLost(server)).toEqual([]);
  });

  it('gives a worker exactly the time that was left, and no more', async () => {
    const { request, job } = await handOut();
    clock.pass(50_000);
    await awayFor(10 * MINUTE_MS);
    clock.pass(TTL_MS - 50_001);
    await reap(server);
    expect(await jobsLost(server)).toEqual([]);
    clock.pass(1);
    await reap(server);
    expect(await jobsLost(server)).toEqual([job]);
    expect((await client.submitText(owner.key, job)).body.rc).toBe('AbortedGen');
    await client.cancel(request, 'text');
  });

  it('takes nothing back that was late before', async () => {
    const { request, job } = await handOut();
    clock.pass(TTL_MS + 1_000);
    await awayFor(5_000);
    await reap(server);
    expect((await jobsLost(server)).at(-1)).toBe(job);
    await client.cancel(request, 'text');
  });

  it('keeps a request for as long as it had left, and the results of one that has ended', async () => {
    const done = await handOut();
    await client.submitText(owner.key, done.job);
    const { body: { id } } = await client.askText(payer.key, { models: ['koboldcpp/nobody-has-it'] });
    clock.pass(LIFE_MS - 2 * MINUTE_MS);
    await awayFor(3 * HOUR_MS);
    await reap(server);
    expect((await client.check(id)).status).toBe(404); // of the other kind
    expect((await client.status(id, 'text')).body).toMatchObject({ waiting: 1, done: false });
    expect((await client.status(done.request, 'text')).body).toMatchObject({ finished: 1, generations: [{ text: 'there was a horde' }] });
    clock.pass(2 * MINUTE_MS - 1);
    await reap(server);
    expect((await eventsOf(server, 'RequestExpired.v1')).filter(({ stream }) => stream === `request-${id}`)).toEqual([]);
    clock.pass(1);
    await reap(server);
    expect((await eventsOf(server, 'RequestExpired.v1')).filter(({ stream }) => stream === `request-${id}`)).toHaveLength(1);
    expect((await client.status(id, 'text')).status).toBe(404);
  });

  it('tells no speed of a worker, and none of its model, by a job that it had meanwhile', async () => {
    const delivered = async (awayMs: number): Promise<void> => {
      const { job } = await handOut();
      clock.pass(10_000);
      if (awayMs > 0) await awayFor(awayMs);
      const { headers, status } = await client.submitText(owner.key, job);
      expect(status).toBe(200);
      expect((await client.get(`/api/v2/users/${owner.id}`, owner.key, { 'kudos-position': headers.get('kudos-position')! })).status).toBe(200);
    };
    const speeds = async () => {
      clock.pass(MINUTE_MS); // whatever was kept of an earlier answer is too old
      const { body: { performance, id } } = await client.get('/api/v2/workers/name/scribe');
      const { samples } = server.app.get(WorkerRegistry, { strict: false }).byId(id as string)!;
      return { performance, samples: [...samples], ofModel: server.app.get(ModelSpeeds, { strict: false }).of(TEXT_MODEL) };
    };
    await delivered(0);
    const before = await speeds();
    expect(before).toMatchObject({ performance: '1.5 tokens per second', samples: [1, 2], ofModel: 2 }); // 1: of a delivery in no time
    await delivered(30_000);
    expect(await speeds()).toEqual(before);
    await awayFor(1_000);
    expect(await speeds()).toEqual(before);
  });

  it('says nothing of a pause that nobody can have noticed', async () => {
    const before = await outagesOf(server);
    await awayFor(1_999);
    expect(await outagesOf(server)).toEqual(before);
  });
});

describe('several nodes', () => {
  let shared: SharedLog;
  afterEach(async () => {
    shared.log.beforeAppend = undefined;
    await shared.remove();
    expect(shared.fatal).toEqual([]);
  });

  it('were away when none of them served, and say so once; one that goes on is enough', async () => {
    shared = await SharedLog.make('outages_nodes');
    const clock = new HeldClock();
    const first = await shared.start('one', {}, { clock });
    const second = await shared.start('two', {}, { clock });
    await second.server.close();
    clock.pass(HOUR_MS);
    await confirm(first.server);
    await shared.start('two again', {}, { clock });
    expect(await outagesOf(first.server)).toEqual([]);
    await shared.stop();
    clock.pass(MINUTE_MS);
    const nodes = await Promise.all(['one', 'two', 'three'].map((name) => shared.start(name, {}, { clock })));
    expect(await outagesOf(nodes[0]!.server)).toEqual([MINUTE_MS]);
  });

  it('lose nothing that is due and do nothing twice, however many look', async () => {
    shared = await SharedLog.make('outages_due');
    const clock = new HeldClock();
    const nodes = [await shared.start('one', {}, { clock }), await shared.start('two', {}, { clock })];
    const client = nodes[0]!.client;
    const [payer, owner] = [await client.person('payer', 10_000, { trusted: true }), await client.person('owner', 25, { trusted: true })];
    const asked = await Promise.all(Array.from({ length: 6 }, () => client.askText(payer.key)));
    const popped = await Promise.all(Array.from({ length: 4 }, (_, at) => nodes[at % 2]!.client.popText(owner.key, { name: 'scribe' })));
    const jobs = popped.flatMap(({ body: { id } }) => id ?? []);
    await Promise.all(nodes.map(async ({ server }) => server.platform.feed.waitFor(await shared.log.head())));
    clock.pass(TTL_MS);
    await Promise.all([...nodes, ...nodes].map(({ server }) => reap(server)));
    expect([...await jobsLost(nodes[0]!.server)].sort()).toEqual([...jobs].sort());
    clock.pass(LIFE_MS);
    await Promise.all([...nodes, ...nodes].map(({ server }) => reap(server)));
    const expired = await eventsOf(nodes[0]!.server, 'RequestExpired.v1');
    expect(expired.map(({ stream }) => stream).sort()).toEqual(asked.map(({ body: { id } }) => `request-${id}`).sort());
    expect(await eventsOf(nodes[0]!.server, 'RequestCompleted.v1')).toHaveLength(asked.length);
    await proveBooks(nodes[0]!.server);
  });

  it('were away when PostgreSQL was, and a worker that had nobody to deliver to is paid', async () => {
    shared = await SharedLog.make('outages_database');
    const { clock, server, client, owner, job } = await atWork(shared);
    const url = new URL(shared.database.url);
    const name = url.pathname.slice(1);
    url.pathname = '/postgres';
    const admin = new Database({ url: url.href, log: () => undefined, poolMax: 1 });
    await admin.script(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await eventually('nobody is served', PATIENCE_MS, () => confirm(server).then(() => undefined, () => true));
    clock.pass(TTL_MS + HOUR_MS);
    await expect(reap(server)).rejects.toThrow();
    await admin.script(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await admin.close();
    await eventually('the outage is over', PATIENCE_MS, async () => ((await outagesOf(server)).length > 0 ? true : undefined));
    await reap(server);
    expect(await jobsLost(server)).toEqual([]);
    expect((await client.submitText(owner.key, job)).body.reward).toBeGreaterThan(0);
    expect(await outagesOf(server)).toEqual([TTL_MS + HOUR_MS]);
    await proveBooks(server);
  });

  it('record as an outage that the log took nothing, and let go on what was under way', async () => {
    shared = await SharedLog.make('outages_store');
    const { clock, server, client, owner, job } = await atWork(shared);
    shared.log.beforeAppend = () => { throw new LogUnavailable('the store is away'); };
    expect((await client.submitText(owner.key, job)).status).toBe(503);
    clock.pass(TTL_MS + HOUR_MS);
    await reap(server).catch(() => undefined);
    shared.log.beforeAppend = undefined;
    await eventually('the outage is over', PATIENCE_MS, async () => ((await outagesOf(server)).length > 0 ? true : undefined));
    await reap(server);
    expect(await jobsLost(server)).toEqual([]);
    expect((await client.submitText(owner.key, job)).status).toBe(200);
    expect(await outagesOf(server)).toEqual([TTL_MS + HOUR_MS]);
    await proveBooks(server);
  });
});

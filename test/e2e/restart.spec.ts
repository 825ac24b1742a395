import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import type { Server } from '../../src/boot/server.js';
import { WaitingWorkers } from '../../src/dispatch/waiting-workers.js';
import { processIdentity } from '../../src/platform/postgres/process-identity.js';
import { freePort, proveBooks, startOn } from '../support/app.js';
import { Client, since } from '../support/client.js';
import { EventStream } from '../support/event-stream.js';

jest.setTimeout(120_000);

/** As a user gets it: nothing but a folder, with the PostgreSQL of the package in it. */
const dataDir = mkdtempSync(join(tmpdir(), 'horde-e2e-restart-'));
chmodSync(dataDir, 0o755);
const settings = { PORT: String(await freePort()) };
const fatal: unknown[] = [];
let server: Server | undefined;
afterAll(async () => {
  await server?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const start = async (): Promise<Server> => (server = await startOn(dataDir, settings, { onFatal: (error) => void fatal.push(error) }));
const stop = async (): Promise<void> => {
  await server?.close();
  server = undefined;
};
const postgresPid = (): number => Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
const refusesConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

describe('a horde on nothing but a folder', () => {
  it('starts, works, stops without a trace, and knows everything when it starts again', async () => {
    const first = await start();
    const client = new Client(first.url);
    const operatorKey = first.genesis!.operatorKey!;
    expect(operatorKey).toMatch(/^[\w-]{22}$/);
    const [payer, owner] = [await client.person('payer', 1_000), await client.person('owner', 25, { trusted: true })];
    const waiting = await client.askImage(payer.key, { params: { n: 3 }, slow_workers: false });
    const popped = await client.popImage(owner.key, { name: 'survivor', amount: 2 });
    expect(popped.body.ids).toHaveLength(2);
    await client.submitImage(owner.key, popped.body.ids[0]!);
    const keyed = { 'idempotency-key': 'across a restart' };
    const sent = await client.transfer(payer.key, owner.alias, 10, keyed);
    const before = await client.get('/api/v2/find_user', payer.key, since(sent));
    await proveBooks(first);
    const figuresOf = async (from: Client): Promise<unknown> => {
      const models = (await from.get<readonly { readonly name: string; readonly performance: number }[]>('/api/v2/status/models')).body;
      const { body } = await from.get('/api/v2/status/performance');
      return { speeds: models.filter(({ performance }) => performance > 0).map(({ name, performance }) => ({ name, performance })), past: body['past_minute_megapixelsteps'] };
    };
    const figures = await figuresOf(client);
    expect(figures).toMatchObject({ speeds: [{ name: 'stable_diffusion' }], past: expect.any(Number) });

    const postgres = postgresPid();
    expect(processIdentity(postgres)).toBeDefined();
    const idle = connect(Number(settings.PORT), '127.0.0.1'); // a client that keeps its connection and says nothing
    await new Promise((resolve) => idle.once('connect', resolve));
    // Whoever waits for something is told that nothing comes; nobody is waited for.
    const patient = client.popImage(owner.key, { name: 'patient', models: ['Deliberate'], wait: 25 });
    const watcher = await EventStream.open(`${first.url}/v1/requests/${waiting.body.id}/events`);
    while (first.app.get(WaitingWorkers, { strict: false }).size === 0) await client.get('/api/v2/status/heartbeat');
    await stop();
    expect(await patient).toMatchObject({ status: 200, body: { id: null } });
    expect((await watcher.rest()).map(({ event }) => event)).toEqual(['accepted', 'assigned', 'assigned', 'delivered']);
    expect(processIdentity(postgres)).toBeUndefined();
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
    expect(await refusesConnections(Number(settings.PORT))).toBe(true);
    idle.destroy();

    const second = await start();
    expect(second.genesis!.operatorKey).toBeUndefined(); // shown only once
    expect((await client.get('/api/v2/find_user', operatorKey)).body).toMatchObject({ id: 1, moderator: true });
    expect((await client.get('/api/v2/find_user', payer.key)).body['kudos_details']).toEqual((before.body as { kudos_details: unknown }).kudos_details);
    expect(await figuresOf(client)).toEqual(figures);
    const replayed = await client.transfer(payer.key, owner.alias, 10, keyed);
    expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect((await client.check(waiting.body.id)).body).toMatchObject({ finished: 1, processing: 1, waiting: 1, done: false });
    expect((await client.submitImage(owner.key, popped.body.ids[1]!)).status).toBe(200);
    expect(await client.submitImage(owner.key, popped.body.ids[0]!)).toMatchObject({ status: 400, body: { rc: 'DuplicateGen' } });
    const last = await client.popImage(owner.key, { name: 'survivor' });
    expect(last.body.ids).toHaveLength(1);
    const submitted = await client.submitImage(owner.key, last.body.id);
    expect((await client.status(waiting.body.id, 'image', since(submitted))).body).toMatchObject({ finished: 3, done: true });
    await proveBooks(second);
    await stop();
    expect(fatal).toEqual([]);
  });
});

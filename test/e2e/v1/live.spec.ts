import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Availability } from '../../../src/dispatch/availability.message.js';
import { WaitingWorkers } from '../../../src/dispatch/waiting-workers.js';
import type { Recorded } from '../../../src/kernel/event.js';
import { ProgressStreams, STREAMS_OF_ADDRESS_MAX } from '../../../src/requests/progress-streams.js';
import { RequestWatch } from '../../../src/requests/request-watch.js';
import { AlchemyClient } from '../../support/alchemy.js';
import { startHorde } from '../../support/app.js';
import { REGEN, TEXT_MODEL, V2, type Answer, type Person, type Popped, type Refusal } from '../../support/client.js';
import { EventStream, type Told } from '../../support/event-stream.js';

const horde = await startHorde('live');
const { client } = horde;
const alchemy = new AlchemyClient(client);
const payer = await client.person('payer', 100_000);
const owners = [await client.person('one', 25, { trusted: true }), await client.person('two', 25, { trusted: true }), await client.person('three', 25, { trusted: true })] as const;
const [owner, artist] = owners;
const waiting = horde.server.app.get(WaitingWorkers, { strict: false });
const streams = horde.server.app.get(ProgressStreams, { strict: false });
const WAIT_S = 25;

/** Lets the server work until what it will do by itself is done. */
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await client.get(`${V2}/status/heartbeat`);
};
const watch = (id: string, lastEventId?: string): Promise<EventStream> => EventStream.open(`${client.url}/v1/requests/${id}/events`, lastEventId);
const assignments = async (): Promise<readonly { readonly job: string; readonly worker: string; readonly request: string }[]> =>
  (await horde.events()).filter(({ type }) => type === 'JobAssigned.v1').map(({ data }) => data as { job: string; worker: string; request: string });

describe('a worker that waits', () => {
  it('is given the job that comes while it waits', async () => {
    const popping = client.popImage(owner.key, { name: 'patient', wait: WAIT_S });
    await until(() => waiting.size === 1);
    const asked = await client.askImage(payer.key);
    const popped = await popping;
    expect(popped).toMatchObject({ status: 200, body: { model: 'stable_diffusion', ids: [expect.any(String)] } });
    expect((await assignments()).at(-1)).toMatchObject({ job: popped.body.id, request: asked.body.id });
    expect((await client.submitImage(owner.key, popped.body.id)).status).toBe(200);
    expect(waiting.size).toBe(0);
  });

  it('waits for texts and for forms as well', async () => {
    const text = client.popText(owner.key, { name: 'patient scribe', wait: WAIT_S });
    const forms = alchemy.pop(owner.key, 'patient alchemist', ['caption'], { wait: WAIT_S });
    await until(() => waiting.size === 2);
    await Promise.all([client.askText(payer.key, { models: [TEXT_MODEL] }), alchemy.ask(payer.key, ['caption'])]);
    const [popped, taken] = await Promise.all([text, forms]);
    expect([popped.body.ids.length, taken.body.forms?.length]).toEqual([1, 1]);
    await client.submitText(owner.key, popped.body.id);
    await alchemy.submit(owner.key, taken.body.forms![0]!.id, { caption: 'a lighthouse' });
  });

  it('may wait for 25 seconds at most, and says so in whole ones', async () => {
    for (const wait of [26, -1, 0.5]) expect(await client.popImage(owner.key, { name: 'patient', wait })).toMatchObject({ status: 400, body: { errors: { wait: expect.any(String) } } });
  });

  it('gets a job each, when fifty wait and ten come; forty wait on', async () => {
    const connections = Array.from({ length: 50 }, () => new AbortController());
    const answered: Answer<Popped & Refusal>[] = [];
    const popping = connections.map(async ({ signal }, index) => {
      const response = await fetch(`${client.url}${V2}/generate/pop`, {
        method: 'POST', signal, headers: { 'content-type': 'application/json', apikey: owners[index % 3]!.key },
        body: JSON.stringify({ name: `worker ${index}`, models: ['stable_diffusion'], bridge_agent: REGEN, max_pixels: 4_194_304, wait: WAIT_S }),
      });
      answered.push({ status: response.status, headers: response.headers, body: (await response.json()) as Popped & Refusal });
    });
    await until(() => waiting.size === 50);
    const before = await assignments();
    const requests = await Promise.all([1, 2, 3, 4].map((n) => client.askImage(payer.key, { params: { n } })));
    await until(() => answered.length === 10);
    const jobs = answered.flatMap(({ body }) => body.ids);
    expect([new Set(jobs).size, jobs.length, waiting.size]).toEqual([10, 10, 40]);
    const given = (await assignments()).slice(before.length);
    expect([given.length, new Set(given.map(({ worker }) => worker)).size, new Set(given.map(({ job }) => job))]).toEqual([10, 10, new Set(jobs)]);
    for (const each of connections) each.abort();
    await Promise.allSettled(popping);
    await until(() => waiting.size === 0);
    for (const { body } of requests) await client.cancel(body.id);
  });

  it('is given nothing once it has hung up', async () => {
    const connection = new AbortController();
    const popping = fetch(`${client.url}${V2}/generate/pop`, {
      method: 'POST', signal: connection.signal, headers: { 'content-type': 'application/json', apikey: owner.key },
      body: JSON.stringify({ name: 'patient', models: ['stable_diffusion'], bridge_agent: REGEN, wait: WAIT_S }),
    });
    await until(() => waiting.size === 1);
    connection.abort();
    await expect(popping).rejects.toThrow('aborted');
    await until(() => waiting.size === 0);
    const before = await assignments();
    const asked = await client.askImage(payer.key);
    await horde.caughtUp();
    expect(await assignments()).toEqual(before);
    await client.cancel(asked.body.id);
  });

  it('in maintenance is told so at once', async () => {
    const { body: { id } } = await client.get(`${V2}/workers/name/patient`);
    await client.send('PUT', `${V2}/workers/${String(id)}`, { key: owner.key, body: { maintenance: true } });
    expect(await client.popImage(owner.key, { name: 'patient', wait: WAIT_S })).toMatchObject({ status: 403, body: { rc: 'WorkerMaintenance' } });
    await client.send('PUT', `${V2}/workers/${String(id)}`, { key: owner.key, body: { maintenance: false } });
  });
});

describe('a worker that is changed while it waits', () => {
  const change = async (body: object): Promise<Answer> => {
    const { body: { id } } = await client.get(`${V2}/workers/name/patient`);
    return client.send('PUT', `${V2}/workers/${String(id)}`, { key: owner.key, body });
  };
  const resting = async (body: object = {}): Promise<{ readonly popping: Promise<Answer<Popped & Refusal>> }> => {
    const popping = client.popImage(owner.key, { name: 'patient', wait: WAIT_S, ...body });
    await until(() => waiting.size === 1);
    return { popping };
  };

  it('is told of its maintenance at once, in its owner\'s words', async () => {
    const { popping } = await resting();
    await change({ maintenance: true, maintenance_msg: 'The fan is being cleaned' });
    expect(await popping).toMatchObject({ status: 403, body: { rc: 'WorkerMaintenance', message: expect.stringContaining('The fan is being cleaned') } });
    await change({ maintenance: false });
  });

  it('is given what it serves now, since another call of it has said so', async () => {
    const { popping } = await resting();
    const asked = await client.askImage(payer.key, { models: ['Dreamshaper'] });
    await client.popImage(owner.key, { name: 'patient', models: ['stable_diffusion', 'Dreamshaper'], amount: 1, blacklist: ['lighthouse'] });
    const popped = await popping;
    expect(popped.body).toMatchObject({ model: 'Dreamshaper' });
    expect((await assignments()).at(-1)).toMatchObject({ request: asked.body.id });
    await client.submitImage(owner.key, popped.body.id);
  });

  it('and deleted waits no longer', async () => {
    const { popping } = await resting();
    const { body: { id } } = await client.get(`${V2}/workers/name/patient`);
    expect((await client.send('DELETE', `${V2}/workers/${String(id)}`, { key: owner.key })).status).toBe(200);
    expect(await popping).toMatchObject({ status: 200, body: { ids: [] } });
    expect(waiting.size).toBe(0);
  });
});

describe('a worker whose connection breaks while it is given a job', () => {
  let unlucky: Person;
  beforeAll(async () => (unlucky = await client.person('unlucky', 25, { trusted: true })));
  const sockets: Socket[] = [];
  horde.server.app.getHttpServer().on('connection', (socket) => void sockets.push(socket));
  const told = horde.server.app.get(RequestWatch, { strict: false });

  /** Breaks the connection of this call between the hand-out and the answer. Returns what was handed out. */
  const cutOff = async (request: string, path: string, body: object): Promise<readonly string[]> => {
    const jobs: string[] = [];
    const calling = connect(horde.port, '127.0.0.1');
    calling.on('error', () => undefined); // which is what happens to it
    await until(() => sockets.some(({ remotePort }) => remotePort !== undefined && remotePort === calling.localPort));
    const line = sockets.find(({ remotePort }) => remotePort === calling.localPort)!;
    const stop = told.watch(request, ({ type, data }) => {
      if (type !== 'JobAssigned.v1' || jobs.includes((data as { job: string }).job)) return;
      jobs.push((data as { job: string }).job);
      line.destroy();
    });
    const text = JSON.stringify(body);
    calling.write(`POST ${V2}/${path} HTTP/1.1\r\nhost: x\r\napikey: ${unlucky.key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    await until(() => jobs.length > 0 && line.destroyed);
    stop();
    return jobs;
  };
  const returned = async (jobs: readonly string[]): Promise<readonly Recorded[]> =>
    (await horde.events()).filter(({ type, data }) => type === 'JobFaulted.v1' && jobs.includes((data as { job: string }).job));

  it('loses it to the next one at once, and nobody is blamed, however often that happens', async () => {
    const asked = await client.askImage(payer.key, { params: { n: 2 }, models: ['Deliberate'], disable_batching: false });
    const jobs: string[] = [];
    for (let time = 0; time < 4; time += 1) {
      jobs.push(...(await cutOff(asked.body.id, 'generate/pop', { name: 'unlucky', models: ['Deliberate'], bridge_agent: REGEN, max_pixels: 4_194_304, amount: 2 })));
      await until(() => horde.server.app.get(Availability, { strict: false }).queued(asked.body.id)?.waiting === 2);
    }
    const back = await returned(jobs);
    expect([back.length, back.every(({ data }) => (data as { unheard?: true }).unheard)]).toEqual([jobs.length, true]);
    const popped = await client.popImage(artist.key, { name: 'lucky', models: ['Deliberate'], amount: 2 });
    for (const id of popped.body.ids) expect((await client.submitImage(artist.key, id)).status).toBe(200);
    expect((await client.check(asked.body.id)).body).toMatchObject({ finished: popped.body.ids.length, faulted: false });
    await horde.caughtUp();
    expect((await client.get(`${V2}/workers/name/unlucky`)).body).toMatchObject({ uncompleted_jobs: 0, requests_fulfilled: 0 });
    await client.cancel(asked.body.id);
  });

  it('loses its form, too, and its payer gets back what was set aside for it', async () => {
    const other = await client.person('other payer', 1_000);
    const asked = await alchemy.ask(other.key, ['caption']);
    const [job] = await cutOff(asked.body.id, 'interrogate/pop', { name: 'unlucky alchemist', forms: ['caption'], require_upfront_kudos: true });
    await until(() => horde.server.app.get(Availability, { strict: false }).queued(asked.body.id)?.waiting === 1);
    expect(await returned([job!])).toMatchObject([{ data: { form: 0, unheard: true } }]);
    const { body: { forms } } = await alchemy.pop(artist.key, 'lucky alchemist', ['caption']);
    expect(forms).toHaveLength(1);
    await alchemy.submit(artist.key, forms![0]!.id, { caption: 'a lighthouse' });
    expect((await alchemy.status(asked.body.id)).body).toMatchObject({ state: 'done' });
  });
});

describe('who watches a request', () => {
  const names = (told: readonly (Told | undefined)[]) => told.map((one) => one?.event);

  it('is told what happens to it, as it happens, until it is done', async () => {
    const asked = await client.askImage(payer.key, { params: { n: 2 }, models: ['Deliberate'] });
    const stream = await watch(asked.body.id);
    expect([stream.response.status, stream.response.headers.get('content-type'), stream.response.headers.get('access-control-allow-origin')]).toEqual([200, 'text/event-stream; charset=utf-8', '*']);
    expect(await stream.next()).toEqual({ id: '0', event: 'accepted', data: {
      id: asked.body.id, type: 'image', jobs: 2, kudos_quote: asked.body.kudos_quote, at: expect.any(String), waiting: 2, processing: 0, finished: 0, restarted: 0,
    } });
    expect(await stream.next()).toEqual({ id: undefined, event: 'position', data: { queue_position: 1, wait_time: expect.any(Number) } });
    const { body: { id: job } } = await client.popImage(artist.key, { name: 'painter', models: ['Deliberate'] });
    expect(await stream.nextOfStream()).toMatchObject({ id: '1', event: 'assigned', data: { job, model: 'Deliberate', waiting: 1, processing: 1 } });
    await client.submitImage(artist.key, job);
    expect(await stream.nextOfStream()).toMatchObject({ id: '2', event: 'delivered', data: { job, state: 'ok', waiting: 1, processing: 0, finished: 1 } });
    const { body: { id: other } } = await client.popImage(artist.key, { name: 'painter', models: ['Deliberate'] });
    await client.submitImage(artist.key, other, { state: 'faulted', generation: 'x' });
    expect(names([await stream.nextOfStream(), await stream.nextOfStream()])).toEqual(['assigned', 'job_faulted']);
    await client.cancel(asked.body.id);
    const end = await stream.rest();
    expect(names(end)).toEqual(['cancelled', 'done']);
    expect(end.at(-1)).toMatchObject({ data: { outcome: 'cancelled', finished: 1, restarted: 1, waiting: 0, processing: 0 } });
    await until(() => streams.size === 0);
  });

  it('goes on where its connection broke: with the next event, and nothing left out', async () => {
    const asked = await client.askText(payer.key);
    const first = await watch(asked.body.id);
    expect((await first.nextOfStream())?.id).toBe('0');
    first.hangUp();
    await until(() => streams.size === 0);
    const { body: { id: job } } = await client.popText(artist.key, { name: 'scribe' });
    await client.submitText(artist.key, job);
    const again = await watch(asked.body.id, '0');
    const rest = await again.rest();
    expect(rest.map(({ id, event }) => `${id} ${event}`)).toEqual(['1 assigned', '2 delivered', '3 done']);
    expect(rest.at(-1)!.data).toMatchObject({ outcome: 'done', finished: 1 });
    // An EventSource comes back after the end, and is told to stop.
    expect((await fetch(`${client.url}/v1/requests/${asked.body.id}/events`, { headers: { 'last-event-id': '3' } })).status).toBe(204);
    const story = await (await watch(asked.body.id)).rest();
    expect(names(story)).toEqual(['accepted', 'assigned', 'delivered', 'done']);
  });

  it('of a request that is not there is told so', async () => {
    for (const id of ['5f2c0000-0000-4000-8000-000000000000', 'none']) {
      expect(await client.get(`/v1/requests/${id}/events`)).toMatchObject({ status: 404, body: { rc: 'RequestNotFound' } });
    }
  });

  it('may watch so many at once and no more', async () => {
    const asked = await client.askImage(payer.key, { models: ['Deliberate'] });
    const watched = await Promise.all(Array.from({ length: STREAMS_OF_ADDRESS_MAX }, () => watch(asked.body.id)));
    const refused = await client.get(`/v1/requests/${asked.body.id}/events`);
    expect(refused).toMatchObject({ status: 429, body: { rc: 'TooManyStreams' } });
    expect(refused.headers.get('retry-after')).toBe('10');
    watched[0]!.hangUp();
    await until(() => streams.size === STREAMS_OF_ADDRESS_MAX - 1);
    (await watch(asked.body.id)).hangUp();
    await client.cancel(asked.body.id);
    const ends = await Promise.all(watched.slice(1).map((stream) => stream.rest()));
    expect(ends.map((end) => end.at(-1)?.event)).toEqual(ends.map(() => 'done'));
  });

  it('by HEAD learns the headers and watches nothing', async () => {
    const asked = await client.askImage(payer.key, { models: ['Deliberate'] });
    const { status, headers } = await fetch(`${client.url}/v1/requests/${asked.body.id}/events`, { method: 'HEAD' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await until(() => streams.size === 0);
    await client.cancel(asked.body.id);
  });
});

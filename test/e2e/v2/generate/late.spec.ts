import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { REGEN, type Fields } from '../../../support/client.js';

const horde = await startHorde('late');
const { client } = horde;
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 25, { trusted: true });
const worker = { name: 'late worker' };
const MINUTE_MS = 60_000;
/** The least time that a worker has for an image, and a little more (D.2). */
const TTL_MS = 151_000;

const handedOut = async (ask: Fields = {}) => {
  const asked = await client.askImage(payer.key, ask);
  const popped = await client.popImage(owner.key, { ...worker, max_pixels: 3_072 * 3_072 });
  expect(popped.body.ids).toHaveLength(1);
  return { request: asked.body.id, job: popped.body.id! };
};

describe('a job whose time is over', () => {
  it('goes back to the queue; its worker is told to check its speed, and is not paid', async () => {
    const { request, job } = await handedOut();
    const earned = await horde.kudosOf(owner);
    await horde.pass(TTL_MS);
    expect((await client.check(request)).body).toMatchObject({ waiting: 1, processing: 0, restarted: 1, done: false });
    const { answer, events } = await horde.appendedBy(() => client.submitImage(owner.key, job));
    expect(answer).toMatchObject({ status: 400, body: { rc: 'AbortedGen', message: expect.stringContaining('Please check your worker speed') } });
    expect(events).toEqual([]);
    expect((await client.submitImage(owner.key, job, { state: 'faulted' })).body).toEqual({ reward: 0 });
    const again = await client.popImage(owner.key, worker);
    expect(again.body.id).not.toBe(job);
    expect((await client.submitImage(owner.key, again.body.id)).status).toBe(200);
    expect(await horde.kudosOf(owner)).toBeGreaterThan(earned);
  });

  it('ends its request with the third time', async () => {
    const { request } = await handedOut();
    await horde.pass(TTL_MS);
    for (const restarted of [2, 3]) {
      expect((await client.popImage(owner.key, worker)).body.ids).toHaveLength(1);
      await horde.pass(TTL_MS);
      expect((await client.check(request)).body).toMatchObject({ restarted });
    }
    expect((await client.check(request)).body).toMatchObject({ faulted: true, done: true, waiting: 0 });
  });

  it('can still be delivered while nobody has looked at the clock', async () => {
    const { job } = await handedOut();
    expect((await client.submitImage(owner.key, job)).status).toBe(200);
  });
});

describe('a request whose time is over', () => {
  it('is gone after twenty minutes without anybody\'s interest, and what it held is free', async () => {
    const saver = await client.person('saver', 525);
    const asked = await client.askImage(saver.key, { models: ['Dreamshaper'], slow_workers: false });
    await horde.pass(19 * MINUTE_MS);
    expect((await client.check(asked.body.id)).status).toBe(200);
    await horde.pass(2 * MINUTE_MS);
    expect(await client.check(asked.body.id)).toMatchObject({ status: 404, body: { rc: 'RequestNotFound' } });
    expect(await client.cancel(asked.body.id)).toMatchObject({ status: 404 });
    expect((await client.popImage(owner.key, { ...worker, models: ['Dreamshaper'] })).body.id).toBeNull();
    expect(await horde.kudosOf(saver)).toBe(522);
    expect((await client.transfer(saver.key, payer.alias, 497)).status).toBe(200);
  });

  it('lives as long as one of its jobs is at a worker', async () => {
    const { request, job } = await handedOut({ params: { width: 3072, height: 3072, steps: 40 } });
    const { ttlS } = (await horde.events()).findLast(({ type }) => type === 'JobAssigned.v1')!.data as { ttlS: number };
    expect(ttlS * 1_000).toBeGreaterThan(25 * MINUTE_MS);
    await horde.pass(24 * MINUTE_MS);
    expect((await client.check(request)).body).toMatchObject({ processing: 1 });
    expect((await client.submitImage(owner.key, job)).status).toBe(200);
  });

  it('keeps its results for a while, and then answers 404', async () => {
    const { request, job } = await handedOut();
    await client.submitImage(owner.key, job);
    await horde.pass(10 * MINUTE_MS);
    expect((await client.status(request)).body).toMatchObject({ done: true, finished: 1 });
    await horde.pass(11 * MINUTE_MS);
    expect(await client.status(request)).toMatchObject({ status: 404, body: { rc: 'RequestNotFound' } });
    expect(await client.submitImage(owner.key, job)).toMatchObject({ status: 400, body: { rc: 'DuplicateGen' } });
  });
});

describe('what passes with time', () => {
  it('a worker is online for five minutes after its last pop', async () => {
    await client.popImage(owner.key, worker);
    expect((await client.get<readonly Fields[]>('/api/v2/workers')).body.map(({ name }) => name)).toContain('late worker');
    await horde.pass(5 * MINUTE_MS + 1_000);
    expect((await client.get<readonly Fields[]>('/api/v2/workers')).body).toEqual([]);
    expect((await client.get('/api/v2/workers/name/late%20worker')).body).toMatchObject({ online: false });
    expect((await client.get('/api/v2/status/performance')).body).toMatchObject({ worker_count: 0, thread_count: 0 });
  });

  it('kudos can be sent back a minute later', async () => {
    const [one, two] = [await client.person('one', 100), await client.person('two', 100)];
    await client.transfer(one.key, two.alias, 10);
    expect((await client.transfer(two.key, one.alias, 5)).body.rc).toBe('TooFastKudosTransfers');
    await horde.pass(MINUTE_MS + 1_000);
    expect((await client.transfer(two.key, one.alias, 5)).status).toBe(200);
  });

  it('an upload URL allows half an hour', async () => {
    await client.askImage(payer.key);
    const popped = await client.popImage(owner.key, { ...worker, bridge_agent: REGEN, extra_slow_worker: false });
    const upload = popped.body.r2_upload!;
    await horde.pass(31 * MINUTE_MS);
    expect((await fetch(upload, { method: 'PUT', body: 'late' })).status).toBe(403);
  });
});

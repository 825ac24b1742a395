import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, since } from '../../../support/client.js';

const horde = await startHorde('status');
const { client } = horde;
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 25, { trusted: true });
const worker = { name: 'the worker' };
/** With what versions of the API since 2.5 add. */
const PROGRESS = [
  'done', 'eligible_worker_threads', 'eligible_workers', 'faulted', 'finished', 'is_possible', 'jobs', 'kudos', 'might_stall', 'processing', 'queue_position', 'restarted',
  'wait_time', 'waiting',
];
const NOT_FOUND = { status: 404, body: { rc: 'RequestNotFound', message: expect.any(String) } };

describe('GET /generate/check/{id}', () => {
  it('has every key from the first answer on, whoever asks', async () => {
    const asked = await client.askImage(payer.key, { params: { n: 2 } });
    const { status, body } = await client.check(asked.body.id);
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(PROGRESS);
    expect(body).toMatchObject({ finished: 0, processing: 0, restarted: 0, waiting: 2, done: false, faulted: false, queue_position: 1, kudos: 3, is_possible: false });
    expect(Number.isInteger((body as unknown as { wait_time: number }).wait_time)).toBe(true);
    await client.cancel(asked.body.id);
  });

  it('knows a request at once, a hundred times in a row, without a position and without waiting', async () => {
    const found: number[] = [];
    for (let round = 0; round < 100; round++) {
      const { body: { id } } = await client.askImage(ANONYMOUS, { models: ['Deliberate'] });
      found.push((await client.check(id)).status, (await client.cancel(id)).status);
    }
    expect(found.filter((status) => status !== 200)).toEqual([]);
  });

  it('becomes possible when a worker is there for it', async () => {
    const asked = await client.askImage(payer.key, { models: ['Dreamshaper'] });
    expect((await client.check(asked.body.id)).body).toMatchObject({ is_possible: false });
    const popped = await client.popImage(owner.key, { name: 'dreaming', models: ['Dreamshaper'] });
    const check = await client.check(asked.body.id, since(popped));
    expect(check.body).toMatchObject({ is_possible: true, processing: 1, waiting: 0, queue_position: 0 });
    await client.submitImage(owner.key, popped.body.id);
  });

  it('counts places in the queue by priority', async () => {
    const [rich, poor] = [await client.person('rich', 5_000), await client.person('poor', 100)];
    const second = await client.askImage(poor.key, { models: ['Anything Diffusion'] });
    const first = await client.askImage(rich.key, { models: ['Anything Diffusion'] });
    const last = await client.askImage(ANONYMOUS, { models: ['Anything Diffusion'] });
    const places = await Promise.all([first, second, last].map(async ({ body: { id } }) => (await client.check(id)).body.queue_position));
    expect(places).toEqual([1, 2, 3]);
    for (const { body: { id } } of [first, second, last]) await client.cancel(id);
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'x', '%20', '00000000000040008000000000000000'])('404 RequestNotFound to %s', async (id) => {
    expect(await client.check(id)).toMatchObject(NOT_FOUND);
    expect(await client.status(id)).toMatchObject(NOT_FOUND);
    expect(await client.status(id, 'text')).toMatchObject(NOT_FOUND);
    expect(await client.cancel(id)).toMatchObject(NOT_FOUND);
    expect(await client.cancel(id, 'text')).toMatchObject(NOT_FOUND);
  });

  it('knows requests of its own kind only', async () => {
    const text = await client.askText(payer.key, { models: ['kinds'] });
    expect(await client.check(text.body.id)).toMatchObject(NOT_FOUND);
    expect(await client.status(text.body.id)).toMatchObject(NOT_FOUND);
    expect(await client.cancel(text.body.id)).toMatchObject(NOT_FOUND);
    const image = await client.askImage(payer.key);
    expect(await client.status(image.body.id, 'text')).toMatchObject(NOT_FOUND);
    expect(await client.cancel(image.body.id, 'text')).toMatchObject(NOT_FOUND);
    expect([(await client.cancel(image.body.id)).status, (await client.cancel(text.body.id, 'text')).status]).toEqual([200, 200]);
  });

  it('takes an id in capitals for the same', async () => {
    const { body: { id } } = await client.askImage(payer.key);
    expect((await client.check(id.toUpperCase())).status).toBe(200);
    await client.cancel(id);
  });
});

describe('GET /generate/status/{id}', () => {
  it('has every key of the contract, before and after the images are there', async () => {
    const asked = await client.askImage(payer.key, { params: { n: 2 } });
    const before = await client.status(asked.body.id);
    expect(Object.keys(before.body).sort()).toEqual([...PROGRESS, 'generations', 'shared'].sort());
    expect(before.body).toMatchObject({ shared: false, generations: [] });
    const popped = await client.popImage(owner.key, { ...worker, amount: 2 });
    const submitted = await client.submitImage(owner.key, popped.body.id, { seed: 4_294_967_295, gen_metadata: [{ type: 'lora', value: 'download_failed', ref: '1' }] });
    const { body } = await client.status(asked.body.id, 'image', since(submitted));
    expect(body.generations).toHaveLength(1);
    const [generation] = body.generations;
    expect(Object.keys(generation!).sort()).toEqual(['censored', 'gen_metadata', 'id', 'img', 'model', 'seed', 'state', 'worker_id', 'worker_name']);
    expect(generation).toMatchObject({
      id: popped.body.id, seed: '4294967295', censored: false, state: 'ok', model: 'stable_diffusion', worker_name: 'the worker', worker_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      img: expect.stringMatching(/\/blobs\/[0-9a-f-]{36}\.webp\?/), gen_metadata: [{ type: 'lora', value: 'download_failed', ref: '1' }],
    });
    await client.submitImage(owner.key, popped.body.ids[1]!);
  });

  it('changes nothing by being read', async () => {
    const asked = await client.askImage(payer.key);
    const { events } = await horde.appendedBy(async () => [await client.status(asked.body.id), await client.status(asked.body.id), await client.check(asked.body.id)]);
    expect(events).toEqual([]);
    await client.cancel(asked.body.id);
  });

  it('masks its lists element by element', async () => {
    const asked = await client.askImage(payer.key);
    const popped = await client.popImage(owner.key, worker);
    const submitted = await client.submitImage(owner.key, popped.body.id);
    const { body } = await client.status(asked.body.id, 'image', { ...since(submitted), 'x-fields': 'done,generations{seed,nothing}' });
    expect(body).toEqual({ done: true, generations: [{ seed: '42' }] });
  });
});

describe('DELETE /generate/status/{id}', () => {
  it('before anything was handed out: nothing waits any more, and only the activation was paid', async () => {
    const before = await horde.kudosOf(payer);
    const asked = await client.askImage(payer.key, { params: { n: 3 } });
    const cancelled = await client.cancel(asked.body.id);
    expect(cancelled.status).toBe(200);
    expect(Object.keys(cancelled.body).sort()).toEqual([...PROGRESS, 'generations', 'shared'].sort());
    expect(cancelled.body).toMatchObject({ waiting: 0, processing: 0, finished: 0, done: true, faulted: false, queue_position: 0 });
    expect((await client.popImage(owner.key, worker)).body.id).toBeNull();
    expect(before - (await horde.kudosOf(payer))).toBeCloseTo(3, 2);
  });

  it('while jobs are at workers: they deliver and are paid, the rest is gone', async () => {
    const asked = await client.askImage(payer.key, { params: { n: 3 } });
    const popped = await client.popImage(owner.key, { ...worker, amount: 1 });
    const cancelled = await client.cancel(asked.body.id);
    expect(cancelled.body).toMatchObject({ waiting: 0, processing: 1, done: false });
    expect((await client.popImage(owner.key, worker)).body.id).toBeNull();
    const submitted = await client.submitImage(owner.key, popped.body.id);
    expect(submitted.body.reward).toBeGreaterThan(0);
    expect((await client.status(asked.body.id, 'image', since(submitted))).body).toMatchObject({ finished: 1, done: true, generations: [{ id: popped.body.id }] });
  });

  it('while jobs are at workers that then give up: nothing is handed out again', async () => {
    const asked = await client.askImage(payer.key);
    const popped = await client.popImage(owner.key, worker);
    await client.cancel(asked.body.id);
    const faulted = await client.submitImage(owner.key, popped.body.id, { state: 'faulted' });
    expect((await client.check(asked.body.id, since(faulted))).body).toMatchObject({ waiting: 0, processing: 0, done: true, restarted: 1 });
    expect((await client.popImage(owner.key, worker)).body.id).toBeNull();
  });

  it('after the end, and again: the same answer, and no event', async () => {
    const asked = await client.askImage(payer.key);
    const first = await client.cancel(asked.body.id);
    const { answer, events } = await horde.appendedBy(() => client.cancel(asked.body.id));
    expect({ status: answer.status, body: answer.body, events }).toEqual({ status: 200, body: first.body, events: [] });
  });

  it('happens once, however many cancel at the same time', async () => {
    const { answer: { body: { id } } } = await horde.appendedBy(() => client.askImage(payer.key, { slow_workers: false, params: { n: 2 } }));
    const { answer, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 20 }, () => client.cancel(id))));
    expect(answer.every(({ status }) => status === 200)).toBe(true);
    expect(events.map(({ type }) => type).sort()).toEqual(['AuthorizationClosed.v1', 'RequestCancelled.v1', 'RequestCompleted.v1']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, TEXT_MODEL, V2, type Fields } from '../../support/client.js';

const horde = await startHorde('estimates');
const { client } = horde;
const owner = await client.person('estimates-owner', 25, { trusted: true });
const moderator = await client.person('estimates-moderator', 25, { moderator: true });
const payer = await client.person('estimates-payer', 100_000);

type Models = readonly (Fields & { readonly name: string })[];
const models = async (query = ''): Promise<Models> => {
  const { status, body } = await client.get<Models>(`${V2}/status/models${query}`);
  expect(status).toBe(200);
  return body;
};
const named = async (query = ''): Promise<readonly string[]> => (await models(query)).map(({ name }) => name).sort();
const one = async (name: string): Promise<Models> => (await client.get<Models>(`${V2}/status/models/${name}`)).body;
const workerId = async (name: string): Promise<string> => {
  await horde.caughtUp();
  return String((await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`)).body['id']);
};
const cancelAll = async (ids: readonly string[], kind: 'image' | 'text' = 'image'): Promise<void> => {
  await Promise.all(ids.map((id) => client.cancel(id, kind)));
};

describe('GET /status/models', () => {
  it('lists what is served and what known models are waited for, with all members', async () => {
    expect(await models()).toEqual([]);
    const asked = await Promise.all([
      client.askImage(payer.key, { models: ['Pony Diffusion XL'], params: { n: 2, width: 512, height: 512, steps: 20 } }),
      client.askImage(payer.key, { models: ['Deliberate'], params: { n: 1, width: 512, height: 512, steps: 20 } }),
    ]);
    await client.popImage(owner.key, { name: 'lister', models: ['Dreamshaper', 'Anything Diffusion'], threads: 3, amount: 1 });
    const list = await models();
    expect(list.map(({ name, type, count, jobs, queued, eta, performance }) => ({ name, type, count, jobs, queued, eta, performance })).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'Anything Diffusion', type: 'image', count: 3, jobs: 0, queued: 0, eta: 0, performance: 0 },
      { name: 'Deliberate', type: 'image', count: 0, jobs: 1, queued: 512 * 512 * 20, eta: 10_000, performance: 0 },
      { name: 'Dreamshaper', type: 'image', count: 3, jobs: 0, queued: 0, eta: 0, performance: 0 },
      { name: 'Pony Diffusion XL', type: 'image', count: 0, jobs: 2, queued: 2 * 512 * 512 * 20, eta: 10_000, performance: 0 },
    ]);
    for (const entry of list) expect(Object.keys(entry).sort()).toEqual(['count', 'eta', 'jobs', 'name', 'performance', 'queued', 'type']);
    await cancelAll(asked.map(({ body }) => body.id));
  });

  it('obeys its filters, and 400 to states that it does not know', async () => {
    await client.popText(owner.key, { name: 'list scribe', models: [TEXT_MODEL, 'nobody/knows'], threads: 2 });
    expect(await named('?type=text')).toEqual([TEXT_MODEL, 'nobody/knows'].sort());
    expect(await named('?type=text&model_state=custom')).toEqual(['nobody/knows']);
    expect(await named('?type=text&model_state=known')).toEqual([TEXT_MODEL]);
    expect(await named('?type=text&min_count=3')).toEqual([]);
    expect(await named('?type=text&max_count=1')).toEqual([]);
    expect((await named('?type=text&min_count=2&max_count=2')).length).toBe(2);
    expect(await named('?type=interrogation')).toEqual([]);
    expect(await client.get(`${V2}/status/models?model_state=new`)).toMatchObject({ status: 400, body: { rc: 'BadRequest' } });
    expect(await client.get(`${V2}/status/models?min_count=x`)).toMatchObject({ status: 400, body: { errors: { min_count: expect.any(String) } } });
  });

  it('shows one model under its name, a slash as %252F, and nothing where it knows none', async () => {
    expect(await one(encodeURIComponent('Dreamshaper'))).toMatchObject([{ name: 'Dreamshaper', count: 3 }]);
    for (const slash of ['%252F', '%2F']) expect(await one(TEXT_MODEL.replace('/', slash))).toMatchObject([{ name: TEXT_MODEL, type: 'text', count: 2 }]);
    for (const name of ['nobody%252Fknows', 'unheard', '100%25']) expect(await one(name)).toEqual([]);
  });

  it('tells how fast a model is made once something was delivered, and how long it takes', async () => {
    const first = await client.askText(payer.key, { models: [TEXT_MODEL], params: { max_length: 80 } });
    const popped = await client.popText(owner.key, { name: 'list scribe', models: [TEXT_MODEL, 'nobody/knows'], threads: 2 });
    await horde.pass(4_000);
    expect((await client.submitText(owner.key, popped.body.id)).status).toBe(200);
    await horde.caughtUp();
    const waiting = await client.askText(payer.key, { models: [TEXT_MODEL], params: { max_length: 1_000 } });
    expect(waiting.status).toBe(202);
    const [model] = await one(TEXT_MODEL.replace('/', '%252F'));
    const performance = Number(model!['performance']);
    expect(performance).toBeGreaterThan(0);
    expect(model).toMatchObject({ jobs: 1, queued: 1_000 });
    expect(Math.abs((model!['eta'] as number) - 1_000 / performance)).toBeLessThanOrEqual(0.02 * (1_000 / performance) + 1);
    await cancelAll([first.body.id, waiting.body.id], 'text');
  });
});

describe('GET /v1/workers/{id}/why', () => {
  const why = (id: string, key?: string) => client.get(`/v1/workers/${id}/why`, key);

  it('explains in words and counts why nothing came, and lists the last calls', async () => {
    const asked = await Promise.all([
      client.askImage(payer.key, { models: ['Deliberate'], params: { loras: [{ name: 'some' }] } }),
      client.askImage(payer.key, { models: ['Deliberate'], params: { loras: [{ name: 'other' }] } }),
      client.askImage(payer.key, { models: ['Juggernaut XL'] }),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([202, 202, 202]);
    await client.popImage(owner.key, { name: 'puzzled', models: ['Deliberate'] });
    const { status, body } = await why(await workerId('puzzled'), owner.key);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      type: 'image', online: true, maintenance_mode: false, waiting_for_its_models: 2, unfinished_jobs: 3,
      summary: expect.stringContaining('none that this worker may serve'),
      reasons: [
        { reason: 'lora', requests: 2, explanation: '2 requests need LoRA: start the worker with allow_lora.' },
        { reason: 'models', requests: 1, explanation: expect.stringContaining('Juggernaut XL') },
      ],
      pops: [{ outcome: 'nothing', jobs: [], missed: 0, skipped: { lora: 2, models: 1 } }],
    });

    const popped = await client.popImage(owner.key, { name: 'puzzled', models: ['Deliberate'], allow_lora: true });
    expect((await why(await workerId('puzzled'), owner.key)).body).toMatchObject({
      summary: expect.stringContaining('1 job in the last 2 calls'), covers: expect.stringContaining('No other node'), pops: [{ outcome: 'jobs', jobs: popped.body.ids }, { outcome: 'nothing' }],
    });
    await cancelAll(asked.map(({ body: { id } }) => id));
  });

  it('explains a call by what the worker declared in it, whatever it has declared since', async () => {
    const large = await client.askImage(payer.key, { models: ['Deliberate'], params: { width: 1_024, height: 1_024 } });
    const explanationsAfter = async (refusing: object, taking: object): Promise<unknown> => {
      expect((await client.popImage(owner.key, { name: 'reborn', models: ['Deliberate'], ...refusing })).body.id).toBeNull();
      const told = await why(await workerId('reborn'), owner.key);
      const { body: { id } } = await client.popImage(owner.key, { name: 'reborn', models: ['Deliberate'], ...taking });
      expect((await client.submitImage(owner.key, id, { state: 'faulted' })).status).toBe(200);
      const { body } = await why(await workerId('reborn'), owner.key);
      expect(body['reasons']).toEqual(told.body['reasons']);
      return (body['reasons'] as Fields[]).map(({ explanation }) => explanation);
    };
    expect(await explanationsAfter({ max_pixels: 262_144 }, {})).toEqual([expect.stringContaining('larger than the 262144 pixels')]);
    expect(await explanationsAfter({ extra_slow_worker: true }, {})).toEqual([expect.stringContaining('extra_slow_worker')]);
    await cancelAll([large.body.id]);
  });

  it('tells of maintenance', async () => {
    const id = await workerId('puzzled');
    await client.send('PUT', `${V2}/workers/${id}`, { key: owner.key, body: { maintenance: true } });
    expect((await client.popImage(owner.key, { name: 'puzzled', models: ['Deliberate'] })).body.rc).toBe('WorkerMaintenance');
    expect((await why(id, owner.key)).body).toMatchObject({ maintenance_mode: true, summary: expect.stringContaining('maintenance'), pops: [{ outcome: 'refused' }, {}, {}] });
  });

  it('tells moderators of a pause, and the owner nothing of it', async () => {
    await client.askImage(ANONYMOUS, { models: ['Deliberate'] });
    await client.popImage(owner.key, { name: 'watched', models: ['Dreamshaper'] });
    const id = await workerId('watched');
    await client.send('PUT', `${V2}/workers/${id}`, { key: moderator.key, body: { paused: true } });
    await horde.caughtUp();
    await client.popImage(owner.key, { name: 'watched', models: ['Dreamshaper'] });
    expect((await why(id, moderator.key)).body).toMatchObject({ paused: true });
    const { body } = await why(id, owner.key);
    expect([Object.keys(body), JSON.stringify(body).includes('paus')]).toEqual([expect.not.arrayContaining(['paused']), false]);
  });

  it('is for the owner and moderators, and says so in problem documents', async () => {
    const id = await workerId('puzzled');
    const unknown = '00000000-0000-4000-8000-000000000000';
    for (const [path, key, status, rc] of [ // by descending precedence
      [unknown, undefined, 401, 'InvalidAPIKey'], [unknown, 'unheard', 401, 'InvalidAPIKey'], [id, ANONYMOUS, 401, 'InvalidAPIKey'], [unknown, payer.key, 404, 'WorkerNotFound'],
      ['x', payer.key, 404, 'WorkerNotFound'], [id, payer.key, 403, 'NotOwner'], [id, moderator.key, 200, undefined],
    ] as const) {
      const answer = await why(path, key);
      expect([answer.status, answer.body['rc']]).toEqual([status, rc]);
      if (status !== 200) expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
  });
});

describe('GET /v1/status/estimates', () => {
  it('publishes what was told at acceptance beside what came true', async () => {
    const before = await client.get('/v1/status/estimates');
    expect(before).toMatchObject({ status: 200, body: { right_within: { seconds: 60, share_of_the_truth: 0.5 }, alchemy: { first_hand_out: null, last_delivery: null } } });
    await client.popImage(owner.key, { name: 'prompt', models: ['Anything Diffusion'] });
    const asked = await client.askImage(payer.key, { models: ['Anything Diffusion'] });
    await horde.caughtUp();
    const popped = await client.popImage(owner.key, { name: 'prompt', models: ['Anything Diffusion'] });
    expect((await client.submitImage(owner.key, popped.body.id)).status).toBe(200);
    await horde.caughtUp();
    expect(asked.status).toBe(202);
    const figures = { measured: expect.any(Number), within: expect.any(Number), mean_difference_s: expect.any(Number), mean_error_s: expect.any(Number) };
    expect((await client.get('/v1/status/estimates')).body).toMatchObject({ image: { first_hand_out: figures, last_delivery: figures } });
  });
});

describe('what a request is told', () => {
  const check = async (id: string): Promise<Fields> => (await client.check(id)).body as unknown as Fields;
  const ask = async (body: Fields): Promise<string> => (await client.askImage(payer.key, body)).body.id;

  it('counts who can serve it now, by everything that dispatch looks at', async () => {
    await client.popImage(owner.key, { name: 'able', models: ['Fustercluck'], threads: 4, nsfw: false });
    const id = await ask({ models: ['Fustercluck'], nsfw: false });
    expect(await check(id)).toMatchObject({ is_possible: true, eligible_workers: 1, eligible_worker_threads: 4, might_stall: false, queue_position: expect.any(Number) });
    for (const body of [{ nsfw: true }, { params: { loras: [{ name: 'x' }] } }, { workers: [await workerId('puzzled')] }, { models: ['Z-Image-Turbo'] }]) {
      const other = await client.askImage(payer.key, { models: ['Fustercluck'], nsfw: false, ...body });
      expect([other.body.message, other.body.warnings?.[0]?.code]).toEqual([expect.stringContaining('Warning'), 'NoAvailableWorker']);
      const { wait_time: waitS, ...told } = await check(other.body.id);
      expect(told).toMatchObject({ is_possible: false, eligible_workers: 0, eligible_worker_threads: 0, might_stall: false });
      expect(Math.abs((waitS as number) - 1_200)).toBeLessThanOrEqual(5); // as long as it lives
      await client.cancel(other.body.id);
    }
    await client.cancel(id);
  });

  it('is possible while it is being worked on, even if nobody could take more of it', async () => {
    const id = await ask({ models: ['Fustercluck'], nsfw: false });
    await client.popImage(owner.key, { name: 'able', models: ['Fustercluck'], threads: 4, nsfw: false });
    await client.send('PUT', `${V2}/workers/${await workerId('able')}`, { key: owner.key, body: { maintenance: true } });
    expect(await check(id)).toMatchObject({ processing: 1, is_possible: true });
  });
});

import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, REGEN, V2, type Fields } from '../../../support/client.js';

const horde = await startHorde('pop');
const { client } = horde;
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 25, { trusted: true });
const stranger = await client.person('stranger', 25, { trusted: true });

const KEYS = [
  'extra_source_images', 'id', 'ids', 'messages', 'model', 'payload', 'r2_upload', 'r2_uploads', 'skipped', 'source_image', 'source_mask', 'source_processing', 'ttl',
];
const ALWAYS_SKIPPED = {
  unsafe_ip: 0, img2img: 0, painting: 0, 'post-processing': 0, lora: 0, controlnet: 0, worker_id: 0, performance: 0, nsfw: 0, untrusted: 0, models: 0, bridge_version: 0,
};

/** Asks, lets one worker pop that may not have it, and withdraws: what it was told. */
const skippedBy = async (request: Fields, worker: Fields, key = owner.key): Promise<Fields> => {
  const asked = await client.askImage(payer.key, request);
  expect(asked.status).toBe(202);
  const popped = await client.popImage(key, { name: 'skipper', ...worker });
  expect(popped).toMatchObject({ status: 200, body: { id: null } });
  await client.cancel(asked.body.id);
  return Object.fromEntries(Object.entries(popped.body.skipped).filter(([, count]) => count !== 0));
};

describe('a pop without a job', () => {
  it('answers the documented nothing', async () => {
    const { status, headers, body } = await client.popImage(owner.key, { name: 'idle' });
    expect(status).toBe(200);
    expect(headers.get('kudos-position')).toBeNull();
    expect(body).toEqual({
      id: null, ids: [], messages: [], model: null, ttl: null, source_image: null, source_mask: null, extra_source_images: null, r2_upload: null, r2_uploads: null,
      source_processing: 'img2img', skipped: ALWAYS_SKIPPED,
      payload: {
        ddim_steps: 30, n_iter: 1, image_is_control: false, return_control_map: false, sampler_name: 'k_euler_a', cfg_scale: 7.5, height: 512, width: 512,
        karras: false, tiling: false, hires_fix: false, transparent: false,
      },
    });
  });

  it('registers its worker once, and writes nothing while that says the same', async () => {
    await client.popImage(owner.key, { name: 'steady' });
    const { events } = await horde.appendedBy(() => client.popImage(owner.key, { name: 'steady' }));
    expect(events).toEqual([]);
    const changed = await horde.appendedBy(() => client.popImage(owner.key, { name: 'STEADY', threads: 2 }));
    expect(changed.events.map(({ type }) => type)).toEqual(['WorkerDeclared.v1']);
  });

  it('is judged by its own switches, however soon after another one it comes', async () => {
    const asked = await client.askImage(payer.key, { nsfw: true });
    for (const nsfw of [false, false]) expect((await client.popImage(owner.key, { name: 'changing its mind', nsfw })).body.id).toBeNull();
    const popped = await client.popImage(owner.key, { name: 'changing its mind', nsfw: true });
    expect(popped.body.id).not.toBeNull();
    await client.submitImage(owner.key, popped.body.id);
    await client.cancel(asked.body.id);
  });

  it.each<readonly [string, Fields, Fields]>([
    ['models', { models: ['Deliberate'] }, {}],
    ['nsfw', { nsfw: true }, { nsfw: false }],
    ['max_pixels', { params: { width: 1024, height: 1024 } }, { max_pixels: 512 * 512 }],
    ['post-processing', { params: { post_processing: ['GFPGAN'] } }, { allow_post_processing: false }],
    ['lora', { params: { loras: [{ name: 'x' }] } }, { allow_lora: false }],
    ['bridge_version', {}, { bridge_agent: 'unknown:0:unknown' }],
    ['blacklist', { prompt: 'a Very Forbidden thing' }, { blacklist: ['forbidden'] }],
    ['step_count', { params: { steps: 50 } }, { limit_max_steps: true }],
  ])('counts what it skipped for %s', async (reason, request, worker) => {
    expect(await skippedBy(request, worker)).toEqual({ [reason]: 1 });
  });

  it('counts requests for trusted workers that an untrusted one saw', async () => {
    const untrusted = await client.person('untrusted', 25);
    expect(await skippedBy({ trusted_workers: true }, { name: 'untrusted' }, untrusted.key)).toEqual({ untrusted: 1 });
  });

  it('counts requests for other workers', async () => {
    await client.popImage(stranger.key, { name: 'the chosen one' });
    const { body } = await client.send('GET', `${V2}/workers/name/${encodeURIComponent('the chosen one')}`);
    expect(await skippedBy({ workers: [body['id']] }, {})).toEqual({ worker_id: 1 });
    await client.popImage(owner.key, { name: 'skipper' });
    const mine = (await client.get(`${V2}/workers/name/skipper`)).body['id'];
    expect(await skippedBy({ workers: [mine], worker_blacklist: true }, {})).toEqual({ worker_id: 1 });
  });

  it('takes no notice of empty words in its blacklist', async () => {
    const asked = await client.askImage(payer.key, { prompt: 'harmless' });
    const popped = await client.popImage(owner.key, { name: 'wordless', blacklist: ['', ' ', 'evil'] });
    expect(popped.body.ids).toHaveLength(1);
    await client.submitImage(owner.key, popped.body.id);
    expect((await client.status(asked.body.id)).status).toBe(200);
  });

  it('counts requests whose payer has too little for a worker that asks for kudos', async () => {
    const poor = await client.register('penniless');
    const asked = await client.askImage(poor.key, { params: { width: 1024, height: 1024, steps: 40 } });
    const popped = await client.popImage(owner.key, { name: 'greedy', require_upfront_kudos: true });
    expect(popped.body).toMatchObject({ id: null, skipped: { kudos: 1 } });
    await client.cancel(asked.body.id);
  });
});

describe('a worker that wants its payer to have the kudos', () => {
  const greedy = { name: 'greedy', require_upfront_kudos: true };
  it('looks at what the payer has now, not at what it once had', async () => {
    const spender = await client.person('spender', 60); // 35 to spend
    const ask = () => client.askImage(spender.key, { params: { width: 1024, height: 1024, steps: 20 } });
    const [first, second] = [await ask(), await ask()];
    const job = await client.popImage(owner.key, greedy);
    expect(job.body.id).not.toBeNull();
    await client.submitImage(owner.key, job.body.id);
    expect(await client.popImage(owner.key, greedy)).toMatchObject({ body: { id: null, skipped: { kudos: 1 } } });
    await client.transfer(payer.key, spender.alias, 50);
    const next = await client.popImage(owner.key, greedy);
    expect(next.body.id).not.toBeNull();
    await client.submitImage(owner.key, next.body.id);
    await horde.caughtUp();
    for (const { body: { id } } of [first, second]) expect((await client.check(id)).body).toMatchObject({ done: true });
  });

  it('counts what was set aside for the request itself', async () => {
    const saver = await client.person('saver', 50); // 25 to spend
    const asked = await client.askImage(saver.key, { slow_workers: false });
    expect(asked.status).toBe(202); // all of what is left is held for it
    const held = await client.popImage(owner.key, greedy);
    expect(held.body.id).not.toBeNull();
    await client.submitImage(owner.key, held.body.id);
  });

  it('writes, too', async () => {
    const asked = await client.askText(ANONYMOUS);
    expect((await client.popText(owner.key, { ...greedy, name: 'greedy scribe' })).body).toMatchObject({ id: null, skipped: { kudos: 1 } });
    expect((await client.popText(owner.key, { ...greedy, name: 'greedy scribe', priority_usernames: ['Anonymous#0'] })).body.id).not.toBeNull();
    await client.cancel(asked.body.id, 'text');
  });
});

describe('what is asked for, once it is gone', () => {
  it('keeps nobody else waiting, and is given up', async () => {
    const unlucky = await client.person('unlucky', 1_000);
    const lost = await Promise.all(Array.from({ length: 5 }, () => client.askImage(unlucky.key, { models: ['Deliberate'] })));
    const text = await client.askText(unlucky.key);
    const whole = await client.askImage(ANONYMOUS, { models: ['Deliberate'] });
    const { database, contents } = horde.server.platform;
    await database.execute('UPDATE content.item SET expires_at = 0 WHERE id = ANY($1)', [[...lost, text].map(({ body }) => body.id)], 'test.lose');
    await contents.deleteExpired(100);
    const { body: { id } } = await client.popImage(owner.key, { name: 'patient', models: ['Deliberate'] });
    expect((await client.check(whole.body.id)).body).toMatchObject({ processing: 1 });
    expect((await client.popText(owner.key, { name: 'patient scribe' })).body.id).toBeNull();
    await client.submitImage(owner.key, id);
    await horde.caughtUp();
    for (const { body } of lost) expect((await client.check(body.id)).body).toMatchObject({ faulted: true, done: true, waiting: 0 });
    expect((await client.status(text.body.id, 'text')).body).toMatchObject({ faulted: true, done: true, generations: [] });
  });
});

describe('a pop with a job', () => {
  it('has every key of the contract, the payload of the request and an upload for every image', async () => {
    const asked = await client.askImage(payer.key, {
      prompt: 'a cat ### a dog', nsfw: false, models: ['Deliberate'],
      params: {
        n: 2, seed: '7', steps: 21, cfg_scale: 6.5, width: 576, height: 640, sampler_name: 'k_euler', karras: false, clip_skip: 2, tiling: true,
        loras: [{ name: 'a lora', model: 0.5 }], tis: [{ name: 'a ti' }], post_processing: ['GFPGAN'],
      },
    });
    const { status, body, headers } = await client.popImage(owner.key, { name: 'full', models: ['Deliberate'], amount: 2, allow_lora: true });
    expect(status).toBe(200);
    expect(headers.get('kudos-position')).not.toBeNull();
    expect(Object.keys(body).sort()).toEqual(KEYS);
    expect(body).toMatchObject({ model: 'Deliberate', skipped: {}, messages: [], source_image: null, source_processing: 'img2img', source_mask: null, extra_source_images: null, ttl: expect.any(Number) });
    expect(body.ids).toHaveLength(2);
    expect(new Set(body.ids).size).toBe(2);
    expect(body.id).toBe(body.ids[0]);
    expect(body.r2_uploads).toHaveLength(2);
    expect(body.r2_upload).toBe(body.r2_uploads![0]);
    body.ids.forEach((job, index) => { expect(body.r2_uploads![index]).toContain(`${job}.webp`); });
    expect(body.payload).toEqual({
      prompt: 'a cat ### a dog', ddim_steps: 21, n_iter: 2, seed: '7', sampler_name: 'k_euler', cfg_scale: 6.5, height: 640, width: 576, karras: false, tiling: true,
      hires_fix: false, transparent: false, image_is_control: false, return_control_map: false, use_nsfw_censor: true, clip_skip: 2, post_processing: ['GFPGAN'],
      loras: [{ name: 'a lora', model: 0.5, clip: 1, is_version: false }], tis: [{ name: 'a ti', strength: 1 }],
    });
    for (const job of body.ids) expect((await client.submitImage(owner.key, job)).status).toBe(200);
    await horde.caughtUp();
    expect((await client.check(asked.body.id)).body.done).toBe(true);
  });

  it.each([['0', '0'], ['4294967295', '4294967295'], ['4294967296', '1'], ['abc', '6513249'], ['-1', '12589'], ['9'.repeat(30), '12']])(
    'sends the seed %s as the text %s', async (seed, sent) => {
      await client.askImage(payer.key, { params: { seed } });
      const { body } = await client.popImage(owner.key, { name: 'seeder' });
      expect(body.payload['seed']).toBe(sent);
      await client.submitImage(owner.key, body.id, { seed: 1 });
    });

  it('sends a random seed as a text of digits when none was asked for', async () => {
    await client.askImage(payer.key, { params: { seed: '' } });
    const { body } = await client.popImage(owner.key, { name: 'seeder' });
    expect(body.payload['seed']).toMatch(/^\d{1,10}$/);
    await client.submitImage(owner.key, body.id);
  });

  it('drops members that nobody knows', async () => {
    await client.askImage(payer.key, { params: { unheard_of: 1, steps: 10 }, unheard_of: true });
    const { body } = await client.popImage(owner.key, { name: 'strict' });
    expect(JSON.stringify(body)).not.toContain('unheard_of');
    await client.submitImage(owner.key, body.id);
  });

  it('gives the richest payer\'s first, and prioritised users\' before everybody', async () => {
    const [poorer, richer] = [await client.person('poorer', 1_000), await client.person('richer', 10_000)];
    const [low, high] = [await client.askImage(poorer.key), await client.askImage(richer.key)];
    const favoured = await client.popImage(owner.key, { name: 'friend', priority_usernames: [poorer.alias] });
    await horde.caughtUp();
    expect((await client.check(low.body.id)).body).toMatchObject({ processing: 1 });
    expect((await client.check(high.body.id)).body).toMatchObject({ processing: 0, queue_position: 1 });
    const next = await client.popImage(owner.key, { name: 'friend' });
    await client.submitImage(owner.key, favoured.body.id);
    await client.submitImage(owner.key, next.body.id);
  });

  it('gives no more than is left, however much is asked for', async () => {
    await client.askImage(payer.key, { params: { n: 3 } });
    const { body } = await client.popImage(owner.key, { name: 'hungry', amount: 20 });
    expect(body.ids).toHaveLength(3);
    expect(body.payload['n_iter']).toBe(3);
    for (const job of body.ids) await client.submitImage(owner.key, job);
  });
});

describe('a refused pop', () => {
  const anyName = { name: 'refused' };
  it.each<readonly [string, number, Fields, string, RegExp]>([
    ['InvalidPriorityUsername', 400, { ...anyName, priority_usernames: ['nobody'] }, owner.key, /./],
    ['InvalidPriorityUsername', 400, { ...anyName, priority_usernames: ['nobody#'] }, owner.key, /./],
    ['InvalidPriorityUsername', 400, { ...anyName, priority_usernames: ['nobody#abc'] }, owner.key, /./],
    ['InvalidPriorityUsername', 400, { ...anyName, priority_usernames: ['a#1', 'nobody#99999999999'] }, 'unknown', /./],
    ['InvalidAPIKey', 401, anyName, 'unknown', /./],
    ['AnonForbiddenWorker', 403, anyName, ANONYMOUS, /./],
    ['BadRequest', 400, { ...anyName, models: ['no such model'] }, owner.key, /we cannot accept workers serving/i],
    ['BadRequest', 400, { ...anyName, models: [] }, owner.key, /we cannot accept workers serving/i],
    ['BadRequest', 400, { ...anyName, models: ['stable_diffusion::somebody#99'] }, owner.key, /./],
    ['BadRequest', 400, { name: '' }, owner.key, /name/],
    ['BadRequest', 400, { name: ' \t ' }, owner.key, /name/],
    ['BadRequest', 400, { name: 'my Google machine' }, owner.key, /./],
    ['BadRequest', 400, { name: 'COLAB' }, owner.key, /./],
  ])('%s, %d, to %j, and no worker is left behind', async (rc, status, body, key, message) => {
    const { answer, events } = await horde.appendedBy(() => client.popImage(key, body));
    expect(answer).toMatchObject({ status, body: { rc, message: expect.stringMatching(message) } });
    expect(events).toEqual([]);
  });

  it('403 WrongCredentials with the words that workers look for, to another\'s name', async () => {
    await client.popImage(owner.key, { name: 'taken' });
    const { answer, events } = await horde.appendedBy(() => client.popImage(stranger.key, { name: 'Taken' }));
    expect(answer).toMatchObject({ status: 403, body: { rc: 'WrongCredentials', message: expect.stringMatching(/wrong credentials/i) } });
    expect(events).toEqual([]);
  });

  it('400 PolymorphicNameConflict to the name of a worker of another type', async () => {
    await client.popText(owner.key, { name: 'a scribe' });
    expect(await client.popImage(owner.key, { name: 'a scribe' })).toMatchObject({ status: 400, body: { rc: 'PolymorphicNameConflict' } });
  });

  it('403 TooManyWorkers to the fifth worker of an untrusted owner', async () => {
    const many = await client.register('many');
    for (const index of [1, 2, 3, 4]) expect((await client.popImage(many.key, { name: `one of many ${index}` })).status).toBe(200);
    expect(await client.popImage(many.key, { name: 'one of many 5' })).toMatchObject({ status: 403, body: { rc: 'TooManyWorkers' } });
    expect((await client.popImage(many.key, { name: 'one of many 4' })).status).toBe(200);
  });

  it('403 TooManyWorkers also when all of them come at once', async () => {
    const rush = await client.register('rush');
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => client.popImage(rush.key, { name: `rush ${index}` })));
    expect(answers.filter(({ status }) => status === 200).length).toBe(4);
    expect(answers.filter(({ body }) => body.rc === 'TooManyWorkers').length).toBe(8);
  });

  it('keeps one worker of a name that is registered twenty times at once', async () => {
    const { answer, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 20 }, () => client.popImage(owner.key, { name: 'at once', bridge_agent: REGEN }))));
    expect(answer.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(events.filter(({ type }) => type === 'WorkerRegistered.v1')).toHaveLength(1);
  });
});

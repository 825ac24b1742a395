import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../support/app.js';
import { KOBOLD, REGEN, since, V2, type Fields } from '../../support/client.js';

const horde = await startHorde('workers');
const { client } = horde;
const owner = await client.person('owner', 25, { trusted: true });
const moderator = await client.person('moderator', 25, { moderator: true });
await client.popImage(owner.key, { name: 'Dreamer', models: ['Deliberate', 'stable_diffusion'], threads: 2, max_pixels: 1_048_576, allow_lora: true, nsfw: false });
await client.popText(owner.key, { name: 'Scribe', models: ['a model'], max_length: 300, max_context_length: 4_096 });
await horde.caughtUp();

const COMMON = [
  'bridge_agent', 'flagged', 'id', 'kudos_details', 'kudos_rewards', 'maintenance_mode', 'models', 'name', 'nsfw', 'online', 'performance', 'requests_fulfilled', 'team',
  'threads', 'trusted', 'type', 'uncompleted_jobs', 'uptime',
];
const IMAGE = [...COMMON, 'controlnet', 'extended_controlnet', 'img2img', 'lora', 'max_pixels', 'megapixelsteps_generated', 'painting', 'post-processing', 'sdxl_controlnet'].sort();
const TEXT = [...COMMON, 'max_context_length', 'max_length'].sort();
const MODERATED = ['ipaddr', 'messages', 'owner', 'paused', 'suspicious'];
const workers = async (query = '', key?: string): Promise<readonly Fields[]> => {
  const { status, body } = await client.get<readonly Fields[]>(`${V2}/workers${query}`, key);
  expect(status).toBe(200);
  return body;
};
const named = async (name: string, key?: string): Promise<Fields> => (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`, key)).body;

describe('GET /workers', () => {
  it('lists who is here: images, then texts, each with its keys', async () => {
    const [image, text, ...others] = await workers();
    expect(others).toEqual([]);
    expect(Object.keys(image!).sort()).toEqual(IMAGE);
    expect(Object.keys(text!).sort()).toEqual(TEXT);
    expect(image).toMatchObject({
      type: 'image', name: 'Dreamer', online: true, requests_fulfilled: 0, uncompleted_jobs: 0, threads: 2, uptime: 0, kudos_rewards: 0, kudos_details: { generated: null, uptime: null },
      performance: expect.stringMatching(/^\d+\.\d megapixelsteps per second$/), maintenance_mode: false, nsfw: false, trusted: true, flagged: false, bridge_agent: REGEN,
      models: ['Deliberate', 'stable_diffusion'], team: { name: null, id: null }, max_pixels: 1_048_576, megapixelsteps_generated: 0, img2img: true, painting: true,
      'post-processing': true, lora: true, controlnet: false, extended_controlnet: false, sdxl_controlnet: false,
    });
    expect(text).toMatchObject({ type: 'text', name: 'Scribe', bridge_agent: KOBOLD, models: ['a model'], max_length: 300, max_context_length: 4_096, performance: expect.stringMatching(/^\d+\.\d tokens per second$/) });
  });

  it.each([['?type=image', ['Dreamer']], ['?type=text', ['Scribe']], ['?type=interrogation', []], ['?type=unheard', []], ['?type=', ['Dreamer', 'Scribe']], ['?name=dREAMER', ['Dreamer']], ['?name=Scribe&type=image', ['Scribe']], ['?name=&type=text', ['Scribe']], ['?name=nobody', []], ['?unknown=1', ['Dreamer', 'Scribe']], ['?name=scribe&name=dreamer', ['Scribe']]])(
    '%s is %j', async (query, names) => {
      expect((await workers(query)).map(({ name }) => name)).toEqual(names);
    });

  it('shows moderators more, owners nothing more, and takes no notice of an unknown key', async () => {
    for (const key of [moderator.key, horde.operatorKey]) expect(Object.keys((await workers('', key))[0]!).sort()).toEqual([...IMAGE, ...MODERATED].sort());
    expect((await workers('', moderator.key))[0]).toMatchObject({ owner: owner.alias, paused: false, suspicious: 0 });
    for (const key of [owner.key, 'unknown', '']) expect(Object.keys((await workers('', key))[0]!).sort()).toEqual(IMAGE);
  });
});

describe('GET /workers/{id} and /workers/name/{name}', () => {
  it('show one worker, by id or by its exact name', async () => {
    const byName = await named('Dreamer');
    expect(byName).toMatchObject({ name: 'Dreamer' });
    expect((await client.get(`${V2}/workers/${String(byName['id'])}`)).body).toEqual(byName);
    expect((await client.get(`${V2}/workers/${String(byName['id']).toUpperCase()}`)).body).toEqual(byName);
    expect(await client.get(`${V2}/workers/name/dreamer`)).toMatchObject({ status: 404, body: { rc: 'WorkerNotFound' } });
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'x', 'name/', 'name/%2F', 'name/nobody'])('404 WorkerNotFound to %s', async (path) => {
    expect(await client.get(`${V2}/workers/${path}`)).toMatchObject({ status: 404 });
  });

  it('know a worker the moment that its first pop was answered', async () => {
    for (let round = 0; round < 20; round++) {
      const scribe = await client.popText(owner.key, { name: 'Scribe' });
      expect(scribe.status).toBe(200);
      const person = await client.register(`owner ${round}`);
      await client.popText(person.key, { name: `fresh ${round} / ü 🐴`, models: ['fresh'] });
      const { status, body } = await client.get(`${V2}/workers/name/${encodeURIComponent(`fresh ${round} / ü 🐴`)}`);
      expect([status, body['name']]).toEqual([200, `fresh ${round} / ü 🐴`]);
      expect((await client.get(`${V2}/workers/${String(body['id'])}`)).status).toBe(200);
    }
  });

  it('count what was delivered and what was not', async () => {
    const payer = await client.person('payer', 1_000);
    await client.askImage(payer.key, { models: ['Deliberate'], nsfw: false });
    const first = await client.popImage(owner.key, { name: 'Dreamer', models: ['Deliberate'], nsfw: false });
    await client.submitImage(owner.key, first.body.id, { state: 'faulted' });
    const again = await client.popImage(owner.key, { name: 'Dreamer', models: ['Deliberate'], nsfw: false });
    const submitted = await client.submitImage(owner.key, again.body.id);
    const { body } = await client.get(`${V2}/workers/name/Dreamer`, undefined, since(submitted));
    const { reward } = submitted.body;
    expect(body).toMatchObject({ requests_fulfilled: 1, uncompleted_jobs: 1, kudos_rewards: reward, kudos_details: { generated: reward, uptime: null }, megapixelsteps_generated: expect.any(Number) });
    expect(body['megapixelsteps_generated']).toBeGreaterThan(0);
  });
});

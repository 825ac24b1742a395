import { describe, expect, it } from '@jest/globals';
import { JobWaits } from '../../../src/dispatch/job-waits.js';
import { AlchemyClient, SOURCE } from '../../support/alchemy.js';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, V2, type Answer, type Fields } from '../../support/client.js';

const horde = await startHorde('jobs');
const { client, server } = horde;
const alchemy = new AlchemyClient(client);
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 25, { trusted: true });
const stranger = await client.person('stranger', 25);
const moderator = await client.person('moderator', 25, { moderator: true });
/** Of a text job (horde-rules §6.8). */
const TTL_MS = 150_000;

const ask = (id: string | null, key: string | undefined = owner.key, query = ''): Promise<Answer> => client.get(`/v1/jobs/${id}${query}`, key);
const handedOut = async (name = 'scribe') => {
  const asked = await client.askText(payer.key);
  const popped = await client.popText(owner.key, { name });
  return { request: asked.body.id, job: popped.body.id! };
};
const workerOf = async (name: string): Promise<Fields> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`, moderator.key)).body;
};
const inSight = async (name: string): Promise<number> => Number((await workerOf(name))['uncompleted_jobs']);
/** Until a call rests: nothing is asked of the clock. */
const resting = async (): Promise<void> => {
  const waits = server.app.get(JobWaits, { strict: false });
  while (waits.size === 0) await client.get(`${V2}/status/heartbeat`);
};

describe('GET /v1/jobs/{id}', () => {
  it('tells the worker of a job how it stands, and nothing of its request', async () => {
    const { request, job } = await handedOut();
    const { id: worker } = await workerOf('scribe');
    const { status, body } = await ask(job);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: job, state: 'pending', worker_id: worker, model: expect.any(String), deadline: expect.stringMatching(/Z$/), can_be_delivered: true, message: expect.any(String),
    });
    expect(JSON.stringify(body)).not.toContain(request);
    await client.submitText(owner.key, job);
    expect((await ask(job)).body).toMatchObject({ state: 'delivered', can_be_delivered: false });
  });

  it.each([
    ['404 to an id that is none', 'x', undefined, 404, 'InvalidJobID'],
    ['404 to an id of no job', '00000000-0000-4000-8000-000000000000', undefined, 404, 'InvalidJobID'],
    ['401 to a key of nobody', 'job', 'nobody', 401, 'InvalidAPIKey'],
    ['403 to a stranger', 'job', stranger.key, 403, 'WrongCredentials'],
    ['403 to whoever asked for it', 'job', payer.key, 403, 'WrongCredentials'],
    ['403 to a moderator', 'job', moderator.key, 403, 'WrongCredentials'],
  ] as const)('answers %s', async (_what, id, key, status, rc) => {
    const { job } = await handedOut();
    const answer = await ask(id === 'job' ? job : id, key ?? owner.key);
    expect(answer).toMatchObject({ status, body: { status, rc, title: expect.any(String), detail: expect.any(String) } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    await client.submitText(owner.key, job);
  });

  it('wants a key, and a time to wait that it can wait', async () => {
    expect((await client.get('/v1/jobs/x')).status).toBe(401);
    for (const wait of ['26', '-1', 'soon']) expect(await ask('x', owner.key, `?wait=${wait}`)).toMatchObject({ status: 400, body: { errors: [{ parameter: 'wait' }] } });
  });

  it('tells what was given up, and what took too long', async () => {
    const given = await handedOut();
    await client.submitText(owner.key, given.job, { state: 'faulted' });
    expect((await ask(given.job)).body).toMatchObject({ state: 'faulted', can_be_delivered: false });
    const late = (await client.popText(owner.key, { name: 'scribe' })).body.id!;
    await horde.pass(TTL_MS + 1_000);
    expect((await ask(late)).body).toMatchObject({ state: 'aborted', can_be_delivered: false });
    await client.cancel(given.request, 'text');
  });
});

describe('a worker whose request is cancelled', () => {
  it('learns of it while it waits, and may deliver all the same', async () => {
    const { request, job } = await handedOut();
    const waiting = ask(job, owner.key, '?wait=25');
    await resting();
    await client.cancel(request, 'text');
    const { body } = await waiting;
    expect(body).toMatchObject({ state: 'cancelled', can_be_delivered: true, message: expect.stringMatching(/cancelled.*still taken, and paid/) });
    expect((await client.submitText(owner.key, job)).body.reward).toBeGreaterThan(0);
    expect((await ask(job)).body).toMatchObject({ state: 'delivered' });
  });

  it('may stop at once, which is not held against it', async () => {
    const before = [await inSight('scribe'), await inSight('another')];
    for (const name of ['scribe', 'another']) {
      const { request, job } = await handedOut(name);
      if (name === 'scribe') await client.cancel(request, 'text');
      await client.submitText(owner.key, job, { state: 'faulted' });
      expect((await ask(job)).body).toMatchObject({ state: 'faulted' });
      await client.cancel(request, 'text');
    }
    expect([await inSight('scribe'), await inSight('another')]).toEqual([before[0], (before[1] || 0) + 1]);
  });

  it('of alchemy has been paid, and has nothing left to do', async () => {
    const { body: { id } } = await alchemy.ask(payer.key, ['caption', 'nsfw']);
    const popped = await alchemy.pop(owner.key, 'alchemist', ['caption', 'nsfw'], { amount: 1 });
    const [form] = popped.body.forms!;
    const held = await alchemy.status(id);
    expect(held.body).toMatchObject({ jobs: [{ id: form!.id, worker_name: 'alchemist' }] });
    await alchemy.cancel(id);
    expect((await ask(form!.id)).body).toMatchObject({ state: 'cancelled', can_be_delivered: false, message: expect.stringContaining('has been paid') });
  });
});

it('waits no longer than asked for, nor for a job that is over', async () => {
  const { job } = await handedOut();
  expect((await ask(job, owner.key, '?wait=1')).body).toMatchObject({ state: 'pending' });
  await client.submitText(owner.key, job);
  expect((await ask(job, owner.key, '?wait=25')).body).toMatchObject({ state: 'delivered' });
  expect(server.app.get(JobWaits, { strict: false }).size).toBe(0);
});

it('tells a paused worker of its decoys what it would tell of jobs', async () => {
  await client.popText(owner.key, { name: 'a cheat' });
  const { id } = await workerOf('a cheat');
  await client.send('PUT', `${V2}/workers/${String(id)}`, { key: moderator.key, body: { paused: true } });
  const asked = await client.askText(payer.key);
  const decoy = (await client.popText(owner.key, { name: 'a cheat' })).body.id!;
  const real = (await client.popText(owner.key, { name: 'scribe' })).body.id!;
  const [shown, told] = [(await ask(decoy)).body, (await ask(real)).body];
  expect({ ...shown, id: real, worker_id: told['worker_id'], deadline: told['deadline'] }).toEqual(told);
  for (const job of [decoy, real]) await client.submitText(owner.key, job);
  expect((await ask(decoy)).body).toMatchObject({ state: 'delivered' });
  expect((await client.status(asked.body.id, 'text')).body).toMatchObject({ done: true });
});

describe('a request', () => {
  it('says which worker holds each of its jobs', async () => {
    const asked = await client.askImage(payer.key, { params: { n: 2 }, models: ['Deliberate'] });
    expect((await client.check(asked.body.id)).body).toMatchObject({ jobs: [] });
    const popped = await client.popImage(owner.key, { name: 'dreamer', models: ['Deliberate'] });
    const { id: worker } = await workerOf('dreamer');
    const held = { id: popped.body.id, worker_id: worker, worker_name: 'dreamer', since: expect.any(String), deadline: expect.any(String) };
    expect((await client.check(asked.body.id)).body).toMatchObject({ processing: 1, jobs: [held] });
    const { body } = await client.status(asked.body.id);
    expect(body).toMatchObject({ jobs: [held] });
    const { since, deadline } = (body as unknown as { jobs: { since: string; deadline: string }[] }).jobs[0]!;
    expect(Date.parse(deadline) - Date.parse(since)).toBeGreaterThanOrEqual(TTL_MS);
    await client.submitImage(owner.key, popped.body.id);
    expect((await client.check(asked.body.id)).body).toMatchObject({ finished: 1, jobs: [] });
    await client.cancel(asked.body.id);
  });

  const withoutImage = async (id: string): Promise<void> => {
    const content = JSON.parse((await server.platform.contents.getMany([id])).get(id)!) as { source?: string; sources?: { image: { key: string } } };
    await server.platform.blobs.delete(content.source ?? content.sources!.image.key);
  };

  it('whose content is lost ends with the next pop, and its payer gets back what it cost', async () => {
    const before = await horde.kudosOf(payer);
    const image = { models: ['Deliberate'], source_image: SOURCE };
    const [lost, anonymous] = [await client.askImage(payer.key, image), await client.askImage(ANONYMOUS, { ...image, params: { width: 512, height: 512 } })];
    const next = await client.askImage(stranger.key, { models: ['Deliberate'] });
    for (const { body: { id } } of [lost, anonymous]) await withoutImage(id);
    const popped = await client.popImage(owner.key, { name: 'dreamer', models: ['Deliberate'] });
    expect((await client.check(next.body.id)).body).toMatchObject({ processing: 1 });
    await client.submitImage(owner.key, popped.body.id);
    expect((await client.popImage(owner.key, { name: 'dreamer', models: ['Deliberate'] })).body.id).toBeNull(); // the anonymous one stood behind it
    for (const { body: { id } } of [lost, anonymous]) expect((await client.check(id)).body).toMatchObject({ faulted: true, done: true, waiting: 0 });
    expect(await horde.kudosOf(payer)).toBe(before);
  });

  it('of alchemy whose image is lost ends, too', async () => {
    const { body: { id } } = await alchemy.ask(payer.key, ['caption'], { source_image: SOURCE });
    await withoutImage(id);
    await alchemy.pop(owner.key, 'alchemist', ['caption']);
    expect((await alchemy.status(id)).body).toMatchObject({ state: 'faulted', forms: [{ state: 'faulted' }] });
  });
});

it('a worker in maintenance that delivers a second time is thanked, and not paid', async () => {
  const { job } = await handedOut();
  await client.submitText(owner.key, job);
  expect((await client.submitText(owner.key, job)).body.rc).toBe('DuplicateGen');
  const { id } = await workerOf('scribe');
  await client.send('PUT', `${V2}/workers/${String(id)}`, { key: owner.key, body: { maintenance: true } });
  const { answer, events } = await horde.appendedBy(() => client.submitText(owner.key, job));
  expect(answer).toMatchObject({ status: 200, body: { reward: 0 } });
  expect(events).toEqual([]);
});

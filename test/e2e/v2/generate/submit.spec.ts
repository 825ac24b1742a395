import { describe, expect, it } from '@jest/globals';
import { call } from '../../../http/raw-http.fixture.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, IMAGE_BASE64, IMAGE_BYTES, since, type Fields, type Person } from '../../../support/client.js';

const horde = await startHorde('submit');
const { client, port } = horde;
const payer = await client.person('payer', 1_000_000);
const owner = await client.person('owner', 25, { trusted: true });
const newcomer = await client.register('newcomer');
const stranger = await client.person('stranger', 25);

/** A request that is at a worker: nothing else is waiting in this file. */
const handedOut = async (ask: Fields = {}, { by = owner, key = payer.key, amount = 20 }: { by?: Person; key?: string; amount?: number } = {}) => {
  const asked = await client.askImage(key, ask);
  expect(asked.status).toBe(202);
  const popped = await client.popImage(by.key, { name: `worker of ${by.id}`, amount });
  expect(popped.body.ids.length).toBeGreaterThan(0);
  return { request: asked.body.id, quote: asked.body.kudos_quote, jobs: popped.body.ids, job: popped.body.id!, uploads: popped.body.r2_uploads! };
};

describe('POST /generate/submit', () => {
  it('answers the reward, pays the owner exactly that, and takes no more than the quote', async () => {
    const [payerBefore, ownerBefore] = [await horde.kudosOf(payer), await horde.kudosOf(owner)];
    const { request, job, quote } = await handedOut({ params: { n: 1 } });
    const { answer: submitted, events } = await horde.appendedBy(() => client.submitImage(owner.key, job));
    expect(submitted).toMatchObject({ status: 200, body: { reward: expect.any(Number) } });
    expect(Object.keys(submitted.body)).toEqual(['reward']);
    expect(events.map(({ type, stream }) => `${type} ${stream}`)).toEqual([
      `JobSubmitted.v1 request-${request}`, `RequestCompleted.v1 request-${request}`, `JobSettled.v1 account-${payer.id}`, `AuthorizationClosed.v1 account-${payer.id}`,
    ]);
    const { reward } = submitted.body;
    expect(await client.kudosOf(owner, submitted)).toBeCloseTo(ownerBefore + reward, 2);
    const paid = payerBefore - (await client.kudosOf(payer, submitted));
    expect(paid).toBeGreaterThan(reward);
    expect(paid).toBeLessThanOrEqual(quote + 0.001);
  });

  it('keeps half of an untrusted owner\'s reward in escrow', async () => {
    const { job } = await handedOut({}, { by: newcomer });
    const submitted = await client.submitImage(newcomer.key, job);
    const { reward } = submitted.body;
    const spendable = (await client.kudosOf(newcomer, submitted)) - 14;
    const moderator = await client.person('moderator', 25, { moderator: true });
    const escrow = (await client.get(`/api/v2/users/${newcomer.id}`, moderator.key, since(submitted))).body['evaluating_kudos'] as number;
    expect(spendable + escrow).toBeCloseTo(reward, 2);
    expect(Math.abs(spendable - escrow)).toBeLessThanOrEqual(0.011);
  });

  it('pays the owner for anonymous images as well, and nobody is debited', async () => {
    const { job } = await handedOut({}, { key: ANONYMOUS });
    const before = await horde.kudosOf(owner);
    const { answer: submitted, events } = await horde.appendedBy(() => client.submitImage(owner.key, job));
    expect(await client.kudosOf(owner, submitted)).toBeCloseTo(before + submitted.body.reward, 2);
    expect(events.map(({ type }) => type)).toEqual(['JobSubmitted.v1', 'JobSettled.v1', 'RequestCompleted.v1']);
    expect((await client.get('/api/v2/users/0')).body).toMatchObject({ kudos: 0 });
  });

  it('takes n images one by one, and ends with the last', async () => {
    const { request, jobs } = await handedOut({ params: { n: 4 } });
    expect(jobs).toHaveLength(4);
    for (const [index, job] of jobs.entries()) {
      const submitted = await client.submitImage(owner.key, job, { seed: index });
      expect((await client.check(request, since(submitted))).body).toMatchObject({ finished: index + 1, processing: 3 - index, done: index === 3 });
    }
    const { body } = await client.status(request);
    expect(body.generations.map(({ seed }) => seed).sort()).toEqual(['0', '1', '2', '3']);
  });

  it('takes uploads through the signed URL, byte for byte', async () => {
    const { request, job, uploads } = await handedOut({});
    const put = await fetch(uploads[0]!, { method: 'PUT', body: IMAGE_BYTES });
    expect({ status: put.status, body: await put.text() }).toEqual({ status: 200, body: '' });
    const submitted = await client.submitImage(owner.key, job, { generation: 'R2' });
    const { body } = await client.status(request, 'image', since(submitted));
    const { img } = body.generations[0] as { img: string };
    const got = await fetch(img);
    expect([got.status, got.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect(Buffer.from(await got.arrayBuffer())).toEqual(IMAGE_BYTES);
    // Each URL allows what it was signed for.
    for (const [method, url] of [['PUT', img], ['GET', uploads[0]!], ['PUT', uploads[0]!.replace(job, request)], ['GET', img.replace(/s=(.)/, (_, first) => (first === '0' ? 's=1' : 's=0'))], ['GET', img.replace(/e=\d/, 'e=9')]]) {
      const target = new URL(url!);
      const refused = await call(port, { method: method!, path: target.pathname + target.search, ...(method === 'PUT' ? { body: 'x' } : {}) });
      expect([method, refused.status]).toEqual([method, 403]);
    }
  });

  it('answers base64 instead of URLs to those who asked for it, and N/A for what was never uploaded', async () => {
    const inline = await handedOut({ r2: false });
    const submitted = await client.submitImage(owner.key, inline.job, { generation: IMAGE_BASE64 });
    expect((await client.status(inline.request, 'image', since(submitted))).body.generations).toMatchObject([{ img: IMAGE_BASE64 }]);
    const missing = await handedOut({ r2: false });
    const claimed = await client.submitImage(owner.key, missing.job, { generation: 'R2' });
    expect((await client.status(missing.request, 'image', since(claimed))).body.generations).toMatchObject([{ img: 'N/A' }]);
  });

  it('charges only the fee for a censored image, pays its worker, and says so', async () => {
    const before = await horde.kudosOf(payer);
    const { request, job } = await handedOut({});
    const submitted = await client.submitImage(owner.key, job, { gen_metadata: [{ type: 'censorship', value: 'nsfw' }, { type: 'information', value: 'see_ref', ref: 'why' }] });
    expect(submitted.body.reward).toBeGreaterThan(1);
    expect(before - (await client.kudosOf(payer, submitted))).toBeCloseTo(3 + 1, 2);
    expect((await client.status(request, 'image', since(submitted))).body.generations).toMatchObject([{
      censored: true, state: 'ok', gen_metadata: [{ type: 'censorship', value: 'nsfw' }, { type: 'information', value: 'see_ref', ref: 'why' }],
    }]);
  });

  it('ignores what is ignored: state and censored of images', async () => {
    const { request, job } = await handedOut({});
    const submitted = await client.submitImage(owner.key, job, { state: 'censored', censored: true });
    expect((await client.status(request, 'image', since(submitted))).body.generations).toMatchObject([{ censored: false, state: 'ok', gen_metadata: [] }]);
  });

  it('returns a faulted job to the queue, and ends the request with the third', async () => {
    const { request, job } = await handedOut({});
    let next: string = job;
    for (const [fault, expected] of [[1, { waiting: 1, restarted: 1, faulted: false, done: false }], [2, { waiting: 1, restarted: 2, faulted: false }], [3, { waiting: 0, restarted: 3, faulted: true, done: true }]] as const) {
      const faulted = await client.submitImage(owner.key, next, { state: 'faulted', generation: 'faulted', seed: -1 });
      expect(faulted).toMatchObject({ status: 200, body: { reward: 0 } });
      expect((await client.check(request, since(faulted))).body).toMatchObject(expected);
      if (fault < 3) next = (await client.popImage(owner.key, { name: `worker of ${owner.id}` })).body.id!;
    }
    expect((await client.popImage(owner.key, { name: `worker of ${owner.id}` })).body.id).toBeNull();
  });

  it('does nothing twice for a job that is faulted twice', async () => {
    const { request, job } = await handedOut({});
    await client.submitImage(owner.key, job, { state: 'faulted' });
    const { answer, events } = await horde.appendedBy(() => client.submitImage(owner.key, job, { state: 'faulted' }));
    expect({ answer: answer.body, events }).toEqual({ answer: { reward: 0 }, events: [] });
    await client.cancel(request);
  });
});

describe('a refused image', () => {
  it.each(['00000000-0000-4000-8000-000000000000', 'no uuid', '', ' '])('404 InvalidJobID in the words that workers look for, to %j, whatever the key', async (id) => {
    for (const key of [owner.key, 'unknown', ANONYMOUS]) {
      const { answer, events } = await horde.appendedBy(() => client.submitImage(key, id));
      expect(answer).toMatchObject({ status: 404, body: { rc: 'InvalidJobID', message: expect.stringMatching(/Processing Job with ID .* does not exist/s) } });
      expect(events).toEqual([]);
    }
  });

  it('401 to an unknown key, 403 to a stranger\'s; the job is still the owner\'s to deliver', async () => {
    const { job } = await handedOut({});
    const { answer, events } = await horde.appendedBy(async () => [await client.submitImage('unknown', job), await client.submitImage(stranger.key, job), await client.submitImage(ANONYMOUS, job)]);
    expect(answer.map(({ status, body }) => [status, body.rc])).toEqual([[401, 'InvalidAPIKey'], [403, 'WrongCredentials'], [403, 'WrongCredentials']]);
    expect(events).toEqual([]);
    expect((await client.submitImage(owner.key, job)).status).toBe(200);
  });

  it('400 DuplicateGen to a second delivery, which changes neither result nor pay', async () => {
    const { request, job } = await handedOut({ r2: false });
    const first = await client.submitImage(owner.key, job, { seed: 1 });
    const { answer, events } = await horde.appendedBy(() => client.submitImage(owner.key, job, { seed: 2, generation: Buffer.from('another').toString('base64') }));
    expect(answer).toMatchObject({ status: 400, body: { rc: 'DuplicateGen', message: expect.stringContaining('already submitted') } });
    expect(events).toEqual([]);
    expect((await client.status(request, 'image', since(first))).body.generations).toMatchObject([{ seed: '1', img: IMAGE_BASE64 }]);
    expect(await client.submitImage(owner.key, job, { state: 'faulted' })).toMatchObject({ status: 400, body: { rc: 'DuplicateGen' } });
  });

  it('400 AbortedGen to a job that was given up before', async () => {
    const { request, job } = await handedOut({});
    await client.submitImage(owner.key, job, { state: 'faulted' });
    const { answer, events } = await horde.appendedBy(() => client.submitImage(owner.key, job));
    expect(answer).toMatchObject({ status: 400, body: { rc: 'AbortedGen', message: expect.stringContaining('Please check your worker speed') } });
    expect(events).toEqual([]);
    await client.cancel(request);
  });

  it('400 to more than 50 metadata entries, before anything is stored', async () => {
    const { job } = await handedOut({});
    const gen_metadata = Array.from({ length: 51 }, () => ({ type: 'lora', value: 'download_failed' }));
    const { answer, events } = await horde.appendedBy(() => client.submitImage(owner.key, job, { gen_metadata }));
    expect({ answer: [answer.status, answer.body.rc], events }).toEqual({ answer: [400, 'BadRequest'], events: [] });
    expect((await client.submitImage(owner.key, job, { gen_metadata: gen_metadata.slice(1) })).status).toBe(200);
  });

  it.each(['', 'not base64!', '{"an":"object"}'])('400 to %j, which is neither R2 nor an image', async (generation) => {
    const { job } = await handedOut({});
    const { answer, events } = await horde.appendedBy(() => client.submitImage(owner.key, job, { generation }));
    expect({ answer: [answer.status, answer.body.rc], events }).toEqual({ answer: [400, 'BadRequest'], events: [] });
    expect((await client.submitImage(owner.key, job)).status).toBe(200);
  });

  it('404 to a text delivered as an image', async () => {
    await client.askText(payer.key, { models: ['crossed'] });
    const { body } = await client.popText(owner.key, { name: 'crossed scribe', models: ['crossed'] });
    expect(await client.submitImage(owner.key, body.id)).toMatchObject({ status: 404, body: { rc: 'InvalidJobID' } });
    expect((await client.submitText(owner.key, body.id)).status).toBe(200);
  });
});

describe('deliveries that race', () => {
  it('one of twenty concurrent submits of a job wins; the others are duplicates, and it is paid once', async () => {
    const [before, earned] = [await horde.kudosOf(payer), await horde.kudosOf(owner)];
    const { request, job, quote } = await handedOut({ r2: false });
    const { answer: answers, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 20 }, (_, seed) => client.submitImage(owner.key, job, { seed }))));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ body }) => body.rc === 'DuplicateGen')).toHaveLength(19);
    expect(events.map(({ type }) => type)).toEqual(['JobSubmitted.v1', 'RequestCompleted.v1', 'JobSettled.v1', 'AuthorizationClosed.v1']);
    expect((await client.status(request, 'image', since(won[0]!))).body.generations).toHaveLength(1);
    expect(before - (await horde.kudosOf(payer))).toBeLessThanOrEqual(quote + 0.001);
    expect((await horde.kudosOf(owner)) - earned).toBeCloseTo(won[0]!.body.reward, 2);
  });

  it('fifty concurrent pops of a request with twenty images hand out twenty jobs, each once', async () => {
    const asked = await client.askImage(payer.key, { params: { n: 20 } });
    const pops = await Promise.all(Array.from({ length: 50 }, (_, index) => client.popImage(owner.key, { name: `crowd ${index % 10}` })));
    const jobs = pops.flatMap(({ body }) => body.ids);
    expect(pops.every(({ status }) => status === 200)).toBe(true);
    expect([jobs.length, new Set(jobs).size]).toEqual([20, 20]);
    const submits = await Promise.all(jobs.map((job) => client.submitImage(owner.key, job)));
    expect(submits.map(({ status }) => status)).toEqual(jobs.map(() => 200));
    await horde.caughtUp();
    expect((await client.status(asked.body.id)).body).toMatchObject({ finished: 20, done: true });
  });

  it('a job that is delivered while its request is cancelled is paid or refused, and never both', async () => {
    for (let round = 0; round < 5; round++) {
      const { request, job } = await handedOut({ params: { n: 2 } }, { amount: 1 });
      const [submitted, cancelled] = await Promise.all([client.submitImage(owner.key, job), client.cancel(request)]);
      expect([submitted.status, cancelled.status]).toEqual([200, 200]);
      expect((await client.check(request, since(submitted))).body).toMatchObject({ waiting: 0, processing: 0, finished: 1, done: true });
    }
  });
});

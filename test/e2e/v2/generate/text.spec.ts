import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, KOBOLD, since, TEXT_MODEL, V2, type Fields } from '../../../support/client.js';

const horde = await startHorde('text');
const { client } = horde;
const payer = await client.person('payer', 1_000_000);
const owner = await client.person('owner', 25, { trusted: true });
const poor = await client.register('poor');
const scribe = { name: 'a scribe' };

describe('POST /generate/text/async', () => {
  it('answers 202 with a real price, and a warning while nobody can serve it', async () => {
    const asked = await client.askText(payer.key, { models: ['nobody has this'] });
    expect(asked.status).toBe(202);
    expect(Object.keys(asked.body).sort()).toEqual(['id', 'kudos', 'kudos_quote', 'message']);
    expect(asked.body.kudos).toBeGreaterThan(0);
    expect(asked.body.message.toLowerCase()).toContain('warning');
    await client.cancel(asked.body.id, 'text');
    await client.popText(owner.key, { ...scribe, models: ['somebody has this'] });
    const possible = await client.askText(payer.key, { models: ['somebody has this'] });
    expect(Object.keys(possible.body).sort()).toEqual(['id', 'kudos', 'kudos_quote']);
    await client.cancel(possible.body.id, 'text');
  });

  it('prices a dry run as the request itself, also of models that nobody knows', async () => {
    for (const models of [[TEXT_MODEL], ['unheard of'], []]) {
      const { answer, events } = await horde.appendedBy(() => client.askText(payer.key, { models, dry_run: true, params: { n: 3, max_length: 200 } }));
      expect([answer.status, events]).toEqual([200, []]);
      const real = await client.askText(payer.key, { models, params: { n: 3, max_length: 200 } });
      expect(real.body.kudos_quote).toBe(answer.body.kudos_quote);
      expect(answer.body.kudos).toBe(Math.round(real.body.kudos_quote));
      await client.cancel(real.body.id, 'text');
    }
    expect(await client.askText('unknown', { dry_run: true })).toMatchObject({ status: 401 });
  });

  it.each<readonly [string, number, Fields, (string | undefined)?]>([
    ['StyleNotFound', 404, { style: 'none' }],
    ['BadRequest', 400, { webhook: 'http://insecure.example' }],
    ['MissingPrompt', 400, { prompt: '' }],
    ['InvalidAPIKey', 401, {}, 'unknown'],
    ['OnlyServiceAccountProxy', 400, { proxied_account: 'x' }],
    ['WorkerNotFound', 404, { workers: ['none'] }],
    ['RequiresTrust', 400, { disable_batching: true, params: { n: 2 } }],
    ['TokenOverflow', 400, { params: { max_length: 200, max_context_length: 100 } }],
    ['TokenOverflow', 400, { params: { max_length: 4096 } }],
    ['MissingFullSamplerOrder', 400, { params: { sampler_order: [0, 1, 2, 3, 4, 5] } }],
    ['MissingFullSamplerOrder', 400, { params: { sampler_order: [0, 1, 2, 3, 4, 5, 5] } }],
    ['TooManyStopSequences', 400, { params: { stop_sequence: Array.from({ length: 129 }, (_, index) => String(index)) } }],
    ['ExcessiveStopSequence', 400, { params: { stop_sequence: ['a'.repeat(2_001)] } }],
    ['InvalidExtraSourceImages', 400, { extra_source_images: [{ image: 'x' }] }],
    ['KudosUpfront', 403, { slow_workers: false }, poor.key],
    ['KudosUpfront', 403, { params: { max_length: 600 } }, poor.key],
    ['NulByteInPayload', 400, { prompt: '\0' }],
  ])('%s, %d, to %j, and leaves nothing behind', async (rc, status, body, key = payer.key) => {
    const { answer, events } = await horde.appendedBy(() => client.askText(key, body));
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { message: expect.any(String), rc } });
    expect(events).toEqual([]);
  });

  it('names a thousand models, of which each is found, and no more', async () => {
    const models = Array.from({ length: 1_000 }, (_, nth) => `one of many ${nth}`);
    const asked = await client.askText(payer.key, { models });
    expect(asked.status).toBe(202);
    const popped = await client.popText(owner.key, { ...scribe, models: ['one of many 999'] });
    expect(popped.body.model).toBe('one of many 999');
    await client.submitText(owner.key, popped.body.id);
    for (const refused of [[...models, 'one too many'], ['a'.repeat(256)]]) {
      const { answer, events } = await horde.appendedBy(() => client.askText(payer.key, { models: refused }));
      expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining('models')]);
      expect(events).toEqual([]);
    }
  });

  it('shortens what would need kudos upfront, if its sender allows that', async () => {
    const { answer, events } = await horde.appendedBy(() => client.askText(poor.key, { models: ['short'], params: { max_length: 600 }, allow_downgrade: true }));
    expect(answer.status).toBe(202);
    const { features } = events.find(({ type }) => type === 'RequestAccepted.v1')!.data as { features: { maxLength: number } };
    expect(features.maxLength).toBeLessThanOrEqual(512);
    const popped = await client.popText(owner.key, { ...scribe, models: ['short'] });
    expect(popped.body.payload).toMatchObject({ max_length: features.maxLength });
    const submitted = await client.submitText(owner.key, popped.body.id);
    expect(submitted.status).toBe(200);
  });
});

describe('POST /generate/text/pop', () => {
  it('answers the documented nothing', async () => {
    expect((await client.popText(owner.key, scribe)).body).toEqual({
      id: null, ids: [], messages: [], model: null, ttl: null, softprompt: null, extra_source_images: null, skipped: {},
      payload: { max_context_length: 2048, max_length: 80, min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1 },
    });
  });

  it('gives the parameters that were sent, the four that are always there, and each job as one text', async () => {
    const asked = await client.askText(payer.key, {
      prompt: 'Tell', softprompt: 'soft', models: ['params'], params: { n: 2, max_length: 120, temperature: 0.7, top_k: 40, stop_sequence: ['\n'], singleline: true },
    });
    const { body } = await client.popText(owner.key, { ...scribe, models: ['params'], amount: 2, softprompts: ['soft'] });
    expect(Object.keys(body).sort()).toEqual(['extra_source_images', 'id', 'ids', 'messages', 'model', 'payload', 'skipped', 'softprompt', 'ttl']);
    expect(body).toMatchObject({ id: body.ids[0], messages: [], ttl: 150, skipped: {}, softprompt: 'soft', model: 'params', extra_source_images: null });
    expect(body.ids).toHaveLength(2);
    expect(body.payload).toEqual({
      prompt: 'Tell', n: 1, max_length: 120, max_context_length: 2048, temperature: 0.7, top_k: 40, stop_sequence: ['\n'], singleline: true,
      min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1,
    });
    for (const job of body.ids) expect((await client.submitText(owner.key, job)).status).toBe(200);
    await horde.caughtUp();
    expect((await client.status(asked.body.id, 'text')).body).toMatchObject({ done: true, finished: 2 });
  });

  it.each<readonly [string, Fields, Fields]>([
    ['max_length', { params: { max_length: 300 } }, { max_length: 200 }],
    ['max_context_length', { params: { max_context_length: 4096 } }, { max_context_length: 2048 }],
    ['matching_softprompt', { softprompt: 'mine' }, {}],
    ['bridge_version', { validated_backends: true }, { bridge_agent: 'homemade:1:nowhere' }],
  ])('counts what it skipped for %s', async (reason, request, worker) => {
    const asked = await client.askText(payer.key, { models: ['skipping'], ...request });
    expect(asked.status).toBe(202);
    const { body } = await client.popText(owner.key, { ...scribe, models: ['skipping'], ...worker });
    expect(body).toMatchObject({ id: null, skipped: { [reason]: 1 } });
    await client.cancel(asked.body.id, 'text');
  });

  it('refuses foreign private models and an empty list', async () => {
    expect(await client.popText(owner.key, { ...scribe, models: ['x::stranger#1'] })).toMatchObject({ status: 400, body: { rc: 'BadRequest' } });
    expect(await client.popText(owner.key, { ...scribe, models: [] })).toMatchObject({ status: 400, body: { rc: 'BadRequest', message: expect.stringMatching(/we cannot accept workers serving/i) } });
    expect(await client.popText(ANONYMOUS, scribe)).toMatchObject({ status: 403, body: { rc: 'AnonForbiddenWorker' } });
  });
});

describe('POST /generate/text/submit', () => {
  const handedOut = async (ask: Fields = {}, worker: Fields = {}, key = payer.key) => {
    const asked = await client.askText(key, ask);
    expect(asked.status).toBe(202);
    const popped = await client.popText(owner.key, { ...scribe, ...worker });
    expect(popped.body.id).not.toBeNull();
    return { request: asked.body.id, quote: asked.body.kudos_quote, job: popped.body.id! };
  };

  it('pays for the tokens that came, never more than the quote, and shows the text', async () => {
    const [before, earned] = [await horde.kudosOf(payer), await horde.kudosOf(owner)];
    const { request, job, quote } = await handedOut({ params: { max_length: 200 } });
    const text = 'word '.repeat(5_000);
    const submitted = await client.submitText(owner.key, job, { generation: text, seed: 99 });
    expect(submitted.status).toBe(200);
    const { body } = await client.status(request, 'text', since(submitted));
    expect(body.generations).toEqual([{ text, seed: 99, gen_metadata: [], worker_id: expect.any(String), worker_name: 'a scribe', model: TEXT_MODEL, state: 'ok' }]);
    expect(Object.keys(body)).not.toContain('shared');
    const paid = before - (await horde.kudosOf(payer));
    expect(paid).toBeLessThanOrEqual(quote + 0.001);
    expect(paid).toBeCloseTo(submitted.body.reward + 1 + 1, 2);
    expect((await horde.kudosOf(owner)) - earned).toBeCloseTo(submitted.body.reward, 2);
  });

  it('pays little for little', async () => {
    const long = await client.submitText(owner.key, (await handedOut({ params: { max_length: 500 } })).job, { generation: 'x'.repeat(2_000) });
    const short = await client.submitText(owner.key, (await handedOut({ params: { max_length: 500 } })).job, { generation: 'x'.repeat(200) });
    const empty = await client.submitText(owner.key, (await handedOut({ params: { max_length: 500 } })).job, { generation: '' });
    expect(long.body.reward).toBeGreaterThan(short.body.reward);
    expect(empty).toMatchObject({ status: 200, body: { reward: 0 } });
  });

  it.each([
    [{ state: 'csam' }, 'csam', [{ type: 'censorship', value: 'csam' }]],
    [{ state: 'censored' }, 'censored', []],
    [{ gen_metadata: [{ type: 'censorship', value: 'csam' }] }, 'csam', [{ type: 'censorship', value: 'csam' }]],
  ])('marks %j as %s and charges the fee only', async (body, state, metadata) => {
    const before = await horde.kudosOf(payer);
    const { request, job } = await handedOut();
    const submitted = await client.submitText(owner.key, job, body);
    expect((await client.status(request, 'text', since(submitted))).body.generations).toMatchObject([{ state, gen_metadata: metadata }]);
    expect(submitted.body.reward).toBeGreaterThan(0);
    expect(before - (await horde.kudosOf(payer))).toBeCloseTo(1 + 1, 2);
  });

  it('replaces NUL by U+FFFD, and keeps every other character', async () => {
    const { request, job } = await handedOut();
    const submitted = await client.submitText(owner.key, job, { generation: 'a\0b 🐴 é \u2028 "\\' });
    expect((await client.status(request, 'text', since(submitted))).body.generations).toMatchObject([{ text: 'a�b 🐴 é \u2028 "\\' }]);
  });

  it('takes an answer as long as a book', async () => {
    const { request, job } = await handedOut();
    const book = 'lorem ipsum '.repeat(100_000);
    const submitted = await client.submitText(owner.key, job, { generation: book });
    expect((await client.status(request, 'text', since(submitted))).body.generations).toMatchObject([{ text: book }]);
  });

  it('returns a faulted text to the queue', async () => {
    const { request, job } = await handedOut();
    const faulted = await client.submitText(owner.key, job, { state: 'faulted', generation: '' });
    expect(faulted.body).toEqual({ reward: 0 });
    expect((await client.status(request, 'text', since(faulted))).body).toMatchObject({ waiting: 1, restarted: 1, processing: 0 });
    const cancelled = await client.cancel(request, 'text');
    expect(cancelled.body).toMatchObject({ done: true, waiting: 0, generations: [] });
  });

  it('takes what anonymous callers asked for, and pays its worker', async () => {
    const earned = await horde.kudosOf(owner);
    const { job } = await handedOut({}, { bridge_agent: KOBOLD }, ANONYMOUS);
    const submitted = await client.submitText(owner.key, job);
    expect((await horde.kudosOf(owner)) - earned).toBeCloseTo(submitted.body.reward, 2);
  });

  it('refuses like images do', async () => {
    const { job } = await handedOut();
    expect(await client.submitText(poor.key, job)).toMatchObject({ status: 403, body: { rc: 'WrongCredentials' } });
    expect(await client.post(`${V2}/generate/submit`, owner.key, { id: job, generation: 'R2', seed: 1 })).toMatchObject({ status: 404, body: { rc: 'InvalidJobID' } });
    expect((await client.submitText(owner.key, job)).status).toBe(200);
    expect(await client.submitText(owner.key, job)).toMatchObject({ status: 400, body: { rc: 'DuplicateGen' } });
    expect(await client.submitText('unknown', job)).toMatchObject({ status: 401 });
  });
});

import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, IMAGE_BASE64, since, V2, type Fields } from '../../../support/client.js';

const horde = await startHorde('async');
const { client } = horde;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const rich = await client.person('rich', 1_000_000);
const trusted = await client.person('trusted', 1_000_000, { trusted: true });
const poor = await client.register('poor');

const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');
const lora = (name: string, more: Fields = {}): Fields => ({ name, ...more });
const withSource = { source_image: IMAGE_BASE64 };

describe('POST /generate/async', () => {
  it('answers 202 with the id, the price of one image and the whole quote', async () => {
    const { status, headers, body } = await client.askImage(rich.key, { params: { n: 3 }, models: ['SDXL 1.0'] });
    expect(status).toBe(202);
    expect(Object.keys(body).sort()).toEqual(['id', 'kudos', 'kudos_quote', 'message', 'warnings']);
    expect(body).toMatchObject({ id: expect.stringMatching(UUID), kudos: expect.any(Number), kudos_quote: expect.any(Number) });
    expect(Number.isInteger(body.kudos)).toBe(true);
    expect(headers.get('kudos-position')).toMatch(/^k1\./);
    // One image without the model's factor: the same whatever the model; the quote knows the factor, n and the fees.
    const plain = await client.askImage(rich.key, { models: ['stable_diffusion'] });
    expect(plain.body.kudos).toBe(body.kudos);
    expect(body.kudos_quote).toBeGreaterThan(3 * plain.body.kudos_quote - 10);
    await Promise.all([client.cancel(body.id), client.cancel(plain.body.id)]);
  });

  it('warns in message and warnings while nobody can serve it, and is silent as soon as somebody can', async () => {
    const before = await client.askImage(rich.key, { models: ['Dreamshaper'] });
    expect(before.body.message.toLowerCase()).toContain('warning');
    expect(before.body.warnings).toEqual([{ code: 'NoAvailableWorker', message: expect.any(String) }]);
    await client.popImage(rich.key, { name: 'warning dreamer', models: ['Dreamshaper'], nsfw: true });
    const after = await client.askImage(rich.key, { models: ['Dreamshaper'] });
    expect(Object.keys(after.body).sort()).toEqual(['id', 'kudos', 'kudos_quote']);
    await client.cancel(after.body.id);
  });

  it('masks its answer, after it has taken the request', async () => {
    const { status, body } = await client.post(`${V2}/generate/async`, rich.key, { prompt: 'masked' }, { 'x-fields': 'id,nothing' });
    expect(status).toBe(202);
    expect(Object.keys(body)).toEqual(['id']);
    expect((await client.check(body['id'] as string)).status).toBe(200);
    await client.cancel(body['id'] as string);
  });

  it('serves anonymous callers, shares their images and debits nobody', async () => {
    const { answer, events } = await horde.appendedBy(() => client.askImage(ANONYMOUS, { prompt: 'for nobody' }));
    expect(answer.status).toBe(202);
    expect(events.map(({ type }) => type)).toEqual(['RequestAccepted.v1']);
    expect(events[0]!.data).toMatchObject({ payer: 0, shared: true, priority: -5_000, ledger: { postings: [{ account: 'issue:anonymous' }, { account: 'burn:activation' }] } });
    await client.cancel(answer.body.id);
  });

  it('charges the payer first: authorization, then request', async () => {
    const { answer, events } = await horde.appendedBy(() => client.askImage(rich.key, { shared: true }));
    expect(events.map(({ type, stream }) => `${type} ${stream}`)).toEqual([
      `AuthorizationOpened.v1 account-${rich.id}`, `RequestAccepted.v1 request-${answer.body.id}`,
    ]);
    expect(events[1]!.data).toMatchObject({ shared: true, models: ['stable_diffusion'], nsfw: true, censorNsfw: true, slowWorkers: true, r2: true, validatedBackends: false, jobs: 1 });
    await client.cancel(answer.body.id);
  });

  it('asks nothing of an account that has nothing, for small images', async () => {
    const asked = await client.askImage(poor.key);
    expect(asked.status).toBe(202);
    expect(await client.kudosOf(poor, asked)).toBe(14);
    await client.cancel(asked.body.id);
  });
});

describe('dry_run', () => {
  it('answers the whole price and takes nothing', async () => {
    const ask = { params: { n: 4, width: 768, height: 768 }, models: ['Deliberate', 'SDXL 1.0'] };
    const { answer, events } = await horde.appendedBy(() => client.askImage(rich.key, { ...ask, dry_run: true }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('kudos-position')).toBeNull();
    expect(answer.body).toMatchObject({ kudos: expect.any(Number), kudos_quote: expect.any(Number), resolved: expect.any(Object) });
    expect('id' in answer.body).toBe(false);
    expect(events).toEqual([]);
    const real = await client.askImage(rich.key, ask);
    expect(real.body.kudos_quote).toBe(answer.body.kudos_quote);
    expect(answer.body.kudos).toBe(Math.round(answer.body.kudos_quote));
    await client.cancel(real.body.id);
  });

  it('authenticates first, also when the same was priced before', async () => {
    const ask = { prompt: 'priced before', dry_run: true };
    expect((await client.askImage(rich.key, ask)).status).toBe(200);
    expect(await client.askImage('nobodys-key-is-22-long', ask)).toMatchObject({ status: 401, body: { rc: 'InvalidAPIKey' } });
  });

  it('obeys the rules of a request', async () => {
    expect(await client.askImage(rich.key, { dry_run: true, params: { cfg_scale: 7.123 } })).toMatchObject({ status: 400, body: { rc: 'BadCFGDecimals' } });
  });
});

/** [rc, status, body, who]. In the order of the contract; each is wrong in one way. */
const REFUSALS: readonly (readonly [rc: string, status: number, body: Fields, key?: string | undefined, headers?: Readonly<Record<string, string>>])[] = [
  ['StyleNotFound', 404, { style: 'no such style' }],
  ['BadRequest', 400, { webhook: 'http://insecure.example/hook' }],
  ['InvalidAPIKey', 401, {}, 'unknown'],
  ['OnlyServiceAccountProxy', 400, { proxied_account: 'somebody' }],
  ['TooManyExtraSourceImages', 400, { source_processing: 'remix', extra_source_images: Array.from({ length: 6 }, () => ({ image: 'x' })) }],
  ['MoreThanMinExtraSourceImage', 400, { source_processing: 'remix', extra_source_images: [{ image: 'x' }, { image: 'y' }] }],
  ['WorkerNotFound', 404, { workers: ['00000000-0000-4000-8000-000000000000'] }],
  ['WorkerNotFound', 404, { workers: ['no uuid'] }],
  ['RequiresTrust', 400, { disable_batching: true, params: { n: 2 } }],
  ['HiResMismatch', 400, { models: ['Flux.1-Schnell fp8 (Compact)'], params: { hires_fix: true } }],
  ['TooManyLoras', 400, { params: { loras: ['1', '2', '3', '4', '5', '6'].map((name) => lora(name)) } }],
  ['BadLoraVersion', 400, { params: { loras: [lora('abc', { is_version: true })] } }],
  ['TooManyTIs', 400, { params: { tis: Array.from({ length: 21 }, (_, index) => ({ name: String(index) })) } }],
  ['InvalidTransparencyModel', 400, { models: ['Stable Cascade 1.0'], params: { transparent: true } }],
  ['ControlNetMismatch', 400, { models: ['Stable Cascade 1.0'], params: { workflow: 'qr_code' } }],
  ['InvalidPromptSize', 400, { prompt: words(7_501) }],
  ['UnexpectedModelName', 400, { models: ['GFPGAN'] }],
  ['TooManyUpscalers', 400, { params: { post_processing: ['RealESRGAN_x4plus', 'RealESRGAN_x2plus'] } }],
  ['BadCFGDecimals', 400, { params: { cfg_scale: 5.125 } }],
  ['SpecialModelNeedsSpecialUser', 403, { models: ['horde_special::rich#2'] }],
  ['SpecialFieldNeedsSpecialUser', 400, { params: { special: { a: 1 } } }],
  ['SourceMaskUnnecessary', 400, { source_mask: IMAGE_BASE64 }],
  ['ControlNetUnsupported', 400, { ...withSource, models: ['stable_diffusion_2.1'], params: { control_type: 'normal' } }],
  ['ControlNetSourceMissing', 400, { params: { control_type: 'canny' } }],
  ['ControlNetInpaintingMismatch', 400, { ...withSource, source_processing: 'inpainting', params: { control_type: 'canny' } }],
  ['ControlNetMismatch', 400, { ...withSource, models: ['SDXL 1.0'], params: { control_type: 'canny' } }],
  ['InvalidTransparencyImg2Img', 400, { extra_source_images: [{ image: 'x' }], source_processing: 'remix', params: { transparent: true } }],
  ['InvalidTransparencyCN', 400, { ...withSource, params: { transparent: true, control_type: 'canny' } }],
  ['InvalidRemixModel', 400, { ...withSource, source_processing: 'remix' }],
  ['InvalidExtraSourceImages', 400, { ...withSource, extra_source_images: [{ image: 'x' }] }],
  ['InvalidExtraTexts', 400, { params: { extra_texts: [{ text: 'a', reference: 'abc' }] } }],
  ['MissingExtraTexts', 400, { params: { workflow: 'qr_code' } }],
  ['SourceImageRequiredForModel', 400, { models: ['pix2pix'] }],
  ['BadClientAgent', 403, {}, undefined, { 'client-agent': 'My-Project:v0.0.1:My-Contact' }],
  ['KudosUpfront', 403, { slow_workers: false }, poor.key],
  ['NulByteInPayload', 400, { prompt: 'a\0b' }],
];

describe('a refused image request', () => {
  it.each(REFUSALS)('%s, %d, to %j, and leaves nothing behind', async (rc, status, body, key = rich.key, headers = {}) => {
    const { answer, events } = await horde.appendedBy(() => client.post(`${V2}/generate/async`, key, { prompt: 'refused', ...body }, headers));
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { message: expect.any(String), rc } });
    expect(events).toEqual([]);
  });

  /** The first of two wrongs in the order of the contract names the refusal. */
  it.each([
    ['StyleNotFound', { style: 'none', webhook: 'http://insecure.example' }, 'unknown'],
    ['InvalidAPIKey', { proxied_account: 'x', workers: ['none'] }, 'unknown'],
    ['OnlyServiceAccountProxy', { proxied_account: 'x', workers: ['none'] }, rich.key],
    ['WorkerNotFound', { workers: ['none'], disable_batching: true, params: { n: 2 } }, rich.key],
    ['RequiresTrust', { disable_batching: true, params: { n: 2, cfg_scale: 1.234 } }, rich.key],
    ['BadCFGDecimals', { params: { cfg_scale: 1.234, control_type: 'canny' } }, rich.key],
    ['ControlNetSourceMissing', { params: { control_type: 'canny' }, slow_workers: false }, poor.key],
  ])('is refused by %s first', async (rc, body, key) => {
    expect((await client.askImage(key, body)).body.rc).toBe(rc);
  });

  it('is not refused to those who are trusted', async () => {
    const asked = await client.askImage(trusted.key, { disable_batching: true, params: { n: 2 } });
    expect(asked.status).toBe(202);
    await client.cancel(asked.body.id);
  });

  it('429 TooManyPrompts beyond the concurrency of the account, counting images and not requests', async () => {
    const busy = await client.register('busy');
    const first = await client.askImage(busy.key, { params: { n: 20 } });
    const second = await client.askImage(busy.key, { params: { n: 10 } });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(await client.askImage(busy.key)).toMatchObject({ status: 429, body: { rc: 'TooManyPrompts' } });
    await client.cancel(first.body.id);
    const third = await client.askImage(busy.key, { params: { n: 20 } });
    expect(third.status).toBe(202);
    await Promise.all([client.cancel(second.body.id), client.cancel(third.body.id)]);
  });
});

describe('allow_downgrade', () => {
  const large = { params: { width: 1536, height: 1024, steps: 30, n: 1 }, models: ['Deliberate'], slow_workers: false };

  it('shrinks what would need kudos upfront, prices it anew and asks for nothing', async () => {
    const { answer, events } = await horde.appendedBy(() => client.askImage(poor.key, { ...large, allow_downgrade: true }));
    expect(answer.status).toBe(202);
    const accepted = events.find(({ type }) => type === 'RequestAccepted.v1')!.data as { features: { width: number; height: number }; slowWorkers: boolean; quote: number };
    expect(accepted.features.width * accepted.features.height).toBeLessThanOrEqual(1024 * 1024);
    expect(accepted.features.width % 64).toBe(0);
    expect(accepted.slowWorkers).toBe(true);
    expect(answer.body.kudos_quote).toBe(accepted.quote / 100);
    const full = await client.askImage(rich.key, large);
    expect(answer.body.kudos_quote).toBeLessThan(full.body.kudos_quote);
    expect(answer.body.kudos).toBeLessThan(full.body.kudos);
    await Promise.all([client.cancel(answer.body.id), client.cancel(full.body.id)]);
  });

  it('changes nothing for those who can pay', async () => {
    const { answer, events } = await horde.appendedBy(() => client.askImage(rich.key, { ...large, allow_downgrade: true }));
    expect(events.find(({ type }) => type === 'RequestAccepted.v1')!.data).toMatchObject({ features: { width: 1536, height: 1024 }, slowWorkers: false });
    await client.cancel(answer.body.id);
  });
});

describe('what needs kudos upfront', () => {
  it('is held while it waits, and is free again at once when it is cancelled', async () => {
    const saver = await client.person('saver', 125);
    const asked = await client.askImage(saver.key, { slow_workers: false, params: { n: 2 } });
    const { kudos_quote: quote, id } = asked.body;
    expect(quote).toBeGreaterThan(20);
    const left = 100 - quote;
    expect(await client.transfer(saver.key, rich.alias, Math.floor(left) + 1)).toMatchObject({ status: 400, body: { rc: 'KudosTransferNotEnough' } });
    const cancelled = await client.cancel(id);
    expect(cancelled.status).toBe(200);
    expect(await client.kudosOf(saver, cancelled)).toBe(122);
    expect((await client.transfer(saver.key, rich.alias, 97)).status).toBe(200);
  });

  it('is refused when the quote is one centikudo more than what is there', async () => {
    const { body: { kudos_quote: quote } } = await client.askImage(rich.key, { dry_run: true, slow_workers: false });
    const enough = await client.person('exactly enough', Math.ceil(quote) + 25);
    const short = await client.person('just short', Math.ceil(quote) - 1 + 25);
    expect(await client.askImage(short.key, { slow_workers: false })).toMatchObject({ status: 403, body: { rc: 'KudosUpfront' } });
    const asked = await client.askImage(enough.key, { slow_workers: false });
    expect(asked.status).toBe(202);
    const cancelled = await client.cancel(asked.body.id);
    expect((await client.get(`${V2}/find_user`, enough.key, since(cancelled))).body).toMatchObject({ kudos: Math.ceil(quote) + 22 });
  });
});

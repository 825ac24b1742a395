import { describe, expect, it } from '@jest/globals';
import { Housekeeping } from '../../../../src/boot/housekeeping.js';
import { SystemClock } from '../../../../src/platform/system/system.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, REGEN, type Fields } from '../../../support/client.js';
import { jpegOf, pngOf } from '../../../support/images.js';

const horde = await startHorde('sources');
const { client, server } = horde;

const rich = await client.person('rich', 1_000_000);
const trusted = await client.person('trusted', 1_000_000, { trusted: true });
const owner = await client.person('owner', 1_000);
const poor = await client.register('poor');

const SOURCE = pngOf(640, 512);
const CLEAR = pngOf(640, 512, { colourType: 6 });
const MASK = jpegOf(640, 512);
const b64 = (bytes: Buffer): string => bytes.toString('base64');
const source = { source_image: b64(SOURCE) };
const OLD = 'AI Horde Worker:13:https://github.com/db0/AI-Horde-Worker';
const PLAIN = 'stable_diffusion';
const PAINTER = 'stable_diffusion_inpainting';
const CASCADE = 'Stable Cascade 1.0';

interface Sources { readonly source_image: string | null; readonly source_processing: string; readonly source_mask: string | null; readonly extra_source_images: readonly { image: string; strength: number }[] | null }
const pop = async (body: Fields): Promise<Sources & { id: string | null; skipped: Readonly<Record<string, number>> }> =>
  (await client.popImage(owner.key, { name: 'painter', allow_img2img: true, allow_painting: true, ...body })).body as never;
const fetched = async (url: string | null): Promise<Buffer> => Buffer.from(await (await fetch(url!)).arrayBuffer());

describe('an image made from another', () => {
  it('reaches a worker that fetches by a signed URL, byte for byte, and is paid with its factor', async () => {
    const { answer: { body: asked }, events } = await horde.appendedBy(() => client.askImage(rich.key, { ...source, params: { denoising_strength: 0.5 }, models: [PLAIN] }));
    expect(events.at(-1)!.data).toMatchObject({ features: { sourceImage: true, sourceProcessing: 'img2img', denoisingStrength: 0.5 }, shared: false });
    expect(JSON.stringify(events)).not.toContain(b64(SOURCE).slice(0, 40));
    const job = await pop({ models: [PLAIN] });
    expect(job).toMatchObject({ source_processing: 'img2img', source_mask: null, extra_source_images: null });
    expect(await fetched(job.source_image)).toEqual(SOURCE);
    const { events: paid } = await horde.appendedBy(() => client.submitImage(owner.key, job.id));
    const { price, debit } = paid.find(({ type }) => type === 'JobSettled.v1')!.data as { price: number; debit: number };
    expect(debit).toBe(Math.round(price * 1.3) + 100);
    expect(300 + debit).toBe(Math.round(asked.kudos_quote * 100));
  });

  it('is sent as base64 to bridges that fetch nothing', async () => {
    await client.askImage(rich.key, { ...source, models: [PLAIN], params: { karras: true } });
    const job = await pop({ name: 'old painter', models: [PLAIN], bridge_agent: OLD });
    expect(job).toMatchObject({ source_image: b64(SOURCE), source_processing: 'img2img' });
    await client.submitImage(owner.key, job.id);
  });

  it('is painted over where its mask says, by workers with a model for it', async () => {
    const body = { ...source, source_mask: b64(MASK), source_processing: 'inpainting', models: [PAINTER] };
    const { answer: { body: asked } } = await horde.appendedBy(() => client.askImage(rich.key, body));
    expect(await pop({ models: [PLAIN] })).toMatchObject({ id: null });
    expect(await pop({ models: [PLAIN, PAINTER], allow_painting: false })).toMatchObject({ id: null, skipped: { painting: 1 } });
    const job = await pop({ models: [PLAIN, PAINTER] });
    expect(job.source_processing).toBe('inpainting');
    expect(await fetched(job.source_image)).toEqual(SOURCE);
    expect(await fetched(job.source_mask)).toEqual(MASK);
    await client.submitImage(owner.key, job.id);
    expect((await client.status(asked.id)).body).toMatchObject({ done: true, finished: 1 });
  });

  it('needs no mask when it can be transparent itself', async () => {
    const asked = await client.askImage(rich.key, { source_image: b64(CLEAR), source_processing: 'inpainting', models: [PAINTER] });
    expect(asked.status).toBe(202);
    await client.cancel(asked.body.id);
  });

  it('is kept from workers that switched img2img off', async () => {
    const asked = await client.askImage(rich.key, { ...source, models: [PLAIN] });
    expect(await pop({ name: 'no sources', models: [PLAIN], allow_img2img: false })).toMatchObject({ id: null, skipped: { img2img: 1 } });
    await client.cancel(asked.body.id);
  });

  it('is never shared, not even by anonymous callers', async () => {
    const { answer, events } = await horde.appendedBy(() => client.askImage(ANONYMOUS, source));
    expect(events[0]!.data).toMatchObject({ payer: 0, shared: false });
    await client.cancel(answer.body.id);
  });

  it('is not handed out when its image is gone, and keeps nobody else waiting', async () => {
    const lost = await client.askImage(rich.key, { ...source, models: ['Deliberate'] });
    const next = await client.askImage(rich.key, { models: ['Deliberate'] });
    await server.platform.blobs.delete(`${lost.body.id}_src.webp`);
    const job = await pop({ models: ['Deliberate'] });
    expect(job.source_image).toBeNull();
    expect((await client.check(next.body.id)).body.processing).toBe(1);
    await client.submitImage(owner.key, job.id);
    await client.cancel(lost.body.id);
  });
});

describe('a remix', () => {
  const extra = [{ image: b64(MASK), strength: 0.4 }, { image: b64(CLEAR) }];
  const remix = { ...source, source_processing: 'remix', models: [CASCADE], extra_source_images: extra };

  it('brings its extra images to bridges that know them, for five kudos each at once', async () => {
    const { answer: { body: asked }, events } = await horde.appendedBy(() => client.askImage(trusted.key, remix));
    expect(events[1]!.data).toMatchObject({ activation: 1_300, features: { extraSourceImages: 2, sourceProcessing: 'remix' } });
    expect(await pop({ models: [CASCADE], bridge_agent: REGEN.replace('13.0.0', '4') })).toMatchObject({ id: null, skipped: { bridge_version: 1 } });
    const job = await pop({ models: [CASCADE] });
    expect(job.source_processing).toBe('remix');
    expect(job.extra_source_images!.map(({ strength }) => strength)).toEqual([0.4, 1]);
    expect(await Promise.all(job.extra_source_images!.map(({ image }) => fetched(image)))).toEqual([MASK, CLEAR]);
    const { events: paid } = await horde.appendedBy(() => client.submitImage(owner.key, job.id));
    const { debit } = paid.find(({ type }) => type === 'JobSettled.v1')!.data as { debit: number };
    expect(1_300 + debit).toBe(Math.round(asked.kudos_quote * 100));
  });

  it('with one extra image is for everybody', async () => {
    const asked = await client.askImage(rich.key, { ...remix, extra_source_images: [{ image: b64(MASK) }] });
    expect(asked.status).toBe(202);
    await client.cancel(asked.body.id);
  });
});

/** [rc, body, who]. In the order of the contract; each row is also wrong in the way of the row below it where it can be. */
const WRONG: readonly (readonly [rc: string, status: number, body: Fields, key?: string])[] = [
  ['SourceMaskUnnecessary', 400, { source_mask: 'no image', slow_workers: false }, poor.key],
  ['InvalidRemixModel', 400, { source_image: 'no image', source_processing: 'remix', slow_workers: false }, poor.key],
  ['KudosUpfront', 403, { source_image: 'no image', slow_workers: false }, poor.key],
  ['KudosUpfront', 403, { source_image: 'no image', slow_workers: false }, ANONYMOUS],
  ['ImageValidationFailed', 400, { source_image: 'no image', slow_workers: false }],
  ['SourceImageUrlInvalid', 400, { source_image: 'https://example.com:6379/cat.png' }],
  ['SourceImageUrlInvalid', 400, { source_image: 'https://169.254.169.254/latest/meta-data' }],
  ['ImageValidationFailed', 400, { source_image: '' }],
  ['ImageValidationFailed', 400, { ...source, source_mask: 'no image', source_processing: 'inpainting' }],
  ['ImageValidationFailed', 400, { ...source, source_processing: 'remix', models: [CASCADE], extra_source_images: [{ image: 'no image' }] }],
  ['SourceImageResolutionExceeded', 400, { source_image: b64(pngOf(3_136, 3_072)), source_processing: 'inpainting' }],
  ['SourceImageSizeExceeded', 400, { source_image: b64(Buffer.concat([CLEAR, Buffer.alloc(20 * 1_048_576)])), source_processing: 'inpainting' }],
  ['InpaintingMissingMask', 400, { ...source, source_processing: 'inpainting' }],
];

describe('a source image that is refused', () => {
  it.each(WRONG.map((row, at) => [row[0], at, row] as const))('%s (row %d) names what is wrong first, and leaves nothing behind', async (rc, _at, [, status, body, key = rich.key]) => {
    const { answer, events } = await horde.appendedBy(() => client.askImage(key, body));
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { message: expect.any(String), rc } });
    expect(events).toEqual([]);
  });

  it('is not even looked at when only the price is asked for', async () => {
    const asked = await client.askImage(rich.key, { ...source, dry_run: true });
    expect(asked.status).toBe(200);
    const plain = await client.askImage(rich.key, { dry_run: true });
    expect(asked.body.kudos_quote).toBeGreaterThan(plain.body.kudos_quote);
  });

  it('is taken smaller by those who allow it and cannot pay', async () => {
    const { answer, events } = await horde.appendedBy(() => client.askImage(poor.key, { ...source, slow_workers: false, allow_downgrade: true }));
    expect(answer.status).toBe(202);
    expect(events.at(-1)!.data).toMatchObject({ slowWorkers: true, features: { sourceImage: true } });
    await client.cancel(answer.body.id);
  });
});

describe('a dry run', () => {
  it('is refused like the request itself where its price is not there', async () => {
    for (const key of [poor.key, ANONYMOUS]) {
      expect(await client.askImage(key, { dry_run: true, slow_workers: false })).toMatchObject({ status: 403, body: { rc: 'KudosUpfront' } });
      expect(await client.askText(key, { dry_run: true, slow_workers: false })).toMatchObject({ status: 403, body: { rc: 'KudosUpfront' } });
      expect(await client.askImage(key, { slow_workers: false })).toMatchObject({ status: 403, body: { rc: 'KudosUpfront' } });
      expect(await client.askText(key, { slow_workers: false })).toMatchObject({ status: 403, body: { rc: 'KudosUpfront' } });
    }
  });

  it('shows what the downgraded request would cost', async () => {
    const body = { slow_workers: false, allow_downgrade: true, params: { width: 2048, height: 1024 } };
    const [poorly, richly] = await Promise.all([poor.key, rich.key].map((key) => client.askImage(key, { ...body, dry_run: true })));
    expect(poorly!.status).toBe(200);
    expect(poorly!.body.kudos_quote).toBeLessThan(richly!.body.kudos_quote);
    const real = await client.askImage(poor.key, body);
    expect(real.body.kudos_quote).toBe(poorly!.body.kudos_quote);
    await client.cancel(real.body.id);
  });
});

class Later extends SystemClock {
  constructor(private readonly byMs: number) {
    super();
  }
  override now(): number {
    return super.now() + this.byMs;
  }
}

describe('the images of a request', () => {
  it('wait as long as its prompt, while results are kept for two hours', async () => {
    const hour = 3_600_000;
    const { blobs, contents } = server.platform;
    const asked = await client.askImage(rich.key, { ...source, models: ['Dreamshaper'] });
    await blobs.put('result.webp', SOURCE);
    const key = `${asked.body.id}_src.webp`;
    const after = async (hours: number): Promise<readonly boolean[]> => {
      await new Housekeeping(contents, blobs, new Later(hours * hour)).round();
      return Promise.all(['result.webp', key].map((each) => blobs.exists(each)));
    };
    await client.cancel(asked.body.id);
    expect([await after(1), await after(3), await after(24), await after(26)]).toEqual([[true, true], [false, true], [false, true], [false, false]]);
  });
});

import { createHmac } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { AlchemyClient } from '../../../support/alchemy.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, DELIVERED_TEXT, IMAGE_BASE64, IMAGE_BYTES, type Answer, type Fields } from '../../../support/client.js';
import { jpegOf, pngOf } from '../../../support/images.js';
import { AStranger, CA_FILE, type Received } from '../../../outbound/a-stranger.js';

const [receiver, gallery] = [await AStranger.start(), await AStranger.start({ secure: false })];
const horde = await startHorde('outside', { settings: { OUTBOUND_ORIGINS: `${receiver.url},${gallery.url}`, HORDE_TEST_OUTBOUND_CA: CA_FILE } });
const { client } = horde;
const alchemy = new AlchemyClient(client);
const rich = await client.person('rich', 1_000_000, { trusted: true });
const poor = await client.register('poor');
const owner = await client.person('owner', 1_000);
const calm = receiver.answer;

afterAll(() => Promise.all([receiver.stop(), gallery.stop()]));
afterEach(() => {
  receiver.answer = calm;
  receiver.received.splice(0);
  gallery.received.splice(0);
});

const SOURCE = pngOf(640, 512);
const CLEAR = pngOf(640, 512, { colourType: 6 });
const PAINTER = 'stable_diffusion_inpainting';
const PLAIN = 'stable_diffusion';
const FIVE_MB = 5_000 * 1_024;
const CONTENTS: Readonly<Record<string, Buffer>> = {
  '/source.png': SOURCE, '/clear.png': CLEAR, '/mask.jpg': jpegOf(640, 512), '/large.png': pngOf(4_000, 4_000), '/cut.png': SOURCE.subarray(0, 20), '/page.html': Buffer.from('<html>'),
  '/just-small-enough.png': Buffer.concat([SOURCE, Buffer.alloc(FIVE_MB - SOURCE.length)]), '/too-long.png': Buffer.concat([SOURCE, Buffer.alloc(FIVE_MB)]),
};
gallery.answer = (response, { path }) => {
  const found = CONTENTS[path.replace('/chunked', '')];
  if (path === '/never.png') return;
  if (path === '/moved.png') response.writeHead(302, { location: '/source.png' }).end();
  else if (path === '/inside.png') response.writeHead(302, { location: 'http://127.0.0.1:1/source.png' }).end();
  else if (path === '/hook') response.writeHead(204).end();
  else if (!found) response.writeHead(404).end();
  else if (path.startsWith('/chunked')) response.writeHead(200).end(found);
  else response.writeHead(200, { 'content-length': found.length }).end(found);
};
const at = (path: string): string => `${gallery.url}${path}`;
const fetched = async (url: string): Promise<Buffer> => Buffer.from(await (await fetch(url)).arrayBuffer());
const pop = async (models: readonly string[]): Promise<Fields & { id: string }> =>
  (await client.popImage(owner.key, { name: 'painter', models, allow_img2img: true, allow_painting: true })).body as never;

describe('a source image by URL', () => {
  it('is fetched once, and reaches the worker as one that was sent', async () => {
    const body = { source_image: at('/source.png'), source_mask: at('/chunked/mask.jpg'), source_processing: 'inpainting', models: [PAINTER] };
    const { answer, events } = await horde.appendedBy(() => client.askImage(rich.key, body));
    expect(answer.status).toBe(202);
    expect(JSON.stringify(events)).not.toContain(gallery.url);
    const job = await pop([PAINTER]);
    expect(await Promise.all([job['source_image'], job['source_mask']].map((url) => fetched(url as string)))).toEqual([SOURCE, CONTENTS['/mask.jpg']]);
    expect(gallery.received.map(({ method, path, headers }) => [method, path, headers.accept])).toEqual([['GET', '/source.png', 'image/*'], ['GET', '/chunked/mask.jpg', 'image/*']]);
    await client.submitImage(owner.key, job.id);
  });

  it('is fetched where it was redirected to, and asked for once by a request that names it twice', async () => {
    const extra = [{ image: at('/moved.png') }, { image: at('/moved.png') }];
    const asked = await client.askImage(rich.key, { source_image: at('/just-small-enough.png'), source_processing: 'remix', models: ['Stable Cascade 1.0'], extra_source_images: extra });
    expect(asked.status).toBe(202);
    expect(gallery.received.map(({ path }) => path).sort()).toEqual(['/just-small-enough.png', '/moved.png', '/source.png']);
    await client.cancel(asked.body.id);
  });

  it('is one of alchemy, too', async () => {
    const asked = await alchemy.ask(rich.key, ['caption'], { source_image: at('/source.png') });
    const { body: { forms } } = await alchemy.pop(owner.key, 'an alchemist', ['caption']);
    expect(await fetched(forms![0]!.source_image)).toEqual(SOURCE);
    await alchemy.cancel(asked.body.id);
  });

  it.each([
    ['ImageValidationFailed', '/nothing.png'], ['ImageValidationFailed', '/inside.png'], ['ImageValidationFailed', '/never.png'],
    ['SourceImageUrlInvalid', '/page.html'], ['SourceImageUnreadable', '/cut.png'], ['SourceImageSizeExceeded', '/too-long.png'], ['SourceImageSizeExceeded', '/chunked/too-long.png'],
    ['SourceImageResolutionExceeded', '/large.png'],
  ])('is refused with %s when it is %s, and nothing is charged', async (rc, path) => {
    const { answer: answers, events } = await horde.appendedBy(() => Promise.all([
      client.askImage(rich.key, { source_image: at(path), source_processing: 'inpainting' }), alchemy.ask(rich.key, ['caption'], { source_image: at(path) }),
    ]) as Promise<readonly Answer<object>[]>);
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(Array(2).fill({ status: 400, body: { message: expect.any(String), rc } }));
    expect(events).toEqual([]);
  });

  it('is painted over without a mask only if it can be transparent', async () => {
    const painted = (path: string) => client.askImage(rich.key, { source_image: at(path), source_processing: 'inpainting', models: [PAINTER] });
    expect(await painted('/source.png')).toMatchObject({ status: 400, body: { rc: 'InpaintingMissingMask' } });
    const asked = await painted('/clear.png');
    expect(asked.status).toBe(202);
    await client.cancel(asked.body.id);
  });

  it('is not fetched for a price, for who cannot pay, or beside an image that is wrong', async () => {
    const source = { source_image: at('/source.png') };
    expect((await client.askImage(rich.key, { ...source, dry_run: true })).status).toBe(200);
    expect(await client.askImage(poor.key, { ...source, slow_workers: false })).toMatchObject({ body: { rc: 'KudosUpfront' } });
    expect(await client.askImage(rich.key, { ...source, source_mask: 'no image' })).toMatchObject({ body: { rc: 'ImageValidationFailed' } });
    expect(gallery.received).toEqual([]);
  });
});

/** What the receiver was sent, once it has been sent so much, each with a signature that holds. */
const delivered = async (count: number, secrets: readonly unknown[]): Promise<readonly Fields[]> => {
  const received = await receiver.hasReceived(count);
  return received.map((each) => {
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(each.headers['x-horde-signature']))!;
    expect(secrets.map((secret) => createHmac('sha256', String(secret)).update(`${time}.${each.body}`).digest('hex'))).toContain(signature);
    expect(each).toMatchObject({ method: 'POST', path: '/hook?of=ada', headers: { 'content-type': 'application/json' } });
    const body = JSON.parse(each.body) as Fields;
    expect(each.headers['x-horde-delivery']).toBe(body['id']);
    return body;
  });
};
const secretOf = ({ body }: Answer<object>): unknown => (body as Fields)['webhook_secret'];
const webhook = `${receiver.url}/hook?of=ada`;

describe('a webhook', () => {
  it('is told of each image when it is delivered, as a URL or as base64', async () => {
    const { answer: asked, events } = await horde.appendedBy(() => client.askImage(rich.key, { webhook, params: { n: 2 } }));
    const inline = await client.askImage(ANONYMOUS, { webhook, r2: false });
    expect(secretOf(asked)).toMatch(/^[0-9a-f]{64}$/);
    const ids: string[] = [];
    for (let job = 0; job < 3; job++) {
      const { id } = await pop([PLAIN]);
      ids.push(id);
      await client.submitImage(owner.key, id, job === 0 ? { gen_metadata: [{ type: 'censorship', value: 'csam' }] } : {});
    }
    const told = await delivered(3, [secretOf(asked), secretOf(inline)]);
    const { body: status } = await client.status(asked.body.id);
    for (const id of ids.slice(0, 2)) {
      const { img, ...generation } = told.find((each) => each['id'] === id)!;
      expect(await fetched(img as string)).toEqual(IMAGE_BYTES);
      const { img: _img, state: _state, ...shown } = status.generations.find((each) => each['id'] === id)!;
      expect(generation).toEqual({ ...shown, seed: 42, request: asked.body.id, kudos: expect.any(Number) });
      expect(generation).toMatchObject({ worker_name: 'painter', model: PLAIN, censored: id === ids[0] });
    }
    expect(told.find((each) => each['id'] === ids[2])).toMatchObject({ img: IMAGE_BASE64, request: inline.body.id });
    expect(JSON.stringify([...events, ...(await horde.events())])).not.toContain(receiver.url);
  });

  it('is told what the worker earned by a text, and nobody is told of a request without one', async () => {
    const before = await client.askText(rich.key);
    const asked = await client.askText(rich.key, { webhook });
    for (let job = 0; job < 2; job++) {
      const { body: { id } } = await client.popText(owner.key, { name: 'a scribe' });
      const { body: { reward } } = await client.submitText(owner.key, id);
      if (job === 0) continue;
      expect(await delivered(1, [secretOf(asked)])).toEqual([{
        text: DELIVERED_TEXT, seed: 7, gen_metadata: [], worker_id: expect.any(String), worker_name: 'a scribe', model: expect.any(String), state: 'ok', id, request: asked.body.id, kudos: reward,
      }]);
    }
    expect(before.body).not.toHaveProperty('webhook_secret');
  });

  it('is told of every form of alchemy by itself', async () => {
    const asked = await alchemy.ask(rich.key, ['caption', 'GFPGAN'], { webhook });
    const { body: { forms } } = await alchemy.pop(owner.key, 'an alchemist', ['caption', 'GFPGAN'], { amount: 2 });
    for (const { id, form } of forms!) await alchemy.submit(owner.key, id, { [form]: form === 'GFPGAN' ? 'R2' : 'a lighthouse' });
    const told = await delivered(2, [secretOf(asked)]);
    const [caption, upscaled] = forms!.map(({ id }) => told.find((each) => each['id'] === id));
    expect(caption).toEqual({
      form: 'caption', state: 'done', result: { caption: 'a lighthouse' }, worker_id: expect.any(String), worker_name: 'an alchemist', id: forms![0]!.id, request: asked.body.id, kudos: 1,
    });
    expect(upscaled).toMatchObject({ form: 'GFPGAN', result: { GFPGAN: expect.stringMatching(/^http.*\.webp/) } });
  });

  it('is told without TLS where the operator has named the origin', async () => {
    const plain = `${gallery.url}/hook`;
    const asked = [await client.askImage(rich.key, { webhook: plain }), await client.askText(rich.key, { webhook: plain }), await alchemy.ask(rich.key, ['caption'], { webhook: plain })];
    expect(asked.map(({ status, body }) => [status, body])).toEqual(asked.map(({ body }) => [202, body]));
    const ids = [(await pop([PLAIN])).id, (await client.popText(owner.key, { name: 'a scribe' })).body.id, (await alchemy.pop(owner.key, 'an alchemist', ['caption'])).body.forms![0]!.id];
    await Promise.all([client.submitImage(owner.key, ids[0]!), client.submitText(owner.key, ids[1]!), alchemy.submit(owner.key, ids[2]!, { caption: 'a lighthouse' })]);
    const told = await gallery.hasReceived(3);
    expect(new Set(told.map(({ method, path, body }) => [method, path, (JSON.parse(body) as Fields)['id']].join(' ')))).toEqual(new Set(ids.map((id) => `POST /hook ${id}`)));
  });

  it('is asked again when it failed, with the same delivery and another attempt, and nobody waits for it', async () => {
    receiver.answer = (response) => { response.writeHead(500).end(); };
    const asked = await client.askText(rich.key, { webhook });
    const { body: { id } } = await client.popText(owner.key, { name: 'a scribe' });
    expect((await client.submitText(owner.key, id)).status).toBe(200);
    await receiver.hasReceived(1);
    receiver.answer = calm;
    const settled = async (): Promise<Fields> => {
      for (;;) {
        const { webhooks } = (await client.get('/v1/health/ready')).body as { webhooks: Fields };
        if (webhooks['working'] === 0) return webhooks;
      }
    };
    expect(await settled()).toMatchObject({ waiting: 1, failed: 1, givenUp: 0 });
    await horde.pass(40_000);
    const told = await delivered(2, [secretOf(asked)]);
    expect(told[1]).toEqual(told[0]);
    expect(receiver.received.map(({ headers }: Received) => headers['x-horde-attempt'])).toEqual(['1', '2']);
    expect(await settled()).toMatchObject({ waiting: 0, failed: 1, givenUp: 0 });
  });

  it.each([
    ['http', 'http://hooks.example.org/x'], ['no URL', 'https://'], ['a private address', 'https://10.0.0.1/hook'], ['a port', 'https://hooks.example.org:8443'],
    ['a password', 'https://me:secret@hooks.example.org'], ['another scheme', 'ftp://hooks.example.org'], ['too long', `https://hooks.example.org/${'x'.repeat(2_048)}`],
  ])('is refused when it is not a public https URL: %s', async (_what, url) => {
    const { answer: answers, events } = await horde.appendedBy(() => Promise.all([
      client.askImage(rich.key, { webhook: url.padEnd(10, '/') }), client.askText(rich.key, { webhook: url }), alchemy.ask(rich.key, ['caption'], { webhook: url.padEnd(10, '/') }),
    ]) as Promise<readonly Answer<{ rc?: string }>[]>);
    const bySchema = url.length > 1_024 ? undefined : 'BadRequest'; // two of them say there how long it may be
    expect(answers.map(({ status, body }) => [status, body.rc])).toEqual([[400, bySchema], [400, 'BadRequest'], [400, bySchema]]);
    expect(events).toEqual([]);
  });
});

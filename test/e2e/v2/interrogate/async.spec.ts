import { describe, expect, it } from '@jest/globals';
import { OnUser } from '../../../../src/users/user.message.js';
import { AlchemyClient, SOURCE } from '../../../support/alchemy.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, type Fields } from '../../../support/client.js';
import { pngOf } from '../../../support/images.js';

const horde = await startHorde('alchemy_async');
const { client } = horde;
const alchemy = new AlchemyClient(client);
const payer = await client.person('payer', 1_000);
const deleted = await client.person('deleted', 25);
await horde.command(new OnUser(deleted.id, { type: 'ChangeRoles', roles: { deleted: true }, at: new Date(0).toISOString() }, { actor: { kind: 'system' }, correlationId: 'test' }));
await horde.caughtUp();

const ask = (key: string | undefined, body: Fields) => client.post('/api/v2/interrogate/async', key, body);
const png = (width: number, height: number): string => pngOf(width, height).toString('base64');

describe('POST /interrogate/async', () => {
  // Each row fixes the fault of the row above and keeps those below.
  const everything = {
    source_image: 'no image', forms: [{ name: 'annotation', payload: { control_type: 'hough' } }, ...Array.from({ length: 99 }, (_, index) => ({ name: 'caption', payload: { index: String(index) } }))],
    webhook: 'http://insecure.example',
  };
  it.each<readonly [string, number, Fields, string]>([
    ['BadRequest', 400, everything, 'unknown'],
    ['InvalidAPIKey', 401, { ...everything, webhook: undefined }, 'unknown'],
    ['DeletedUser', 403, { ...everything, webhook: undefined }, deleted.key],
    ['InvalidControlType', 400, { ...everything, webhook: undefined }, payer.key],
    ['ImageValidationFailed', 400, { source_image: 'no image' }, payer.key],
    ['ImageValidationFailed', 400, { source_image: '' }, payer.key],
    ['SourceImageUrlInvalid', 400, { source_image: 'https://127.0.0.1/cat.png' }, payer.key],
    ['SourceImageUrlInvalid', 400, { source_image: 'http://example.org/cat.png' }, payer.key],
    ['SourceImageUrlInvalid', 400, { source_image: 'file:///etc/passwd' }, payer.key],
    ['SourceImageResolutionExceeded', 400, { source_image: png(3_073, 3_073) }, payer.key],
    ['SourceImageResolutionExceeded', 400, { source_image: png(65_537, 144) }, payer.key], // few pixels in 129 tiles
    ['InvalidControlType', 400, { source_image: SOURCE, forms: [{ name: 'annotation' }] }, payer.key],
  ])('%s, %d, and leaves nothing behind', async (rc, status, body, key) => {
    const { answer, events } = await horde.appendedBy(() => ask(key, body));
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { message: expect.any(String), rc } });
    expect(events).toEqual([]);
  });

  it.each<readonly [string, Fields]>([
    ['source_image', { forms: [] }],
    ['forms', { source_image: SOURCE, forms: 'caption' }],
    ['forms.0.name', { source_image: SOURCE, forms: [{ name: 'magic' }] }],
    ['forms.0.name', { source_image: SOURCE, forms: [{}] }],
    ['forms.1.payload.depth', { source_image: SOURCE, forms: [{ name: 'caption' }, { name: 'caption', payload: { depth: 3 } }] }],
    ['forms', { source_image: SOURCE, forms: Array.from({ length: 101 }, () => ({ name: 'caption' })) }],
    ['slow_workers', { source_image: SOURCE, slow_workers: 1 }],
    ['webhook', { source_image: SOURCE, webhook: 'short' }],
  ])('400 naming %s', async (path, body) => {
    const { answer, events } = await horde.appendedBy(() => ask(payer.key, body));
    expect(answer).toMatchObject({ status: 400, body: { errors: { [path]: expect.any(String) } } });
    expect(events).toEqual([]);
  });

  it('400 without a key', async () => {
    expect(await ask(undefined, { source_image: SOURCE })).toMatchObject({ status: 400, body: { errors: { apikey: expect.any(String) } } });
  });

  it('takes an image as browsers write it, and one of 255 tiles', async () => {
    expect((await ask(payer.key, { source_image: `data:image/png;base64,${SOURCE}` })).status).toBe(202);
    const { answer, events } = await horde.appendedBy(() => ask(payer.key, { source_image: png(255 * 512, 1), forms: [{ name: 'GFPGAN' }] }));
    expect(answer.status).toBe(202);
    expect(events[0]!.data).toMatchObject({ quote: (255 * 3 + 2) * 100 });
    expect((await ask(payer.key, { source_image: png(255 * 512 + 1, 1) })).body['rc']).toBe('SourceImageResolutionExceeded');
    await alchemy.cancel(answer.body['id'] as string);
  });

  it('keeps 300 unfinished forms for an account without kudos to spend, at workers or not, and more for anonymous users', async () => {
    const modest = await client.person('modest', 25);
    const forms = (from: number) => Array.from({ length: 100 }, (_, index) => ({ name: 'caption', payload: { index: String(from + index) } }));
    const ids = [];
    for (const from of [0, 100, 200]) ids.push((await alchemy.ask(modest.key, forms(from))).body.id);
    const owner = await client.person('owner', 25);
    await alchemy.pop(owner.key, 'a popper', ['caption']);
    const { answer, events } = await horde.appendedBy(() => alchemy.ask(modest.key, ['palette']));
    expect(answer).toMatchObject({ status: 429, body: { rc: 'TooManyPrompts' } });
    expect(events).toEqual([]);
    expect((await alchemy.ask(ANONYMOUS, ['palette'])).status).toBe(202);
    for (const id of ids) await alchemy.cancel(id);
    expect((await alchemy.ask(modest.key, ['palette'])).status).toBe(202);
  });
});

describe('GET and DELETE /interrogate/status/{id}', () => {
  it.each(['GET', 'DELETE'])('%s: 404 RequestNotFound to an unknown id, a malformed one, and an image request\'s', async (method) => {
    const { body: { id } } = await client.askImage(payer.key);
    for (const unknown of ['00000000-0000-4000-8000-000000000000', 'nonsense', id]) {
      expect(await client.send(method, `/api/v2/interrogate/status/${unknown}`)).toMatchObject({ status: 404, body: { rc: 'RequestNotFound' } });
    }
    await client.cancel(id);
    const { body: { id: form } } = await alchemy.ask(payer.key, ['caption']);
    expect((await client.status(form)).status).toBe(404);
  });

  it('404 once the request has expired, after 20 minutes without a hand-out', async () => {
    const { body: { id } } = await alchemy.ask(payer.key, ['describe']);
    await horde.pass(20 * 60_000 - 1_000);
    expect((await alchemy.status(id)).body.state).toBe('waiting');
    await horde.pass(2_000);
    expect(await alchemy.status(id)).toMatchObject({ status: 404, body: { rc: 'RequestNotFound' } });
  });
});

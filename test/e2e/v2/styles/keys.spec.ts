import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, V2, type Fields, type Refusal } from '../../../support/client.js';

const horde = await startHorde('style_keys');
const { client } = horde;
const author = await client.person('author', 1_025, { trusted: true });
const payer = await client.person('payer', 1_025);
const dreamer = await client.person('dreamer', 25, { trusted: true });
const MODEL = 'Deliberate';

const keyOf = async (body: Fields = {}): Promise<string> => (await client.send('PUT', `${V2}/sharedkeys`, { key: author.key, body: { kudos: 100, ...body } })).body['id'] as string;
const make = async (name: string, sharedkey?: string): Promise<string> =>
  (await client.post(`${V2}/styles/image`, author.key, { name, info: 'An info that is long enough', models: [MODEL], ...(sharedkey === undefined ? {} : { sharedkey }) })).body['id'] as string;
const keyNow = async (id: string): Promise<Fields> => (await client.get(`${V2}/sharedkeys/${id}`)).body;

describe('a shared key that is assigned to a style', () => {
  it('is shown to the owner of the style, and to nobody else', async () => {
    const key = await keyOf({ name: 'for styles' });
    const style = await make('shown', key);
    const shown = async (as?: string) => (await client.get(`${V2}/styles/image/${style}`, as)).body['shared_key'];
    expect(await shown(author.key)).toMatchObject({ id: key, name: 'for styles', kudos: 100 });
    expect([await shown(payer.key), await shown(), await shown('unknown')]).toEqual([null, null, null]);
    expect((await client.get<Fields[]>(`${V2}/styles/image`)).body.every((one) => one['shared_key'] === null)).toBe(true);
    expect(JSON.stringify(await horde.events())).not.toContain(key);
  });
  it('pays for whoever uses the style, whatever its limits on a single request, and its owner gets no reward from it', async () => {
    const key = await keyOf({ max_image_steps: 1 });
    const style = await make('paid for', key);
    const before = { author: await horde.kudosOf(author), payer: await horde.kudosOf(payer) };
    const asked = await client.askImage(payer.key, { style });
    expect(asked).toMatchObject({ status: 202 });
    const popped = await client.popImage(dreamer.key, { name: 'Dreamer', models: [MODEL] });
    expect(await client.submitImage(dreamer.key, popped.body.id)).toMatchObject({ status: 200 });
    expect(await horde.kudosOf(payer)).toBe(before.payer);
    expect(Math.round((before.author - (await horde.kudosOf(author))) * 100)).toBe(Math.round(asked.body.kudos_quote * 100));
    expect((await client.get(`${V2}/users/${author.id}`)).body).toMatchObject({ kudos_details: { styled: 0 } });
    expect(await keyNow(key)).toMatchObject({ utilized: Math.trunc(asked.body.kudos_quote) });
  });
  it('can no longer be used by itself, until no style has it', async () => {
    const key = await keyOf();
    const [one, two] = [await make('one', key), await make('two', key)];
    const ask = async (): Promise<readonly [number, string | undefined]> => {
      await horde.caughtUp();
      const { status, body } = await client.askImage(key, {});
      return [status, body.rc];
    };
    expect(await ask()).toEqual([403, 'SharedKeyAssignedStyles']);
    await client.send('DELETE', `${V2}/styles/image/${one}`, { key: author.key });
    expect(await ask()).toEqual([403, 'SharedKeyAssignedStyles']);
    await client.send('PATCH', `${V2}/styles/image/${two}`, { key: author.key, body: { sharedkey: await keyOf() } });
    expect(await ask()).toEqual([202, undefined]);
  });
  it('leaves paying to whoever asks once it is empty or deleted', async () => {
    const key = await keyOf();
    const style = await make('left alone', key);
    await client.send('DELETE', `${V2}/sharedkeys/${key}`, { key: author.key });
    const before = await horde.kudosOf(payer);
    expect((await client.askImage(payer.key, { style })).status).toBe(202);
    expect(await horde.kudosOf(payer)).toBe(before - 3);
    expect((await client.askImage(ANONYMOUS, { style })).status).toBe(202);
    expect((await client.get(`${V2}/styles/image/${style}`, author.key)).body).toMatchObject({ shared_key: null });
  });
  it('must be one\'s own, have kudos left and not be over', async () => {
    const rcs: unknown[] = [];
    const foreign = (await client.send('PUT', `${V2}/sharedkeys`, { key: payer.key, body: {} })).body['id'];
    const empty = await keyOf({ kudos: 0 });
    const over = await keyOf({ expiry: 1 });
    await horde.pass(2 * 24 * 60 * 60_000);
    for (const sharedkey of [foreign, empty, over]) {
      const { status, body } = await client.post<Refusal>(`${V2}/styles/image`, author.key, { name: 'refused', info: 'An info that is long enough', models: [MODEL], sharedkey });
      rcs.push([status, body.rc]);
    }
    expect(rcs).toEqual([[400, 'SharedKeyInvalid'], [400, 'SharedKeyEmpty'], [400, 'SharedKeyExpired']]);
  });
});

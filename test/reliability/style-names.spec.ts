import { describe, expect, it } from '@jest/globals';
import { iso } from '../../src/kernel/clock.js';
import { personal } from '../../src/kernel/event.js';
import type { CommandContext } from '../../src/platform/commanding/outcome.js';
import { OnCollection, OnStyle, OnStyleName } from '../../src/styles/style.message.js';
import { startHorde } from '../support/app.js';
import { V2 } from '../support/client.js';

const horde = await startHorde('style_names');
const { client, server: { platform } } = horde;
const author = await client.person('author', 25, { trusted: true });
const CONTEXT: CommandContext = { actor: { kind: 'system' }, correlationId: '11111111-1111-4111-8111-111111111111' };
/** A rename may take so long between its two appends (src/styles/style-names.ts). */
const RENAMING_MS = 60_000;

const at = (): string => iso(platform.clock.now());
const hashOf = (name: string, thing: 'style' | 'collection' = 'style'): string => platform.secrets.keyedHash(`${thing}-name`, `${author.id}:${name}`);
/** One append and nothing after it, as a process leaves it that dies then. */
const only = async (message: OnStyle | OnCollection | OnStyleName): Promise<void> => expect(await horde.command(message)).toMatchObject({ outcome: 'appended' });
const reserve = (name: string, holder: string, thing?: 'collection'): Promise<void> =>
  only(new OnStyleName(hashOf(name, thing), { type: 'ReserveStyleName', holder, owner: author.id, at: at() }, CONTEXT));

const post = (name: string) => client.post(`${V2}/styles/image`, author.key, { name, info: 'An info that is long enough', models: ['Deliberate'] });
const made = async (name: string): Promise<string> => {
  const { status, body } = await post(name);
  expect(status).toBe(200);
  return body['id'] as string;
};
const statuses = async (name: string, count: number): Promise<number[]> =>
  (await Promise.all(Array.from({ length: count }, () => post(name)))).map(({ status }) => status).sort();
const rename = (id: string, name: string) => client.send('PATCH', `${V2}/styles/image/${id}`, { key: author.key, body: { name } });

describe('the name of a style whose maker died', () => {
  it('before it was there, is taken up by the next one who wants it, under the id that was reserved', async () => {
    const id = platform.ids.uuid();
    await reserve('never born', id);
    expect(await made('never born')).toBe(id);
    expect((await post('never born')).status).toBe(400);
  });
  it('before it was there, goes to one of all who want it at once', async () => {
    await reserve('wanted', platform.ids.uuid());
    expect(await statuses('wanted', 6)).toEqual([200, 400, 400, 400, 400, 400]);
  });
  it('after it was removed, is free at once', async () => {
    const id = await made('removed');
    await only(new OnStyle(id, { type: 'DeleteStyle', by: author.id, moderator: false, at: at() }, CONTEXT));
    expect(await statuses('removed', 3)).toEqual([200, 400, 400]);
  });
  it('after it was renamed, is free when no rename can be under way any more', async () => {
    const id = await made('old name');
    await reserve('new name', id);
    const changes = { name: personal(`user-${author.id}`, 'new name'), nameHash: hashOf('new name') };
    await only(new OnStyle(id, { type: 'ChangeStyle', changes, by: author.id, moderator: false, at: at() }, CONTEXT));
    expect((await post('old name')).status).toBe(400); // for all that is known, it is being renamed back
    await horde.pass(RENAMING_MS);
    expect((await post('old name')).status).toBe(200);
  });
  it('before it was renamed, can be had by its own owner\'s next try, and by another style a minute later', async () => {
    const id = await made('renaming');
    await reserve('renamed', id);
    expect((await rename(id, 'renamed')).status).toBe(200);
    const other = await made('still called so');
    await reserve('never called so', other);
    expect((await post('never called so')).status).toBe(400);
    await horde.pass(RENAMING_MS);
    expect((await post('never called so')).status).toBe(200);
    expect((await client.get(`${V2}/styles/image/${other}`)).body).toMatchObject({ name: 'still called so' });
  });
});

it('the name of a collection whose maker died is taken up, too', async () => {
  const style = await made('member');
  const collect = (name: string) => client.post(`${V2}/collections`, author.key, { name, styles: [style] });
  const id = platform.ids.uuid();
  await reserve('gallery', id, 'collection');
  expect(await collect('gallery')).toMatchObject({ status: 200, body: { id } });
  await only(new OnCollection(id, { type: 'DeleteCollection', by: author.id, moderator: false, at: at() }, CONTEXT));
  expect((await collect('gallery')).status).toBe(200);
  expect((await collect('gallery')).status).toBe(400);
});

import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, TEXT_MODEL, V2, type Answer, type Fields, type Person, type Refusal } from '../../../support/client.js';

const horde = await startHorde('collections');
const { client } = horde;
const author = await client.person('author', 25, { trusted: true });
const reader = await client.person('reader', 25);
const moderator = await client.person('moderator', 25, { moderator: true });

const PATH = `${V2}/collections`;
const style = async (name: string, kind: 'image' | 'text' = 'image'): Promise<string> =>
  (await client.post(`${V2}/styles/${kind}`, author.key, { name, info: 'An info that is long enough', models: [kind === 'image' ? 'Deliberate' : TEXT_MODEL] })).body['id'] as string;
const [oil, ink, tale] = [await style('oil'), await style('ink'), await style('tale', 'text')];
const post = (body: unknown, key = reader.key) => client.post<Fields & Refusal>(PATH, key, body);
const patch = (id: string, body: unknown, key = reader.key) => client.send<Fields & Refusal>('PATCH', `${PATH}/${id}`, { key, body });
const remove = (id: string, key: string) => client.send<Fields & Refusal>('DELETE', `${PATH}/${id}`, { key });
const get = (id: string) => client.get<Fields & Refusal>(`${PATH}/${id}`);
const make = async (body: Fields, by: Person = reader): Promise<string> => {
  const answer = await post(body, by.key);
  expect(answer).toMatchObject({ status: 200, body: { message: 'OK', warnings: [] } });
  return answer.body['id'] as string;
};
const rcOf = ({ status, body: { rc } }: Answer<Refusal>): readonly [number, string | undefined] => [status, rc];
const member = (name: string, id: string) => ({ name: `${author.alias}::style::${name}`, id });

describe('a collection', () => {
  it('is made by anybody with an account, of styles by id or name, and found by both', async () => {
    const id = await make({ name: 'painted', info: 'Pictures', styles: [oil, `${author.alias}::ink`, oil] });
    const shown = { id, name: 'painted', type: 'image', info: 'Pictures', public: true, styles: [member('oil', oil), member('ink', ink)], use_count: 0 };
    for (const path of [`${PATH}/${id}`, `${V2}/collection_by_name/painted`, `${V2}/collection_by_name/${encodeURIComponent(`collection::${reader.alias}::painted`)}`])
      expect(await client.get(path)).toMatchObject({ status: 200, body: shown });
    expect(Object.keys((await get(await make({ name: 'bare', styles: [tale] }))).body).sort()).toEqual(['id', 'info', 'name', 'public', 'styles', 'type', 'use_count']);
  });
  it('is listed when it is public, by type', async () => {
    await make({ name: 'hidden', styles: [ink], public: false });
    const names = async (query: string): Promise<unknown[]> => (await client.get<Fields[]>(`${PATH}?sort=age&${query}`)).body.map(({ name }) => name);
    expect([await names(''), await names('type=image'), await names('type=text'), await names('page=2')]).toEqual([['painted', 'bare'], ['painted'], ['bare'], []]);
    for (const query of ['sort=best', 'type=sound']) expect(rcOf(await client.get(`${PATH}?${query}`))).toEqual([400, 'BadRequest']);
  });
  it.each<[string, number, string | undefined, unknown, string]>([
    ['no name', 400, undefined, { styles: [] }, 'unknown'], ['no styles', 400, 'BadRequest', { name: 'x', styles: [] }, 'unknown'], ['an unknown key', 401, 'InvalidAPIKey', { name: 'x', styles: ['nothing'] }, 'unknown'],
    ['no account', 403, 'StylesAnonForbidden', { name: 'x', styles: ['nothing'] }, ANONYMOUS], ['an unknown style', 400, 'BadRequest', { name: 'painted', styles: [oil, 'nothing'] }, reader.key],
    ['a collection', 400, 'BadRequest', { name: 'x', styles: ['painted'] }, reader.key], ['mixed types', 400, 'StyleMismatch', { name: 'painted', styles: [oil, tale] }, reader.key],
    ['a name of one\'s own', 400, 'BadRequest', { name: 'painted', styles: [oil] }, reader.key],
  ])('with %s is refused: %d %s, and nothing is written', async (_fault, status, rc, body, key) => {
    const { answer, events } = await horde.appendedBy(() => post(body, key));
    expect(rcOf(answer)).toEqual([status, rc]);
    expect(events).toEqual([]);
  });
  it('is changed by its owner in what was sent, also to another type', async () => {
    const id = await make({ name: 'changing', info: 'Kept', styles: [oil] });
    expect(await patch(id, { styles: [tale], name: 'changed' })).toMatchObject({ status: 200, body: { id, message: 'OK', warnings: [] } });
    expect((await get(id)).body).toMatchObject({ name: 'changed', info: 'Kept', type: 'text', styles: [member('tale', tale)] });
    expect((await patch(id, {})).status).toBe(200);
    expect(await Promise.all([
      patch(id, { styles: [] }, 'unknown'), patch(id, { styles: ['nothing'] }, 'unknown'), patch('no-id', { styles: ['nothing'] }), patch(id, { styles: ['nothing'] }, moderator.key),
      patch(id, { styles: ['nothing'] }), patch(id, { styles: [oil, tale] }), patch(id, { name: 'painted' }),
    ].map(async (asked) => rcOf(await asked)))).toEqual([
      [400, 'BadRequest'], [401, 'InvalidAPIKey'], [404, 'CollectionNotFound'], [403, 'Forbidden'], [400, 'BadRequest'], [400, 'StyleMismatch'], [400, 'BadRequest'],
    ]);
    await make({ name: 'changing', styles: [oil] });
  });
  it('is removed by its owner or a moderator; its name is free again, and its styles stay', async () => {
    const [one, two] = [await make({ name: 'one', styles: [ink] }), await make({ name: 'two', styles: [ink] })];
    expect([rcOf(await remove(one, 'unknown')), rcOf(await remove('no-id', reader.key)), rcOf(await remove(one, author.key))]).toEqual([[401, 'InvalidAPIKey'], [404, 'CollectionNotFound'], [403, 'Forbidden']]);
    expect([await remove(one, reader.key), await remove(two, moderator.key)]).toMatchObject([{ status: 200, body: { message: 'OK' } }, { status: 200 }]);
    expect(rcOf(await get(one))).toEqual([404, 'CollectionNotFound']);
    await make({ name: 'one', styles: [ink] });
  });
  it('shows what is left of it when a style is gone', async () => {
    const gone = await style('gone');
    const id = await make({ name: 'shrinking', styles: [gone, ink] });
    await client.send('DELETE', `${V2}/styles/image/${gone}`, { key: author.key });
    expect((await get(id)).body['styles']).toEqual([member('ink', ink)]);
  });
});

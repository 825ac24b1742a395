import { describe, expect, it } from '@jest/globals';
import { OnUser } from '../../../../src/users/user.message.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, V2, type Answer, type Fields, type Person, type Refusal } from '../../../support/client.js';

const horde = await startHorde('styles_image');
const { client } = horde;
const author = await client.person('author', 25, { trusted: true });
const other = await client.person('other', 25, { trusted: true });
const stranger = await client.person('stranger', 25);
const moderator = await client.person('moderator', 25, { moderator: true });

const PATH = `${V2}/styles/image`;
const INFO = 'What this style is about.';
const MODEL = 'Deliberate';
const body = (name: string, parts: Fields = {}): Fields => ({ name, info: INFO, models: [MODEL], ...parts });
const post = (sent: unknown, key = author.key) => client.post<Fields & Refusal>(PATH, key, sent);
const patch = (id: string, sent: unknown, key = author.key) => client.send<Fields & Refusal>('PATCH', `${PATH}/${id}`, { key, body: sent });
const remove = (id: string, key?: string) => client.send<Fields & Refusal>('DELETE', `${PATH}/${id}`, key === undefined ? {} : { key });
const get = (id: string, key?: string) => client.get<Fields & Refusal>(`${PATH}/${id}`, key);
const make = async (name: string, parts: Fields = {}, by: Person = author): Promise<string> => {
  const answer = await post(body(name, parts), by.key);
  expect(answer).toMatchObject({ status: 200, body: { message: 'OK' } });
  return answer.body['id'] as string;
};
const rcOf = ({ status, body: { rc } }: Answer<Refusal>): readonly [number, string | undefined] => [status, rc];

describe('POST /styles/image', () => {
  it('makes a style, which anybody finds by id and by name, just as it was sent', async () => {
    const sent = body('as sent', {
      prompt: '{p} in oil {np}', params: { steps: 20, loras: [{ name: 'lora' }], post_processing: ['GFPGAN'], tiling: true }, nsfw: true, tags: ['oil', 'canvas'],
      parameter_policy: { override: 'listed', overridable: ['seed'] }, template_fields: [{ name: 'place', description: 'Where' }],
    });
    const answer = await post(sent);
    expect(answer).toMatchObject({ status: 200, body: { id: expect.any(String), message: 'OK', warnings: [] } });
    const shown = {
      id: answer.body['id'], name: 'as sent', info: INFO, prompt: '{p} in oil {np}', public: true, nsfw: true, tags: ['oil', 'canvas'], models: [MODEL], use_count: 0, creator: author.alias,
      params: { steps: 20, loras: [{ name: 'lora', model: 1, clip: 1, is_version: false }], post_processing: ['GFPGAN'], tiling: true }, examples: [], shared_key: null,
      parameter_policy: { override: 'listed', overridable: ['seed'], ceilings: {} }, template_fields: [{ name: 'place', description: 'Where', required: false }],
    };
    for (const path of [`${PATH}/${String(shown.id)}`, `${V2}/styles/image_by_name/as%20sent`, `${V2}/styles/image_by_name/${encodeURIComponent(`${author.alias}::style::as sent`)}`])
      expect(await client.get(path)).toMatchObject({ status: 200, body: shown });
    expect((await client.get(`${V2}/users/${author.id}`)).body).toMatchObject({ styles: expect.arrayContaining([{ name: `${author.alias}::style::as sent`, id: shown.id, type: 'image' }]) });
  });
  it('fills in what is not sent, warns of what the model does not like, and makes markup harmless', async () => {
    const answer = await post(body('<b>plain</b>', { models: ['Flux.1-Schnell fp8 (Compact)'], params: { steps: 50 } }));
    expect(answer.body['warnings']).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'StepsTooMany' })]));
    expect((await get(answer.body['id'] as string)).body).toMatchObject({
      name: '&lt;b&gt;plain&lt;/b&gt;', prompt: '{p}{np}', public: true, nsfw: false, tags: [], parameter_policy: null, template_fields: null,
    });
  });
  it('keeps what people wrote out of the ledger', async () => {
    await make('secret words', { prompt: '{p} confidential {np}', tags: ['private tag'], params: { sampler_name: 'k_lms' } });
    const stored = JSON.stringify(await horde.events());
    for (const word of ['secret words', 'confidential', 'private tag', 'k_lms', INFO]) expect(stored).not.toContain(word);
  });
  it.each<[string, number, string | undefined, unknown, string]>([
    ['no name', 400, undefined, { info: INFO, models: [MODEL] }, 'unknown'], ['a short info', 400, undefined, body('x', { info: 'short' }), 'unknown'],
    ['a number that no style has', 400, undefined, body('x', { params: { steps: 501 } }), 'unknown'], ['no models', 400, 'BadRequest', body('x', { models: [] }), 'unknown'],
    ['six models', 400, 'BadRequest', body('x', { models: ['a', 'b', 'c', 'd', 'e', 'f'] }), 'unknown'], ['eleven tags', 400, 'BadRequest', body('x', { tags: Array(11).fill('a') }), 'unknown'],
    ['an unknown key', 401, 'InvalidAPIKey', body('x', { sharedkey: 'x'.repeat(36) }), 'unknown'], ['no account', 403, 'StylesRequiresCustomizer', body('x', { sharedkey: 'x'.repeat(36) }), ANONYMOUS],
    ['no role', 403, 'StylesRequiresCustomizer', body('x', { sharedkey: 'x'.repeat(36) }), stranger.key],
    ['no such shared key', 400, 'SharedKeyInvalid', body('as sent', { sharedkey: '00000000-0000-4000-8000-000000000000' }), author.key],
    ['a name of one\'s own', 400, 'BadRequest', body('as sent', { params: { cfg_scale: 1.234 } }), author.key], ['a name that cannot be found', 400, 'BadRequest', body('a::b', { params: { cfg_scale: 1.234 } }), author.key],
    ['wrong parameters', 400, 'BadCFGDecimals', body('x', { params: { cfg_scale: 1.234 }, prompt: 'nothing to fill in' }), author.key],
    ['a model that is none', 400, 'UnexpectedModelName', body('x', { models: ['GFPGAN'] }), author.key],
    ['no place for the prompt', 400, 'StylePromptMissingVars', body('x', { prompt: 'nothing to fill in', template_fields: [{ name: 'p', description: 'x' }] }), author.key],
    ['a list that is not used', 400, 'StylePolicyOverridableMisplaced', body('x', { parameter_policy: { override: 'all', overridable: ['steps'] } }), author.key],
    ['a field that is there already', 400, 'StyleDeclarationInvalid', body('x', { template_fields: [{ name: 'p', description: 'x' }] }), author.key],
  ])('%s: %d %s, and nothing is written', async (_fault, status, rc, sent, key) => {
    const { answer, events } = await horde.appendedBy(() => post(sent, key));
    expect(rcOf(answer)).toEqual([status, rc]);
    expect(events).toEqual([]);
  });
  it('lets two people have styles of one name, and one of them only one, however many ask at once', async () => {
    const answers = await Promise.all([...Array.from({ length: 6 }, () => post(body('wanted'))), post(body('wanted'), other.key)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 400, 400, 400, 400, 400]);
    expect(answers.at(-1)!.status).toBe(200);
  });
  it('refuses who is going to be deleted', async () => {
    const leaving = await client.person('leaving', 25, { trusted: true });
    await horde.command(new OnUser(leaving.id, { type: 'ChangeRoles', roles: { deleted: true }, at: new Date(0).toISOString() }, { actor: { kind: 'system' }, correlationId: 'test' }));
    expect(rcOf(await post(body('last words'), leaving.key))).toEqual([403, 'DeletedUser']);
  });
});

describe('GET /styles/image', () => {
  it('lists public ones by use or age, by tag and model', async () => {
    const [oil, hidden] = [await make('listed', { tags: ['list'], models: [MODEL, 'stable_diffusion'] }), await make('hidden', { tags: ['list'], public: false })];
    const names = async (query: string): Promise<unknown[]> => (await client.get<Fields[]>(`${PATH}?${query}`)).body.map(({ name }) => name);
    expect(await names('tag=list')).toEqual(['listed']);
    expect(await names('tag=list&model=stable_diffusion&sort=age')).toEqual(['listed']);
    expect(await names('tag=list&page=2')).toEqual([]);
    expect(rcOf(await client.get(`${PATH}?sort=best`))).toEqual([400, 'BadRequest']);
    expect((await get(hidden)).body).toMatchObject({ name: 'hidden', public: false });
    const shown = async (key?: string) => ((await client.get(`${V2}/users/${author.id}`, key)).body['styles'] as Fields[]).map(({ id }) => id);
    expect(await shown()).toContain(oil);
    expect(await shown()).not.toContain(hidden);
    expect(await shown(author.key)).toEqual(expect.arrayContaining([oil, hidden]));
  });
  it('says what is not there', async () => {
    for (const id of ['00000000-0000-4000-8000-000000000000', 'no-id']) expect(rcOf(await get(id))).toEqual([404, 'StyleNotFound']);
    expect(rcOf(await client.get(`${V2}/styles/image_by_name/nothing`))).toEqual([404, 'StyleNotFound']);
    const text = (await client.post(`${V2}/styles/text`, author.key, body('a text', { prompt: 'Tell of {p}' }))).body['id'] as string;
    expect(rcOf(await get(text))).toEqual([400, 'StyleGetMistmatch']);
    expect(rcOf(await client.get(`${V2}/styles/image_by_name/a%20text`))).toEqual([400, 'StyleGetMistmatch']);
    expect((await client.get(`${V2}/styles/text/${text}`)).body).toMatchObject({
      prompt: 'Tell of {p}', params: { min_p: 0, smoothing_factor: 0, dynatemp_range: 0, dynatemp_exponent: 1 },
    });
  });
  it('does not let caches keep what was answered to somebody', async () => {
    const id = await make('cached');
    expect([(await get(id, author.key)).headers.get('cache-control'), (await get(id)).headers.get('cache-control')]).toEqual(['private, no-store', null]);
  });
});

describe('PATCH /styles/image/{id}', () => {
  it('changes what was sent, and nothing else', async () => {
    const id = await make('before', { tags: ['one'], params: { steps: 20 }, nsfw: true });
    expect(await patch(id, { name: 'after', info: 'short', public: false, tags: ['two'] })).toMatchObject({ status: 200, body: { id, message: 'OK', warnings: [] } });
    expect((await get(id)).body).toMatchObject({ name: 'after', info: 'short', public: false, tags: ['two'], params: { steps: 20 }, nsfw: true, prompt: '{p}{np}' });
    expect(rcOf(await client.get(`${V2}/styles/image_by_name/before`))).toEqual([404, 'StyleNotFound']);
    await make('before');
    expect(rcOf(await patch(id, { name: 'before' }))).toEqual([400, 'BadRequest']);
    expect((await patch(id, {})).status).toBe(200);
  });
  it.each<[string, number, string | undefined, Fields, () => string]>([
    ['a wrong shape', 400, undefined, { prompt: 'short' }, () => 'unknown'], ['six models', 400, 'BadRequest', { models: Array(6).fill('a') }, () => 'unknown'],
    ['an unknown key', 401, 'InvalidAPIKey', { params: { cfg_scale: 1.234 } }, () => 'unknown'], ['somebody else\'s', 403, 'Forbidden', { params: { cfg_scale: 1.234 } }, () => other.key],
    ['a moderator\'s wish', 403, 'Forbidden', { params: { cfg_scale: 1.234 } }, () => moderator.key],
    ['no such shared key', 400, 'SharedKeyInvalid', { sharedkey: 'x'.repeat(36), name: 'as sent' }, () => author.key],
    ['a name of one\'s own', 400, 'BadRequest', { name: 'as sent', params: { cfg_scale: 1.234 } }, () => author.key],
    ['wrong parameters', 400, 'BadCFGDecimals', { params: { cfg_scale: 1.234 }, prompt: 'nothing to fill in' }, () => author.key],
    ['no place for the prompt', 400, 'StylePromptMissingVars', { prompt: 'nothing to fill in' }, () => author.key],
  ])('%s: %d %s, and nothing is written', async (_fault, status, rc, sent, key) => {
    const id = (await client.get(`${V2}/styles/image_by_name/${encodeURIComponent(`${author.alias}::wanted`)}`)).body['id'] as string;
    const { answer, events } = await horde.appendedBy(() => patch(id, sent, key()));
    expect(rcOf(answer)).toEqual([status, rc]);
    expect(events).toEqual([]);
  });
  it('knows no style of another type, and none that is gone', async () => {
    const text = (await client.post(`${V2}/styles/text`, author.key, body('of words'))).body['id'] as string;
    expect(rcOf(await patch(text, { public: false }))).toEqual([400, 'StyleGetMistmatch']);
    expect((await client.send('PATCH', `${V2}/styles/text/${text}`, { key: author.key, body: { prompt: 'Now {p}' } })).status).toBe(200);
    expect((await client.get(`${V2}/styles/text/${text}`)).body).toMatchObject({ prompt: 'Now {p}', info: INFO });
    expect(rcOf(await patch('00000000-0000-4000-8000-000000000000', {}))).toEqual([404, 'StyleNotFound']);
  });
});

describe('DELETE /styles/image/{id}', () => {
  it('is for the owner and for moderators; the name is free again', async () => {
    const [one, two] = [await make('short-lived'), await make('moderated')];
    expect(await Promise.all([remove(one, 'unknown'), remove(one, ANONYMOUS), remove('no-id', author.key), remove(one, other.key)].map(async (asked) => rcOf(await asked)))).toEqual(
      [[401, 'InvalidAPIKey'], [403, 'StylesAnonForbidden'], [404, 'StyleNotFound'], [403, 'Forbidden']],
    );
    expect([await remove(one, author.key), await remove(two, moderator.key)]).toMatchObject([{ status: 200, body: { message: 'OK' } }, { status: 200 }]);
    expect(rcOf(await get(one))).toEqual([404, 'StyleNotFound']);
    expect(rcOf(await remove(one, author.key))).toEqual([404, 'StyleNotFound']);
    await make('short-lived');
  });
});

it('says what a style may declare (since-5.1.5 §2.2)', async () => {
  const { status, body: contract } = await client.get(`${V2}/status/style_contract`);
  expect({ status, contract }).toMatchObject({ status: 200, contract: {
    schema_version: 1,
    image: { placeholders: ['p', 'np'], ceiling_parameters: { width: { minimum: 64, maximum: 3072 }, n: { minimum: 1, maximum: 20 } }, protected_patterns: [], context_fit_modes: null },
    text: { placeholders: ['p'], protected_patterns: [{ pattern: '\\{\\{\\[[A-Z_]+\\]\\}\\}' }], ceiling_parameters: { max_length: { minimum: 16, maximum: 4096 } }, context_fit_modes: ['ignore'] },
  } });
  for (const kind of ['image', 'text'] as const) {
    const { overridable_parameters: listed, ...rest } = contract[kind] as Fields;
    expect(listed).toEqual([...(listed as string[])].sort());
    expect(Object.keys(rest).sort()).toEqual([
      'brace_handling', 'ceiling_parameters', 'context_fit_modes', 'declared_fields_are_placeholders', 'placeholders', 'protected_patterns', 'style_create_rate_limits', 'style_modify_rate_limits',
    ]);
  }
});

describe('the examples of a style', () => {
  const example = (id: string, sent: unknown, key = author.key) => client.post<Fields & Refusal>(`${PATH}/${id}/example`, key, sent);
  const changed = (id: string, of: string, sent: unknown) => client.send<Fields & Refusal>('PATCH', `${PATH}/${id}/example/${of}`, { key: author.key, body: sent });
  const url = (number: number): string => `https://example.org/${number}.webp`;
  it('are shown with it, one of them as the primary one', async () => {
    const id = await make('exemplary');
    const ids: string[] = [];
    for (let number = 0; number < 4; number++) {
      const answer = await example(id, { url: url(number), primary: number === 2 });
      expect(answer).toMatchObject({ status: 200, body: { message: 'OK', warnings: [] } });
      ids.push(answer.body['id'] as string);
    }
    const shown = async () => ((await get(id)).body['examples'] as Fields[]).map(({ url: at, primary }) => `${String(at)} ${String(primary)}`);
    expect(await shown()).toEqual([`${url(0)} false`, `${url(1)} false`, `${url(2)} true`, `${url(3)} false`]);
    expect(rcOf(await example(id, { url: url(0), primary: true }))).toEqual([403, 'TooManyStyleExamples']);
    expect(rcOf(await changed(id, ids[0]!, { url: url(1) }))).toEqual([400, 'ExampleURLAlreadyInUse']);
    expect(rcOf(await changed(id, ids[2]!, { primary: false }))).toEqual([400, 'BadRequest']);
    expect((await changed(id, ids[0]!, { url: url(9), primary: true })).status).toBe(200);
    expect((await client.send('DELETE', `${PATH}/${id}/example/${ids[0]!}`, { key: moderator.key })).body).toEqual({ message: 'OK' });
    expect(await shown()).toEqual([`${url(1)} true`, `${url(2)} false`, `${url(3)} false`]);
    expect(rcOf(await changed(id, ids[0]!, {}))).toEqual([404, 'StyleExampleNotFound']);
  });
  it.each([
    ['http://example.org/a.webp', 'unknown', 400, 'BadRequest'], [`https://${'a'.repeat(2000)}`, 'unknown', 400, 'BadRequest'], ['https://example.org/a', 'unknown', 401, 'InvalidAPIKey'],
    ['https://example.org/a', other.key, 403, 'Forbidden'],
  ])('%.40s is refused as documented', async (at, key, status, rc) => {
    const id = (await client.get(`${V2}/styles/image_by_name/exemplary`)).body['id'] as string;
    expect(rcOf(await example(id, { url: at, primary: false }, key))).toEqual([status, rc]);
  });
  it('belong to images that are there', async () => {
    const text = (await client.post(`${V2}/styles/text`, author.key, body('no picture'))).body['id'] as string;
    expect(rcOf(await example(text, { url: url(1), primary: true }))).toEqual([400, 'StyleGetMistmatch']);
    expect(rcOf(await example('00000000-0000-4000-8000-000000000000', { url: url(1), primary: true }))).toEqual([404, 'StyleNotFound']);
    expect((await example(text, { primary: true })).body).toMatchObject({ errors: { url: expect.any(String) } });
  });
});

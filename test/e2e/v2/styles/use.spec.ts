import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, TEXT_MODEL, V2, type Fields, type Person } from '../../../support/client.js';

const horde = await startHorde('style_use');
const { client } = horde;
const author = await client.person('author', 25, { trusted: true });
const payer = await client.person('payer', 10_025);
const dreamer = await client.person('dreamer', 25, { trusted: true });

const MODEL = 'Deliberate';
const make = async (kind: 'image' | 'text' | 'collection', body: Fields, by: Person = author): Promise<string> => {
  const path = kind === 'collection' ? 'collections' : `styles/${kind}`;
  const answer = await client.post(`${V2}/${path}`, by.key, { info: 'What this style is about.', ...(kind === 'collection' ? {} : { models: [kind === 'image' ? MODEL : TEXT_MODEL] }), ...body });
  expect(answer).toMatchObject({ status: 200, body: { message: 'OK' } });
  return answer.body['id'] as string;
};
const painted = await make('image', { name: 'painted', prompt: '{p}, oil on canvas {weird}###ugly, {np}', params: { steps: 20, cfg_scale: 6, width: 768, height: 512 } });
const plain = await make('image', { name: 'plain' });
const tale = await make('text', { name: 'tale', prompt: '{p} {unknown}{{x}} {{[INPUT]}}', params: { max_length: 64, max_context_length: 512 } });

const usesOf = async (id: string, path = 'styles/image'): Promise<unknown> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/${path}/${id}`)).body['use_count'];
};
const resolved = async (body: Fields, kind: 'image' | 'text' = 'image', key = payer.key): Promise<Fields> => {
  const { status, body: answer } = await (kind === 'image' ? client.askImage(key, { dry_run: true, ...body }) : client.askText(key, { dry_run: true, ...body }));
  expect({ status, answer }).toMatchObject({ status: 200 });
  return (answer as unknown as Fields)['resolved'] as Fields;
};
const worked = async (style: string, by: Person, body: Fields = {}): Promise<{ request: string; job: string }> => {
  const asked = await client.askImage(by.key, { style, ...body });
  expect(asked.status).toBe(202);
  const popped = await client.popImage(dreamer.key, { name: 'Dreamer', models: [MODEL], max_pixels: 4_194_304 });
  const job = popped.body.id!;
  expect(await client.submitImage(dreamer.key, job)).toMatchObject({ status: 200 });
  return { request: asked.body.id, job };
};

describe('a request with a style', () => {
  it('is made what the style says: prompt, models and parameters, but for the number of images', async () => {
    expect(await resolved({ style: painted, prompt: 'a cat###blurry', models: ['somebody else\'s'], params: { n: 2, steps: 5, width: 64, karras: false } })).toMatchObject({
      prompt: 'a cat, oil on canvas {weird}', negative_prompt: 'ugly, blurry', models: [MODEL], style: { id: painted, name: 'painted' },
      params: { n: 2, steps: 20, cfg_scale: 6, width: 768, height: 512, karras: true },
    });
  });
  it('keeps its own size where the style says nothing of it, and its negative prompt where the template has no place for it', async () => {
    expect(await resolved({ style: plain, prompt: 'a cat###blurry', params: { width: 1024, height: 576, steps: 3 } })).toMatchObject({
      prompt: 'a cat', negative_prompt: 'blurry', params: { width: 1024, height: 576, steps: 30 },
    });
  });
  it('is a text by the rules of texts', async () => {
    expect(await resolved({ style: tale, prompt: 'Once {p}', params: { n: 2, max_length: 500, temperature: 1 } }, 'text')).toMatchObject({
      prompt: 'Once {p} {x} {{[INPUT]}}', models: [TEXT_MODEL], style: { id: tale, name: 'tale' }, params: { n: 2, max_length: 64, max_context_length: 512 },
    });
  });
  it.each(['painted', 'style::painted', `${author.alias}::painted`, `style::${author.alias}::painted`, `${author.alias}::style::painted`])(
    'finds it as %s', async (style) => expect((await resolved({ style }))['style']).toEqual({ id: painted, name: 'painted' }));
  it.each([
    [{ style: 'nobody made this' }, 404, 'StyleNotFound'], [{ style: `${payer.alias}::painted` }, 404, 'StyleNotFound'], [{ style: 'collection::painted' }, 404, 'StyleNotFound'],
    [{ style: '00000000-0000-4000-8000-000000000000' }, 404, 'StyleNotFound'], [{ style: tale }, 400, 'StyleMismatch'], [{ template_fields: { a: 'b' } }, 400, 'TemplateFieldsRequireStyle'],
    [{ style: painted, template_fields: { a: 'b' } }, 400, 'TemplateFieldUnknown'], [{ style: painted, template_fields: { a: 1 } }, 400, 'BadRequest'],
  ] as const)('%j is refused with %d %s, before the key is looked at', async (body, status, rc) => {
    const { answer, events } = await horde.appendedBy(() => client.askImage('nobody', body));
    expect(answer).toMatchObject({ status, body: { rc } });
    expect(events).toEqual([]);
  });
  it('has the merged request checked: what the style brings is refused as if it had been sent', async () => {
    const waiting = await make('image', { name: 'for flux', models: ['Flux.1-Schnell fp8 (Compact)'], params: { flow_shift: 3 } });
    expect((await client.send('PATCH', `${V2}/styles/image/${waiting}`, { key: author.key, body: { models: [MODEL] } })).body).toMatchObject({ rc: 'FlowShiftInapplicable' });
  });
});

describe('what a style costs and earns', () => {
  it('gives its owner 2 kudos of what somebody else has paid, once a request, however many jobs', async () => {
    const before = await horde.kudosOf(author);
    const asked = await client.askImage(payer.key, { style: painted, params: { n: 2 } });
    for (let job = 0; job < 2; job++) {
      const popped = await client.popImage(dreamer.key, { name: 'Dreamer', models: [MODEL] });
      expect(await client.submitImage(dreamer.key, popped.body.id)).toMatchObject({ status: 200 });
      expect(await horde.kudosOf(author)).toBe(before + 2);
    }
    expect((await client.status(asked.body.id)).body).toMatchObject({ done: true, finished: 2 });
    expect((await client.get(`${V2}/users/${author.id}`)).body).toMatchObject({ kudos_details: { styled: 2, accumulated: 0 }, records: { style: { image: 1, text: 0 } } });
    expect(await usesOf(painted)).toBe(1);
  });
  it('never debits more than was quoted', async () => {
    const before = await horde.kudosOf(payer);
    const quote = (await client.askImage(payer.key, { style: painted, dry_run: true })).body.kudos_quote;
    await worked(painted, payer);
    expect(Math.round((before - (await horde.kudosOf(payer))) * 100)).toBeLessThanOrEqual(Math.round(quote * 100));
  });
  it('earns nothing from its owner, who pays like anybody', async () => {
    const rich = await client.person('rich-author', 1_025, { trusted: true });
    const own = await make('image', { name: 'my own' }, rich);
    const quote = (await client.askImage(rich.key, { style: own, dry_run: true })).body.kudos_quote;
    await worked(own, rich);
    expect(await horde.kudosOf(rich)).toBe(1_025 - quote);
    expect((await client.get(`${V2}/users/${rich.id}`)).body).toMatchObject({ kudos_details: { styled: 0 }, records: { style: { image: 0 } } });
    expect(await usesOf(own)).toBe(1);
  });
  it('earns nothing from anonymous use', async () => {
    const before = await horde.kudosOf(author);
    await worked(painted, { id: 0, key: ANONYMOUS, alias: '' });
    expect(await horde.kudosOf(author)).toBe(before);
  });
  it('earns nothing from somebody who has nothing to give: the floor forgives, and nobody is paid out of that', async () => {
    const poor = await client.person('poor', 25);
    const before = await horde.kudosOf(author);
    await worked(painted, poor);
    expect({ author: await horde.kudosOf(author), poor: await horde.kudosOf(poor) }).toEqual({ author: before, poor: 25 });
  });
  it('earns nothing from submitting and deleting at speed', async () => {
    const [spender, before] = [await client.person('spender', 125), await horde.kudosOf(author)];
    await Promise.all(Array.from({ length: 12 }, async () => {
      const asked = await client.askImage(spender.key, { style: painted });
      if (asked.status === 202) expect((await client.cancel(asked.body.id)).status).toBe(200);
    }));
    expect(await horde.kudosOf(author)).toBe(before);
    expect(await horde.kudosOf(spender)).toBe(125 - 12 * 3);
  });
  it('costs a text 3 instead of 1 to ask for, and its owner gets 2', async () => {
    const before = { author: await horde.kudosOf(author), payer: await horde.kudosOf(payer) };
    const asked = await client.askText(payer.key, { style: tale });
    expect(before.payer - (await horde.kudosOf(payer))).toBe(3);
    const popped = await client.popText(dreamer.key, { name: 'Scribe' });
    expect(popped.body.payload).toMatchObject({ prompt: 'Once upon a time {x} {{[INPUT]}}', max_length: 64, max_context_length: 512 });
    expect(await client.submitText(dreamer.key, popped.body.id)).toMatchObject({ status: 200 });
    expect((await client.status(asked.body.id, 'text')).body).toMatchObject({ done: true });
    expect(await horde.kudosOf(author)).toBe(before.author + 2);
  });
  it('is free of that for one\'s own text style', async () => {
    const asked = await client.askText(author.key, { style: tale, dry_run: true });
    expect((await client.askText(payer.key, { style: tale, dry_run: true })).body.kudos_quote - asked.body.kudos_quote).toBe(2);
  });
});

describe('a collection', () => {
  it('draws one of its styles, and counts a use of both', async () => {
    const gallery = await make('collection', { name: 'gallery', styles: [painted, 'plain'] });
    const before = { painted: await usesOf(painted), plain: await usesOf(plain) };
    const drawn = new Set<unknown>();
    for (let round = 0; round < 40 && drawn.size < 2; round++) drawn.add(((await resolved({ style: 'gallery' }))['style'] as Fields)['name']);
    expect([...drawn].sort()).toEqual(['painted', 'plain']);
    expect((await client.askImage(payer.key, { style: `collection::${author.alias}::gallery` })).status).toBe(202);
    expect(await usesOf(gallery, 'collections')).toBe(1);
    expect((await usesOf(painted) as number) + (await usesOf(plain) as number)).toBe((before.painted as number) + (before.plain as number) + 1);
  });
  it('of texts is no style of an image', async () => {
    await make('collection', { name: 'library', styles: [tale] });
    expect(await client.askImage(payer.key, { style: 'library' })).toMatchObject({ status: 400, body: { rc: 'StyleMismatch' } });
  });
  it('whose styles are all gone is no style', async () => {
    const gone = await make('image', { name: 'soon gone' });
    await make('collection', { name: 'empty', styles: [gone] });
    expect((await client.send('DELETE', `${V2}/styles/image/${gone}`, { key: author.key })).status).toBe(200);
    expect(await client.askImage(payer.key, { style: 'empty' })).toMatchObject({ status: 404, body: { rc: 'StyleNotFound' } });
  });
});

describe('a style with a contract', () => {
  it('hands over what it lists, fills in its fields and holds requests to its ceilings', async () => {
    const strict = await make('image', {
      name: 'strict', prompt: '{p} in {place}{np}', params: { steps: 20 }, parameter_policy: { override: 'listed', overridable: ['steps', 'seed'], ceilings: { steps: 40, n: 2 } },
      template_fields: [{ name: 'place', description: 'Where it is', required: true }],
    });
    expect(await resolved({ style: strict, prompt: 'a cat', template_fields: { place: 'Rome {p}' }, params: { steps: 40, seed: '7', karras: false, width: 1024 } })).toMatchObject({
      prompt: 'a cat in Rome {p}', params: { steps: 40, seed: '7', karras: true, width: 512 },
    });
    const refused = (body: Fields) => client.askImage(payer.key, { style: strict, template_fields: { place: 'Rome' }, ...body });
    expect(await refused({ params: { steps: 41 } })).toMatchObject({ status: 400, body: { rc: 'StyleParameterAboveCeiling' } });
    expect(await refused({ params: { n: 3 } })).toMatchObject({ status: 400, body: { rc: 'StyleParameterAboveCeiling' } });
    expect(await refused({ template_fields: {} })).toMatchObject({ status: 400, body: { rc: 'TemplateFieldMissing' } });
    expect(await refused({ template_fields: { place: 'Rome', other: '' } })).toMatchObject({ status: 400, body: { rc: 'TemplateFieldUnknown' } });
    const mixed = await make('collection', { name: 'mixed', styles: [strict, plain] });
    for (let round = 0; round < 5; round++) expect((await resolved({ style: mixed, template_fields: { place: 'Rome' } }))['style']).toMatchObject({ name: 'strict' });
    expect(await client.askImage(payer.key, { style: mixed, template_fields: { other: 'x' } })).toMatchObject({ status: 400, body: { rc: 'TemplateFieldsMatchNoCollectionStyle' } });
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../support/app.js';
import { ANONYMOUS, type Fields } from '../support/client.js';
import { pngOf } from '../support/images.js';
import { horde as cli, type Ran } from './terminal.fixture.js';

const horde = await startHorde('whatif');
const { client } = horde;
const ada = await client.person('ada', 10_000);
const grace = await client.person('grace', 1_000, { trusted: true });
const alan = await client.register('alan');

const image = async (key: string, body: Fields, name: string, delivery: Fields = {}): Promise<void> => {
  const { body: asked } = await client.askImage(key, body);
  expect(asked.id).toBeDefined();
  const models = ['stable_diffusion', ...((body['models'] as string[] | undefined) ?? [])];
  const delivered = await client.submitImage(grace.key, (await client.popImage(grace.key, { name, models })).body.id, delivery);
  expect(delivered.status).toBe(200);
};
const text = async (key: string, body: Fields): Promise<void> => {
  const models = (body['models'] as string[] | undefined) ?? ['koboldcpp/Mistral-7B-Instruct-v0.3'];
  await client.askText(key, { ...body, models });
  await client.submitText(grace.key, (await client.popText(grace.key, { name: 'scribe', models })).body.id);
};

await image(ada.key, { params: { width: 768, steps: 30 } }, 'one');
await image(ada.key, { source_image: pngOf(64, 64).toString('base64'), models: ['SDXL 1.0'], params: { post_processing: ['GFPGAN'] } }, 'two');
await image(ada.key, { models: [], slow_workers: true }, 'one');
await image(ada.key, {}, 'one', { gen_metadata: [{ type: 'censorship', value: 'nsfw' }] });
await image(ANONYMOUS, {}, 'one');
await text(ada.key, { prompt: 'a long story '.repeat(200) });
await text(ada.key, { models: ['a model that nobody knows'] });
await image(alan.key, { params: { steps: 20 } }, 'one'); // who has nothing: forgiven at the floor
await client.transfer(ada.key, alan.alias, 25);
for (let call = 0; call < 4; call++) {
  await horde.pass(290_000); // a worker that is there is rewarded for each ten minutes
  await client.popImage(grace.key, { name: 'one', models: ['stable_diffusion'] });
}

const file = (patch: unknown): string => {
  const path = join(horde.dataDir, 'policy.json');
  writeFileSync(path, typeof patch === 'string' ? patch : JSON.stringify(patch));
  return path;
};
const whatIf = (patch: unknown, ...args: readonly string[]): Promise<Ran> => cli({ DATA_DIR: horde.dataDir }, 'whatif', '--policy', file(patch), ...args);

interface Answer {
  readonly uptime: { readonly repriced: number; readonly before: number; readonly unexplained: number };
  readonly jobs: { readonly repriced: number; readonly before: number; readonly unexplained: number };
  readonly users: readonly { readonly user: number; readonly difference: number; readonly balance: { was: number; would: number } }[];
  readonly models: readonly { readonly difference: number }[];
  readonly gini: { readonly was: number; readonly would: number };
}

describe('horde whatif', () => {
  it('explains every price of a real log, and under the same policy nobody gains or loses', async () => {
    const { code, said } = await whatIf({}, '--json');
    expect(code).toBe(0);
    const answer = JSON.parse(said) as Answer;
    expect(answer.jobs).toEqual({ repriced: 8, before: 0, unexplained: 0 });
    expect(answer.uptime).toEqual({ repriced: 1, before: 0, unexplained: 0 });
    expect([...answer.users, ...answer.models].filter(({ difference }) => difference !== 0)).toEqual([]);
    for (const person of [ada, grace, alan]) expect(answer.users.find(({ user }) => user === person.id)!.balance.would).toBe(Math.round((await horde.kudosOf(person)) * 100));
    expect(answer.gini.would).toBe(answer.gini.was);
  });

  it('says who would gain and who would lose, beside the running server, and writes nothing', async () => {
    const before = await horde.events();
    const { code, said } = await whatIf({ image: { scale: 1.5 }, text: { divisor: 250 } }, '--top', '2');
    expect(code).toBe(0);
    expect(said).toContain('Jobs: 8 priced anew. Rewards for uptime: 1 priced anew.');
    expect(said).toContain('1 users would have gained, 1 would have lost, ');
    expect(said).toMatch(new RegExp(`would have gained most .*\\nuser ${grace.id} `));
    expect(said).toMatch(new RegExp(`would have lost most .*\\nuser ${ada.id} `));
    expect(said).toMatch(/Gini of all balances: 0\.\d{4} was, 0\.\d{4} would be\./);
    expect(said).toMatch(/image +SDXL 1\.0 +1 /);
    expect(await horde.events()).toEqual(before);
  });

  it('prices nothing that was accepted before the date', async () => {
    const { said } = await whatIf({ image: { scale: 9 } }, '--json', '--from', '2999-01');
    expect((JSON.parse(said) as Answer).jobs).toEqual({ repriced: 0, before: 8, unexplained: 0 });
  });

  it.each([
    [{ image: { scale: 'much' }, prices: 1 }, [], 'image.scale is not a number'], ['{"image":', [], 'cannot be read as JSON'], ['[]', [], 'the policy is not an object'],
    [{}, ['--from', 'yesterday'], 'It is a date such as'], [{}, ['--from', '2026-13-01'], 'It is a date such as'], [{}, ['--top', '0'], 'It is a whole number'],
  ])('answers %j %j with 2 and a sentence', async (patch, args, sentence) => {
    const { code, said, complained } = await whatIf(patch, ...args);
    expect({ code, said }).toEqual({ code: 2, said: '' });
    expect(complained).toContain(sentence);
    expect(complained).not.toMatch(/^\s+at /m);
  });

  it('says what it lacks: a file, a log', async () => {
    expect(await cli({ DATA_DIR: horde.dataDir }, 'whatif', '--policy', join(horde.dataDir, 'nothing.json'))).toMatchObject({ code: 2, complained: expect.stringContaining('ENOENT') });
    expect(await cli({ DATA_DIR: join(horde.dataDir, 'nowhere') }, 'whatif', '--policy', file({}))).toMatchObject({ code: 2, complained: expect.stringContaining('There is no event log') });
    expect(await cli({}, 'whatif')).toMatchObject({ code: 2, complained: expect.stringContaining('--policy') });
  });
});

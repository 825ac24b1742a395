import { describe, expect, it } from '@jest/globals';
import { ANONYMOUS } from '../../../support/client.js';
import { startHorde } from '../../../support/app.js';

/** As they are without any setting; the other tests of the API have them off. */
const horde = await startHorde('fairness', { settings: { FAIR_SHARE: '4', FAIR_AGES: 'on', FAIR_BATCHES: 'on', ANONYMOUS_LIMITS: 'on' } });
const { client } = horde;
const owner = await client.person('owner', 25, { trusted: true });

const ask = async (key: string, n: number, model: string) => (await client.askImage(key, { params: { n, steps: 20 }, models: [model] })).body.id;
const pop = async (name: string, model: string, amount = 1) => (await client.popImage(owner.key, { name, models: [model], amount })).body.ids;

describe('a horde as it comes', () => {
  it('gives a worker that could take all images of a request its share beside another one that has nothing to do', async () => {
    const [first, second] = ['Deliberate', 'Deliberate'].map((model, nth) => ({ name: `Batching ${nth}`, model }));
    for (const { name, model } of [first!, second!]) expect(await pop(name, model)).toEqual([]);
    const payer = await client.person('payer', 1_000);
    await ask(payer.key, 5, 'Deliberate');
    expect(await pop(first!.name, 'Deliberate', 20)).toHaveLength(3);
    expect(await pop(second!.name, 'Deliberate', 20)).toHaveLength(2); // the other one has enough to do now
  });

  it('gives a batch no more than comes before the next request', async () => {
    const [richer, poorer] = [await client.person('richer', 1_000), await client.person('poorer', 980)];
    const request = await ask(richer.key, 20, 'Dreamshaper');
    await ask(poorer.key, 1, 'Dreamshaper');
    const taken = await pop('Yielding', 'Dreamshaper', 20);
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.length).toBeLessThan(6);
    expect((await client.check(request)).body.waiting).toBe(20 - taken.length);
  });

  it('serves whoever has waited longest with one job in four of each worker, whatever others have', async () => {
    const [rich, poor] = [await client.person('rich', 1_000_000), await client.register('poor')];
    const first = await ask(poor.key, 1, 'Pony Diffusion XL');
    await ask(rich.key, 10, 'Pony Diffusion XL');
    const jobs = [];
    for (let nth = 0; nth < 4; nth += 1) jobs.push(...(await pop('Steady', 'Pony Diffusion XL')));
    expect(jobs).toHaveLength(4);
    expect((await client.check(first)).body).toMatchObject({ processing: 1, waiting: 0 });
  });
});

describe('anonymous use', () => {
  it('is limited by address as the wait grows, with a time to come back, and names no address anywhere in the log', async () => {
    await pop('Alone', 'AlbedoBase XL (SDXL)');
    const anonymously = (n: number) => client.askImage(ANONYMOUS, { params: { n, steps: 20 }, models: ['AlbedoBase XL (SDXL)'] });
    expect((await anonymously(2)).status).toBe(202);
    const payer = await client.person('busy', 100_000);
    for (let nth = 0; nth < 4; nth += 1) await ask(payer.key, 20, 'AlbedoBase XL (SDXL)');
    const answers = [];
    for (let nth = 0; nth < 20 && answers.at(-1)?.status !== 429; nth += 1) answers.push(await anonymously(1));
    const last = answers.at(-1)!;
    expect([last.status, last.body.rc]).toEqual([429, 'TooManyPrompts']);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await client.askImage(payer.key, { models: ['AlbedoBase XL (SDXL)'] })).status).toBe(202);
    const accepted = (await horde.events()).filter(({ type }) => type === 'RequestAccepted.v1').map(({ data }) => data as { payer: number; addressTag?: string });
    const tags = new Set(accepted.filter((facts) => facts.payer === 0).map(({ addressTag }) => addressTag));
    expect([...tags]).toEqual([expect.stringMatching(/^20\d{6}-[0-9a-f]{32}$/)]);
    expect(accepted.filter((facts) => facts.payer !== 0).every(({ addressTag }) => addressTag === undefined)).toBe(true);
    expect(JSON.stringify(await horde.events())).not.toContain('127.0.0.1');
  });
});

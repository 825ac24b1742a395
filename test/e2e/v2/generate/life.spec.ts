import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { since } from '../../../support/client.js';

const horde = await startHorde('life');
const { client } = horde;

describe('a request, from the prompt to the payment', () => {
  it('makes an image: asked for, handed out, delivered, paid exactly, readable by its id', async () => {
    const [payer, owner] = [await client.person('payer', 1_000), await client.person('owner', 25, { trusted: true })];
    const asked = await client.askImage(payer.key, { params: { n: 1, steps: 20 }, models: ['Deliberate'], r2: false });
    expect(asked.status).toBe(202);
    const { id, kudos_quote: quote } = asked.body;
    expect((await client.check(id)).body).toMatchObject({ waiting: 1, processing: 0, finished: 0, done: false, queue_position: 1 });

    const popped = await client.popImage(owner.key, { name: 'dreamer', models: ['Deliberate'] });
    expect(popped).toMatchObject({ status: 200, body: { model: 'Deliberate', skipped: {} } });
    expect((await client.check(id, since(popped))).body).toMatchObject({ waiting: 0, processing: 1, finished: 0, done: false, queue_position: 0 });

    const submitted = await client.submitImage(owner.key, popped.body.id);
    expect(submitted.status).toBe(200);
    const { reward } = submitted.body;
    expect(reward).toBeGreaterThan(0);
    expect((await client.status(id, 'image', since(submitted))).body).toMatchObject({ done: true, finished: 1, generations: [{ id: popped.body.id, seed: '42' }] });

    expect(await client.kudosOf(owner, submitted)).toBe(25 + reward);
    const paid = 1_000 - (await client.kudosOf(payer, submitted));
    expect(paid).toBeGreaterThanOrEqual(reward);
    expect(paid).toBeLessThanOrEqual(quote);
  });
});

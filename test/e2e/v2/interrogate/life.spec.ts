import { describe, expect, it } from '@jest/globals';
import { AlchemyClient, SOURCE_BYTES } from '../../../support/alchemy.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, IMAGE_BYTES, since } from '../../../support/client.js';

const horde = await startHorde('alchemy_life');
const { client } = horde;
const alchemy = new AlchemyClient(client);
const payer = await client.person('payer', 1_000);
const owner = await client.person('owner', 25, { trusted: true });
const stranger = await client.person('stranger', 25);

describe('a request of several forms', () => {
  it('goes from its forms to their results, each paid once by the price of its form', async () => {
    const asked = await alchemy.ask(payer.key, ['caption', 'interrogation', 'GFPGAN']);
    expect([asked.status, Object.keys(asked.body)]).toEqual([202, ['id']]);
    const { id } = asked.body;
    expect((await alchemy.status(id)).body).toEqual({
      state: 'waiting', forms: ['caption', 'interrogation', 'GFPGAN'].map((form) => ({ form, state: 'waiting' })),
    });
    expect(await horde.kudosOf(payer)).toBe(1_000); // no activation price

    const popped = await alchemy.pop(owner.key, 'an alchemist', ['caption', 'interrogation', 'GFPGAN'], { amount: 2 });
    expect(popped.body).toEqual({ forms: [
      { id: expect.any(String), form: 'caption', source_image: expect.any(String) },
      { id: expect.any(String), form: 'interrogation', source_image: expect.any(String) },
    ], skipped: {} });
    const source = await fetch(popped.body.forms![0]!.source_image);
    expect(Buffer.from(await source.arrayBuffer())).toEqual(SOURCE_BYTES);
    expect((await alchemy.status(id)).body.forms.map(({ state }) => state)).toEqual(['processing', 'processing', 'waiting']);

    const upscaled = await alchemy.pop(owner.key, 'an alchemist', ['GFPGAN']);
    const [form] = upscaled.body.forms!;
    expect(form).toEqual({ id: expect.any(String), form: 'GFPGAN', source_image: expect.any(String), r2_upload: expect.any(String) });
    expect((await fetch(form!.r2_upload!, { method: 'PUT', body: new Uint8Array(IMAGE_BYTES) })).status).toBe(200);
    expect((await alchemy.submit(owner.key, form!.id, { GFPGAN: 'R2' })).body).toEqual({ reward: 12 }); // 2×2 tiles of 3

    const [caption, interrogation] = popped.body.forms!;
    expect((await alchemy.submit(owner.key, caption!.id, { caption: 'a lighthouse' })).body).toEqual({ reward: 1 });
    const last = await alchemy.submit(owner.key, interrogation!.id, { interrogation: { tags: [{ text: 'sea', confidence: 0.9 }] } });
    expect(last.body).toEqual({ reward: 3 });

    const { body } = await alchemy.status(id, since(last));
    expect(body).toEqual({ state: 'done', forms: [
      { form: 'caption', state: 'done', result: { caption: 'a lighthouse' } },
      { form: 'interrogation', state: 'done', result: { interrogation: { tags: [{ text: 'sea', confidence: 0.9 }] } } },
      { form: 'GFPGAN', state: 'done', result: { GFPGAN: expect.stringMatching(/^http/) } },
    ] });
    const image = await fetch(body.forms[2]!.result!['GFPGAN'] as string);
    expect(Buffer.from(await image.arrayBuffer())).toEqual(IMAGE_BYTES);
    expect(await horde.kudosOf(payer)).toBe(1_000 - 16 - 3 * 2); // two kudos a form when slow workers are allowed
    expect(await horde.kudosOf(owner)).toBe(25 + 16);
  });

  it('costs a kudos less a form when slow workers are refused, and half of a stranger\'s reward waits in escrow', async () => {
    const [before, earned] = [await horde.kudosOf(payer), await horde.kudosOf(stranger)];
    const { answer, events } = await horde.appendedBy(async () => {
      await alchemy.ask(payer.key, ['interrogation'], { slow_workers: false });
      const popped = await alchemy.pop(stranger.key, 'a stranger', ['interrogation']);
      return alchemy.submit(stranger.key, popped.body.forms![0]!.id, { interrogation: {} });
    });
    expect(answer.body).toEqual({ reward: 3 });
    expect(await horde.kudosOf(payer)).toBe(before - 4);
    expect(await horde.kudosOf(stranger)).toBe(earned + 1.5);
    expect(events.filter(({ stream }) => /^(account|request)-/.test(stream)).map(({ type }) => type.replace('.v1', ''))).toEqual([
      'AuthorizationOpened', 'RequestAccepted', 'JobAssigned', 'JobSubmitted', 'RequestCompleted', 'JobSettled', 'AuthorizationClosed',
    ]);
    expect(events.find(({ type }) => type === 'AuthorizationOpened.v1')!.data).toMatchObject({ kind: 'alchemy', activation: 0, hold: 0, quote: 400 });
    expect(events.find(({ type }) => type === 'AuthorizationOpened.v1')!.data).not.toHaveProperty('ledger');
    const { ledger } = events.find(({ type }) => type === 'JobSettled.v1')!.data as unknown as { ledger: { postings: { account: string; amount: number }[] } };
    expect(ledger.postings).toContainEqual({ account: 'burn:alchemy', amount: 100 });
  });

  it('debits nobody when it is anonymous', async () => {
    const { events } = await horde.appendedBy(async () => {
      await alchemy.ask(ANONYMOUS, ['nsfw']);
      const popped = await alchemy.pop(owner.key, 'an alchemist', ['nsfw']);
      expect((await alchemy.submit(owner.key, popped.body.forms![0]!.id, { nsfw: false })).body).toEqual({ reward: 1 });
    });
    expect(events.filter(({ stream }) => stream.startsWith('account-'))).toEqual([]);
    const { ledger } = events.find(({ type }) => type === 'JobSettled.v1')!.data as unknown as { ledger: { postings: { account: string; amount: number }[] } };
    expect(ledger.postings).toEqual(expect.arrayContaining([{ account: 'issue:anonymous', amount: -300 }, { account: 'burn:alchemy', amount: 200 }]));
  });

  it('asks for the same form with the same payload once, and tells forms apart by their payload', async () => {
    const canny = { name: 'annotation', payload: { control_type: 'canny', low: '100' } };
    const { body: { id } } = await alchemy.ask(payer.key, ['caption', 'caption', canny, { ...canny, payload: { low: '100', control_type: 'canny' } }, { name: 'annotation', payload: { control_type: 'depth' } }]);
    expect((await alchemy.status(id)).body.forms).toEqual([
      { form: 'caption', state: 'waiting' }, { form: 'annotation', state: 'waiting', payload: canny.payload },
      { form: 'annotation', state: 'waiting', payload: { control_type: 'depth' } },
    ]);
    expect((await alchemy.pop(owner.key, 'an annotator', ['annotation'])).body.forms).toBe(null);
    const popped = await alchemy.pop(owner.key, 'an annotator', ['annotation'], { annotation_types: ['canny'], amount: 5 });
    expect(popped.body.forms).toEqual([{ id: expect.any(String), form: 'annotation', payload: canny.payload, source_image: expect.any(String), r2_upload: expect.any(String) }]);
    expect((await alchemy.submit(owner.key, popped.body.forms![0]!.id, { annotation: 'R2' })).body).toEqual({ reward: 12 });
    expect((await alchemy.cancel(id)).body).toMatchObject({ state: 'partial', forms: [{ state: 'cancelled' }, { state: 'done' }, { state: 'cancelled' }] });
  });

  it('is accepted without any form, and is over at once', async () => {
    for (const key of [payer.key, ANONYMOUS]) {
      const { answer, events } = await horde.appendedBy(() => alchemy.ask(key, []));
      expect(answer.status).toBe(202);
      expect((await alchemy.status(answer.body.id)).body).toEqual({ state: 'faulted', forms: [] });
      expect(events.at(-1)!.type).toBe(key === ANONYMOUS ? 'RequestCompleted.v1' : 'AuthorizationClosed.v1');
    }
  });
});

it('shows alchemists and their forms in worker details, the horde\'s figures and its users\' records', async () => {
  await alchemy.ask(payer.key, ['palette']);
  await horde.caughtUp();
  const performance = await client.get('/api/v2/status/performance');
  expect(performance.body).toMatchObject({ queued_forms: 1, interrogator_count: 3, interrogator_thread_count: 3 });
  const { body } = await client.get<readonly Record<string, unknown>[]>('/api/v2/workers?type=interrogation');
  const found = body.find(({ name }) => name === 'a stranger')!;
  expect(found).toMatchObject({
    type: 'interrogation', online: true, requests_fulfilled: 1, kudos_rewards: 3, kudos_details: { generated: null, uptime: null, interrogated: 3 }, nsfw: false,
    forms: ['interrogation'], annotation_types: [], performance: expect.stringMatching(/^\d+\.\d seconds per form$/),
  });
  expect(found).not.toHaveProperty('models');
  const user = await client.get(`/api/v2/users/${owner.id}`);
  expect(user.body['records']).toMatchObject({ fulfillment: { interrogation: 5 } });
  expect((await client.get(`/api/v2/users/${payer.id}`)).body['records']).toMatchObject({ request: { interrogation: expect.any(Number) } });
});

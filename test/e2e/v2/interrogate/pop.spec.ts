import { afterEach, describe, expect, it } from '@jest/globals';
import { OnWorker } from '../../../../src/workers/worker.message.js';
import { AlchemyClient } from '../../../support/alchemy.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, V2, type Fields } from '../../../support/client.js';

const horde = await startHorde('alchemy_pop');
const { client } = horde;
const alchemy = new AlchemyClient(client);
const payer = await client.person('payer', 1_000);
const trusted = await client.person('trusted payer', 1_000, { trusted: true });
const poor = await client.person('poor', 27); // two kudos to spend
const owner = await client.person('owner', 25, { trusted: true });
const stranger = await client.person('stranger', 25);

const open: string[] = [];
const ask = async (...asked: Parameters<AlchemyClient['ask']>): Promise<string> => {
  const { body: { id } } = await alchemy.ask(...asked);
  open.push(id);
  return id;
};
afterEach(async () => {
  for (const id of open.splice(0)) await alchemy.cancel(id);
});
const pop = (name: string, forms: readonly string[], body: Fields = {}, key = owner.key) => alchemy.pop(key, name, forms, body);
const typesOf = (events: readonly { type: string; stream: string }[], category: string): string[] =>
  events.filter(({ stream }) => stream.startsWith(category)).map(({ type }) => type.replace('.v1', ''));

describe('POST /interrogate/pop', () => {
  it('answers the documented nothing', async () => {
    expect((await pop('an idler', ['caption'])).body).toEqual({ forms: null, skipped: {} });
  });

  it('takes a worker that names no form for one that captions', async () => {
    await ask(payer.key, ['caption', 'nsfw']);
    const { body } = await pop('a captioner', []);
    expect(body.forms).toMatchObject([{ form: 'caption' }]);
  });

  it.each<readonly [string, Fields, Fields, Fields]>([
    ['the form', {}, {}, {}],
    ['max_tiles', {}, { max_tiles: 3 }, { max_tiles: 4 }],
  ])('gives only what the worker can do: %s', async (_, asked, unable, able) => {
    await ask(payer.key, ['aesthetic'], asked);
    expect((await pop('unable', ['caption'], unable)).body.forms).toBe(null);
    expect((await pop('unable', 'max_tiles' in unable ? ['aesthetic'] : ['palette'], unable)).body.forms).toBe(null);
    expect((await pop('able', ['aesthetic'], able)).body.forms).toHaveLength(1);
  });

  it('counts as untrusted what wants trusted workers only', async () => {
    await ask(payer.key, ['caption'], { trusted_workers: true });
    expect((await pop('untrusted', ['caption'], {}, stranger.key)).body).toEqual({ forms: null, skipped: { untrusted: 1 } });
    expect((await pop('trusted', ['caption'])).body.forms).toHaveLength(1);
  });

  it('gives no fast form to a slow worker, nor keeps another from it', async () => {
    for (let sample = 0; sample < 2; sample += 1) {
      await ask(payer.key, ['caption']);
      const { body } = await pop('a snail', ['caption']);
      await horde.pass(12_000);
      await alchemy.submit(owner.key, body.forms![0]!.id, { caption: 'at last' });
    }
    await ask(payer.key, ['caption'], { slow_workers: false });
    expect((await pop('a snail', ['caption'])).body.forms).toBe(null);
    await ask(payer.key, ['caption']);
    expect((await pop('a snail', ['caption'])).body.forms).toHaveLength(1);
    expect((await pop('a hare', ['caption'])).body.forms).toHaveLength(1);
  });

  it('serves the owner first, then whom the worker puts first, then by kudos', async () => {
    await ask(poor.key, ['describe']);
    await ask(payer.key, ['palette']);
    await ask(owner.key, ['nsfw']);
    const { body } = await pop('orderly', ['describe', 'palette', 'nsfw'], { amount: 3, priority_usernames: [poor.alias] });
    expect(body.forms!.map(({ form }) => form).slice(0, 2).sort()).toEqual(['describe', 'nsfw']);
    expect(body.forms!.at(-1)!.form).toBe('palette');
  });

  it('hands out each form once, however many ask at the same time', async () => {
    await ask(payer.key, Array.from({ length: 20 }, (_, index) => ({ name: 'caption', payload: { index: String(index) } })));
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) await pop(name, ['palette']);
    const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => pop(names[index % names.length]!, ['caption'])));
    const handed = answers.flatMap(({ body }) => body.forms ?? []);
    expect(handed).toHaveLength(20);
    expect(new Set(handed.map(({ payload }) => payload!['index'])).size).toBe(20);
  });

  it('takes forms of several requests up to the amount that is asked for', async () => {
    await ask(payer.key, ['caption', 'nsfw']);
    await ask(trusted.key, ['caption', 'nsfw']);
    expect((await pop('greedy', ['caption', 'nsfw'], { amount: 3 })).body.forms).toHaveLength(3);
    expect((await pop('greedy', ['caption', 'nsfw'], { amount: -3 })).body.forms).toHaveLength(1);
  });

  it.each<readonly [string, number, string, Fields]>([
    ['InvalidPriorityUsername', 400, 'unknown', { name: 'w', priority_usernames: ['nobody'] }],
    ['InvalidAPIKey', 401, 'unknown', { name: 'w' }],
    ['AnonForbiddenWorker', 403, ANONYMOUS, { name: 'w' }],
    ['PolymorphicNameConflict', 400, owner.key, { name: 'a scribe' }],
    ['BadRequest', 400, owner.key, { name: 'my colab' }],
    ['WrongCredentials', 403, stranger.key, { name: 'a captioner' }],
  ])('%s, %d', async (rc, status, key, body) => {
    await client.popText(owner.key, { name: 'a scribe' });
    expect(await client.post(`${V2}/interrogate/pop`, key, body)).toMatchObject({ status, body: { rc } });
  });

  it.each<readonly [string, Fields]>([
    ['name', {}], ['forms.0', { name: 'w', forms: ['magic'] }], ['threads', { name: 'w', threads: 101 }], ['max_tiles', { name: 'w', max_tiles: 257 }],
    ['annotation_types', { name: 'w', annotation_types: ['canny', 'canny'] }], ['annotation_types.0', { name: 'w', annotation_types: ['hough'] }],
  ])('400 naming %s', async (path, body) => {
    expect(await client.post(`${V2}/interrogate/pop`, owner.key, body)).toMatchObject({ status: 400, body: { errors: { [path]: expect.any(String) } } });
  });
});

describe('a worker that wants kudos upfront', () => {
  const wary = { require_upfront_kudos: true };

  it('gets a form when its price is there: held at the hand-out, captured by the settlement', async () => {
    await ask(payer.key, ['interrogation']);
    const { answer, events } = await horde.appendedBy(() => pop('wary', ['interrogation'], wary));
    expect(typesOf(events, 'account')).toEqual(['FormHoldPlaced']);
    expect(typesOf(events, 'request')).toEqual(['JobAssigned']);
    expect(events.find(({ type }) => type === 'FormHoldPlaced.v1')!.data).toMatchObject({ user: payer.id, amount: 500 });
    const settled = await horde.appendedBy(() => alchemy.submit(owner.key, answer.body.forms![0]!.id, { interrogation: {} }));
    expect(settled.events.find(({ type }) => type === 'JobSettled.v1')!.data).toMatchObject({ captured: 500, debit: 500, forgiven: 0 });
  });

  it('gets none when it is not: nothing is appended, and the reason is kudos', async () => {
    await ask(poor.key, ['interrogation']); // five, and two are there
    const { answer, events } = await horde.appendedBy(() => pop('wary', ['interrogation'], wary));
    expect(answer.body).toEqual({ forms: null, skipped: { kudos: 1 } });
    expect(events).toEqual([]);
    await ask(ANONYMOUS, ['interrogation']);
    expect((await pop('wary', ['interrogation'], wary)).body).toEqual({ forms: null, skipped: { kudos: 2 } });
  });

  it('gets it all the same when the payer is put first, or is trusted', async () => {
    await ask(poor.key, ['interrogation']);
    await ask(trusted.key, ['interrogation']);
    const { answer, events } = await horde.appendedBy(() => pop('wary', ['interrogation'], { ...wary, priority_usernames: [poor.alias], amount: 2 }));
    expect(answer.body.forms).toHaveLength(2);
    expect(typesOf(events, 'account')).toEqual([]);
  });

  it('leaves the payer what is held no longer: when it gives the form back, when its time is up, when the form is cancelled', async () => {
    const rich = await client.person('three kudos', 28);
    const spendable = async (): Promise<number> => {
      for (let amount = 4; amount > 0; amount -= 1) {
        const { status } = await client.transfer(rich.key, owner.alias, amount);
        if (status !== 200) continue;
        await client.transfer(owner.key, rich.alias, amount);
        return amount;
      }
      return 0;
    };
    const id = await ask(rich.key, ['caption']);
    const taken = await pop('wary', ['caption'], wary);
    expect((await client.transfer(rich.key, owner.alias, 1)).body.rc).toBe('KudosTransferNotEnough');
    const back = await horde.appendedBy(() => alchemy.submit(owner.key, taken.body.forms![0]!.id, {}, { state: 'faulted' }));
    expect(back.answer.body).toEqual({ reward: 0 });
    expect(typesOf(back.events, 'account')).toEqual(['HoldReleased']);
    await pop('wary', ['caption'], wary);
    const late = await horde.appendedBy(() => horde.pass(180_000));
    expect(typesOf(late.events, 'request')).toEqual(['JobExpired']);
    expect(typesOf(late.events, 'account')).toEqual(['HoldReleased']);
    await pop('wary', ['caption'], wary);
    const cancelled = await horde.appendedBy(() => alchemy.cancel(id));
    expect(cancelled.events.find(({ type }) => type === 'JobSettled.v1')!.data).toMatchObject({ captured: 300 });
    expect(await spendable()).toBe(0); // cancelled at the worker: it was paid
  });
});

describe('a form that is given back', () => {
  it('waits again three times, and is faulted the fourth; a late delivery is told so', async () => {
    const id = await ask(payer.key, ['caption', 'nsfw']);
    for (let turn = 0; turn < 3; turn += 1) {
      const { body } = await pop('clumsy', ['caption']);
      expect((await alchemy.submit(owner.key, body.forms![0]!.id, {}, { state: 'faulted' })).body).toEqual({ reward: 0 });
      expect((await alchemy.status(id)).body.forms[0]!.state).toBe('waiting');
      expect(await alchemy.submit(owner.key, body.forms![0]!.id, {})).toMatchObject({ status: 400, body: { rc: 'AbortedGen', message: expect.stringContaining('Please check your worker speed') } });
    }
    await pop('clumsy', ['caption']);
    await horde.pass(180_000);
    expect((await alchemy.status(id)).body).toEqual({ state: 'waiting', forms: [{ form: 'caption', state: 'faulted' }, { form: 'nsfw', state: 'waiting' }] });
    expect((await pop('clumsy', ['caption'])).body.forms).toBe(null);
    const { body } = await pop('able', ['nsfw']);
    await alchemy.submit(owner.key, body.forms![0]!.id, { nsfw: true });
    expect((await alchemy.status(id)).body).toEqual({ state: 'partial', forms: [{ form: 'caption', state: 'faulted' }, { form: 'nsfw', state: 'done', result: { nsfw: true } }] });
  });

  it('faults the request when it was the only one, and costs nothing', async () => {
    const before = await horde.kudosOf(payer);
    const id = await ask(payer.key, ['palette']);
    for (let turn = 0; turn < 4; turn += 1) {
      const { body } = await pop('clumsy', ['palette']);
      await alchemy.submit(owner.key, body.forms![0]!.id, {}, { state: 'faulted' });
    }
    expect((await alchemy.status(id)).body).toEqual({ state: 'faulted', forms: [{ form: 'palette', state: 'faulted' }] });
    expect(await horde.kudosOf(payer)).toBe(before);
  });
});

describe('DELETE /interrogate/status/{id}', () => {
  it('cancels what waits for nothing, and pays for what a worker has in hand', async () => {
    const [before, earned] = [await horde.kudosOf(payer), await horde.kudosOf(owner)];
    const id = await ask(payer.key, ['caption', 'interrogation', 'nsfw']);
    const taken = await pop('diligent', ['caption', 'interrogation'], { amount: 2 });
    const [caption, interrogation] = taken.body.forms!;
    await alchemy.submit(owner.key, caption!.id, { caption: 'done' });
    const { answer, events } = await horde.appendedBy(() => alchemy.cancel(id));
    expect(answer.body).toEqual({ state: 'partial', forms: [
      { form: 'caption', state: 'done', result: { caption: 'done' } }, { form: 'interrogation', state: 'cancelled' }, { form: 'nsfw', state: 'cancelled' },
    ] });
    expect(typesOf(events, 'request')).toEqual(['RequestCancelled', 'JobSubmitted', 'RequestCompleted']);
    expect(typesOf(events, 'account')).toEqual(['JobSettled', 'AuthorizationClosed']);
    expect(await horde.kudosOf(payer)).toBe(before - 3 - 5);
    expect(await horde.kudosOf(owner)).toBe(earned + 1 + 3);
    const late = await horde.appendedBy(() => alchemy.submit(owner.key, interrogation!.id, { interrogation: {} }));
    expect(late.answer).toMatchObject({ status: 400, body: { rc: 'DuplicateGen', message: expect.stringContaining('already submitted') } });
    const again = await horde.appendedBy(() => alchemy.cancel(id));
    expect([again.answer.body, late.events, again.events]).toEqual([answer.body, [], []]);
    expect((await pop('diligent', ['nsfw'])).body.forms).toBe(null);
  });

  it('debits nobody for an anonymous request, and pays its worker all the same', async () => {
    const earned = await horde.kudosOf(owner);
    const id = await ask(ANONYMOUS, ['interrogation']);
    await pop('diligent', ['interrogation']);
    const { events } = await horde.appendedBy(() => alchemy.cancel(id));
    expect(typesOf(events, 'account')).toEqual([]);
    expect(typesOf(events, 'request')).toEqual(['RequestCancelled', 'JobSubmitted', 'JobSettled', 'RequestCompleted']);
    expect(await horde.kudosOf(owner)).toBe(earned + 3);
  });
});

describe('an alchemist in maintenance', () => {
  it('serves its owner only, and is told by a reward of nothing that a form was delivered before', async () => {
    await ask(payer.key, ['caption']);
    const form = (await pop('resting', ['caption'])).body.forms![0]!;
    expect((await alchemy.submit(owner.key, form.id, { caption: 'x' })).body).toEqual({ reward: 1 });
    const { body: { id: worker } } = await client.get<{ id: string }>(`${V2}/workers/name/resting`);
    await horde.command(new OnWorker(worker, { type: 'ChangeMaintenance', on: true, message: null, at: new Date(0).toISOString() }, { actor: { kind: 'system' }, correlationId: 'test' }));
    await horde.caughtUp();
    expect(await alchemy.submit(owner.key, form.id, { caption: 'x' })).toMatchObject({ status: 200, body: { reward: 0 } });
    await ask(payer.key, ['caption']);
    expect(await pop('resting', ['caption'])).toMatchObject({ status: 403, body: { rc: 'WorkerMaintenance', message: expect.stringMatching(/maintenance mode/i) } });
    await ask(owner.key, ['caption']);
    expect((await pop('resting', ['caption'])).body.forms).toHaveLength(1);
  });
});

describe('POST /interrogate/submit', () => {
  const handedOut = async (forms: readonly string[] = ['caption']) => {
    await ask(payer.key, forms);
    return (await pop('submitter', forms)).body.forms![0]!.id;
  };

  it('pays one of many submits of the same form', async () => {
    const before = await horde.kudosOf(owner);
    const id = await handedOut();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => alchemy.submit(owner.key, id, { caption: String(index) })));
    expect(answers.filter(({ status }) => status === 200).map(({ body }) => body.reward)).toEqual([1]);
    expect(answers.filter(({ body }) => body.rc === 'DuplicateGen')).toHaveLength(9);
    expect(await horde.kudosOf(owner)).toBe(before + 1);
  });

  it.each<readonly [string, number, string, string | undefined]>([
    ['InvalidJobID', 404, 'unknown', '00000000-0000-4000-8000-000000000000'],
    ['InvalidJobID', 404, owner.key, 'nonsense'],
    ['InvalidAPIKey', 401, 'unknown', undefined],
    ['WrongCredentials', 403, stranger.key, undefined],
  ])('%s, %d', async (rc, status, key, id) => {
    const job = await handedOut();
    const { answer, events } = await horde.appendedBy(() => alchemy.submit(key, id ?? job, { caption: 'x' }));
    expect(answer).toMatchObject({ status, body: { rc } });
    expect(events).toEqual([]);
  });

  it('404 InvalidJobID to a form that is handed in as an image, and to an image as a form', async () => {
    const job = await handedOut();
    expect((await client.submitImage(owner.key, job)).body.rc).toBe('InvalidJobID');
    const { body: { id } } = await client.askImage(payer.key);
    const image = await client.popImage(owner.key, { name: 'a dreamer' });
    expect((await alchemy.submit(owner.key, image.body.id!, {})).body.rc).toBe('InvalidJobID');
    await client.submitImage(owner.key, image.body.id);
    await client.cancel(id);
  });

  it.each<readonly [string, Fields]>([['id', { result: {} }], ['result', { id: 'x' }], ['result', { id: 'x', result: 'text' }]])('400 naming %s', async (path, body) => {
    expect(await client.post(`${V2}/interrogate/submit`, owner.key, body)).toMatchObject({ status: 400, body: { errors: { [path]: expect.any(String) } } });
  });

  it('keeps the members of a result that follow a null', async () => {
    const id = await ask(payer.key, ['describe']);
    const { body } = await pop('submitter', ['describe']);
    await alchemy.submit(owner.key, body.forms![0]!.id, { describe: null, also: { deep: [1, null] } });
    expect((await alchemy.status(id)).body.forms[0]!.result).toEqual({ describe: null, also: { deep: [1, null] } });
  });
});

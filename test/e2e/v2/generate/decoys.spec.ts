import { describe, expect, it } from '@jest/globals';
import { findDecoy, requestsThatTricked } from '../../../../src/dispatch/decoys.js';
import { Outages } from '../../../../src/outages/outages.message.js';
import { SystemClock } from '../../../../src/platform/system/system.js';
import { Contents } from '../../../../src/platform/content/contents.js';
import { Database } from '../../../../src/platform/postgres/database.js';
import { WorkerRegistry } from '../../../../src/workers/registry.message.js';
import { AlchemyClient } from '../../../support/alchemy.js';
import { startHorde } from '../../../support/app.js';
import { since, V2, type Fields, type Person } from '../../../support/client.js';

const horde = await startHorde('decoys');
const { client } = horde;
const alchemy = new AlchemyClient(client);
const moderator = await client.person('moderator', 25, { moderator: true });
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 1_000, { trusted: true });
const honest = await client.person('honest', 25, { trusted: true });
const models = { models: ['Deliberate'] };

const workerOf = async (name: string): Promise<Fields> => {
  await horde.caughtUp();
  return (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`, moderator.key)).body;
};
const pause = async (name: string, paused = true): Promise<void> => {
  const { id } = await workerOf(name);
  expect((await client.send('PUT', `${V2}/workers/${String(id)}`, { key: moderator.key, body: { paused } })).status).toBe(200);
};
const popAs = (name: string, key = owner.key, body: Fields = {}) => client.popImage(key, { name, ...models, ...body });
const popTextAs = (name: string, key = owner.key, body: Fields = {}) => client.popText(key, { name, ...body });
const requestEvents = (events: readonly { stream: string }[]): unknown[] => events.filter(({ stream }) => stream.startsWith('request-') || stream.startsWith('account-'));
const untouched = { waiting: 1, processing: 0, finished: 0, restarted: 0, kudos: 3 };

await popAs('a cheat');
await pause('a cheat');

describe('a paused worker', () => {
  it('is handed what looks like any job, and thanked as for any job, while nothing happens at all', async () => {
    const asked = await client.askImage(payer.key, { ...models, params: { n: 1, seed: '7', steps: 21 } });
    const { answer: decoy, events } = await horde.appendedBy(() => popAs('a cheat', owner.key, { amount: 5 }));
    expect(events).toEqual([]);
    expect((await client.check(asked.body.id)).body).toMatchObject(untouched);
    const real = await popAs('an honest worker', honest.key, { amount: 5 });
    expect(Object.keys(decoy.body).sort()).toEqual(Object.keys(real.body).sort());
    const shown = ({ id: _id, ids, r2_upload: _upload, r2_uploads, ...rest }: typeof decoy.body) => ({ ...rest, jobs: ids.length, uploads: r2_uploads!.length });
    expect(shown(decoy.body)).toEqual(shown(real.body));
    expect(decoy.body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...decoy.headers.keys()].sort()).toEqual([...real.headers.keys()].sort());
    const before = await horde.kudosOf(owner);
    const thanks = await horde.appendedBy(() => client.submitImage(owner.key, decoy.body.id));
    expect(thanks.events).toEqual([]);
    const paid = await client.submitImage(honest.key, real.body.id);
    expect(thanks.answer).toMatchObject({ status: 200, body: paid.body });
    expect([...thanks.answer.headers.keys()].sort()).toEqual([...paid.headers.keys()].sort());
    expect(paid.body.reward).toBeGreaterThan(1);
    expect(await horde.kudosOf(owner)).toBe(before);
    expect(await workerOf('a cheat')).toMatchObject({ requests_fulfilled: 0, uncompleted_jobs: 0, kudos_rewards: 0 });
    const { body } = await client.status(asked.body.id, 'image', since(paid));
    expect(body).toMatchObject({ done: true, generations: [{ worker_name: 'an honest worker' }] });
  });

  it('never gets the same request twice, and is not told why', async () => {
    const asked = await client.askImage(payer.key, { ...models, params: { n: 3 } });
    expect((await popAs('a cheat', owner.key, { amount: 2 })).body.ids).toHaveLength(2);
    const again = await popAs('a cheat');
    expect(again).toMatchObject({ status: 200, body: { id: null } });
    expect(Object.values(again.body.skipped).every((count) => count === 0)).toBe(true);
    expect((await client.check(asked.body.id)).body).toMatchObject({ waiting: 3, processing: 0 });
    await pause('a cheat', false);
    expect((await popAs('a cheat')).body.id).toBeNull();
    await pause('a cheat');
    await client.cancel(asked.body.id);
  });

  it.each([
    ['the second time as delivered', [{}, {}], [200, 'DuplicateGen']], ['given up', [{ state: 'faulted' }, { state: 'faulted' }], [200, 200]],
    ['given up, and then delivered', [{ state: 'faulted' }, {}], [200, 'AbortedGen']], ['delivered, and then given up', [{}, { state: 'faulted' }], [200, 'DuplicateGen']],
    ['no image at all', [{ generation: '***' }, {}], ['BadRequest', 200]],
  ] as const)('is answered as for any job: %s', async (_what, bodies, answers) => {
    const asked = await client.askImage(payer.key, models);
    const { body: { id } } = await popAs('a cheat');
    for (const [index, body] of bodies.entries()) {
      const answer = await client.submitImage(owner.key, id, body);
      expect(answer.body.rc ?? answer.status).toBe(answers[index]);
      if (answer.status === 200 && 'state' in body) expect(answer.body.reward).toBe(0);
    }
    expect(await workerOf('a cheat')).toMatchObject({ uncompleted_jobs: 0 });
    await client.cancel(asked.body.id);
  });

  it('cannot deliver it with a stranger\'s key, as another kind of job, or too late', async () => {
    const asked = await client.askImage(payer.key, models);
    const { body: { id } } = await popAs('a cheat');
    expect((await client.submitImage(honest.key, id)).body.rc).toBe('WrongCredentials');
    expect((await client.submitImage('nobody', id)).body.rc).toBe('InvalidAPIKey');
    expect((await client.submitText(owner.key, id)).body.rc).toBe('InvalidJobID');
    await horde.pass(151_000);
    expect((await client.submitImage(owner.key, id)).body.rc).toBe('AbortedGen');
    expect((await client.check(asked.body.id)).body).toMatchObject(untouched); // not aborted, as nobody had it
    expect(await workerOf('a cheat')).toMatchObject({ uncompleted_jobs: 0 });
    await client.cancel(asked.body.id);
  });

  it('is remembered by every node, and by a process that was started anew', async () => {
    const asked = await client.askImage(payer.key, models);
    const { body: { id } } = await popAs('a cheat');
    const get = horde.server.app.get.bind(horde.server.app);
    const elsewhere = new Contents({ database: get(Database, { strict: false }), clock: new SystemClock(), hash: String });
    const { id: worker } = await workerOf('a cheat');
    expect(await findDecoy(elsewhere, id!)).toMatchObject({ job: id, worker, owner: owner.id, model: 'Deliberate', kind: 'image', request: asked.body.id });
    const known = get(WorkerRegistry, { strict: false }).byId(String(worker))!;
    expect(await requestsThatTricked(elsewhere, known, [asked.body.id, id!])).toEqual(new Set([asked.body.id]));
    expect((await client.submitImage(owner.key, id)).status).toBe(200);
    expect(await findDecoy(elsewhere, id!)).toMatchObject({ decoy: { ended: 'delivered' } });
    const { deadlineMs } = (await findDecoy(elsewhere, id!))!.decoy!;
    const outages = new Outages({ head: () => Promise.resolve(0) });
    outages.take([{ fromMs: deadlineMs - 30_000, untilMs: deadlineMs + 60_000 }]); // no time for it, as for any job
    expect((await findDecoy(elsewhere, id!, outages))!.decoy!.deadlineMs).toBe(outages.extendedDue(deadlineMs - 150_000, deadlineMs));
    expect(outages.extendedDue(deadlineMs - 150_000, deadlineMs)).toBeGreaterThan(deadlineMs + 60_000);
    await client.cancel(asked.body.id);
  });

  it('serves its owner, and is paid for it', async () => {
    const theirs = await client.askImage(payer.key, models);
    const own = await client.askImage(owner.key, models);
    const { body: { id } } = await popAs('a cheat');
    expect((await client.check(own.body.id)).body).toMatchObject({ processing: 1 });
    expect((await client.submitImage(owner.key, id)).status).toBe(200);
    expect(await workerOf('a cheat')).toMatchObject({ requests_fulfilled: 1 });
    await client.cancel(theirs.body.id);
  });

  it('is nobody who could serve anybody', async () => {
    await popAs('the only one', owner.key, { models: ['Dreamshaper'] });
    await pause('the only one');
    const asked = await client.askImage(payer.key, { models: ['Dreamshaper'] });
    expect(asked.body.message).toMatch(/no available workers/i);
    expect((await client.check(asked.body.id)).body).toMatchObject({ is_possible: false });
    await client.cancel(asked.body.id);
  });

  it('in maintenance is told of that', async () => {
    await popAs('out of order');
    await pause('out of order');
    const { id } = await workerOf('out of order');
    await client.send('PUT', `${V2}/workers/${String(id)}`, { key: owner.key, body: { maintenance: true } });
    const asked = await client.askImage(payer.key, models);
    expect(await popAs('out of order')).toMatchObject({ status: 403, body: { rc: 'WorkerMaintenance' } });
    await client.cancel(asked.body.id);
  });

  it('that writes is thanked by what it wrote', async () => {
    await popTextAs('a scribbler');
    await pause('a scribbler');
    const asked = await client.askText(payer.key, { params: { n: 2, max_length: 80 } });
    const { answer: decoys, events } = await horde.appendedBy(() => popTextAs('a scribbler', owner.key, { amount: 2 }));
    expect(events).toEqual([]);
    expect(new Set(decoys.body.ids).size).toBe(2);
    const real = await popTextAs('an honest scribe', honest.key, { amount: 2 });
    expect({ ...decoys.body, id: null, ids: [] }).toEqual({ ...real.body, id: null, ids: [] });
    for (const [index, generation] of ['a few words', 'x'.repeat(400)].entries()) {
      const thanks = await client.submitText(owner.key, decoys.body.ids[index]!, { generation });
      const paid = await client.submitText(honest.key, real.body.ids[index]!, { generation });
      expect(thanks.body).toEqual(paid.body);
    }
    expect((await client.status(asked.body.id, 'text')).body.generations).toHaveLength(2);
  });

  it('of alchemy gets forms that nobody waits for', async () => {
    await alchemy.pop(owner.key, 'a charlatan', ['caption', 'GFPGAN']);
    await pause('a charlatan');
    const asked = await alchemy.ask(payer.key, ['caption', 'GFPGAN']);
    const { answer: decoys, events } = await horde.appendedBy(() => alchemy.pop(owner.key, 'a charlatan', ['caption', 'GFPGAN'], { amount: 5, require_upfront_kudos: true }));
    expect(requestEvents(events)).toEqual([]);
    const real = await alchemy.pop(honest.key, 'an honest alchemist', ['caption', 'GFPGAN'], { amount: 5 });
    expect(decoys.body.forms!.map(({ form, source_image, r2_upload }) => [form, typeof source_image, typeof r2_upload]))
      .toEqual(real.body.forms!.map(({ form, source_image, r2_upload }) => [form, typeof source_image, typeof r2_upload]));
    expect((await alchemy.pop(owner.key, 'a charlatan', ['caption', 'GFPGAN'])).body).toEqual({ forms: null, skipped: {} });
    for (const [index, { id, form }] of decoys.body.forms!.entries()) {
      const thanks = await alchemy.submit(owner.key, id, { [form]: 'something' });
      expect(thanks.body).toEqual((await alchemy.submit(honest.key, real.body.forms![index]!.id, { [form]: 'something' })).body);
      expect((await alchemy.submit(owner.key, id, { [form]: 'again' })).body.rc).toBe('DuplicateGen');
    }
    expect((await alchemy.status(asked.body.id)).body.state).toBe('done');
  });
});

const wealth = async (person: Person): Promise<number> => {
  await horde.caughtUp();
  return horde.kudosOf(person);
};

describe('a worker that tests itself', () => {
  const test = { test: true };
  it('gets its owner\'s requests and no others, and nobody pays or earns', async () => {
    const theirs = await client.askImage(payer.key, models);
    await client.popImage(owner.key, { name: 'on trial', ...models, ...test }).then(({ body }) => { expect(body).toMatchObject({ id: null, skipped: {} }); });
    const own = await client.askImage(owner.key, { ...models, params: { n: 2 }, slow_workers: false });
    const before = await wealth(owner);
    const { answer, events } = await horde.appendedBy(() => popAs('on trial', owner.key, { ...test, amount: 2 }));
    expect(answer.body.ids).toHaveLength(2);
    expect(events.map(({ type, data }) => [type, (data as Fields)['selfTest']])).toEqual([['JobAssigned.v1', true], ['JobAssigned.v1', true]]);
    expect((await client.submitImage(owner.key, answer.body.ids[0]!)).body).toEqual({ reward: 0 });
    expect((await client.submitImage(owner.key, answer.body.ids[1]!, { state: 'faulted' })).body).toEqual({ reward: 0 });
    const { body: { ids } } = await popAs('on trial', owner.key, test);
    expect((await client.submitImage(owner.key, ids[0]!)).body).toEqual({ reward: 0 });
    expect(await wealth(owner)).toBe(before);
    expect((await client.status(own.body.id)).body).toMatchObject({ done: true, kudos: 3, generations: [{ state: 'ok' }, { state: 'ok' }] });
    expect(await workerOf('on trial')).toMatchObject({ requests_fulfilled: 0, uncompleted_jobs: 0, kudos_rewards: 0, online: false, uptime: 0 });
    expect((await client.check(theirs.body.id)).body).toMatchObject(untouched);
    await client.cancel(theirs.body.id);
  });

  it('writes and does alchemy in the same way', async () => {
    await client.askText(owner.key);
    const text = await popTextAs('a scribe on trial', owner.key, test);
    expect((await client.submitText(owner.key, text.body.id)).body).toEqual({ reward: 0 });
    const asked = await alchemy.ask(owner.key, ['caption', 'interrogation', 'nsfw']);
    const before = await wealth(owner);
    const { body: { forms } } = await alchemy.pop(owner.key, 'an alchemist on trial', ['caption', 'interrogation'], { ...test, amount: 2, require_upfront_kudos: true });
    expect((await alchemy.submit(owner.key, forms![0]!.id, { caption: 'a cat' })).body).toEqual({ reward: 0 });
    await alchemy.cancel(asked.body.id); // and what is cut short is not paid either
    expect(await wealth(owner)).toBe(before);
    expect(await workerOf('an alchemist on trial')).toMatchObject({ requests_fulfilled: 0 });
  });

  it('is paid again as soon as it does not', async () => {
    await client.askImage(payer.key, models);
    const { body: { id } } = await popAs('on trial');
    expect((await client.submitImage(owner.key, id)).body.reward).toBeGreaterThan(1);
    expect(await workerOf('on trial')).toMatchObject({ requests_fulfilled: 1, online: true });
  });

  it('leaves no record of use or service', async () => {
    const newcomer = await client.person('newcomer', 1_000);
    await client.askImage(newcomer.key, models);
    const { body: { id } } = await popAs('a first try', newcomer.key, test);
    await client.submitImage(newcomer.key, id);
    await horde.caughtUp();
    const { records } = (await client.get(`${V2}/users/${newcomer.id}`, newcomer.key)).body as { records: Record<string, Fields> };
    expect(records).toMatchObject({ request: { image: 1 }, fulfillment: { image: 0 }, usage: { megapixelsteps: 0 }, contribution: { megapixelsteps: 0 } });
  });
});

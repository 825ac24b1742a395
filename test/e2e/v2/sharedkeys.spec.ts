import { describe, expect, it } from '@jest/globals';
import { OnUser } from '../../../src/users/user.message.js';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, V2, type Answer, type Fields, type Person, type Refusal } from '../../support/client.js';

const horde = await startHorde('sharedkeys');
const { client } = horde;

interface SharedKeyView extends Refusal {
  readonly id: string;
  readonly username: string;
  readonly name?: string;
  readonly kudos: number;
  readonly expiry?: string;
  readonly utilized: number;
  readonly max_image_pixels: number;
  readonly max_image_steps: number;
  readonly max_text_tokens: number;
}
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NO_SUCH_KEY = '00000000-0000-4000-8000-000000000000';
const DAY_MS = 24 * 60 * 60_000;

const create = (key: string, body?: Fields): Promise<Answer<SharedKeyView>> => client.send('PUT', `${V2}/sharedkeys`, { key, ...(body ? { body } : {}) });
const show = (id: string): Promise<Answer<SharedKeyView>> => client.get(`${V2}/sharedkeys/${id}`);
const change = (key: string, id: string, body: Fields): Promise<Answer<SharedKeyView>> => client.send('PATCH', `${V2}/sharedkeys/${id}`, { key, body });
const remove = (key: string, id: string): Promise<Answer<SharedKeyView>> => client.send('DELETE', `${V2}/sharedkeys/${id}`, { key });
const keyOf = async (owner: Person, body?: Fields): Promise<string> => {
  const { status, body: { id } } = await create(owner.key, body);
  expect(status).toBe(200);
  return id;
};
const rcOf = ({ status, body }: Answer<Refusal>): readonly [number, string | undefined] => [status, body.rc];

describe('a shared key', () => {
  it('is made from nothing but an account, and shown to whoever knows its id', async () => {
    const owner = await client.person('owner', 1_000);
    const { status, body } = await create(owner.key);
    expect({ status, body }).toEqual({ status: 200, body: {
      id: expect.stringMatching(UUID), username: owner.alias, kudos: 5_000, utilized: 0, max_image_pixels: -1, max_image_steps: -1, max_text_tokens: -1,
    } });
    expect((await show(body.id)).body).toEqual(body);
    expect((await show(body.id.toUpperCase())).body).toEqual(body);
  });

  it('has a budget, a date, a name and limits', async () => {
    const owner = await client.person('precise', 1_000);
    const asked = { kudos: 12, expiry: '3', name: ' friends & <b>family</b>', max_image_pixels: 262_144, max_image_steps: 20, max_text_tokens: 0 };
    const { body } = await create(owner.key, asked);
    expect(body).toMatchObject({ kudos: 12, name: 'friends &amp; &lt;b&gt;family&lt;/b&gt;', max_image_pixels: 262_144, max_image_steps: 20, max_text_tokens: 0 });
    const daysLeft = (Date.parse(body.expiry!) - Date.now()) / DAY_MS;
    expect([daysLeft > 2.99, daysLeft <= 3, body.expiry!.endsWith(' -0000')]).toEqual([true, true, true]);
    const forEver = await create(owner.key, { kudos: -1, expiry: 0 });
    expect([forEver.body.kudos, forEver.body.expiry]).toEqual([-1, undefined]);
  });

  it('is changed by its owner, member by member', async () => {
    const owner = await client.person('changing', 1_000);
    const id = await keyOf(owner, { kudos: 10, expiry: 5, name: 'before', max_image_steps: 20 });
    expect((await change(owner.key, id, { name: 'after', expiry: -1 })).body).toMatchObject({ kudos: 10, name: 'after', max_image_steps: 20 });
    expect((await show(id)).body).not.toHaveProperty('expiry');
    expect((await change(owner.key, id, { kudos: 0, max_text_tokens: 80 })).body).toMatchObject({ kudos: 0, name: 'after', max_image_steps: 20, max_text_tokens: 80 });
    expect((await change(owner.key, id, { kudos: -1 })).body.kudos).toBe(-1);
    expect(rcOf(await change(owner.key, id, { unknown: 1 }))).toEqual([400, 'NoSharedKeyModSelected']);
  });

  it('is listed for its owner alone, and gone when it is deleted', async () => {
    const [owner, other] = [await client.person('listing', 1_000), await client.person('curious', 1_000)];
    const ids = [await keyOf(owner), await keyOf(owner)];
    await horde.caughtUp();
    expect((await client.get(`${V2}/find_user`, owner.key)).body['sharedkey_ids']).toEqual(ids);
    expect((await client.get(`${V2}/users/${owner.id}`, other.key)).body).not.toHaveProperty('sharedkey_ids');
    expect((await remove(owner.key, ids[0]!)).body).toEqual({ message: 'OK' });
    expect([rcOf(await show(ids[0]!)), rcOf(await remove(owner.key, ids[0]!)), rcOf(await client.askImage(ids[0]!))]).toEqual([
      [401, 'InvalidAPIKey'], [401, 'InvalidAPIKey'], [401, 'InvalidAPIKey'],
    ]);
    await horde.caughtUp();
    expect((await client.get(`${V2}/find_user`, owner.key)).body['sharedkey_ids']).toEqual(ids.slice(1));
  });

  it('is refused in the order of the contract, and a refusal leaves nothing behind', async () => {
    const [owner, other] = [await client.person('refusing', 1_000), await client.person('not the owner', 1_000)];
    const id = await keyOf(owner);
    const { answer, events } = await horde.appendedBy(async () => [
      rcOf(await create('unknown')), rcOf(await create(ANONYMOUS)), rcOf(await change('unknown', NO_SUCH_KEY, {})), rcOf(await change('unknown', id, {})),
      rcOf(await change(other.key, id, {})), rcOf(await change(owner.key, id, {})), rcOf(await remove('unknown', 'no id')), rcOf(await remove(other.key, id)),
      rcOf(await show('no id')), rcOf(await show(NO_SUCH_KEY)), rcOf(await create(owner.key, { kudos: -2 })), rcOf(await create(owner.key, { kudos: 50_000_001 })),
      rcOf(await create(owner.key, { name: 'ab' })), rcOf(await create(owner.key, { max_image_pixels: 4_194_305 })), rcOf(await create(owner.key, { expiry: -2 })),
    ]);
    expect(answer).toEqual([
      [401, 'InvalidAPIKey'], [403, 'AnonForbidden'], [401, 'InvalidAPIKey'], [401, 'InvalidAPIKey'], [403, 'Forbidden'], [400, 'NoSharedKeyModSelected'],
      [401, 'InvalidAPIKey'], [403, 'Forbidden'], [401, 'InvalidAPIKey'], [401, 'InvalidAPIKey'], ...Array.from({ length: 5 }, () => [400, undefined]),
    ]);
    expect(events).toEqual([]);
    expect(await client.send('DELETE', `${V2}/sharedkeys/${id}`)).toMatchObject({ status: 400, body: { errors: { apikey: expect.any(String) } } });
  });

  it.each([['anybody', {}, 3], ['a trusted account', { trusted: true }, 10]] as const)('of %s is one of few', async (_who, roles, max) => {
    const owner = await client.person(`keys ${max}`, 1_000, roles);
    const made = await Promise.all(Array.from({ length: max + 2 }, () => create(owner.key)));
    expect(made.filter(({ status }) => status === 200)).toHaveLength(max);
    expect(made.filter((answer) => answer.body.rc === 'Forbidden').map(({ status }) => status)).toEqual([403, 403]);
  });

  it('of an education account is one of a thousand, unless that is trusted as well', async () => {
    const [school, trusted] = [await client.person('school', 1_000), await client.person('trusted school', 1_000, { trusted: true })];
    const at = new Date(0).toISOString();
    for (const { id } of [school, trusted]) await horde.command(new OnUser(id, { type: 'ChangeRoles', roles: { education: true }, at }, { actor: { kind: 'system' }, correlationId: 'test' }));
    await horde.server.platform.feed.waitFor(await horde.server.platform.log.head()); // the directory reads the log for itself
    const made = async (owner: Person) => (await Promise.all(Array.from({ length: 12 }, () => create(owner.key)))).filter(({ status }) => status === 200).length;
    expect([await made(school), await made(trusted)]).toEqual([12, 10]);
  });

  it('tells whose it is, and nothing that only the owner sees', async () => {
    const owner = await client.person('behind it', 1_000);
    const [named, unnamed] = [await keyOf(owner, { name: 'for the bot' }), await keyOf(owner)];
    await horde.caughtUp();
    const { status, body } = await client.get(`${V2}/find_user`, named);
    expect([status, body['username'], body['id'], body['kudos']]).toEqual([200, `${owner.alias} (Shared Key: for the bot)`, owner.id, 1_000]);
    expect(body).not.toHaveProperty('sharedkey_ids');
    expect((await client.get(`${V2}/find_user`, unnamed)).body['username']).toBe(`${owner.alias} (Shared Key)`);
    expect(rcOf(await client.get(`${V2}/find_user`, NO_SUCH_KEY) as unknown as Answer<Refusal>)).toEqual([404, 'UserNotFound']);
  });

  it('stands in the log neither with its id nor with its name', async () => {
    const owner = await client.person('secretive', 1_000);
    const id = await keyOf(owner, { name: 'aunt Agatha' });
    await client.askImage(id, { slow_workers: false });
    await client.transfer((await client.person('sends to it', 1_000)).key, id, 5);
    const log = JSON.stringify(await horde.events());
    expect([log.includes(id), log.includes('Agatha')]).toEqual([false, false]);
  });
});

describe('a request by a shared key', () => {
  const quoteOf = async (body: Fields = {}): Promise<number> => (await client.askImage(ANONYMOUS, { dry_run: true, ...body })).body.kudos_quote;

  it('is its owner\'s: it pays from the owner\'s account and from the budget', async () => {
    const [owner, worker] = [await client.person('paying owner', 10_000), await client.person('their worker', 25, { trusted: true })];
    const quote = await quoteOf();
    const id = await keyOf(owner, { kudos: 100 });
    const asked = await client.askImage(id);
    expect([asked.status, asked.body.kudos_quote]).toEqual([202, quote]);
    await horde.caughtUp();
    expect((await show(id)).body).toMatchObject({ kudos: 97, utilized: 3 });
    const { body: { id: job } } = await client.popImage(worker.key, { name: 'Pays 1' });
    const { body: { reward } } = await client.submitImage(worker.key, job);
    const debit = (10_000 - 3) - await horde.kudosOf(owner);
    expect(debit).toBeGreaterThanOrEqual(reward);
    expect((await show(id)).body).toMatchObject({ kudos: Math.trunc(100 - 3 - debit), utilized: Math.trunc(3 + debit) });
    expect((await client.get(`${V2}/find_user`, owner.key)).body).not.toHaveProperty('active_generations');
  });

  it('is counted for its owner, and for nobody else', async () => {
    const [owner, other] = [await client.person('counting', 10_000), await client.person('not counting', 100)];
    const id = await keyOf(owner);
    await client.askImage(id, { params: { n: 3 }, models: ['Deliberate'] });
    await horde.caughtUp();
    const seen = async (key?: string) => (await client.get(`${V2}/sharedkeys/${id}`, key)).body['active_usage'];
    const idle = { requests: 0, queued: 0, processing: 0, finished: 0, oldest_queued_age: 0 };
    expect(await seen(owner.key)).toEqual({ image: { ...idle, requests: 1, queued: 3, oldest_queued_age: expect.any(Number) }, text: idle });
    expect([await seen(), await seen(other.key), await seen('unknown'), await seen(id)]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('is refused for want of budget: of thirty at once, the budget of one admits exactly one', async () => {
    const owner = await client.person('guarded', 100_000);
    const quote = await quoteOf();
    const id = await keyOf(owner, { kudos: Math.ceil(quote) });
    const { answer, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 30 }, () => client.askImage(id))));
    expect(answer.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answer.filter((each) => each.status === 403 && each.body.rc === 'SharedKeyInsufficientKudos')).toHaveLength(29);
    expect(events.map(({ type }) => type)).toEqual(['AuthorizationOpened.v1', 'RequestAccepted.v1']);
    // What the one does not use is there for the next.
    await client.cancel(answer.find(({ status }) => status === 202)!.body.id);
    await change(owner.key, id, { kudos: Math.ceil(quote) });
    expect((await client.askImage(id)).status).toBe(202);
  });

  it('gives the budget back what it did not use, when it is cancelled', async () => {
    const owner = await client.person('cancels', 100_000);
    const id = await keyOf(owner, { kudos: 1_000 });
    const { body: { id: request } } = await client.askImage(id, { params: { n: 4 } });
    const { body: { sharedKey: opened } } = { body: (await horde.events()).findLast(({ type }) => type === 'AuthorizationOpened.v1')!.data as { sharedKey: { reserved: number } } };
    expect(opened.reserved).toBeGreaterThan(300);
    await client.cancel(request);
    const closed = (await horde.events()).at(-1)!;
    expect(closed).toMatchObject({ type: 'AuthorizationClosed.v1', data: { sharedKey: { released: opened.reserved - 300, returned: 0 } } });
    expect((await show(id)).body).toMatchObject({ kudos: 997, utilized: 3 });
  });

  it('names the first reason why it cannot be taken', async () => {
    const owner = await client.person('reasons', 100_000);
    const [empty, poor] = [await keyOf(owner, { kudos: 0 }), await keyOf(owner, { kudos: 4 })];
    const { answer, events } = await horde.appendedBy(async () => [
      rcOf(await client.askImage(NO_SUCH_KEY)), rcOf(await client.askImage(empty)), rcOf(await client.askText(empty)), rcOf(await client.askImage(poor, { workers: [NO_SUCH_KEY] })),
      rcOf(await client.askImage(poor)), rcOf(await client.popImage(empty, { name: 'Not by a shared key' })),
    ]);
    expect(answer).toEqual([
      [401, 'InvalidAPIKey'], [403, 'SharedKeyEmpty'], [403, 'SharedKeyEmpty'], [404, 'WorkerNotFound'], [403, 'SharedKeyInsufficientKudos'], [401, 'InvalidAPIKey'],
    ]);
    expect(events).toEqual([]);
    const limited = (await change(owner.key, poor, { kudos: -1, max_image_pixels: 262_144, max_image_steps: 30, max_text_tokens: 80 })).body;
    expect(limited).toMatchObject({ kudos: -1, max_image_steps: 30 });
    expect([
      rcOf(await client.askImage(poor, { params: { width: 576 } })), rcOf(await client.askImage(poor, { params: { steps: 31 } })), rcOf(await client.askText(poor, { params: { max_length: 81 } })),
    ]).toEqual([[400, 'BadRequest'], [400, 'BadRequest'], [400, 'BadRequest']]);
    expect([(await client.askImage(poor, { params: { steps: 30 } })).status, (await client.askText(poor)).status]).toEqual([202, 202]);
  });

  it('past its date is refused', async () => {
    const owner = await client.person('dated', 100_000);
    const id = await keyOf(owner, { expiry: 1 });
    await change(owner.key, id, { expiry: 0 });
    expect([rcOf(await client.askImage(id)), rcOf(await client.askText(id)), rcOf(await client.transfer((await client.person('too late', 1_000)).key, id, 5))]).toEqual([
      [403, 'SharedKeyExpired'], [403, 'SharedKeyExpired'], [400, 'SharedKeyExpired'],
    ]);
  });

  it('runs as nobody\'s, behind everybody, where its sender allows a downgrade and the key cannot pay', async () => {
    const owner = await client.person('spared', 100_000);
    const [empty, poor] = [await keyOf(owner, { kudos: 0 }), await keyOf(owner, { kudos: 4 })];
    const { answer, events } = await horde.appendedBy(async () => [
      await client.askImage(empty, { allow_downgrade: true }), await client.askImage(poor, { allow_downgrade: true }), await client.askText(poor, { allow_downgrade: true, params: { max_length: 512 } }),
    ]);
    expect(answer.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(events.map(({ type, data }) => [type, (data as { payer?: number }).payer, (data as { priority?: number }).priority])).toEqual(
      Array.from({ length: 3 }, () => ['RequestAccepted.v1', 0, -5_000]));
    expect(await horde.kudosOf(owner)).toBe(100_000);
  });

  it('is withdrawn when its key is deleted, and what is at a worker is delivered and paid', async () => {
    const [owner, worker] = [await client.person('revoking', 100_000), await client.person('goes on', 25, { trusted: true })];
    const id = await keyOf(owner);
    const { body: { id: request } } = await client.askImage(id, { params: { n: 3 }, models: ['Deliberate'] });
    const { body: { id: job } } = await client.popImage(worker.key, { name: 'Goes on 1', models: ['Deliberate'] });
    await remove(owner.key, id);
    await expect(waitUntil(async () => (await client.check(request)).body.waiting === 0)).resolves.toBe(true);
    expect((await client.check(request)).body).toMatchObject({ processing: 1, waiting: 0, done: false });
    const before = await horde.kudosOf(owner);
    const { body: { reward } } = await client.submitImage(worker.key, job);
    expect(before - await horde.kudosOf(owner)).toBeGreaterThanOrEqual(reward);
    expect((await client.check(request)).body.done).toBe(true);
  });
});

describe('kudos sent to a shared key', () => {
  it('are its owner\'s, and what the key may spend grows as much', async () => {
    const [owner, giver] = [await client.person('receiving', 25), await client.person('giving', 1_000)];
    const [limited, unlimited] = [await keyOf(owner, { kudos: 10 }), await keyOf(owner, { kudos: -1 })];
    const { events } = await horde.appendedBy(async () => [await client.transfer(giver.key, limited, 90), await client.transfer(giver.key, unlimited, 50)]);
    expect(events.map(({ type }) => type)).toEqual(['FundsTransferred.v1', 'FundsTransferred.v1']);
    expect(await horde.kudosOf(owner)).toBe(165);
    expect([(await show(limited)).body.kudos, (await show(unlimited)).body.kudos]).toEqual([100, -1]);
    const asked = await client.askImage(limited);
    expect(asked.status).toBe(202);
    // A new budget is what it says, whatever was sent before.
    expect((await change(owner.key, limited, { kudos: 20 })).body.kudos).toBe(20);
    await client.transfer(giver.key, limited, 5);
    await horde.caughtUp();
    expect((await show(limited)).body.kudos).toBe(25);
  });

  it('cannot be the owner\'s own, and a repeated key tells a shared key from its owner', async () => {
    const [owner, giver] = [await client.person('to myself', 1_000), await client.person('repeats', 1_000)];
    const id = await keyOf(owner, { kudos: 10 });
    expect(rcOf(await client.transfer(owner.key, id, 5))).toEqual([400, 'KudosTransferToSelf']);
    const named = { 'idempotency-key': 'to the key' };
    await client.transfer(giver.key, id, 5, named);
    await remove(owner.key, id);
    const { answer, events } = await horde.appendedBy(async () => [
      await client.transfer(giver.key, id, 5, named), await client.transfer(giver.key, owner.alias, 5, named), await client.transfer(giver.key, id, 5),
    ]);
    expect(answer.map(({ status, body, headers }) => [status, body.rc, headers.get('idempotency-replayed')])).toEqual([
      [200, undefined, 'true'], [400, 'IdempotencyKeyConflict', null], [400, 'InvalidTargetUsername', null],
    ]);
    expect(events).toEqual([]);
  });
});

/** Asks again, without a pause of its own: the answer takes one. */
const waitUntil = async (isSo: () => Promise<boolean>): Promise<boolean> => {
  const until = Date.now() + 20_000;
  while (Date.now() < until) if (await isSo()) return true;
  return false;
};

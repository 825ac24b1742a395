import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, since, type Answer, type Fields, type Person } from '../../support/client.js';

const horde = await startHorde('reversal', { settings: { ADMINS: 'somebody#2' } });
const { client } = horde;
const admin = await client.person('somebody', 25, { moderator: true });
const moderator = await client.person('moderator', 25, { moderator: true });
const [alice, bob] = [await client.person('alice', 1_000), await client.person('bob', 25)];
const STRANGER = '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10';

type Answered = Answer<Fields & { readonly rc?: string }>;
const takeBack = (txId: string, key: string | undefined, idempotency: string | undefined, body: unknown = {}): Promise<Answered> =>
  client.post(`/v1/ledger/transactions/${txId}/reversal`, key, body, idempotency === undefined ? {} : { 'idempotency-key': idempotency });
const entries = async (of: Person, after: Answer<unknown>): Promise<readonly Fields[]> =>
  (await client.get(`/v1/ledger/accounts/${of.id}/statement?limit=1000`, moderator.key, since(after))).body['entries'] as readonly Fields[];
const newest = async (of: Person, kind: string, after: Answer<unknown>): Promise<string> =>
  (await entries(of, after)).filter((entry) => entry['kind'] === kind).at(-1)!['tx_id'] as string;
/** A gift, and what its recipient has afterwards besides it. */
const gift = async (from: Person, to: Person, amount: number): Promise<string> => {
  const sent = await client.transfer(from.key, to.alias, amount);
  expect(sent.status).toBe(200);
  return newest(to, 'transfer', sent);
};
/** Two gifts between the same two in opposite directions within a minute are refused. */
const aMinute = () => horde.pass(61_000);

describe('POST /v1/ledger/transactions/{txId}/reversal', () => {
  it('takes a gift back, once, and says so in both statements', async () => {
    const txId = await gift(alice, bob, 60);
    const answer = await takeBack(txId, moderator.key, 'r-1');
    expect(answer).toMatchObject({ status: 200, body: { transaction: txId, account: bob.id, unit: 'kudos', taken: 60, receivable: 0 } });
    expect([await client.kudosOf(alice, answer), await client.kudosOf(bob, answer)]).toEqual([1_000, 25]);
    const [lost, got] = [(await entries(bob, answer)).at(-1), (await entries(alice, answer)).at(-1)];
    expect(lost).toMatchObject({ kind: 'reversal', reverses: txId, amount: -60, receivable: 0, stream: `account-${bob.id}`, tx_id: answer.body['reversal'] });
    expect(got).toMatchObject({ kind: 'reversal', reverses: txId, amount: 60 });
    const { body } = await client.get(`/api/v2/users/${bob.id}`, undefined, since(answer));
    expect(body['kudos_details']).toMatchObject({ received: 60, admin: -60, accumulated: 0 });
  });

  it('answers a repeated key as the first time, and moves nothing', async () => {
    const txId = await gift(alice, bob, 40);
    const first = await takeBack(txId, moderator.key, 'r-2');
    const { answer: again, events } = await horde.appendedBy(() => takeBack(txId, moderator.key, 'r-2'));
    expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([200, first.body, 'true']);
    expect(events).toEqual([]);
    expect(await takeBack(txId, moderator.key, 'r-3')).toMatchObject({ status: 409, body: { rc: 'TransactionAlreadyReversed' } });
    const other = await gift(alice, bob, 5);
    expect(await takeBack(other, moderator.key, 'r-2')).toMatchObject({ status: 422, body: { rc: 'IdempotencyKeyConflict' } });
    expect(await takeBack(other, admin.key, 'r-2')).toMatchObject({ status: 200 }); // another moderator's key is another key
  });

  it('happens once although twenty ask at the same time', async () => {
    const txId = await gift(alice, bob, 30);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => takeBack(txId, moderator.key, `race-${index}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
    expect(await horde.kudosOf(bob)).toBe(25);
  });

  it('takes what is left above the floor, and leaves a receivable', async () => {
    const txId = await gift(alice, bob, 100);
    await aMinute();
    await client.transfer(bob.key, moderator.alias, 70);
    const answer = await takeBack(txId, moderator.key, 'r-4');
    expect(answer).toMatchObject({ status: 200, body: { taken: 30, receivable: 70 } });
    expect([await client.kudosOf(bob, answer), await client.kudosOf(alice, answer)]).toEqual([25, 930]);
    expect((await takeBack(txId, moderator.key, 'r-4')).body).toEqual(answer.body);
  });

  it('waits where nothing is left, unless an admin forces the account below its floor', async () => {
    const txId = await gift(alice, bob, 50);
    await aMinute();
    await client.transfer(bob.key, moderator.alias, 50);
    expect(await takeBack(txId, moderator.key, 'r-5')).toMatchObject({ status: 409, body: { rc: 'NothingToReverse' } });
    expect(await takeBack(txId, moderator.key, 'r-5', { force: true })).toMatchObject({ status: 403, body: { rc: 'NotAdmin' } });
    const answer = await takeBack(txId, admin.key, 'r-6', { force: true });
    expect(answer).toMatchObject({ status: 200, body: { taken: 50, receivable: 0 } });
    expect(await client.kudosOf(bob, answer)).toBe(-25);
    // What comes next is kept, and the next request is still served: the floor forgives what is not there.
    expect((await client.askImage(bob.key)).status).toBe(202);
    expect(await horde.kudosOf(bob)).toBe(-25);
    const { body: given } = await client.transfer(alice.key, bob.alias, 60);
    expect(given).toEqual({ transferred: 60 });
    expect(await horde.kudosOf(bob)).toBe(35);
  });

  it('gives back the price of an admission when its request has ended', async () => {
    const before = await horde.kudosOf(alice);
    const asked = await client.askImage(alice.key);
    await horde.caughtUp();
    const txId = await newest(alice, 'activation', await client.transfer(alice.key, moderator.alias, 1));
    expect(await takeBack(txId, moderator.key, 'r-7')).toMatchObject({ status: 409, body: { rc: 'TransactionUnfinished' } });
    await client.cancel(asked.body.id);
    const answer = await takeBack(txId, moderator.key, 'r-7');
    expect(answer).toMatchObject({ status: 200, body: { account: alice.id, taken: 0, receivable: 0 } });
    expect(await client.kudosOf(alice, answer)).toBe(before - 1);
  });

  it('refuses by the first rule that fails, and leaves no event behind', async () => {
    const txId = await gift(alice, bob, 1);
    const sent = await client.transfer(alice.key, bob.alias, 1);
    const opening = (await entries(bob, sent)).find(({ kind }) => kind === 'opening')!['tx_id'] as string;
    const { events } = await horde.appendedBy(async () => {
      for (const [path, key, idempotency, body, status, rc] of [
        ['x', undefined, undefined, 5, 422, undefined], ['x', undefined, undefined, {}, 401, undefined], ['x', 'nobody', undefined, {}, 400, undefined],
        ['x', 'nobody', 'k', {}, 401, 'InvalidAPIKey'], ['x', ANONYMOUS, 'k', {}, 401, 'InvalidAPIKey'], ['x', alice.key, 'k', { force: true }, 403, 'NotModerator'],
        ['x', moderator.key, 'k', { force: true }, 403, 'NotAdmin'], ['x', moderator.key, 'r-1', {}, 404, 'TransactionNotFound'], [STRANGER, moderator.key, 'r-1', {}, 404, 'TransactionNotFound'],
        [opening, moderator.key, 'r-1', {}, 422, 'IdempotencyKeyConflict'], [opening, moderator.key, 'k', {}, 409, 'TransactionIrreversible'],
        [txId, moderator.key, 'k', { force: 'yes' }, 422, undefined], [txId, moderator.key, 'k', { unheard: true }, 422, undefined],
      ] as const) {
        const answer = await takeBack(path, key, idempotency, body);
        expect([path, answer.status, answer.body['rc']]).toEqual([path, status, rc ?? answer.body['rc']]);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
    });
    expect(events).toEqual([]);
  });
});

describe('POST /v1/ledger/reconciliations', () => {
  const compensate = (key: string, body: unknown): Promise<Answered> => client.post('/v1/ledger/reconciliations', key, body);
  const unexplained = async (after: Answer<unknown>) => (await client.get('/v1/ledger/supply', undefined, since(after))).body['unexplained'];
  it('gives and takes against suspense:reconciliation, once for each reference', async () => {
    const before = await horde.kudosOf(alice);
    const given = await compensate(horde.operatorKey, { account: alice.id, amount: 12.5, reference: 'INC-7' });
    expect(given).toMatchObject({ status: 200, body: { account: alice.id, moved: 12.5, receivable: 0 } });
    expect([await client.kudosOf(alice, given), await unexplained(given)]).toEqual([before + 12.5, -12.5]);
    const again = await compensate(horde.operatorKey, { account: alice.id, amount: 12.5, reference: 'INC-7' });
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([given.body, 'true']);
    expect(await compensate(horde.operatorKey, { account: alice.id, amount: 12, reference: 'INC-7' })).toMatchObject({ status: 422, body: { rc: 'IdempotencyKeyConflict' } });
    const taken = await compensate(horde.operatorKey, { account: alice.id, amount: -12.5, reference: 'INC-7, explained' });
    expect([await client.kudosOf(alice, taken), await unexplained(taken)]).toEqual([before, 0]);
  });
  it('stores no word of the reference', async () => expect(JSON.stringify(await horde.events())).not.toContain('INC-7'));
  it.each([
    ['nobody', {}, 401], ['nobody', { amount: 0.001 }, 422], [moderator.key, {}, 403], ['operator', { account: 1_000_000 }, 404], ['operator', { amount: 0 }, 422],
    ['operator', { amount: 0.001 }, 422], ['operator', { reference: '' }, 422], ['operator', { account: 0 }, 422], ['operator', { amount: 'much' }, 422],
  ] as const)('%s with %j: %d', async (key, parts, status) => {
    const { answer, events } = await horde.appendedBy(() => compensate(key === 'operator' ? horde.operatorKey : key, { account: alice.id, amount: 1, reference: 'INC-8', ...parts }));
    expect([answer.status, events]).toEqual([status, []]);
  });
});

describe('GET /v1/ledger/supply', () => {
  it('says for anybody why kudos were created and why they are gone, and it adds up', async () => {
    await horde.caughtUp();
    const { status, body } = await client.get<Fields & Record<string, Record<string, number>>>('/v1/ledger/supply');
    expect(status).toBe(200);
    expect(body).toMatchObject({ unit: 'kudos', cap: 10_000_000, position: expect.stringMatching(/^k1\./), commons: 0 });
    const { users, issued, burned, total } = body as Record<string, Record<string, number>>;
    expect(issued!['opening']).toBeGreaterThanOrEqual(4 * 25);
    expect(total!['issued']).toBeCloseTo(Object.values(issued!).reduce((sum, amount) => sum + amount, 0), 2);
    expect(total!['burned']).toBeCloseTo(Object.values(burned!).reduce((sum, amount) => sum + amount, 0), 2);
    expect(users!['spendable']! + users!['escrow']!).toBeCloseTo(total!['issued']! - total!['burned']! - Number(body['commons']) - Number(body['unexplained']), 2);
  });
});

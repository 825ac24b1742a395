import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, since, V2 } from '../../../support/client.js';

const horde = await startHorde('transfer');
const { client } = horde;
const NOBODY = 2_147_483_647;

describe('POST /kudos/transfer', () => {
  it('moves exactly that from one to the other, and names the position', async () => {
    const [from, to] = [await client.person('from', 1_000), await client.person('to', 100)];
    const { answer, events } = await horde.appendedBy(() => client.transfer(from.key, to.alias, 250));
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { transferred: 250 } });
    expect(answer.headers.get('idempotency-replayed')).toBeNull();
    expect(events.map(({ type, stream }) => [type, stream])).toEqual([['FundsTransferred.v1', `account-${from.id}`]]);
    expect([await client.kudosOf(from, answer), await client.kudosOf(to, answer)]).toEqual([750, 350]);
    const details = (await client.get(`${V2}/users/${from.id}`, undefined, since(answer))).body['kudos_details'];
    expect(details).toMatchObject({ gifted: -250, received: 0 });
    expect((await client.get(`${V2}/users/${to.id}`, undefined, since(answer))).body['kudos_details']).toMatchObject({ received: 250, gifted: 0 });
  });

  it('is seen by the one who got it at once: the next spends it without waiting', async () => {
    const first = await client.person('first', 1_025);
    let holder = first;
    for (let hop = 0; hop < 20; hop++) {
      const next = await client.register(`hop ${hop}`);
      expect((await client.transfer(holder.key, next.alias, 1_000)).status).toBe(200);
      holder = next;
    }
    expect([await horde.kudosOf(first), await horde.kudosOf(holder)]).toEqual([25, 1_014]);
  });

  it.each<readonly [unknown, number]>([[1.9, 1], ['12', 12], [' 7 ', 7], [5.0, 5], ['+3', 3]])('takes an amount of %j for %d', async (amount, moved) => {
    const [from, to] = [await client.person('loose', 1_000), await client.person('other', 25)];
    const answer = await client.transfer(from.key, to.alias, amount);
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { transferred: moved } });
    expect(await client.kudosOf(from, answer)).toBe(1_000 - moved);
  });

  it('moves 100 when no amount is given, to a bare id as well', async () => {
    const [from, to] = [await client.person('default', 200), await client.person('bare', 25)];
    const answer = await client.post(`${V2}/kudos/transfer`, from.key, { username: String(to.id) });
    expect(answer.body).toEqual({ transferred: 100 });
  });

  it('leaves the floor: 25 of an OAuth account, 14 of a pseudonymous one', async () => {
    const [oauth, pseudonymous] = [await client.person('floored', 100), await client.register('floored too')];
    expect(await client.transfer(oauth.key, pseudonymous.alias, 76)).toMatchObject({ status: 400, body: { rc: 'KudosTransferNotEnough' } });
    expect((await client.transfer(oauth.key, pseudonymous.alias, 75)).status).toBe(200);
    const third = await client.person('third', 25);
    expect(await client.transfer(pseudonymous.key, third.alias, 76)).toMatchObject({ status: 400, body: { rc: 'KudosTransferNotEnough' } });
    const all = await client.transfer(pseudonymous.key, third.alias, 75);
    expect(await client.kudosOf(pseudonymous, all)).toBe(14);
  });
});

describe('a refused transfer', () => {
  it('names the first reason in the order of the contract, and leaves nothing behind', async () => {
    const [from, to, giver] = [await client.person('refused', 1_000), await client.person('target', 25), await client.person('giver', 1_000)];
    await client.transfer(giver.key, from.alias, 10);
    const { answer, events } = await horde.appendedBy(async () => {
      const tried: [string | undefined, number][] = [];
      for (const [key, username, amount] of [
        ['unknown', to.alias, -1], [ANONYMOUS, `nobody#${NOBODY}`, -1], [from.key, `nobody#${NOBODY}`, -1], [from.key, 'no number', 0], [from.key, '#', 0], [from.key, '', 1],
        [from.key, 'Anonymous#0', -1], [from.key, from.alias, -1], [from.key, giver.alias, -1], [from.key, to.alias, -1], [from.key, to.alias, 0], [from.key, to.alias, 0.5],
        [from.key, to.alias, 1_000_000],
      ] as const) {
        const { body, status } = await client.transfer(key, username, amount);
        tried.push([body.rc, status]);
      }
      return tried;
    });
    expect(answer).toEqual([
      ['InvalidAPIKey', 401], ['KudosTransferFromAnon', 400], ['InvalidTargetUsername', 400], ['InvalidTargetUsername', 400], ['InvalidTargetUsername', 400], ['InvalidTargetUsername', 400],
      ['KudosTransferToAnon', 400], ['KudosTransferToSelf', 400], ['TooFastKudosTransfers', 400], ['NegativeKudosTransfer', 400], ['InvalidKudosTransferAmount', 400],
      ['InvalidKudosTransferAmount', 400], ['KudosTransferNotEnough', 400],
    ]);
    expect(events).toEqual([]);
  });

  it('says what is missing from an empty body, and takes no explicit null for an amount', async () => {
    const from = await client.person('empty', 1_000);
    expect(await client.post(`${V2}/kudos/transfer`, from.key, {})).toMatchObject({ status: 400, body: { errors: { username: expect.any(String) }, message: 'Input payload validation failed' } });
    expect(await client.transfer(from.key, '1', null)).toMatchObject({ status: 400, body: { errors: { amount: expect.any(String) } } });
    expect(await client.post(`${V2}/kudos/transfer`, undefined, { username: '1' })).toMatchObject({ status: 400, body: { errors: { apikey: expect.any(String) } } });
  });
});

describe('an Idempotency-Key', () => {
  const key = (name: string) => ({ 'idempotency-key': name });

  it('happens once, however often it is asked, also when nothing is left', async () => {
    const [from, to] = [await client.person('once', 125), await client.person('receives once', 25)];
    const first = await client.transfer(from.key, to.alias, 100, key('a'));
    const { answer, events } = await horde.appendedBy(async () => [await client.transfer(from.key, to.alias, 100, key('a')), await client.transfer(from.key, String(to.id), '100', key('a'))]);
    expect(answer.map(({ status, body, headers }) => [status, body, headers.get('idempotency-replayed')])).toEqual([
      [200, { transferred: 100 }, 'true'], [200, { transferred: 100 }, 'true'],
    ]);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(events).toEqual([]);
    expect(await horde.kudosOf(from)).toBe(25);
    // A replayed answer is worth as much as the first: a read that names it shows the transfer.
    expect(await client.kudosOf(to, answer[0])).toBe(125);
  });

  it('conflicts with other parameters, and is another sender\'s own', async () => {
    const [from, to, other] = [await client.person('conflict', 1_000), await client.person('conflicted', 1_000), await client.person('unrelated', 25)];
    await client.transfer(from.key, to.alias, 10, key('b'));
    const { answer, events } = await horde.appendedBy(async () => [await client.transfer(from.key, to.alias, 11, key('b')), await client.transfer(from.key, other.alias, 10, key('b'))]);
    expect(answer.map(({ status, body }) => [status, body.rc])).toEqual([[400, 'IdempotencyKeyConflict'], [400, 'IdempotencyKeyConflict']]);
    expect(events).toEqual([]);
    expect((await client.transfer(to.key, other.alias, 10, key('b'))).headers.get('idempotency-replayed')).toBeNull();
  });

  it('is free again after a refusal', async () => {
    const [from, to] = [await client.person('retry', 100), await client.person('retried', 25)];
    expect((await client.transfer(from.key, to.alias, 1_000, key('c'))).status).toBe(400);
    expect((await client.transfer(from.key, to.alias, 50, key('c'))).status).toBe(200);
  });

  it('moves once when fifty ask at the same time', async () => {
    const [from, to] = [await client.person('fifty', 10_000), await client.person('fiftieth', 25)];
    const { answer, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 50 }, () => client.transfer(from.key, to.alias, 100, key('d')))));
    expect(answer.map(({ status, body }) => [status, body.transferred])).toEqual(Array.from({ length: 50 }, () => [200, 100]));
    expect(answer.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual(['FundsTransferred.v1']);
    expect(await horde.kudosOf(from)).toBe(9_900);
  });

  it('is remembered beyond the thousand newest transfers', async () => {
    const [from, to] = [await client.person('busy', 100_000), await client.person('bombarded', 25)];
    await client.transfer(from.key, to.alias, 7, key('old'));
    for (let round = 0; round < 11; round++) await Promise.all(Array.from({ length: 100 }, () => client.transfer(from.key, to.alias, 1)));
    const { answer, events } = await horde.appendedBy(() => client.transfer(from.key, to.alias, 7, key('old')));
    expect([answer.status, answer.headers.get('idempotency-replayed'), events]).toEqual([200, 'true', []]);
    expect(await client.transfer(from.key, to.alias, 8, key('old'))).toMatchObject({ status: 400, body: { rc: 'IdempotencyKeyConflict' } });
  });
});

describe('transfers that race', () => {
  it('a hundred clients spend the last kudos of one payer: exactly what can be afforded succeeds', async () => {
    const payer = await client.person('last kudos', 25 + 37 * 10 + 5);
    const receivers = await Promise.all(Array.from({ length: 10 }, (_, index) => client.register(`receiver ${index}`)));
    const { answer, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 100 }, (_, index) => client.transfer(payer.key, receivers[index % 10]!.alias, 10))));
    expect(answer.filter(({ status }) => status === 200)).toHaveLength(37);
    expect(answer.filter(({ body }) => body.rc === 'KudosTransferNotEnough')).toHaveLength(63);
    expect(events).toHaveLength(37);
    expect(await horde.kudosOf(payer)).toBe(30);
  });

  it('money that goes round in a circle is neither made nor lost', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, (_, index) => client.person(`circle ${index}`, 525)));
    await Promise.all(Array.from({ length: 160 }, (_, index) => client.transfer(people[index % 8]!.key, people[(index + 1) % 8]!.alias, 1 + (index % 40))));
    await horde.caughtUp();
    const balances = await Promise.all(people.map((person) => client.kudosOf(person)));
    expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(8 * 525);
    expect(Math.min(...balances)).toBeGreaterThanOrEqual(25);
  });

  it('a transfer and a request that needs all of it: one of them is refused', async () => {
    const { body: { kudos_quote: quote } } = await client.askImage((await client.person('quoted', 10_000)).key, { dry_run: true, slow_workers: false });
    for (let round = 0; round < 5; round++) {
      const payer = await client.person(`torn ${round}`, Math.ceil(quote) + 25);
      const target = await client.register(`torn to ${round}`);
      const [asked, sent] = await Promise.all([client.askImage(payer.key, { slow_workers: false }), client.transfer(payer.key, target.alias, Math.ceil(quote))]);
      expect([asked.status === 202, sent.status === 200].filter(Boolean)).toHaveLength(1);
      if (asked.status === 202) await client.cancel(asked.body.id);
    }
  });
});

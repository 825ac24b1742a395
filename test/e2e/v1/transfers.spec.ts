import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, V2, type Answer, type Fields, type Person } from '../../support/client.js';

const horde = await startHorde('bulk');
const { client } = horde;

type Result = { readonly transferred: number; readonly tx_id: string; readonly replayed: boolean; readonly rc?: undefined } | { readonly rc: string; readonly detail: string };
interface Bulk {
  readonly transferred: number;
  readonly results: readonly Result[];
  readonly rc?: string;
  readonly errors?: readonly { readonly pointer?: string; readonly parameter?: string }[];
}
const bulk = (key: string | undefined, transfers: unknown, name: string | undefined = 'list'): Promise<Answer<Bulk>> =>
  client.post('/v1/ledger/transfers', key, { transfers }, name === '' ? {} : { 'idempotency-key': name });
const to = (person: Pick<Person, 'alias'>, amount: number) => ({ username: person.alias, amount });
const rcs = ({ body }: Answer<Bulk>): (string | null)[] => body.results.map(({ rc }) => rc ?? null);
/** How the log got them: the events of one append stand behind each other. */
const transfersOf = (events: readonly { readonly type: string; readonly data: object }[]): number[] =>
  events.filter(({ type }) => type === 'FundsTransferred.v1').map(({ data }) => (data as { amount: number }).amount);

describe('a bulk transfer', () => {
  it('moves each of a list in one append, and says what became of each', async () => {
    const [payer, one, other] = [await client.person('payer', 1_000), await client.register('one'), await client.register('other')];
    const { answer, events } = await horde.appendedBy(() => bulk(payer.key, [to(one, 10), to(other, 20), to(one, 5)]));
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { unit: 'kudos', transferred: 35, results: [
      { transferred: 10, tx_id: expect.any(String), replayed: false }, { transferred: 20, tx_id: expect.any(String), replayed: false },
      { transferred: 5, tx_id: expect.any(String), replayed: false },
    ] } });
    expect(transfersOf(events)).toEqual([1_000, 2_000, 500]);
    expect(answer.headers.get('idempotency-replayed')).toBeNull();
    expect([await client.kudosOf(payer, answer), await client.kudosOf(one, answer), await client.kudosOf(other, answer)]).toEqual([965, 29, 34]);
  });

  it('takes 256 at once, all in one append', async () => {
    const [payer, ...receivers] = [await client.person('generous', 10_000), ...(await Promise.all(Array.from({ length: 16 }, (_, index) => client.register(`many ${index}`))))];
    const list = Array.from({ length: 256 }, (_, index) => to(receivers[index % 16]!, 1 + (index % 7)));
    const appends = (): number => horde.server.platform.commanding.counts.figures.appends.find(({ category }) => category === 'account')!.appends;
    const before = appends();
    const { answer, events } = await horde.appendedBy(() => bulk(payer.key, list));
    expect(answer.body.results.every(({ rc }) => rc === undefined)).toBe(true);
    expect([events.length, appends() - before]).toEqual([256, 1]);
    expect(await horde.kudosOf(payer)).toBe(10_000 - list.reduce((sum, { amount }) => sum + amount, 0));
  });

  it('refuses each by itself, on what those before it have left', async () => {
    const [payer, one] = [await client.person('nearly empty', 125), await client.register('gets some')];
    const { answer, events } = await horde.appendedBy(() => bulk(payer.key, [
      to(one, 60), to(one, 41), to(payer, 1), { username: 'nobody#999999', amount: 1 }, { username: 'no number', amount: 1 }, { username: 'Anonymous#0', amount: 1 },
      to(one, 0), to(one, -1), to(one, 40),
    ]));
    expect(rcs(answer)).toEqual([
      null, 'KudosTransferNotEnough', 'KudosTransferToSelf', 'InvalidTargetUsername', 'InvalidTargetUsername', 'KudosTransferToAnon', 'InvalidKudosTransferAmount',
      'NegativeKudosTransfer', null,
    ]);
    expect([answer.body.transferred, transfersOf(events)]).toEqual([100, [6_000, 4_000]]);
    expect(await horde.kudosOf(payer)).toBe(25);
  });

  it('that is refused as a whole list is answered, and appends nothing', async () => {
    const [payer, one] = [await client.person('has nothing', 25), await client.register('gets nothing')];
    const { answer, events } = await horde.appendedBy(() => bulk(payer.key, [to(one, 1), to(one, 2)]));
    expect([answer.status, rcs(answer), answer.body.transferred, events]).toEqual([200, ['KudosTransferNotEnough', 'KudosTransferNotEnough'], 0, []]);
    expect(answer.headers.get('idempotency-replayed')).toBeNull();
  });

  it('goes to shared keys as well', async () => {
    const [payer, owner] = [await client.person('to a key', 1_000), await client.person('has a key', 25)];
    const { body: { id } } = await client.send('PUT', `${V2}/sharedkeys`, { key: owner.key, body: { kudos: 10 } });
    expect((await bulk(payer.key, [{ username: id, amount: 30 }])).body.transferred).toBe(30);
    await horde.caughtUp();
    expect((await client.get(`${V2}/sharedkeys/${String(id)}`)).body['kudos']).toBe(40);
  });
});

describe('the Idempotency-Key of a bulk transfer', () => {
  it('makes it happen once, however often it is asked', async () => {
    const [payer, one] = [await client.person('once', 1_000), await client.register('once only')];
    const list = [to(one, 10), to(one, 20)];
    const first = await bulk(payer.key, list, 'a');
    const { answer, events } = await horde.appendedBy(async () => [
      await bulk(payer.key, list, 'a'), await bulk(payer.key, [{ username: String(one.id), amount: 10 }, to(one, 20)], 'a'), ...(await Promise.all(Array.from({ length: 10 }, () => bulk(payer.key, list, 'a')))),
    ]);
    expect(events).toEqual([]);
    for (const again of answer) {
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
      expect(again.body.results).toEqual(first.body.results.map((result) => ({ ...result, replayed: true })));
    }
    expect(await horde.kudosOf(payer)).toBe(970);
  });

  it('does in a repeated call what was refused in the first, and nothing twice', async () => {
    const [payer, giver, one] = [await client.person('short of', 35), await client.person('helps', 1_000), await client.register('waits')];
    const list = [to(one, 10), to(one, 50)];
    expect(rcs(await bulk(payer.key, list, 'b'))).toEqual([null, 'KudosTransferNotEnough']);
    await client.transfer(giver.key, payer.alias, 100);
    const again = await bulk(payer.key, list, 'b');
    expect(again.body.results).toMatchObject([{ transferred: 10, replayed: true }, { transferred: 50, replayed: false }]);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(await horde.kudosOf(payer)).toBe(75);
  });

  it('conflicts with any other list, and then nothing of it happens', async () => {
    const [payer, one] = [await client.person('conflicts', 1_000), await client.register('conflicted')];
    await bulk(payer.key, [to(one, 10), to(one, 20)], 'c');
    const others = [
      [to(one, 11), to(one, 20)], [to(one, 10), { username: payer.alias, amount: 20 }], [to(one, 10), to(one, 20), to(one, 1)], [to(one, 10)], [to(one, 20), to(one, 10)],
      [{ username: 'nobody', amount: 10 }],
    ];
    const { answer, events } = await horde.appendedBy(async () => Promise.all(others.map((list) => bulk(payer.key, list, 'c'))));
    expect(answer.map(({ status, body }) => [status, body.rc])).toEqual(others.map(() => [422, 'IdempotencyKeyConflict']));
    expect(events).toEqual([]);
  });

  it('is not that of a single transfer, nor another payer\'s', async () => {
    const [payer, other, one] = [await client.person('both ways', 1_000), await client.person('the other', 1_000), await client.register('gets three')];
    await client.transfer(payer.key, one.alias, 10, { 'idempotency-key': 'd' });
    expect((await bulk(payer.key, [to(one, 10)], 'd')).body.results).toMatchObject([{ replayed: false }]);
    expect((await bulk(other.key, [to(one, 10)], 'd')).body.results).toMatchObject([{ replayed: false }]);
    expect(await horde.kudosOf(one)).toBe(44);
  });

  it('is remembered beyond the thousand newest transfers', async () => {
    const [payer, one] = [await client.person('busy', 100_000), await client.register('bombarded')];
    await bulk(payer.key, [to(one, 7), to(one, 8)], 'old');
    for (let round = 0; round < 5; round++) await bulk(payer.key, Array.from({ length: 256 }, () => to(one, 1)), `round ${round}`);
    const { answer, events } = await horde.appendedBy(() => bulk(payer.key, [to(one, 7), to(one, 8)], 'old'));
    expect([answer.status, answer.headers.get('idempotency-replayed'), events]).toEqual([200, 'true', []]);
    expect((await bulk(payer.key, [to(one, 7), to(one, 9)], 'old')).status).toBe(422);
  });
});

describe('a bulk call that is none', () => {
  it.each<readonly [string, unknown, string | undefined, number]>([
    ['an empty list', [], 'x', 422], ['no list', 'all', 'x', 422], ['257 transfers', Array.from({ length: 257 }, () => ({ username: '1', amount: 1 })), 'x', 422],
    ['an amount in text', [{ username: '1', amount: '1' }], 'x', 422], ['a fraction', [{ username: '1', amount: 0.5 }], 'x', 422], ['no amount', [{ username: '1' }], 'x', 422],
    ['a member that is not known', [{ username: '1', amount: 1, note: 'hi' }], 'x', 422], ['no Idempotency-Key', [{ username: '1', amount: 1 }], '', 400],
  ])('%s is a problem, and leaves nothing behind', async (_what, list, name, status) => {
    const payer = await client.person('malformed', 1_000);
    const { answer, events } = await horde.appendedBy(() => bulk(payer.key, list, name));
    expect([answer.status, answer.headers.get('content-type'), events]).toEqual([status, 'application/problem+json; charset=utf-8', []]);
  });

  it('is told who it does not know', async () => {
    const one: Fields = { username: '1', amount: 1 };
    expect((await bulk('unknown', [one])).status).toBe(401);
    expect((await bulk(undefined, [one])).status).toBe(401);
    expect(await bulk(ANONYMOUS, [one])).toMatchObject({ status: 400, body: { rc: 'KudosTransferFromAnon' } });
  });
});

import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, since, type Answer, type Fields, type Person } from '../../support/client.js';

const horde = await startHorde('statement');
const { client } = horde;
const [alice, bob] = [await client.person('alice', 1_000), await client.person('bob', 25, { trusted: true })];
const moderator = await client.person('moderator', 25, { moderator: true });

interface Statement {
  readonly account: number;
  readonly entries: readonly (Fields & { readonly amount: number; readonly balance: number; readonly position: string; readonly kind: string })[];
  readonly next: string | null;
}
const statement = (of: number | string, key: string | undefined, query = '', headers = {}): Promise<Answer<Statement & Fields>> =>
  client.get(`/v1/ledger/accounts/${of}/statement${query}`, key, headers);

describe('GET /v1/ledger/accounts/{id}/statement', () => {
  it('tells everything that happened to an account, with the balance after each entry', async () => {
    const asked = await client.askImage(alice.key);
    const popped = await client.popImage(bob.key, { name: 'bobs' });
    const submitted = await client.submitImage(bob.key, popped.body.id);
    const sent = await client.transfer(alice.key, bob.alias, 10);
    const { status, body } = await statement(alice.id, alice.key, '', since(sent));
    expect(status).toBe(200);
    expect(body).toMatchObject({ account: alice.id, unit: 'kudos', cap: 10_000_000, next: null });
    expect(body.entries.map(({ kind }) => kind)).toEqual(['opening', 'admin_adjustment', 'activation', 'generation', 'transfer']);
    let balance = 0;
    for (const entry of body.entries) {
      expect(Object.keys(entry).sort()).toEqual([
        'amount', 'at', 'balance', 'counterparties', 'escrow', 'escrow_balance', 'event', 'event_id', 'job', 'kind', 'position', 'receivable', 'request', 'reverses', 'revision', 'stream', 'tx_id',
      ]);
      balance += entry.amount;
      expect(entry.balance).toBeCloseTo(balance, 2);
    }
    expect(body.entries[3]).toMatchObject({ request: asked.body.id, job: popped.body.id });
    expect(body.entries.at(-1)).toMatchObject({ amount: -10, counterparties: [{ account: `user:${bob.id}:spendable`, amount: 10 }] });
    expect(await client.kudosOf(alice, sent)).toBeCloseTo(balance, 2);
    const bobs = (await statement(bob.id, bob.key, '', since(sent))).body.entries;
    expect(bobs.map(({ kind, amount }) => [kind, amount])).toEqual([['opening', 25], ['generation', submitted.body.reward], ['transfer', 10]]);
  });

  it('comes in pages that miss and repeat nothing', async () => {
    const { body: { entries: whole } } = await statement(alice.id, alice.key);
    for (const limit of [1, 2, 3, 1_000]) {
      const pages: string[] = [];
      let next: string | null = '';
      while (next !== null) {
        const { body }: Answer<Statement> = await statement(alice.id, alice.key, `?limit=${limit}&after=${next}`);
        expect(body.entries.length).toBeLessThanOrEqual(limit);
        pages.push(...body.entries.map(({ position }) => position));
        next = body.next;
      }
      expect(pages).toEqual(whole.map(({ position }) => position));
    }
  });

  const problem = { type: 'about:blank', title: expect.any(String), detail: expect.any(String) };
  it('is shown to its owner and to moderators, and to nobody else', async () => {
    for (const key of [alice.key, moderator.key, horde.operatorKey]) expect((await statement(alice.id, key)).status).toBe(200);
    const refused = await statement(alice.id, bob.key);
    expect(refused).toMatchObject({ status: 403, body: { ...problem, status: 403, rc: 'NotOwner' } });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    for (const key of [ANONYMOUS, 'unknown', undefined]) expect(await statement(alice.id, key)).toMatchObject({ status: 401, body: { ...problem, status: 401, rc: 'InvalidAPIKey' } });
    expect(JSON.stringify(refused.body)).not.toContain('alice');
  });

  it('does not tell strangers who exists', async () => {
    const [real, none] = [await statement(alice.id, bob.key), await statement(1_000_000, bob.key)];
    expect(none).toMatchObject({ status: real.status, body: real.body });
    expect(await statement(1_000_000, moderator.key)).toMatchObject({ status: 404, body: { rc: 'UserNotFound' } });
    expect(await statement('x', moderator.key)).toMatchObject({ status: 404, body: { rc: 'UserNotFound' } });
    expect(await statement(0, moderator.key)).toMatchObject({ status: 404, body: { rc: 'UserNotFound' } });
  });

  it.each(['limit=0', 'limit=-1', 'limit=1001', 'limit=x', 'after=x', 'after=k1.zz'])('400 to %s', async (query) => {
    const name = query.split('=')[0]!;
    expect(await statement(alice.id, alice.key, `?${query}`)).toMatchObject({ status: 400, body: { ...problem, errors: [{ parameter: name, detail: expect.any(String) }] } });
  });

  it('shows a write that its reader names, two hundred times in a row', async () => {
    const person: Person = await client.person('reader', 10_000);
    for (let round = 1; round <= 200; round++) {
      const sent = await client.transfer(person.key, bob.alias, 1);
      const { body } = await client.get('/api/v2/find_user', person.key, since(sent));
      expect(body['kudos']).toBe(10_000 - round);
    }
    expect((await statement(person.id, person.key, '?limit=1000')).body.entries).toHaveLength(202);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { balanced, balancedOrNothing, escrow, faultOf, posting, POSTINGS_MAX, spendable, userOf, type AccountName, type Posting, type TransactionHeader } from './ledger.js';

const header: TransactionHeader = { txId: 'tx', kind: 'transfer', effectiveAt: '2026-03-01T12:00:00.000Z', policy: 1 };
const names = fc.constantFrom<AccountName[]>(spendable(1), spendable(2), escrow(1), 'issue:floor', 'burn:activation', 'pool:commons');
const legs = fc.array(fc.record({ account: names, amount: fc.integer({ min: -1_000, max: 1_000 }) }), { maxLength: 8 });
const sum = (postings: readonly { readonly amount: number }[]): number => postings.reduce((total, { amount }) => total + amount, 0);

describe('a transaction', () => {
  it('is stored as it was meant', () => {
    expect(balanced({ ...header, reverses: 'earlier' }, [posting(spendable(1), -5), posting('burn:activation', 5)])).toEqual({
      ...header, reverses: 'earlier', postings: [{ account: 'user:1:spendable', amount: -5 }, { account: 'burn:activation', amount: 5 }],
    });
    expect(balanced(header, [posting(spendable(1), -5), posting(escrow(1), 5)]).reverses).toBeNull();
  });

  it.each([
    ['does not sum to zero', [posting(spendable(1), -5), posting(spendable(2), 4)], 'does not balance: its postings sum to -1'],
    ['has one leg', [posting(spendable(1), 5)], 'has fewer than two postings'],
    ['has one leg once those of one account are merged', [posting(spendable(1), 5), posting(spendable(1), -3)], 'has fewer than two postings'],
    ['has more legs than an event should carry', Array.from({ length: POSTINGS_MAX + 1 }, (_, k) => posting(spendable(k), k === 0 ? -POSTINGS_MAX : 1)), `has more than ${POSTINGS_MAX}`],
  ])('that %s cannot be built', (_fault, postings, message) => {
    expect(() => balanced(header, postings)).toThrow(message);
    expect(() => balancedOrNothing(header, postings)).toThrow(message);
  });
  it('with as many legs as allowed can', () =>
    expect(balanced(header, Array.from({ length: POSTINGS_MAX }, (_, k) => posting(spendable(k), k === 0 ? 1 - POSTINGS_MAX : 1))).postings).toHaveLength(POSTINGS_MAX));

  it.each([[[]], [[posting(spendable(1), 0)]], [[posting(spendable(1), 5), posting(spendable(1), -5)]]])('%#: that moves nothing is none', (postings) => {
    expect(() => balanced(header, postings)).toThrow('moves nothing');
    expect(balancedOrNothing(header, postings)).toBeUndefined();
  });

  it('of any legs is balanced, merged and without zeros, or is not built at all', () => {
    fc.assert(fc.property(legs, (given) => {
      const net = new Map<AccountName, number>();
      for (const { account, amount } of given) net.set(account, (net.get(account) ?? 0) + amount);
      const moving = [...net].filter(([, amount]) => amount !== 0);
      const build = () => balancedOrNothing(header, given as Posting[]);
      if (sum(given) !== 0) {
        expect(build).toThrow('transaction tx');
        return;
      }
      const built = build();
      expect((built?.postings ?? []).map(({ account, amount }) => [account, amount])).toEqual(moving);
      expect(built && faultOf(built)).toBeUndefined();
    }));
  });
  it.each([Number.NaN, 0.5, 2 ** 53])('cannot move %d', (amount) => {
    expect(() => balanced(header, [{ account: spendable(1), amount: -amount as never }, { account: spendable(2), amount: amount as never }])).toThrow();
  });
});

describe('a transaction from anywhere', () => {
  const of = (...amounts: number[]) => ({ postings: amounts.map((amount, k) => ({ account: spendable(k), amount: amount as never })) });
  it.each([
    [of(5), /fewer than two/], [of(), /fewer than two/], [of(1, 2), /sum to 3/], [of(1, -1, 0), /zero posting at user:2/], [of(0.5, -0.5), /whole centikudos/],
    [of(Number.NaN, 1), /whole centikudos/], [of(2 ** 53, -(2 ** 53)), /whole centikudos/],
  ])('%#: shows its fault', (transaction, fault) => expect(faultOf(transaction)).toMatch(fault));
  it('shows none when it has none', () => expect(faultOf(of(1, 2, -3))).toBeUndefined());
  it('balances exactly, not almost: large legs are not rounded into balance', () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(faultOf(of(max, max, max, -max, -max, -max + 1))).toMatch(/exactly/);
    expect(faultOf(of(max, -max, max, -max))).toBeUndefined();
  });
});

it.each([
  ['user:7:spendable', { user: 7, pocket: 'spendable' }], ['user:12:escrow', { user: 12, pocket: 'escrow' }], ['issue:floor', undefined], ['user:7:other', undefined],
  ['user:x:escrow', undefined], ['xuser:7:escrow', undefined], ['user:7:escrow:', undefined],
] as const)('%s belongs to %j', (name, owner) => expect(userOf(name)).toEqual(owner));
it('a user has two accounts', () => expect([spendable(7), escrow(7)]).toEqual(['user:7:spendable', 'user:7:escrow']));

import { describe, expect, it } from '@jest/globals';
import { transactionId } from '../kernel/ids.js';
import { kudos } from '../kernel/kudos.js';
import { settlementOf, type Settlement } from './settlement.js';

const PAYER = 7;
const job = '7b0d3b5e-0f0a-4d52-9a44-0a3f3b1f2c11';
const settled: Settlement = { job, kind: 'image', owner: 9, ownerTrusted: true, price: kudos(10), debit: kudos(13), at: '2026-01-05T12:00:00.000Z', policy: 1 };

const postingsOf = (some: Partial<Settlement>, payer = PAYER, paid = kudos(13)): Record<string, number> =>
  Object.fromEntries((settlementOf({ ...settled, ...some }, payer, paid).ledger?.postings ?? []).map(({ account, amount }) => [account, amount / 100]));

describe('a settlement', () => {
  it('is one transaction, named by the job', () => {
    const { ledger, split } = settlementOf(settled, PAYER, kudos(13));
    expect(ledger).toMatchObject({ txId: transactionId('job', job), kind: 'generation', effectiveAt: settled.at, policy: 1 });
    expect(split).toEqual({ spendable: kudos(10), escrow: kudos(0) });
  });

  it.each<[string, Partial<Settlement>, number, number, Record<string, number>]>([
    ['of an image: the owner gets its price, the rest is burned', {}, PAYER, 13, { 'user:7:spendable': -13, 'user:9:spendable': 10, 'burn:settlement': 3 }],
    ['of a form: its fee is burned as that of alchemy', { kind: 'alchemy' }, PAYER, 13, { 'user:7:spendable': -13, 'user:9:spendable': 10, 'burn:alchemy': 3 }],
    ['at its price: nothing is burned', { debit: kudos(10) }, PAYER, 10, { 'user:7:spendable': -10, 'user:9:spendable': 10 }],
    ['below its price: the horde makes it up', { debit: kudos(1) }, PAYER, 1, { 'user:7:spendable': -1, 'user:9:spendable': 10, 'issue:makeup': -9 }],
    ['that the payer cannot pay whole: the floor gives the rest', {}, PAYER, 8, { 'user:7:spendable': -8, 'issue:floor': -5, 'user:9:spendable': 10, 'burn:settlement': 3 }],
    ['for anonymous use: the horde pays', {}, 0, 13, { 'issue:anonymous': -13, 'user:9:spendable': 10, 'burn:settlement': 3 }],
    ['of an untrusted owner: half waits', { ownerTrusted: false }, PAYER, 13, { 'user:7:spendable': -13, 'user:9:spendable': 5, 'user:9:escrow': 5, 'burn:settlement': 3 }],
    ['through a bridge with a share of its own', { reward: kudos(4) }, PAYER, 13, { 'user:7:spendable': -13, 'user:9:spendable': 4, 'burn:settlement': 9 }],
    ['with a style: its owner gets what was set aside', { style: { owner: 11, reward: kudos(2) } }, PAYER, 13,
      { 'user:7:spendable': -13, 'user:9:spendable': 10, 'burn:settlement': 3, 'burn:style': -2, 'user:11:spendable': 2 }],
  ])('%s', (_what, some, payer, paid, postings) => {
    expect(postingsOf(some, payer, kudos(paid))).toEqual(postings);
    expect(Object.values(postings).reduce((sum, amount) => sum + amount, 0)).toBe(0);
  });
});

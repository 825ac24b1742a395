import { describe, expect, it } from '@jest/globals';
import { ACCOUNTS, FLOWS, strayPosting } from './flows.js';
import { escrow, posting, spendable } from './ledger.js';

describe('a transaction', () => {
  it.each([
    ['takes from where its kind may', 'transfer', [posting(spendable(7), -5), posting(spendable(8), 5)], undefined],
    ['creates nothing under another name', 'transfer', [posting('issue:award', -5), posting(spendable(8), 5)], 'issue:award'],
    ['burns nothing under another name', 'evaluation_promotion', [posting(escrow(8), -5), posting('burn:settlement', 5)], 'burn:settlement'],
    ['gives nothing to where it may only take from', 'opening', [posting(spendable(8), -5), posting('issue:opening', 5)], 'user:8:spendable'],
    ['creates what its kind may create', 'opening', [posting('issue:opening', -5), posting(spendable(8), 5)], undefined],
    ['may run backwards as a reversal', 'reversal', [posting('burn:activation', -5), posting(spendable(8), 5)], undefined],
  ] as const)('%s', (_claim, kind, postings, stray) => {
    expect(strayPosting({ kind, postings })?.account).toBe(stray);
  });

  it('of a kind that nobody knows is strange in every posting', () => {
    const postings = [posting(spendable(7), -5), posting(spendable(8), 5)];
    for (const first of [postings, postings.toReversed()]) expect(strayPosting({ kind: 'gift' as 'transfer', postings: first })).toBe(first[0]);
  });
});

describe('the list of flows', () => {
  it('names only accounts that there are, none twice', () => {
    for (const { from, to } of Object.values(FLOWS)) {
      for (const side of [from, to]) {
        expect(side.filter((pocket) => !(pocket in ACCOUNTS))).toEqual([]);
        expect(new Set(side).size).toBe(side.length);
      }
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { folded, given } from '../../test/support/given.js';
import { transactionId } from '../kernel/ids.js';
import { centikudos, kudos, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { IssueReason } from '../kernel/ledger.js';
import { awardKey, grantDecider, monthlyKey, ratingKey, type GrantAward, type GrantCommand, type GrantEvent, type GrantMonthly, type GrantRating } from './grant.decider.js';
import type { KudosGranted } from './grant.events.js';

const AT = '2026-03-01T12:00:00.000Z';
const REQUEST = '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10';
const key = (...events: GrantEvent[]) => given(grantDecider, 'key', ...events);
const granted = (parts: Partial<KudosGranted['data']> & Pick<KudosGranted['data'], 'user' | 'kind' | 'amount' | 'by'>, txId: string): KudosGranted => ({
  type: 'KudosGranted.v1', data: {
    ...parts, grantedAt: AT, policy: 3, ...(parts.amount === 0 ? {} : { ledger: {
      txId, kind: parts.kind, effectiveAt: AT, policy: 3, reverses: null,
      postings: [{ account: `issue:${parts.kind as IssueReason}`, amount: centikudos(-parts.amount) }, { account: `user:${parts.user}:spendable`, amount: parts.amount }],
    } }),
  },
});

describe('an award', () => {
  const award = (parts: Partial<GrantAward> = {}): GrantAward => ({
    type: 'GrantAward', txId: 'tx', user: 7, amount: kudos(100), by: 1, targetFlagged: false, at: AT, policy: 3, ...parts,
  });
  const awarded = granted({ user: 7, kind: 'award', amount: kudos(100), by: 1 }, 'tx');

  it('is issued from issue:award', () => key().when(award()).then(awarded));
  it('happens once, however often it is asked, also when its target was flagged since', () => {
    key(awarded).when(award()).thenNothing();
    key(awarded).when(award({ targetFlagged: true })).thenNothing();
  });
  it.each([award({ amount: kudos(101) }), award({ user: 8 })])('%#: with other parameters conflicts', (other) => key(awarded).when(other).thenRefused('IdempotencyKeyConflict'));

  // By descending precedence: each row fixes the fault of the row above and keeps the ones below.
  const faulty = award({ user: 0, targetFlagged: true, amount: kudos(-1) });
  it.each([
    [{}, 'KudosAwardToAnon'], [{ user: 7 }, 'TargetAccountFlagged'], [{ user: 7, targetFlagged: false }, 'NegativeKudosTransfer'],
    [{ user: 7, targetFlagged: false, amount: NO_KUDOS }, 'InvalidKudosTransferAmount'],
  ] as const)('%j is refused with %s', (fixed, rc) => key().when({ ...faulty, ...fixed }).thenRefused(rc));
  it('of one kudos is an award', () => key().when(award({ amount: kudos(1) })).then(granted({ user: 7, kind: 'award', amount: kudos(1), by: 1 }, 'tx')));
});

describe('a month of thanks', () => {
  const month = { month: '202602', since: '2026-01-31T08:00:00.000Z', cursor: '2026-02-28T08:00:00.000Z', entitlement: kudos(5), moderator: kudos(300_000), donations: kudos(0) };
  const thank = (parts: Partial<GrantMonthly> = {}): GrantMonthly => ({
    type: 'GrantMonthly', txId: transactionId('monthly', 7, '202602'), user: 7, amount: kudos(300_005), by: 'system', month, at: AT, policy: 3, ...parts,
  });
  const thanked = granted({ user: 7, kind: 'monthly', amount: kudos(300_005), by: 'system', month }, transactionId('monthly', 7, '202602'));

  it('is issued from issue:monthly, and says what it is made of', () => key().when(thank()).then(thanked));
  it('is given once: a retry, or a node that knows of other donations, adds nothing', () => {
    key(thanked).when(thank()).thenNothing();
    key(thanked).when(thank({ amount: kudos(900_005), month: { ...month, donations: kudos(600_000) } })).thenNothing();
  });
  it('of a raised entitlement is no month', () =>
    key().when({ type: 'GrantMonthly', txId: 'raise', user: 7, amount: kudos(50), by: 1, at: AT, policy: 3 }).then(granted({ user: 7, kind: 'monthly', amount: kudos(50), by: 1 }, 'raise')));
});

describe('the reward for ratings', () => {
  const rating = { request: REQUEST, ratings: [{ id: 'a', rating: 8, artifacts: 0 }] };
  const rate = (parts: Partial<GrantRating> = {}): GrantRating => ({ type: 'GrantRating', user: 7, amount: kudos(10), rating, at: AT, policy: 3, ...parts });
  const rated = granted({ user: 7, kind: 'rating', amount: kudos(10), by: 'system', rating }, transactionId('rating', REQUEST));

  it('is issued from issue:rating, with what was said', () => key().when(rate()).then(rated));
  it('is given once for a request, whatever is said the second time', () => {
    key(rated).when(rate()).thenRefused('AestheticsAlreadyExist');
    key(rated).when(rate({ amount: kudos(15), rating: { request: REQUEST, best: 'a', ratings: [] } })).thenRefused('AestheticsAlreadyExist');
  });
  it('of nothing is remembered as well, and moves nothing', () => {
    const nothing = granted({ user: 0, kind: 'rating', amount: NO_KUDOS, by: 'system', rating }, 'none');
    key().when(rate({ user: 0, amount: NO_KUDOS })).then(nothing);
    key(nothing).when(rate()).thenRefused('AestheticsAlreadyExist');
  });
  it('is nobody\'s when nobody has asked', () => expect(() => key().when(rate({ user: 0 }))).toThrow(new RangeError('1000 cannot be granted to 0')));
});

describe('any grant', () => {
  it('has a stream of its own by what it is for, which can be created once', () =>
    expect([monthlyKey(7, '202602'), awardKey('tx'), ratingKey(REQUEST)]).toEqual(['monthly-7-202602', 'award-tx', `rating-${REQUEST}`]));

  const amounts = fc.integer({ min: -500, max: 5_000 }).map(centikudos);
  const commands: fc.Arbitrary<GrantCommand> = fc.record({
    kind: fc.constantFrom('GrantAward', 'GrantMonthly', 'GrantRating', 'GrantAdjustment'), user: fc.integer({ min: 0, max: 3 }), amount: amounts, flagged: fc.boolean(),
  }).map(({ kind, user, amount, flagged }): GrantCommand => {
    const all = { txId: 'tx', user, amount, by: 1, at: AT, policy: 1 };
    if (kind === 'GrantAward') return { type: kind, ...all, targetFlagged: flagged };
    if (kind === 'GrantRating') return { type: kind, ...all, rating: { request: REQUEST, ratings: [] } };
    return { type: kind, ...all };
  });

  it('issues once for its key, and exactly what it says', () => {
    fc.assert(fc.property(fc.array(commands, { minLength: 1, maxLength: 8 }), (asked) => {
      const events: GrantEvent[] = [];
      for (const command of asked) {
        try {
          const decision = grantDecider.decide(command, folded(grantDecider, 'key', events));
          if (decision.outcome === 'accepted') events.push(...decision.events);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError); // a caller's bug: nothing was issued
        }
      }
      expect(events.length).toBeLessThanOrEqual(1);
      for (const { data } of events) {
        const issued = data.ledger?.postings.reduce((sum, { amount }) => sum + Math.max(0, amount), 0) ?? 0;
        expect(issued).toBe('amount' in data ? data.amount : issued);
        expect(issued === 0 || data.user !== 0).toBe(true);
      }
    }), { seed: 13, numRuns: 500 });
  });
  it('knows what was granted, whoever asks', () => {
    const state = folded(grantDecider, 'key', [granted({ user: 7, kind: 'award', amount: kudos(3) satisfies Kudos, by: 1 }, 'tx')]);
    expect(state).toEqual({ granted: { user: 7, amount: kudos(3) } });
  });
});

import { describe, expect, it } from '@jest/globals';
import { given } from '../../test/support/given.js';
import { centikudos, kudos } from '../kernel/kudos.js';
import type { BalanceAdjusted } from './account.events.js';
import { grantDecider, type GrantAdjustment, type GrantEvent } from './grant.decider.js';
import { policyDecider } from './policy.decider.js';
import type { PolicyAdopted } from './policy.events.js';

const AT = '2026-03-01T12:00:00.000Z';

describe('a grant', () => {
  const grant = (amount = kudos(50), user = 7): GrantAdjustment => ({ type: 'GrantAdjustment', txId: 'tx', user, amount, by: 1, at: AT, policy: 3 });
  const granted: BalanceAdjusted = { type: 'BalanceAdjusted.v1', data: { user: 7, by: 1, ledger: {
    txId: 'tx', kind: 'admin_adjustment', effectiveAt: AT, policy: 3, reverses: null,
    postings: [{ account: 'issue:adjustment', amount: kudos(-50) }, { account: 'user:7:spendable', amount: kudos(50) }],
  } } };
  const key = (...events: GrantEvent[]) => given(grantDecider, 'tx', ...events);

  it('is issued from issue:adjustment', () => key().when(grant()).then(granted));
  it('happens once, however often it is asked', () => key(granted).when(grant()).thenNothing());
  it.each([grant(kudos(51)), grant(kudos(50), 8)])('%#: of another amount or to somebody else is a conflict', (command) => key(granted).when(command).thenRefused('GrantConflict'));
  it.each([0, -1])('%d: takes nothing away: a debit belongs to the account', (amount) => expect(() => key().when(grant(centikudos(amount)))).toThrow(new RangeError(`${amount} is nothing to grant to 7`)));
});

describe('the policy', () => {
  const rules = (version: number, parts: Partial<PolicyAdopted['data']> = {}): PolicyAdopted['data'] => ({
    version, reference: 1, prices: 'beef', floors: { oauth: kudos(25), pseudonymous: kudos(14) }, kudosCap: kudos(10_000_000), adoptedAt: AT, ...parts,
  });
  const adopted = (data: PolicyAdopted['data']): PolicyAdopted => ({ type: 'PolicyAdopted.v1', data });
  const policy = (...events: PolicyAdopted[]) => given(policyDecider, '', ...events);
  const adopt = (data: PolicyAdopted['data']) => ({ type: 'AdoptPolicy', policy: data } as const);

  it('is adopted by the first start, and by every start that brings a newer one', () => {
    policy().when(adopt(rules(1))).then(adopted(rules(1)));
    policy(adopted(rules(1))).when(adopt(rules(2))).then(adopted(rules(2)));
  });
  it('is adopted once, however often the server starts, and at whatever time', () =>
    policy(adopted(rules(1))).when(adopt(rules(1, { adoptedAt: '2027-01-01T00:00:00.000Z' }))).thenNothing());
  it('is the same in whatever order its members are written', () => {
    const { floors, ...rest } = rules(1);
    policy(adopted(rules(1))).when(adopt({ floors: { pseudonymous: floors.pseudonymous, oauth: floors.oauth }, ...rest })).thenNothing();
  });
  it.each([
    { prices: 'other' }, { kudosCap: kudos(1) }, { reference: 2 }, { floors: { oauth: kudos(26), pseudonymous: kudos(14) } },
  ])('%#: is adopted again when the operator changed a setting', (parts) => policy(adopted(rules(1))).when(adopt(rules(1, parts))).then(adopted(rules(1, parts))));
  it('never goes back: an older release does not serve a newer ledger', () => policy(adopted(rules(1)), adopted(rules(2))).when(adopt(rules(1))).thenRefused('PolicyTooOld'));
});
